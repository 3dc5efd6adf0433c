"""What the record of the study `retrieval` says over its seeds: tables, and which way to answer is ahead of which."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, Self, TypeAlias

from adde_lite.errors import InputError, unknown
from adde_lite.recipes import WARDROBE_STAGES
from adde_lite.retrieval.evaluation import TITLES
from adde_lite.retrieval.weighting import WEIGHTS
from adde_lite.studies.record import RESULTS, mean_and_range, recorded
from adde_lite.studies.retrieval import MAIN, STUDY, runs
from adde_lite.studies.retrieval_run import DECIDES, WEIGHED

if TYPE_CHECKING:
    import pandas as pd

Verdict: TypeAlias = Literal["ahead", "behind", "not told apart"]


class Gap(NamedTuple):
    """By how much one row is ahead of another: mean over seeds, lowest and highest end of any seed's interval."""

    mean: float
    low: float
    high: float

    @property
    def verdict(self) -> Verdict:
        """Ahead or behind when the intervals of all seeds lie on one side of zero."""
        if self.low > 0:
            return "ahead"
        return "behind" if self.high < 0 else "not told apart"


@dataclass(frozen=True, eq=False)
class RetrievalRecord:
    """The runs of one d, a row of the table a seed.

    Args:
        runs: what `RetrievalRun.measure` returned, the seeds as index.
    """

    runs: "pd.DataFrame"

    @classmethod
    def read(cls, d: int = WARDROBE_STAGES.encoder.model.d, *, folder: Path = RESULTS) -> Self:
        """The recorded runs with `d` numbers a block.

        Raises:
            InputError: a d that the study does not have; otherwise as `recorded`.
        """
        chosen = [run for run in runs() if run.name["d"] == d]
        if not chosen:
            raise unknown("RetrievalRecord.read", "d", d, sorted({str(run.name["d"]) for run in runs()}))
        return cls(recorded(STUDY, chosen, folder=folder).set_index("seed"))

    def scores(self, row: str, measure: str, setting: str = MAIN) -> "pd.Series[float]":
        """The score of every seed, from 0 to 1.

        Raises:
            InputError: row, measure or setting are not recorded together.
        """
        return self._column(f"{setting}, {row}, {measure}")

    def gap(self, row: str, other: str, measure: str, setting: str = MAIN) -> Gap:
        """`row` less `other` on the same queries, for a pair of `COMPARED`; errors as `scores`."""
        lows, highs = (self._column(f"{setting}, {row} - {other}, {measure}, {end}") for end in ("low", "high"))
        means = self.scores(row, measure, setting) - self.scores(other, measure, setting)
        return Gap(float(means.mean()), float(lows.min()), float(highs.max()))

    def table(
        self,
        measures: Iterable[str],
        *,
        titles: Mapping[str, str] = TITLES,
        ends_of: Iterable[str] = (),
    ) -> "pd.DataFrame":
        """Mean ± half the range of the seeds, a row a way to answer, a column a measure, in the main setting.

        Args:
            measures: the columns.
            titles: recorded row -> how the table calls it.
            ends_of: measures of `DECIDES`: one more column each, from the lowest to the highest end of any seed's
                interval.
        """
        import pandas as pd  # 0.3 s, which only a reader of a table should pay

        columns = {key: [mean_and_range(list(self.scores(row, key))) for row in titles] for key in measures}
        columns |= {f"{key}: all intervals": [self._ends(row, key) for row in titles] for key in ends_of}
        return pd.DataFrame(columns, index=list(titles.values()))

    def by_setting(self, measure: str, settings: Sequence[str]) -> "pd.DataFrame":
        """The mean over seeds, a row a way to answer, a column a setting."""
        import pandas as pd

        columns = {place: [self.scores(row, measure, place).mean() for row in TITLES] for place in settings}
        return pd.DataFrame(columns, index=list(TITLES.values()))

    def comparisons(self, pairs: Iterable[tuple[str, str]], measures: Iterable[str] = DECIDES) -> "pd.DataFrame":
        """The gap of each pair and what it says, such as "+0.129, ahead"."""
        import pandas as pd

        asked, keys = tuple(pairs), tuple(measures)
        columns = {}
        for key in keys:
            gaps = [self.gap(row, other, key) for row, other in asked]
            columns[key] = [f"{gap.mean:+.3f}, {gap.verdict}" for gap in gaps]
        return pd.DataFrame(columns, index=[f"{TITLES[row]} less {TITLES[other]}" for row, other in asked])

    def over_weights(self, measures: Iterable[str]) -> dict[str, dict[str, tuple[Sequence[float], list[float]]]]:
        """Mean score at each weight of the edited block: measure -> title of the row -> weights, scores."""
        return {
            key: {
                TITLES[row]: (WEIGHTS, [float(self.scores(f"{row}, weight {w:g}", key).mean()) for w in WEIGHTS])
                for row in WEIGHED
            }
            for key in measures
        }

    def chosen_weights(self) -> "pd.DataFrame":
        """The weight that each seed chose on garments kept aside, a row a way to answer, a column a seed."""
        import pandas as pd

        columns = {TITLES[row]: self._column(f"weight, {row}") for row in WEIGHED}
        return pd.DataFrame(columns).T.rename(columns="seed {}".format)

    def _ends(self, row: str, measure: str) -> str:
        low, high = (self._column(f"{MAIN}, {row}, {measure}, {end}") for end in ("low", "high"))
        return f"{low.min():.3f} to {high.max():.3f}"

    def _column(self, name: str) -> "pd.Series[float]":
        if name not in self.runs:
            close = difflib.get_close_matches(name, list(self.runs), n=1)
            remedy = f"The closest that is recorded: {close[0]!r}." if close else "Look at the columns of `runs`."
            raise InputError("RetrievalRecord", repr(name), "a setting, row and measure of the study", remedy)
        return self.runs[name]
