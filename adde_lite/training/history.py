"""What a run leaves to look at: one row an epoch."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class History:
    """One row an epoch: its number, learning rate, each loss term (mean over the epoch) and CPU seconds so far.

    With validation images also "validation", their summed loss, and each of its terms as "validation TERM".
    `plots.history` draws it.
    """

    rows: tuple[dict[str, float], ...] = ()

    def table(self) -> "pd.DataFrame":
        """The rows as a table, indexed by epoch."""
        import pandas as pd  # 0.3 s, which only a reader of the table should pay

        return pd.DataFrame(list(self.rows), columns=None if self.rows else ["epoch"]).set_index("epoch")
