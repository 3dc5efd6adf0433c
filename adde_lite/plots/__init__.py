"""Every picture of the course: pure functions from data to a `Picture`, one subject a file."""

from adde_lite.plots.codes import (
    baseline_ranges,
    code_portrait,
    code_scatter,
    codes_by_value,
    number_map,
    score_curves,
)
from adde_lite.plots.garments import contact_sheet, edit_answer, value_rows
from adde_lite.plots.latents import curves, decoded_code, image_rows, latent_bars, traversals
from adde_lite.plots.picture import Picture
from adde_lite.plots.scores import score_bars
from adde_lite.plots.studies import correlation_intervals, counted, maps, score_strips

__all__ = [
    "Picture",
    "baseline_ranges",
    "code_portrait",
    "code_scatter",
    "codes_by_value",
    "contact_sheet",
    "correlation_intervals",
    "counted",
    "curves",
    "decoded_code",
    "edit_answer",
    "image_rows",
    "latent_bars",
    "maps",
    "number_map",
    "score_bars",
    "score_curves",
    "score_strips",
    "traversals",
    "value_rows",
]
