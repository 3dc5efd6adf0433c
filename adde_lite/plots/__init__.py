"""Every picture of the course: pure functions from data to a `Picture`, one subject a file."""

from adde_lite.plots.ablations import difference_strips
from adde_lite.plots.codes import (
    baseline_ranges,
    code_portrait,
    code_scatter,
    codes_by_value,
    number_map,
    score_curves,
)
from adde_lite.plots.conditional import masks_beside_blocks, similar_results
from adde_lite.plots.garments import contact_sheet, edit_answer, value_rows, version_sheet
from adde_lite.plots.latents import curves, decoded_code, image_rows, latent_bars, traversals
from adde_lite.plots.memory import edit_plane, memory_frames, memory_map, prototype_swap, subspace_moves
from adde_lite.plots.outfits import (
    attention_table,
    outfit_boards,
    question_board,
    ranking_curves,
    rule_strips,
    rule_table,
)
from adde_lite.plots.picture import Picture
from adde_lite.plots.scores import score_bars
from adde_lite.plots.searching import answers_by_cell, seed_lines, stacked_scores, visited_results
from adde_lite.plots.studies import correlation_intervals, counted, maps, score_strips
from adde_lite.plots.subspaces import leakage_maps, neighbour_rows, reading_strips
from adde_lite.plots.training import history, rates, step_profile, weights_apart

__all__ = [
    "Picture",
    "answers_by_cell",
    "attention_table",
    "baseline_ranges",
    "code_portrait",
    "code_scatter",
    "codes_by_value",
    "contact_sheet",
    "correlation_intervals",
    "counted",
    "curves",
    "decoded_code",
    "difference_strips",
    "edit_answer",
    "edit_plane",
    "history",
    "image_rows",
    "latent_bars",
    "leakage_maps",
    "maps",
    "masks_beside_blocks",
    "memory_frames",
    "memory_map",
    "neighbour_rows",
    "number_map",
    "outfit_boards",
    "prototype_swap",
    "question_board",
    "ranking_curves",
    "rates",
    "reading_strips",
    "rule_strips",
    "rule_table",
    "score_bars",
    "score_curves",
    "score_strips",
    "seed_lines",
    "similar_results",
    "stacked_scores",
    "step_profile",
    "subspace_moves",
    "traversals",
    "value_rows",
    "version_sheet",
    "visited_results",
    "weights_apart",
]
