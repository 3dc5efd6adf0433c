"""Edit queries answered in up to nine ways: what the embedding is worth beside chance, baselines and an oracle."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import torch
from torch import Tensor

from adde_lite.attributes import MISSING, AttributeSchema
from adde_lite.errors import InputError, unknown
from adde_lite.models.adde.memory import How, PrototypeMemory
from adde_lite.retrieval.answers import Answers
from adde_lite.retrieval.nearest import SCORES_AT_ONCE, check_k, nearest, unit
from adde_lite.sampling import Queries

if TYPE_CHECKING:
    import pandas as pd

SMALLEST_PROBABILITY = 1e-9

Row: TypeAlias = Literal[
    "chance",
    "unedited",
    "prototype_vector",
    "mean_memory",
    "mean_memory_swap",
    "classifier_probability",
    "embedding",
    "residual",
    "label_oracle",
]
SHORT: tuple[Row, ...] = ("chance", "unedited", "classifier_probability", "embedding", "residual", "label_oracle")
BEFORE: tuple[Row, ...] = ("mean_memory", "mean_memory_swap")
TITLES = {
    "chance": "chance",
    "unedited": "unedited query",
    "prototype_vector": "prototype vector",
    "mean_memory": "mean memory, add",
    "mean_memory_swap": "mean memory, swap",
    "residual": "ADDE-M, add",
    "embedding": "ADDE-M, swap",
    "classifier_probability": "classifier probabilities",
    "residual, weighted": "ADDE-M, add, weighted",
    "embedding, weighted": "ADDE-M, swap, weighted",
    "classifier_probability, weighted": "classifier, weighted",
    "label_oracle": "label oracle",
}
"""How tables for readers call the rows, in their order; a weighted row is one whose edited block counts more often."""


@dataclass(frozen=True, eq=False)
class Encoded:
    """Images after the encoder.

    Args:
        embeddings: float32 (N, A, d).
        probabilities: float32 (N, J), what the classifier says, each attribute's block summing to 1.
        labels: int64 (N, A).

    Raises:
        InputError: shapes or types that do not fit, or a probability that is not a number; names its row.
    """

    embeddings: Tensor
    probabilities: Tensor
    labels: Tensor

    def __post_init__(self) -> None:
        embeddings, probabilities, labels = tuple(vars(self).values())
        types = [each.dtype for each in (embeddings, probabilities, labels)]
        axes = (embeddings.ndim, probabilities.ndim, labels.ndim) == (3, 2, 2)
        alike = axes and embeddings.shape[:2] == labels.shape and len(probabilities) == len(labels)
        if not alike or types != [torch.float32, torch.float32, torch.int64]:
            found = ", ".join(f"{name} {each.dtype} {tuple(each.shape)}" for name, each in vars(self).items())
            expected = "float32 (N, A, d), float32 (N, J) and int64 (N, A)"
            raise InputError("encoded images", found, expected, "Pass what the encoder says of the same images.")
        bad = ~self.probabilities.isfinite().all(1)
        if bad.any():
            where = f"encoded images, probabilities, row {int(bad.nonzero()[0])}"
            raise InputError(where, "not finite", "probabilities from 0 to 1", "Look at the image, or drop it.")


@dataclass(frozen=True, eq=False)
class Stage:
    """Images and memory as one stage of training left them: before stage 3, or after it.

    Args:
        references: the images to edit.
        gallery: where the answers are sought; may be the references.
        memory: the prototypes that edit, of the same d as the embeddings; before stage 3 the class means,
            `PrototypeMemory.of_means`.
    """

    references: Encoded
    gallery: Encoded
    memory: PrototypeMemory


@torch.no_grad()
def answer_queries(
    references: Encoded,
    gallery: Encoded,
    queries: Queries,
    memory: PrototypeMemory,
    schema: AttributeSchema,
    *,
    rows: Sequence[Row] | None = None,
    before: Stage | None = None,
    exclude_self: bool = False,
    cutoffs: tuple[int, ...] = (1, 10, 30),
    seed: int = 0,
) -> Answers:
    """Answer the queries in several ways and score every single answer.

    The rows, in the order of the result:

    - `chance`: a random order.
    - `unedited`: the reference's own embedding.
    - `prototype_vector`: M v of the values that the classifier sees in the reference, the new ones put in; only the
      predicted values of the reference are left of it.
    - `mean_memory`, `mean_memory_swap`: as `residual` and `embedding`, with encoder and memory as before stage 3.
    - `classifier_probability`: sum over attributes of the expected log-probability of the wanted value, certain of
      the new ones. The strongest simple baseline.
    - `embedding`: prototypes swapped in.
    - `residual`: the paper's r + M i, with the true labels of the references.
    - `label_oracle`: ordered by the number of labels equal to the target's.

    Args:
        references: the images that `queries.reference` counts in; may be the gallery itself.
        gallery: where the answers are sought.
        queries: edits of the references, one attribute or several each, at least one attribute left alone.
        memory: the prototypes that edit; of the same d as the embeddings.
        schema: the attributes.
        rows: which rows; None takes all that can be answered, without `before` seven.
        before: the same images, in the same order, and the memory before stage 3: for the two mean-memory rows.
        exclude_self: do not find the reference itself. The public protocol finds it (False): it is never right, but
            takes one of the k places. Needs references that are the gallery.
        cutoffs: the k of top-k accuracy, rising; the other measures use the last. One beyond the gallery is cut to it.
        seed: of the chance row.

    Raises:
        InputError: shapes that do not fit, a reference beyond `references`, an unknown row, a mean-memory row without
            `before` or with one of other images, cutoffs that do not rise from 1 or more, or `exclude_self` where
            references and gallery are different images.
    """
    if not cutoffs or list(cutoffs) != sorted(set(cutoffs)) or cutoffs[0] < 1:
        raise InputError("answer_queries, cutoffs", str(cutoffs), "rising numbers from 1 up", "Such as (1, 10, 30).")
    now, found = Stage(references, gallery, memory), dict[str, Tensor]()
    _fits(now, schema)
    chosen, indicator = _chosen(rows, before), queries.indicator(schema, references.labels)
    if before is not None:
        _fits(before, schema)
        _same_images(before, references, gallery)
    if exclude_self and references is not gallery:
        expected = "the gallery itself as references"
        raise InputError("exclude_self", "references beside the gallery", expected, "Pass the same Encoded as both.")
    k = min(cutoffs[-1], len(gallery.labels) - exclude_self)
    for row in chosen:
        if row == "chance":
            positions = _drawn(len(queries), len(gallery.labels), k + exclude_self, seed)
        else:
            stage = before if before is not None and row in BEFORE else now
            positions = nearest(*row_vectors(row, stage, queries, indicator), k + exclude_self)
        found[row] = without_self(positions, queries.reference) if exclude_self else positions
    cut = tuple(min(cutoff, k) for cutoff in cutoffs)
    return Answers.judged(found, gallery.labels, queries, cut, exclude_self=exclude_self)


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
    """The short table: the six rows of `SHORT`, which need one encoder only, and for each its means.

    Arguments and errors as `answer_queries`. Returns `top_k`, `ndcg`, `ndcg_target` and `ndcg_others` by row.
    """
    answers = answer_queries(references, gallery, queries, memory, schema, rows=SHORT, cutoffs=cutoffs, seed=seed)
    return {
        row: {measure: mean for measure, mean in means.items() if measure.startswith(("top_", "ndcg"))}
        for row, means in answers.means().items()
    }


def as_table(rows: Mapping[str, Mapping[str, float]]) -> "pd.DataFrame":
    """The scores as a table, one row a way to answer."""
    import pandas as pd  # 0.3 s, which only a reader of the table should pay

    return pd.DataFrame.from_dict(rows, orient="index")


def interval_table(answers: Answers, measures: Sequence[str]) -> "pd.DataFrame":
    """Means with their bootstrap intervals, "0.690 [0.669, 0.711]", a row a way to answer, titled by `TITLES`.

    Args:
        answers: rows that `TITLES` does not have are left out.
        measures: which measures, a column each.
    """
    import pandas as pd  # 0.3 s, which only a reader of the table should pay

    means, intervals = answers.means(), answers.intervals()
    rows = [row for row in TITLES if row in means]
    columns = {
        key: [f"{means[row][key]:.3f} [{intervals[row][key].low:.3f}, {intervals[row][key].high:.3f}]" for row in rows]
        for key in measures
    }
    return pd.DataFrame(columns, index=[TITLES[row] for row in rows])


def _chosen(rows: Sequence[Row] | None, before: Stage | None) -> tuple[Row, ...]:
    """The rows asked for, in the order of the table."""
    known = get_args(Row)
    for row in rows or ():
        if row not in known:
            raise unknown("answer_queries", "row", row, known)
        if row in BEFORE and before is None:
            remedy = "Pass before=Stage(references, gallery, memory)."
            raise InputError(f"answer_queries, row {row!r}", "nothing of stage 1", "before", remedy)
    if rows is None:
        return tuple(row for row in known if before is not None or row not in BEFORE)
    return tuple(row for row in known if row in rows)


def _drawn(queries: int, gallery: int, k: int, seed: int) -> Tensor:
    """The first k of a random order of the gallery for each query, int64 (Q, k)."""
    check_k(k, gallery)
    generator = torch.Generator().manual_seed(seed)
    some = torch.arange(queries).split(max(1, SCORES_AT_ONCE // gallery))
    drawn: list[Tensor] = [torch.rand(len(part), gallery, generator=generator).topk(k).indices for part in some]
    return torch.cat(drawn)


def _fits(stage: Stage, schema: AttributeSchema) -> None:
    wanted = (schema.A, stage.memory.d, schema.J)
    if stage.memory.schema != schema:
        given, expected = f"values {list(stage.memory.schema.sizes)}", f"{list(schema.sizes)}, as the schema"
        raise InputError("answer_queries, memory", given, expected, "Pass the schema that the memory was made with.")
    for name, images in (("references", stage.references), ("gallery", stage.gallery)):
        schema.check(images.labels)
        found = (*images.embeddings.shape[1:], images.probabilities.shape[1])
        if found != wanted:
            given, expected = f"(A, d, J) = {found}", f"{wanted}, as schema and memory"
            raise InputError(f"answer_queries, {name}", given, expected, "Take encoder and memory of one training.")


def _same_images(before: Stage, references: Encoded, gallery: Encoded) -> None:
    for name, old, new in [
        ("references", before.references, references),
        ("gallery", before.gallery, gallery),
    ]:
        if not torch.equal(old.labels, new.labels):
            given, expected = "other labels", "the labels of the images to compare with"
            raise InputError(f"before, {name}", given, expected, "Encode the same images in the same order.")


def row_vectors(row: Row, stage: Stage, queries: Queries, indicator: Tensor) -> tuple[Tensor, Tensor]:
    """What a row looks for and where, float (Q, D) and (N, D): the largest inner product is the best answer.

    Args:
        row: any but `chance`, which looks for nothing.
        stage: images and memory.
        queries: the Q queries.
        indicator: int64 (Q, J), as `Queries.indicator`.
    """
    references, gallery, memory, schema = stage.references, stage.gallery, stage.memory, stage.memory.schema
    if row == "classifier_probability":
        offered = gallery.probabilities.clamp(min=SMALLEST_PROBABILITY).log()
        return _wanted(references.probabilities, queries, schema), offered
    if row == "label_oracle":
        return _codes(queries.target, schema), _codes(gallery.labels, schema)
    own = references.embeddings[queries.reference]
    if row == "unedited":
        sought = own
    elif row == "prototype_vector":
        seen = schema.most_probable(references.probabilities[queries.reference])
        sought = memory(schema.one_hot(torch.where(queries.edited, queries.target, seen)))
    else:
        how: How = "swap" if row in {"embedding", "mean_memory_swap"} else "add"
        sought = memory.edit(own, indicator, how)
    return unit(sought), unit(gallery.embeddings)


def without_self(positions: Tensor, reference: Tensor) -> Tensor:
    """All but one of the results, (Q, k + 1) to (Q, k): the query's own row leaves, or else the last."""
    is_own = positions == reference[:, None]
    others_first = is_own.byte().argsort(dim=1, stable=True)
    return positions.gather(1, others_first)[:, :-1]


def _wanted(probabilities: Tensor, queries: Queries, schema: AttributeSchema) -> Tensor:
    """What the classifier sees in the reference, certain of the new values in the edited blocks: (Q, J)."""
    wanted = probabilities[queries.reference]
    edited = queries.edited.repeat_interleave(torch.tensor(schema.sizes), dim=1)
    return torch.where(edited, schema.one_hot(queries.target).to(wanted.dtype), wanted)


def _codes(labels: Tensor, schema: AttributeSchema) -> Tensor:
    """One-hot rows with one more column an attribute for "missing", so that missing equals missing: (N, J + A)."""
    return torch.cat([schema.one_hot(labels), labels == MISSING], dim=1).float()
