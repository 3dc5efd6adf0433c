"""The one error that bad input gets, wherever it comes in."""

import difflib
from collections.abc import Collection


class InputError(ValueError):
    """Something that came in cannot be used.

    Args:
        where: the file, row, argument or attribute at fault.
        given: what was found there.
        expected: what would have been right.
        remedy: one sentence that tells how to mend it.

    The message carries all four, in this order; each is also an attribute.
    """

    def __init__(self, where: str, given: str, expected: str, remedy: str) -> None:
        super().__init__(where, given, expected, remedy)  # all four, so that it pickles across processes
        self.where, self.given, self.expected, self.remedy = where, given, expected, remedy

    def __str__(self) -> str:
        return f"{self.where}: given {self.given}, expected {self.expected}. {self.remedy}"


def unknown(where: str, kind: str, given: object, valid: Collection[str]) -> InputError:
    """The error for a name that is not among the valid ones; it lists them and points to the closest."""
    close = difflib.get_close_matches(str(given).lower(), [word.lower() for word in valid], n=1, cutoff=0.5)
    nearest = [word for word in valid if close and word.lower() == close[0]]
    remedy = f"Did you mean {nearest[0]!r}?" if nearest else f"Choose one of the {kind}s listed."
    return InputError(where, f"{kind} {given!r}", f"one of {', '.join(valid) or 'none'}", remedy)
