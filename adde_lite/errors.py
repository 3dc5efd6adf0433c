"""The one error that bad input gets, wherever it comes in."""


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
