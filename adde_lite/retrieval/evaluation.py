"""Edit queries answered in six ways: what the embedding is worth is seen beside chance, baselines and an oracle."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from adde_lite.attributes import MISSING, AttributeSchema
from adde_lite.metrics.retrieval import ndcg, ndcg_others, ndcg_target, top_k_accuracy
from adde_lite.models.adde.memory import PrototypeMemory
from adde_lite.retrieval.nearest import nearest, unit
from adde_lite.sampling import Queries

if TYPE_CHECKING:
    import pandas as pd

SMALLEST_PROBABILITY = 1e-9


@dataclass(frozen=True, eq=False)
class Encoded:
    """Images after the encoder.

    Args:
        embeddings: float32 (N, A, d).
        probabilities: float32 (N, J), what the classifier says, each attribute's block summing to 1.
        labels: int64 (N, A).
    """

    embeddings: Tensor
    probabilities: Tensor
    labels: Tensor


@torch.no_grad()
def compare_answers(
    references: Encoded,
    gallery: Encoded,
    queries: Queries,
    memory: PrototypeMemory,
    schema: AttributeSchema,
    *,
    cutoffs: tuple[int, ...] = (1, 10, 30),
    seed: int = 0,
) -> dict[str, dict[str, float]]:
    """Scores of every way to answer the queries.

    Args:
        references: the images that `queries.reference` counts in; may be the gallery itself.
        gallery: where the answers are sought; a reference that stands in it is not left out.
        queries: edits of the references, one attribute or several each.
        memory: the prototypes that edit; of the same d as the embeddings.
        schema: the attributes.
        cutoffs: the k of top-k accuracy; the NDCGs use the last.
        seed: of the chance row.

    Returns:
        For each row, its `top_k`, `ndcg`, `ndcg_target` and `ndcg_others`. The rows: `chance` (a random order),
        `unedited` (the reference's own embedding), `classifier_probability` (sum over attributes of the expected
        log-probability of the wanted value: the strongest simple baseline), `embedding` (prototypes swapped in),
        `residual` (the paper's r + M i, with the true labels of the references) and `label_oracle` (ordered by the
        number of right labels).

    Raises:
        InputError: shapes that do not fit, or a reference beyond `references`.
    """
    k = min(cutoffs[-1], len(gallery.labels))
    generator = torch.Generator().manual_seed(seed)
    own, indicator = references.embeddings[queries.reference], queries.indicator(schema, references.labels)
    offered = unit(gallery.embeddings)
    found = {
        "chance": torch.rand(len(queries), len(gallery.labels), generator=generator).topk(k, dim=1).indices,
        "unedited": nearest(unit(own), offered, k),
        "classifier_probability": nearest(
            _wanted(references.probabilities, queries, schema),
            gallery.probabilities.clamp(min=SMALLEST_PROBABILITY).log(),
            k,
        ),
        "embedding": nearest(unit(memory.edit(own, indicator, "swap")), offered, k),
        "residual": nearest(unit(memory.edit(own, indicator, "add")), offered, k),
        "label_oracle": nearest(_codes(queries.target, schema), _codes(gallery.labels, schema), k),
    }
    return {
        row: _scores(gallery.labels[positions], queries, tuple(min(cutoff, k) for cutoff in cutoffs))
        for row, positions in found.items()
    }


def as_table(rows: Mapping[str, Mapping[str, float]]) -> "pd.DataFrame":
    """The scores as a table, one row a way to answer."""
    import pandas as pd  # 0.3 s, which only a reader of the table should pay

    return pd.DataFrame.from_dict(rows, orient="index")


def _wanted(probabilities: Tensor, queries: Queries, schema: AttributeSchema) -> Tensor:
    """What the classifier sees in the reference, certain of the new values in the edited blocks: (Q, J)."""
    wanted = probabilities[queries.reference]
    edited = queries.edited.repeat_interleave(torch.tensor(schema.sizes), dim=1)
    return torch.where(edited, schema.one_hot(queries.target).to(wanted.dtype), wanted)


def _codes(labels: Tensor, schema: AttributeSchema) -> Tensor:
    """One-hot rows with one more column an attribute for "missing", so that missing equals missing: (N, J + A)."""
    return torch.cat([schema.one_hot(labels), labels == MISSING], dim=1).float()


def _scores(found: Tensor, queries: Queries, cutoffs: tuple[int, ...]) -> dict[str, float]:
    top = {f"top_{cutoff}": top_k_accuracy(found[:, :cutoff], queries.target) for cutoff in cutoffs}
    return top | {
        "ndcg": ndcg(found, queries.target),
        "ndcg_target": ndcg_target(found, queries.target, queries.edited),
        "ndcg_others": ndcg_others(found, queries.target, queries.edited),
    }
