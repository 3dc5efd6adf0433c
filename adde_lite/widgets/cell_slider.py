"""How many cells are visited? A slider over pictures of what a search then finds, and what it misses."""

from collections.abc import Mapping, Sequence

import ipywidgets
from torch import Tensor

from adde_lite.errors import InputError
from adde_lite.plots.drawing import Drawing, thumbnail
from adde_lite.plots.searching import visited_results
from adde_lite.retrieval.nearest import nearest, unit
from adde_lite.retrieval.scale.cells import Cells
from adde_lite.widgets.edit_slider import edit_slider


def cell_frames(
    cells: Cells,
    embeddings: Tensor,
    images: Tensor,
    row: int,
    *,
    questions: Mapping[str, Tensor],
    probes: Sequence[int],
    k: int = 6,
) -> ipywidgets.VBox:
    """A slider over numbers of visited cells, drawn beforehand: it moves without a kernel.

    Args:
        cells: of the unit vectors of `embeddings`.
        embeddings: float (N, A, d).
        images: uint8 (N, 3, H, W), of its rows.
        row: of the garment that is asked with; it does not find itself.
        questions: what is asked -> weights (A,); a row of the picture each.
        probes: the stops, numbers of cells.
        k: how many exact answers to show.

    The parts carry the classes of `edit_slider`.

    Raises:
        InputError: another number of images, no such row, no more than k garments, no question, or no stop.
    """
    if not questions:
        raise InputError("cell frames, questions", "none", "at least one", "Such as {'like it': torch.ones(A)}.")
    if len(images) != len(embeddings) or not 0 <= row < len(embeddings) or not 1 <= k < len(embeddings):
        given = f"row {row} and k={k} of {len(embeddings)} garments, {len(images)} images"
        expected = "a row of the gallery, fewer answers than garments, an image for each"
        raise InputError("cell frames", given, expected, "Pass the images that were embedded, in their order.")
    points, asked, answers = unit(embeddings), {}, {}
    for title, weights in questions.items():
        asked[title] = (embeddings[[row]] * weights[:, None]).flatten(1)
        found = nearest(asked[title], points, k + 1)[0]
        answers[title] = found[found != row][:k]
    tiles = {title: [thumbnail(images[at]) for at in rows.tolist()] for title, rows in answers.items()}

    def frame(visited: int) -> Drawing:
        seen = {title: cells.visited(query, visited)[0] for title, query in asked.items()}
        rows = {title: (tiles[title], seen[title][answers[title]].tolist()) for title in asked}
        read = {title: float(there.double().mean()) for title, there in seen.items()}
        return visited_results(thumbnail(images[row]), rows, read, f"{visited} of {len(cells)} cells visited")

    return edit_slider("cells visited", {f"{visited}": frame(visited) for visited in probes})
