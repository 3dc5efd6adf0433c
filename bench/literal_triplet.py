"""What the label triplet figures share: the loss in its literal O(B^3) form, and the comparison with ours.

Also the literal way to group rows of labels, by a hash of their text.
"""

import time
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from adde_lite.losses import label_triplet
from bench.figure import Figure

DIMENSIONS = 340
CLASSES = 10
MARGIN = 0.5
TRIES = 5


def literal_triplet(embeddings: Tensor, labels: Tensor, margin: float) -> Tensor:
    """The distance matrix tiled to (B^2, B), one row a pair, masked, and minima taken."""
    B = len(embeddings)
    squares = embeddings.square().sum(1)
    distances = (squares[:, None] + squares - 2 * embeddings @ embeddings.T).clamp(min=0)
    different = labels[:, None] != labels
    tiled = distances.repeat_interleave(B, 0)
    beyond = different.repeat_interleave(B, 0) & (tiled > distances.reshape(-1, 1))
    nearest = tiled.masked_fill(~beyond, torch.inf).min(1).values.reshape(B, B)
    farthest = distances.masked_fill(~different, 0).max(1, keepdim=True).values
    chosen = torch.where(beyond.any(1).reshape(B, B), nearest, farthest)
    pairs = ~different & ~torch.eye(B, dtype=torch.bool)
    return (margin + distances - chosen).relu()[pairs].mean()


def literal_groups(labels: Tensor) -> Tensor:
    """The hash of every row's text, one label tensor after another: int64 (B, A) -> (B,)."""
    return torch.tensor([hash("".join(str(label) for label in row)) for row in labels])


def compare(batch: int) -> Figure:
    """CPU seconds of forward and backward for `batch` unit vectors, ours beside the literal form's."""
    generator = torch.Generator().manual_seed(0)
    embeddings = F.normalize(torch.randn(batch, DIMENSIONS, generator=generator))
    labels = torch.randint(CLASSES, (batch,), generator=generator)
    forms = {"ours": label_triplet, "literal": literal_triplet}
    seconds: dict[str, list[float]] = {name: [] for name in forms}
    for _ in range(TRIES):
        results = {name: _step(form, embeddings, labels) for name, form in forms.items()}
        for name, (spent, _, _) in results.items():
            seconds[name].append(spent)
    (_, value, gradient), (_, expected, expected_gradient) = results["ours"], results["literal"]
    torch.testing.assert_close(value, expected, rtol=1e-5, atol=0)
    torch.testing.assert_close(gradient, expected_gradient, rtol=0, atol=1e-6)
    return Figure(
        value=min(seconds["ours"]),
        baseline=min(seconds["literal"]),
        baseline_is="the literal form, tiled to (B^2, B)",
        unit=f"CPU-s forward + backward, ({batch}, {DIMENSIONS})",
        cost=True,
        cpu_seconds=min(seconds["ours"]),
        facts={"loss": value.item(), "literal_loss": expected.item()},
    )


def _step(
    form: Callable[[Tensor, Tensor, float], Tensor], embeddings: Tensor, labels: Tensor
) -> tuple[float, Tensor, Tensor]:
    """CPU seconds, value and gradient of one forward and backward pass."""
    leaf = embeddings.clone().requires_grad_()
    started = time.process_time()
    loss = form(leaf, labels, MARGIN)
    (gradient,) = torch.autograd.grad(loss, leaf)
    return time.process_time() - started, loss.detach(), gradient
