"""What the explorer shows for a garment, edits and a strength: the work behind its sliders, without the sliders."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from adde_lite.attributes import Edit
from adde_lite.errors import InputError
from adde_lite.models.adde.memory import How
from adde_lite.plots.drawing import Drawing, thumbnail
from adde_lite.plots.explorer import Marks, explored_memory, explored_results, marks, memory_cells
from adde_lite.retrieval.asked import Asked
from adde_lite.retrieval.gallery import Gallery


@dataclass(frozen=True)
class View:
    """One state of the explorer.

    Args:
        summary: what was found, in a line.
        results: the garment and what was found.
        memory: what the edits move.
    """

    summary: str
    results: Drawing
    memory: Drawing


class Exploration:
    """Garments of a gallery, edited one after the other; the scores of the present one are kept.

    Args:
        gallery: with a memory.
        images: image of each row, uint8 (3, H, W); only those that are shown are looked up.
        k: how many results.
        how: "swap" or "add", as `PrototypeMemory.edit`.

    Raises:
        InputError: a gallery without a memory, another number of images, or one with no more than k garments.
    """

    def __init__(self, gallery: Gallery, images: Tensor | Sequence[Tensor], *, k: int = 5, how: How = "swap") -> None:
        if gallery.memory is None:
            remedy = "Build it with memory=, such as PrototypeMemory.of_means(embeddings, labels, schema)."
            raise InputError("explorer", "a gallery without a memory", "one with prototypes", remedy)
        if len(images) != len(gallery):
            given, expected = f"{len(images)} images", f"{len(gallery)}, one a row of the gallery"
            raise InputError("explorer", given, expected, "Pass the images that were embedded, in their order.")
        if not 1 <= k < len(gallery):
            expected = f"1 to {len(gallery) - 1}: the garment itself is left out"
            raise InputError("explorer, k", str(k), expected, "Ask for fewer results.")
        self.gallery, self.memory, self.schema = gallery, gallery.memory, gallery.schema
        self._k, self._how = k, how
        self._asked = lru_cache(maxsize=1)(self._ask)  # A * N numbers each
        weight = self.memory.weight
        self._cells = lru_cache(maxsize=1)(lambda _: memory_cells(weight.detach().cpu(), self.schema))
        self._thumbnail = lru_cache(maxsize=None)(lambda row: thumbnail(images[row]))

    def view(self, row: int, edits: Sequence[Edit] = (), strength: float = 1.0, weight: float = 1.0) -> View:
        """What the explorer shows of a garment; it never finds the garment itself.

        Args:
            row: of the gallery.
            edits: of different attributes; none leaves the garment as it is.
            strength: 0 leaves it as it is, 1 is the edits in full.
            weight: how often the blocks of edited attributes count, all others counting once.

        Raises:
            InputError: no such row, or as `Asked.edit`.
        """
        labels = self.labels(row)
        found = self._found(row, edits, strength, weight)
        target = self.schema.edited(labels[None], edits)[0]
        edited = [edit.attribute for edit in edits]
        marked = marks(self.gallery.labels[found], target, edited, self.schema)
        pictures = [self._thumbnail(at) for at in found.tolist()]
        results = explored_results(self._thumbnail(row), labels, target, self.schema, found=pictures, marked=marked)
        summary = _summary(edits, strength, weight, marked)
        return View(summary, results, self._memory(row, edits, strength, weight))

    def labels(self, row: int) -> Tensor:
        """The labels of a garment, int64 (A,). Raises InputError when there is no such row."""
        if not 0 <= row < len(self.gallery):
            expected = f"0 to {len(self.gallery) - 1}"
            raise InputError("explorer, row", str(row), expected, "Choose a garment of the gallery.")
        return self.gallery.labels[row]

    def _ask(self, row: int) -> Asked:
        return self.gallery.query(self.gallery.embeddings[row])

    def _found(self, row: int, edits: Sequence[Edit], strength: float, weight: float) -> Tensor:
        asked, k = self._asked(row), self._k + 1
        if not edits:
            found = asked.top(k)
        else:
            labels, edited = self.gallery.labels[row][None], {edit.attribute for edit in edits}
            weights = [weight if name in edited else 1.0 for name in self.schema.names] if weight != 1 else None
            found = asked.edit(edits, k, self._how, labels, weights=weights, strength=strength)
        return found[found != row][: self._k]

    @torch.no_grad()
    def _memory(self, row: int, edits: Sequence[Edit], strength: float, weight: float) -> Drawing:
        embedding, labels = self.gallery.embeddings[row].to(self.memory.weight), self.gallery.labels[row]
        full = self.memory.edit(embedding, edits, self._how, labels) - embedding if edits else 0 * embedding
        lengths = full.norm(dim=1)
        going: Mapping[str, str] | None = None
        if self._how == "add":
            (shown,) = self.schema.decode(labels[None])
            left = {edit.attribute: shown[edit.attribute] for edit in edits}
            going = {name: value for name, value in left.items() if value and Edit(name, value) not in edits}
        return explored_memory(
            self._cells(self.memory.weight._version),  # counts the changes in place, as an optimiser makes them
            self.schema,
            coming={edit.attribute: edit.value for edit in edits},
            going=going,
            strength=strength,
            moved=(strength * lengths).tolist(),
            top=float(lengths.max()),
            weight=weight,
        )


def _summary(edits: Sequence[Edit], strength: float, weight: float, marked: Sequence[Marks]) -> str:
    exact = sum(mark.right for mark in marked)
    if not edits:
        return f"as it is: {exact} of {len(marked)} have all its labels"
    asked = ", ".join(map(str, edits))
    changed = sum(mark.changed_right for mark in marked)
    share = f"{strength:.0%}" + ("" if weight == 1 else f", counted {weight:g} times")
    return f"{asked} at {share}: {changed} of {len(marked)} are changed as asked, {exact} of them keep all else"
