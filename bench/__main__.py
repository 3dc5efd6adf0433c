"""Make the figures and print one table: `python -m bench [NAME ...]`."""

import os

# One thread, set before any library starts its own: CPU seconds of several threads cannot be compared.
for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[variable] = "1"

import importlib  # noqa: E402
import pkgutil  # noqa: E402
import sys  # noqa: E402

import torch  # noqa: E402

import bench  # noqa: E402
from bench.figure import Figure, NotHereError  # noqa: E402

SUPPORT = {
    "__main__",
    "editing",
    "figure",
    "literal_step",
    "literal_triplet",
    "plain_loop",
    "reference_protocol",
    "retrieval",
}


def main(asked: list[str]) -> int:
    names = sorted(module.name for module in pkgutil.iter_modules(bench.__path__) if module.name not in SUPPORT)
    unknown = [name for name in asked if name not in names]
    if unknown:
        print(f"no figure {unknown[0]!r}; there are: {', '.join(names)}")
        return 2
    torch.set_num_threads(1)
    made: dict[str, Figure] = {}
    for name in asked or names:
        print(f"{name} ...", flush=True)
        try:
            made[name] = importlib.import_module(f"bench.{name}").measure()
        except NotHereError as reason:
            print(f"{name}: left out: {reason}")
            continue
        print(f"  written to {made[name].write(name)}")
    show(made)
    return 0


def show(made: dict[str, Figure]) -> None:
    """Print the figures as one table, and under it the rows that each is compared with."""
    print(f"\n{'figure':22}{'value':>10}{'baseline':>10}{'ratio':>8}{'CPU-s':>9}  unit; the baseline is")
    for name, figure in made.items():
        numbers = f"{figure.value:10.3f}{figure.baseline:10.3f}{figure.ratio:8.2f}{figure.cpu_seconds:9.1f}"
        print(f"{name:22}{numbers}  {figure.unit}; {figure.baseline_is}")
    for name, figure in made.items():
        if figure.rows:
            columns = list(next(iter(figure.rows.values())))
            width = max(24, *(len(row) + 2 for row in figure.rows))
            print(f"\n{name + ' rows':{width}}" + "".join(f"{column:>14}" for column in columns))
            for row, scores in figure.rows.items():
                print(f"{row:{width}}" + "".join(f"{scores[column]:14.3f}" for column in columns))


if __name__ == "__main__":
    sys.exit(main([name for name in sys.argv[1:] if name]))
