"""Every picture of the course: pure functions from data to a `Picture`, one subject a file."""

from adde_lite.plots.garments import contact_sheet, edit_answer, value_rows
from adde_lite.plots.picture import Picture
from adde_lite.plots.scores import score_bars

__all__ = ["Picture", "contact_sheet", "edit_answer", "score_bars", "value_rows"]
