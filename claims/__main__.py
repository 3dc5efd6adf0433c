"""Judge the claims and print one table: `python -m claims [NAME or NOTEBOOK ...]`.

The exit status is 1 when an assertion fails with its mechanism on, or survives with it off.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"  # before any library starts its threads: sums then come in one order

import sys
import time
import warnings
from collections.abc import Sequence

import torch

from claims.claim import Claim, LeftOutError, Numbers, judged
from claims.register import registered

ROW = "{:<3} {:<36} {:<58} {:<33} {:>9} {:>9} {:>7} {:>15}"
HEADER = ROW.format("", "claim", "mechanism", "measured", "with", "without", "proved", "fails when off")


def main(asked: Sequence[str], claims: Sequence[Claim]) -> int:
    """Judge those asked for, or all; 0 when every one stands, 1 when not, 2 for a name that is none."""
    chosen = [claim for claim in claims if not asked or claim.name in asked or claim.notebook in asked]
    known = {name for claim in claims for name in (claim.name, claim.notebook)}
    if unknown := [name for name in asked if name not in known]:
        names = "\n  ".join(f"{claim.notebook}: {claim.name}" for claim in claims)
        print(f"no claim {unknown[0]!r}; there are:\n  {names}")
        return 2
    print(HEADER)
    outcomes = [_outcome(claim) for claim in chosen]
    for claim, outcome in zip(chosen, outcomes, strict=True):
        if outcome is False:
            print(f"\n{claim.notebook}, {claim.name}: {claim.sentence!r} is not proved by its assertion")
    stand, fell, left_out = (outcomes.count(outcome) for outcome in (True, False, None))
    rest = f", {left_out} left out" if left_out else ""
    print(f"\n{stand} of {stand + fell} claims stand{rest}; {time.process_time():.0f} CPU-seconds")
    return int(bool(fell))


def _outcome(claim: Claim) -> bool | None:
    """Judge one claim and print its rows: whether it stands, None where it cannot be measured here.

    Whatever it raises is its verdict, so that the others are judged as well.
    """
    try:
        verdict = judged(claim)
    except LeftOutError as reason:
        print(f"{claim.notebook[:2]}  {claim.name}: left out, {reason}", flush=True)
        return None
    except Exception as error:
        print(f"{claim.notebook[:2]}  {claim.name}: raised {type(error).__name__}: {error}", flush=True)
        return False
    told = "yes" if verdict.proved else "NO", "yes" if verdict.fails_when_off else "NO"
    first = (claim.notebook[:2], claim.name, claim.mechanism)
    for number, measured in enumerate(verdict.on):
        with_and_without = _shown(verdict.on, measured), _shown(verdict.off, measured)
        lead, end = (("", "", ""), ("", "")) if number else (first, told)
        print(ROW.format(*lead, measured, *with_and_without, *end).rstrip(), flush=True)
    return verdict.stands


def _shown(numbers: Numbers, name: str) -> str:
    return f"{numbers[name]:.3g}"


if __name__ == "__main__":
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")  # few garments lack some values, which is not what is claimed
    sys.exit(main([name for name in sys.argv[1:] if name], registered()))
