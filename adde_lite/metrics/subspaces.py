"""What does each subspace tell of each attribute? Linear probes and neighbours, with the floors to read them by.

Matrices are (A, A): the row is the subspace that is asked, the column the attribute it is asked for. An image has a say
in a cell when it has both labels; a cell in which there is nothing to tell apart is NaN. Labels go together, so the
label of a alone already tells something of b: only what a subspace tells beyond that is leakage.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from adde_lite.attributes import MISSING, AttributeSchema
from adde_lite.errors import InputError
from adde_lite.metrics.neighbours import check_k, nearest_others

SOLVER_STEPS = 40  # twice as many move no mean accuracy by a tenth of a point


@dataclass(frozen=True, eq=False)
class Leakage:
    """How well attribute b is read from subspace a, and from less and from more than that.

    Args:
        probe: float64 (A, A), share of test images whose b a linear probe on subspace a gets right.
        label: the same for the best guess from the true label of a: what a code of a, and of nothing else, tells of b.
        majority: the same for the most frequent value of b.
        whole: the same for a linear probe on all subspaces together.
        images: int64 (A, A), test images with both labels.
    """

    probe: Tensor
    label: Tensor
    majority: Tensor
    whole: Tensor
    images: Tensor

    @property
    def own(self) -> float:
        """Mean share that is right when an attribute is read from its own subspace."""
        return float(self.probe.diagonal().nanmean())

    @property
    def leaked(self) -> float:
        """What subspaces tell of other attributes: 0 no more than labels do, 1 as much as all subspaces together."""
        others = ~torch.eye(len(self.probe), dtype=torch.bool) & ~self.probe.isnan()
        return float((self.probe - self.label)[others].sum() / (self.whole - self.label)[others].sum())


@dataclass(frozen=True, eq=False)
class Agreement:
    """How often an image and its nearest neighbours in subspace a have the same value of b.

    Args:
        neighbours: float64 (A, A).
        label: float64 (A, A), the same for any two images with equal labels of a.
    """

    neighbours: Tensor
    label: Tensor


def leakage(
    embeddings: Tensor, labels: Tensor, embeddings_test: Tensor, labels_test: Tensor, schema: AttributeSchema
) -> Leakage:
    """Ask every subspace for every attribute.

    A probe is multinomial logistic regression on standardised numbers: scikit-learn's at its default penalty, with a
    weight vector a value even where there are two. The A x A probes share none, so one solver fits them all at once.

    Args:
        embeddings: float (N, A, d), to fit the probes on: images that the encoder was not trained on.
        labels: int64 (N, A), -1 where missing.
        embeddings_test: float (M, A, d), to judge by.
        labels_test: int64 (M, A).
        schema: of both.

    Raises:
        InputError: labels that are not of the schema, shapes that do not fit, or a number that is not finite.
    """
    _check("embeddings", embeddings, labels, schema)
    _check("embeddings_test", embeddings_test, labels_test, schema)
    known, known_test = labels != MISSING, labels_test != MISSING
    train, test = _standard(embeddings, embeddings_test, known)
    from_block = _read(train, labels, known, test, schema)
    everyone = torch.ones(len(train), 1, dtype=torch.bool)
    from_all = _read(train.flatten(1)[:, None], labels, everyone, test.flatten(1)[:, None], schema)

    together = known_test[:, :, None] & known_test[:, None]
    images = together.sum(0)
    label, majority = _from_labels(labels, labels_test, schema)
    right = [((guess == labels_test[:, None]) & together).sum(0) / images for guess in (from_block, from_all)]
    nothing = label.isnan()
    probe, whole = (share.double().masked_fill(nothing, torch.nan) for share in right)
    return Leakage(probe, label, majority, whole, images)


def neighbour_agreement(embeddings: Tensor, labels: Tensor, schema: AttributeSchema, k: int = 10) -> Agreement:
    """Ask the k nearest neighbours in every subspace for every attribute: by distance, nothing is learned.

    Args:
        embeddings: float (N, A, d).
        labels: int64 (N, A), -1 where missing.
        schema: of the labels.
        k: neighbours an image, at least 1, by Euclidean distance, among the images that have the subspace's attribute.

    Raises:
        InputError: as `leakage`, a k below 1, or an attribute that at most k images have.
    """
    _check("embeddings", embeddings, labels, schema)
    check_k(k)
    agreed = torch.empty(schema.A, schema.A, dtype=torch.float64)
    for a, name in enumerate(schema.names):
        rows = (labels[:, a] != MISSING).nonzero()[:, 0]
        if len(rows) <= k:
            raise InputError(f"labels of {name!r}", f"{len(rows)} images", f"more than k = {k}", "Take more images.")
        block, codes = embeddings[rows, a], labels[rows]
        near = nearest_others(block, k)
        both = (codes != MISSING)[:, None] & (codes[near] != MISSING)
        agreed[a] = ((codes[near] == codes[:, None]) & both).sum((0, 1)) / both.sum((0, 1))

    counts = _joint(labels, schema)
    by_label = torch.full_like(agreed, torch.nan)
    for (a, b), table in counts.items():
        pairs = _pairs(table.sum(1)).sum()
        by_label[a, b] = _pairs(table).sum() / pairs if pairs else torch.nan
    return Agreement(agreed.masked_fill(by_label.isnan(), torch.nan), by_label)


def principal_codes(embeddings: Tensor) -> Tensor:
    """One number a subspace: where an image lies along the direction in which the images differ most.

    Args:
        embeddings: float (N, A, d).

    Returns:
        float64 (N, A), centred; the sign of a column is arbitrary.
    """
    centred = (embeddings.double() - embeddings.double().mean(0)).transpose(0, 1)
    directions = torch.linalg.eigh(centred.mT @ centred).eigenvectors[..., -1]
    return torch.einsum("and,ad->na", centred, directions)


def turned(embeddings: Tensor, seed: int) -> Tensor:
    """The same embeddings in other coordinates: all A * d numbers turned by one random rotation.

    Distances between whole embeddings, and all that a linear map of the whole can read, stay as they are. Only the
    meaning of the blocks is gone.

    Args:
        embeddings: float (N, A, d).
        seed: of the rotation.
    """
    width = embeddings[0].numel()
    draw = torch.randn(width, width, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    orthogonal = torch.linalg.qr(draw).Q.to(embeddings.dtype)
    again: Tensor = (embeddings.flatten(1) @ orthogonal).unflatten(1, embeddings.shape[1:])
    return again


def _standard(train: Tensor, test: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
    """Both halves, float64, every number with mean 0 and spread 1 over the training images that have its attribute."""
    count = known.sum(0).clamp(min=1)[:, None]
    mean = train.double().where(known[..., None], 0).sum(0) / count
    spread = ((train - mean) ** 2).where(known[..., None], 0).sum(0).div(count).sqrt()
    scale = spread.where(spread > 0, 1)
    return (train - mean) / scale, (test - mean) / scale


def _read(train: Tensor, labels: Tensor, known: Tensor, test: Tensor, schema: AttributeSchema) -> Tensor:
    """The guesses of P x A probes, int64 (M, P, A).

    Args:
        train: float64 (N, P, D), P blocks to read from, standardised.
        labels: int64 (N, A).
        known: bool (N, P), the images that have a say in what is read from a block.
        test: float64 (M, P, D).
        schema: of the labels.
    """
    seen = train.where(known[..., None], 0)
    inputs, inputs_test = (F.pad(half, (0, 1), value=1.0).transpose(0, 1) for half in (seen, test))
    targets = labels.T[:, None].where(known.T, MISSING).flatten(1)
    penalised = torch.ones(inputs.shape[2], dtype=inputs.dtype)
    penalised[-1] = 0.0  # the constant is free
    # In units of a block's own moments all directions are alike, which saves the solver nine steps of ten.
    scale = torch.linalg.cholesky(inputs.mT @ inputs + penalised.diag()).mT
    free = torch.zeros(len(inputs), inputs.shape[2], schema.J, dtype=inputs.dtype, requires_grad=True)
    solver = torch.optim.LBFGS([free], max_iter=SOLVER_STEPS, line_search_fn="strong_wolfe")

    def cost() -> float:
        solver.zero_grad()
        weight = torch.linalg.solve_triangular(scale, free, upper=True)
        total = (weight[:, :-1] ** 2).sum() / 2
        for logits, target in zip((inputs @ weight).split(schema.sizes, 2), targets, strict=True):
            total = total + F.cross_entropy(logits.flatten(0, 1), target, ignore_index=MISSING, reduction="sum")
        total.backward()
        return float(total.detach())

    solver.step(cost)
    with torch.no_grad():
        weight = torch.linalg.solve_triangular(scale, free, upper=True)
        blocks = (inputs_test @ weight).split(schema.sizes, 2)
    return torch.stack([logits.argmax(2).T for logits in blocks], 2)


def _from_labels(labels: Tensor, labels_test: Tensor, schema: AttributeSchema) -> tuple[Tensor, Tensor]:
    """Share of b that is right when guessed from the label of a, and from nothing: float64 (A, A) each."""
    label, majority = torch.full((2, schema.A, schema.A), torch.nan, dtype=torch.float64)
    counts, counts_test = _joint(labels, schema), _joint(labels_test, schema)
    for (a, b), table in counts.items():
        values, judged = table.sum(0), counts_test[a, b]
        if judged.any() and (values > 0).sum() > 1:
            label[a, b] = judged.gather(1, table.argmax(1, keepdim=True)).sum() / judged.sum()
            majority[a, b] = judged.sum(0)[values.argmax()] / judged.sum()
    return label, majority


def _joint(labels: Tensor, schema: AttributeSchema) -> dict[tuple[int, int], Tensor]:
    """For every pair (a, b), how many images have each pair of values: int64 (n_a, n_b)."""
    hot = [block.double() for block in schema.one_hot(labels).split(schema.sizes, 1)]
    return {(a, b): (one.T @ two).long() for a, one in enumerate(hot) for b, two in enumerate(hot)}


def _pairs(count: Tensor) -> Tensor:
    """Ordered pairs of different images among `count` of them."""
    return count * (count - 1)


def _check(name: str, embeddings: Tensor, labels: Tensor, schema: AttributeSchema) -> None:
    schema.check(labels)
    if embeddings.ndim != 3 or embeddings.shape[:2] != labels.shape:
        expected = f"({len(labels)}, {schema.A}, d)"
        raise InputError(name, f"shape {tuple(embeddings.shape)}", expected, "Embed the images of these labels.")
    bad = ~embeddings.isfinite().flatten(1).all(1)
    if bad.any():
        row = int(bad.nonzero()[0])
        raise InputError(f"{name}, row {row}", "NaN or infinity", "finite numbers", "Look at the encoder first.")
