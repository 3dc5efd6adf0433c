"""A claim of the text, and the verdict on it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

Numbers = Mapping[str, float]


class LeftOutError(Exception):
    """A claim cannot be measured on this machine; the message says what it needs."""


@dataclass(frozen=True)
class Claim:
    """A sentence of a notebook, and how it is proved.

    Args:
        name: a few words, all different, for the table and the command line.
        notebook: whose text makes the claim.
        sentence: as it stands there, word for word; line breaks do not count.
        mechanism: what makes it true, in words: what is switched off.
        measure: numbers with the mechanism on (True) or off (False), the same in every run.
        holds: the assertion, on these numbers.
        quick: measured twice in at most QUICK_S CPU-seconds, so that `make test` does it.
    """

    name: str
    notebook: str
    sentence: str
    mechanism: str
    measure: Callable[[bool], Numbers]
    holds: Callable[[Numbers], bool]
    quick: bool = False


QUICK_S = 3.0


@dataclass(frozen=True)
class Verdict:
    """What came out: numbers with the mechanism on and off, and whether the assertion held on each."""

    on: Numbers
    off: Numbers
    proved: bool
    fails_when_off: bool

    @property
    def stands(self) -> bool:
        """The assertion proves the claim, and it is the mechanism that makes it true."""
        return self.proved and self.fails_when_off


def judged(claim: Claim) -> Verdict:
    """Measure a claim with its mechanism on and off."""
    on, off = claim.measure(True), claim.measure(False)
    return Verdict(on, off, claim.holds(on), not claim.holds(off))
