"""An exercise of the course, and what a tutor says to an answer.

    half_price = Exercise("half_price", right=lambda x: x / 2, cases=lambda: [(4.0,), (0.0,)],
                          slips=(Slip("You doubled it. ...", lambda x: 2 * x),))
    print(half_price(answer))

The answer is tried on a few inputs. Nothing is raised, whatever it does: a stub is "not done yet", and a wrong answer
is told what it returned, what was expected, and the likely slip.
"""

import copy
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from adde_lite.checks.comparing import as_array, kind_of, same, shown

Case = tuple[object, ...]


class State(Enum):
    """How far an answer is."""

    NOT_DONE = "not done yet"
    WRONG = "not right yet"
    PASSED = "passed"


@dataclass(frozen=True)
class Verdict:
    """What the tutor says: `print` it."""

    state: State
    says: str

    @property
    def passed(self) -> bool:
        """Whether the exercise is solved."""
        return self.state is State.PASSED

    def __str__(self) -> str:
        return f"{self.state.value}: {self.says}"


@dataclass(frozen=True)
class Slip:
    """A mistake that is often made.

    Args:
        says: what to tell a student who made it: what is wrong, and where to look; a sentence or two.
        answer: what a student who made it returns, from the same arguments as the right answer.
    """

    says: str
    answer: Callable[..., object]


@dataclass(frozen=True)
class Exercise:
    """A question with one right answer for each input.

    Args:
        name: what the notebook calls the answer.
        right: the right answer, a function of a case.
        cases: makes the inputs it is tried on, each a tuple of arguments; the same at every call. An answer that is a
            value, no function, has the one case `()`.
        slips: mistakes to recognise, likeliest first.
        tolerance: how far numbers may be off, in absolute and relative terms.
    """

    name: str
    right: Callable[..., object]
    slips: tuple[Slip, ...]
    cases: Callable[[], Sequence[Case]] = lambda: [()]
    tolerance: float = 1e-5

    def __call__(self, answer: object) -> Verdict:
        """What to say to an answer, a function or a value. Never raises."""
        return self.on(answer, self.cases())

    def on(self, answer: object, cases: Sequence[Case]) -> Verdict:
        """The same, tried on other inputs: the hidden checks of the instructor's edition."""
        try:
            return self._judged(answer, cases)
        except Exception as error:  # a list that holds itself, an object that cannot be shown
            kind = type(error).__name__
            return Verdict(State.WRONG, f"`{self.name}` cannot be compared ({kind}). Return plain numbers or a tensor.")

    def _judged(self, answer: object, cases: Sequence[Case]) -> Verdict:
        returned = []
        for case in cases:
            try:
                given = copy.deepcopy(case)
                value = answer(*given) if callable(answer) else answer
            except NotImplementedError:
                value = None
            except (Exception, SystemExit) as error:
                return Verdict(State.WRONG, self._raised(error, case))
            if value is None or value is Ellipsis:
                return Verdict(State.NOT_DONE, f"write `{self.name}`, then run this cell again.")
            if not same(given, case, 0.0):
                return Verdict(State.WRONG, f"`{self.name}` changes what it was given. Work on a copy: x.clone().")
            returned.append(value)
        wanted = [self.right(*copy.deepcopy(case)) for case in cases]
        right = [same(*pair, self.tolerance) for pair in zip(returned, wanted, strict=True)]
        if all(right):
            tried = f" on {len(cases)} inputs" if len(cases) > 1 else ""
            return Verdict(State.PASSED, f"`{self.name}` is right{tried}.")
        first = right.index(False)
        score = f" is right on {sum(right)} of {len(right)} inputs" if len(right) > 1 else ""
        lines = [f"`{self.name}`{score}"]
        if cases[first]:
            lines.append(f"  given     {'; '.join(map(shown, cases[first]))}")
        lines += [
            f"  returned  {shown(returned[first])}",
            f"  expected  {shown(wanted[first])}",
            f"  likely    {self._likely(returned, cases, returned[first], wanted[first])}",
        ]
        return Verdict(State.WRONG, "\n".join(lines))

    def _likely(self, returned: list[object], cases: Sequence[Case], given: object, wanted: object) -> str:
        for slip in self.slips:
            if all(
                same(value, slip.answer(*copy.deepcopy(case)), self.tolerance)
                for value, case in zip(returned, cases, strict=True)
            ):
                return slip.says
        if kind_of(given) != kind_of(wanted):
            return f"This is {kind_of(given)}, the answer is {kind_of(wanted)}. Which axis did you reduce, or keep?"
        numbers = as_array(given)
        if numbers is not None and not np.isfinite(numbers).all():
            return "There are numbers that are not finite: look for a division by zero or a logarithm of zero."
        return "No slip that is often made. Do the first input by hand and print each step."

    def _raised(self, error: BaseException, case: Case) -> str:
        frames = traceback.extract_tb(error.__traceback__)[1:]  # without the call in `on`
        own = [frame for frame in frames if frame.filename == frames[0].filename]
        where = f", at `{own[-1].line}`" if own and own[-1].line else ""
        given = f"\n  given     {'; '.join(map(shown, case))}" if case else ""
        return f"`{self.name}` raised {type(error).__name__}: {error}{where}{given}"
