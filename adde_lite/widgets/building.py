"""What the outfit builder shows for each state of its controls; no widget in it."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Tensor

from adde_lite.attributes import Edit
from adde_lite.data.outfits import KEPT, SAME_PLACE, Outfits, RuleBook
from adde_lite.errors import InputError
from adde_lite.models.adde import PrototypeMemory
from adde_lite.models.outfits import ADDEO
from adde_lite.plots.drawing import Drawing, thumbnail
from adde_lite.plots.outfit_builder import Offer, Piece, built_outfit
from adde_lite.retrieval.completion import Completion
from adde_lite.retrieval.gallery import Gallery

SWAPPED = 3.0  # how much the swapped block counts: all others pull towards the garment as it was


class Built(NamedTuple):
    """One state of the builder.

    Args:
        summary: what was found, in a line.
        drawing: the outfit and the offers; None where there is nothing to offer.
    """

    summary: str
    drawing: Drawing | None


class Building:
    """Outfits of garments of one stock, and what would complete them.

    Args:
        model: trained.
        embeddings: float (N, A, d), of `outfits.stock`.
        outfits: whose stock is chosen from.
        memory: edits the garment that is looked for.
        rules: the book that offers are marked by. It takes no part in finding them.
        k: how many offers.

    Raises:
        InputError: embeddings of another stock, or k below 1.
    """

    def __init__(
        self,
        model: ADDEO,
        embeddings: Tensor,
        outfits: Outfits,
        memory: PrototypeMemory,
        rules: RuleBook,
        *,
        k: int = 5,
    ) -> None:
        if k < 1:
            raise InputError("outfit builder, k", str(k), "at least 1", "Ask for some offers.")
        self.outfits, self._rules, self._k = outfits, rules, k
        self._model, self._embeddings, self._memory = model, embeddings, memory
        self._completion = Completion(model, embeddings, outfits.categories)
        stock = outfits.stock
        self._gallery = Gallery(embeddings, stock.labels, stock.schema)
        self._attention = model.attention.table().detach()
        self._thumbnail = lru_cache(maxsize=None)(lambda row: thumbnail(stock.images[row]))

    @torch.no_grad()
    def view(self, rows: Sequence[int], category: str, swap: Edit | None = None) -> Built:
        """What the builder shows.

        Args:
            rows: garments of the outfit, each counted once; none leaves nothing to show.
            category: of the garment that is looked for.
            swap: asks for the others nearest to the best one with this attribute changed; None for the best ones.

        Raises:
            InputError: an unknown category, attribute or value, or a row that is not in stock.
        """
        code = self.outfits.stock.schema.code("category", category)
        rows, stock = list(dict.fromkeys(rows)), len(self.outfits.categories)
        for row in rows:
            if not 0 <= row < stock:
                raise InputError("outfit builder, row", str(row), f"0 to {stock - 1}", "Choose a garment of the stock.")
        if not rows:
            return Built("choose a garment to begin with", None)
        given = torch.tensor(rows)
        taken = int((self.outfits.categories[given] == code).sum())
        left = int((self.outfits.categories == code).sum()) - taken
        if not left:
            return Built(f"no other {category} in stock", None)
        found, scores = self._completion.category_scores(given, code)
        order = scores.argsort(descending=True, stable=True)
        found, scores = found[order], scores[order]
        distance = dict(zip(found.tolist(), (-scores).tolist(), strict=True))
        pieces = [self._piece(row, code) for row in rows]
        if swap is None:
            heading = f"{category}: the best of {len(found)}"
            offers = self._offers(found[: self._k], distance, given)
            return Built(f"{heading}; {_kept(offers)}", built_outfit(pieces, offers, heading))
        wanted = self._memory.edit(self._embeddings[found[:1]], [swap], "swap")
        imagined = float(self._completion.embedding_scores(given, code, wanted)[0])
        weights = [SWAPPED if name == swap.attribute else 1.0 for name in self.outfits.stock.schema.names]
        ranked = self._gallery.search(wanted[0], min(self._k + 1, left) + taken, weights, {"category": category})
        near = ranked[~torch.isin(ranked, torch.cat([given, found[:1]]))][: self._k]
        offers = self._offers(near, distance, given)
        heading = (
            f"{category}: like the best one, but {swap}; its distance goes from {-scores[0]:.2f} to {-imagined:.2f}"
        )
        return Built(f"{heading}; {_kept(offers)}", built_outfit(pieces, offers, heading))

    def _piece(self, row: int, target: int) -> Piece:
        category = int(self.outfits.categories[row])
        weights = self._attention[category, target]
        name = self.outfits.stock.schema.options("category")[category]
        looks_at = self._model.recipe.attributes[int(weights.argmax())]
        return Piece(self._thumbnail(row), name, looks_at, float(weights.max()))

    def _offers(self, rows: Tensor, distance: Mapping[int, float], given: Tensor) -> list[Offer]:
        labels = self.outfits.stock.labels
        broken = self._rules.broken(labels[rows][:, None], labels[given]).tolist()
        named = [tuple(dict.fromkeys(self._name(number) for number in line if number != KEPT)) for line in broken]
        return [
            Offer(self._thumbnail(row), distance[row], rules) for row, rules in zip(rows.tolist(), named, strict=True)
        ]

    def _name(self, number: int) -> str:
        return "same place" if number == SAME_PLACE else self._rules.rules[number].relation.name


def _kept(offers: Sequence[Offer]) -> str:
    return f"{sum(not offer.broken for offer in offers)} of {len(offers)} keep every rule"
