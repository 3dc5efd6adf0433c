"""Do what is missing of every study, or of those named: `python -m adde_lite.studies [NAME ...]`."""

import os

# One thread a run, set before any library starts its own: two runs at a time are the parallel part.
for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[variable] = "1"

import sys  # noqa: E402

from adde_lite.studies import ablations, conditional, objectives, outfits, relevance, retrieval, subspaces  # noqa: E402
from adde_lite.studies.record import complete  # noqa: E402

STUDIES = {
    study.STUDY: study for study in (objectives, relevance, ablations, subspaces, retrieval, outfits, conditional)
}


def main(asked: list[str]) -> int:
    unknown = [name for name in asked if name not in STUDIES]
    if unknown:
        print(f"no study {unknown[0]!r}; there are: {', '.join(STUDIES)}")
        return 2
    for name in asked or STUDIES:
        complete(name, STUDIES[name].runs())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
