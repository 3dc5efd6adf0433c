"""Embed every image of a folder or zip, on this machine or on a Ray cluster.

    python -m adde_lite.extraction WEIGHTS IMAGES OUT --size 64 --workers 8
    python -m adde_lite.extraction WEIGHTS IMAGES OUT --size 64 --part 0/4      one of four calls, on any machines
    python -m adde_lite.extraction WEIGHTS IMAGES OUT --size 64 --ray 4 --gpus 1

However it was stopped, the same command goes on. `adde_lite.extraction.Extracted(OUT)` reads the embeddings.
"""

import argparse
import re
import sys
from pathlib import Path
from typing import Any

from adde_lite.errors import InputError
from adde_lite.extraction.local import extract
from adde_lite.extraction.ray_job import extract_with_ray
from adde_lite.extraction.weights import stored_encoder

REFUSED, INTERRUPTED = 2, 130  # exit statuses; the second as shells name a Ctrl-C


def main(words: list[str] | None = None) -> int:
    """Extract, and say what is in OUT. Bad input is one line on stderr and status 2."""
    asked = vars(_parser().parse_args(words))
    weights, ray, gpus = asked.pop("weights"), asked.pop("ray"), asked.pop("gpus")
    try:
        if ray is None:
            print(extract(stored_encoder(weights), **asked))
        else:
            print(extract_with_ray(stored_encoder(weights), **_for_ray(asked), workers=ray, gpus=gpus))
    except (InputError, OSError) as error:
        print(error, file=sys.stderr)
        return REFUSED
    except KeyboardInterrupt:
        print("stopped; the same command goes on with the next shard", file=sys.stderr)
        return INTERRUPTED
    return 0


def _for_ray(asked: dict[str, Any]) -> dict[str, Any]:
    own = {"device": "auto", "workers": 0, "part": (0, 1)}
    given = [name for name, default in own.items() if asked[name] != default]
    if given:
        raise InputError(f"--{given[0]}", "it and --ray", "one of them", "Ray has --gpus, and shares the work itself.")
    return {name: value for name, value in asked.items() if name not in own}


def _part(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d+)/(\d+)", text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not R/W, such as 0/4")
    return int(found[1]), int(found[2])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m adde_lite.extraction", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("weights", type=Path, metavar="WEIGHTS", help="folder that train_or_load has written")
    parser.add_argument("images", type=Path, metavar="IMAGES", help="folder or zip")
    parser.add_argument("out", type=Path, metavar="OUT", help="a folder of its own")
    parser.add_argument("--size", type=int, default=64, metavar="PX", help="that the model sees (%(default)s)")
    parser.add_argument("--fit", default="pad", help="pad, stretch or crop (%(default)s)")
    parser.add_argument("--shard-size", type=int, default=5_000, metavar="N", help="images a shard (%(default)s)")
    parser.add_argument("--dtype", default="float32", help="float32 or float16 (%(default)s)")
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda")
    parser.add_argument("--workers", type=int, default=0, metavar="N", help="processes that decode ahead (%(default)s)")
    parser.add_argument(
        "--skip-damaged",
        dest="damaged",
        action="store_const",
        const="skip",
        default="error",
        help="leave images out that cannot be read",
    )
    parser.add_argument("--part", type=_part, default=(0, 1), metavar="R/W", help="only part R of W, counted from 0")
    parser.add_argument("--ray", type=int, metavar="N", help="N workers of a Ray cluster")
    parser.add_argument("--gpus", type=float, default=0, metavar="G", help="GPUs of each of Ray's workers")
    return parser


if __name__ == "__main__":
    sys.exit(main())
