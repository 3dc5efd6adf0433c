"""What the training step figures share: a stage-1 step written literally, and the comparison with ours.

Both sides have the same trunk, the same weights and the same batch, and take all losses of stage 1. Literal is: images
and weights in rows, one small network after another for heads and predictors, one loss after another with the O(B^3)
triplet, labels grouped by their text, a new tensor for every ReLU, an optimiser that goes from weight to weight. The
public code does so.
"""

import copy
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from statistics import median

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from adde_lite.attributes import MISSING, AttributeSchema
from adde_lite.models.adde import AttributeEncoder, EncoderRecipe
from adde_lite.models.trunks import Trunk
from adde_lite.training import seeded
from bench.figure import Figure
from bench.literal_triplet import literal_groups, literal_triplet

SIZES = (6, 8, 5, 4, 4, 3)
D = 340
BATCH, PIXELS = 128, 64
KINDS = 48  # different rows of labels in a batch, so that whole rows have pairs
STAGE_1 = EncoderRecipe(hidden=D, d=D, classification=0.2, contrast=0, label=1, local=0.2, missing="class")
RATE, DECAY = 1e-4, 0.05
EQUAL = 1e-4  # of a loss: both sides add up in another order


class LiteralEncoder(nn.Module):
    """An encoder taken apart: a network a head, a layer a predictor."""

    def __init__(self, encoder: AttributeEncoder) -> None:
        super().__init__()
        self.recipe, self.margin = encoder.recipe, encoder.margin
        self.trunk = copy.deepcopy(encoder.trunk)
        if encoder.recipe.trunk == "small":  # torchvision's trunks overwrite too, also in the public code
            for module in self.trunk.modules():
                if isinstance(module, nn.ReLU):
                    module.inplace = False
        A, hidden, d = encoder.schema.A, encoder.recipe.hidden, encoder.recipe.d
        self.heads = nn.ModuleList()
        self.predictors = nn.ModuleList()
        bounds = pairwise((*encoder.schema.offsets, encoder.schema.J))
        with torch.no_grad():
            for a, (start, stop) in enumerate(bounds):
                first, second = nn.Linear(self.trunk.features, hidden), nn.Linear(hidden, d)
                first.weight.copy_(encoder.heads.first.weight.unflatten(0, (A, hidden))[a])
                first.bias.copy_(encoder.heads.first.bias.unflatten(0, (A, hidden))[a])
                second.weight.copy_(encoder.heads.second[a].T)
                second.bias.copy_(encoder.heads.bias[a])
                self.heads.append(nn.Sequential(first, nn.ReLU(), second))
                predictor = nn.Linear(d, stop - start)
                predictor.weight.copy_(encoder.predictor.weight[start:stop])
                predictor.bias.copy_(encoder.predictor.bias[start:stop])
                self.predictors.append(predictor)

    def loss(self, images: Tensor, labels: Tensor) -> dict[str, Tensor]:
        recipe, features = self.recipe, self.trunk(images)
        blocks = [head(features) for head in self.heads]
        each = list(zip(blocks, labels.unbind(1), strict=True))
        classification = features.new_zeros(())
        for predictor, (block, codes) in zip(self.predictors, each, strict=True):
            classification = classification + F.cross_entropy(predictor(block), codes, ignore_index=MISSING)
        terms = {"classification": recipe.classification * classification}
        if recipe.contrast:
            contrast = torch.stack([literal_contrast(block, codes) for block, codes in each]).sum()
            terms["contrast"] = recipe.contrast * contrast
        if recipe.label:
            whole = F.normalize(torch.cat(blocks, 1))
            terms["label"] = recipe.label * literal_triplet(whole, literal_groups(labels), self.margin)
        if recipe.local:
            local = torch.stack([literal_triplet(F.normalize(block), codes, self.margin) for block, codes in each])
            terms["local"] = recipe.local * local.sum()
        return terms


def literal_contrast(embeddings: Tensor, codes: Tensor) -> Tensor:
    """The supervised contrast of one attribute, from the matrix of inner products: (B, d), (B,) -> ()."""
    embeddings, codes = embeddings[codes != MISSING], codes[codes != MISSING]
    scores = embeddings @ embeddings.T
    scores = scores - scores.max(1, keepdim=True).values.detach()
    others = ~torch.eye(len(codes), dtype=torch.bool)
    partners = (codes[:, None] == codes) & others
    log_share = scores - (scores.exp() * others).sum(1, keepdim=True).log()
    paired = partners.any(1)
    return -((log_share * partners).sum(1)[paired] / partners.sum(1)[paired]).mean()


def compare(trunk: Trunk, widths: tuple[int, int, int, int], tries: int) -> Figure:
    """Images a CPU-second of the median step of some: ours in float32 and bfloat16, beside the literal."""
    images, labels = batch()
    schema = AttributeSchema.numbered(SIZES)
    start = seeded(lambda: AttributeEncoder(schema, replace(STAGE_1, trunk=trunk, widths=widths)), 0)
    sides = {"literal float32": _literal(start, images, labels), "ours float32": _ours(start, images, labels)}
    if torch.cpu._is_avx512_bf16_supported():  # emulated, it is several times slower than float32
        sides["ours bfloat16"] = _ours(start, images, labels, bf16=True)
    first = {name: step()[1] for name, step in sides.items()}  # also warms up
    for term, loss in first["literal float32"].items():
        torch.testing.assert_close(first["ours float32"][term], loss, rtol=EQUAL, atol=0)
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(tries):
        for name, step in sides.items():
            seconds[name].append(step()[0])
    speed = {name: BATCH / median(spent) for name, spent in seconds.items()}
    literal = speed["literal float32"]
    return Figure(
        value=speed["ours float32"],
        baseline=literal,
        baseline_is="the literal step",
        unit=f"images per CPU-s, float32 steps of {BATCH} at {PIXELS} px",
        cost=False,
        cpu_seconds=median(seconds["ours float32"]),
        facts={"losses": {name: {term: loss.item() for term, loss in terms.items()} for name, terms in first.items()}},
        rows={name: {"images/CPU-s": each, "ratio": each / literal} for name, each in speed.items()},
    )


def batch() -> tuple[Tensor, Tensor]:
    """Images in [0, 1] (128, 3, 64, 64) and labels (128, 6) of 48 different rows."""
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(BATCH, 3, PIXELS, PIXELS, generator=generator)
    kinds = torch.stack([torch.randint(size, (KINDS,), generator=generator) for size in SIZES], dim=1)
    return images, kinds[torch.randint(KINDS, (BATCH,), generator=generator)]


Step = Callable[[], tuple[float, dict[str, Tensor]]]


def _literal(start: AttributeEncoder, images: Tensor, labels: Tensor) -> Step:
    model = LiteralEncoder(start).train()
    optimiser = torch.optim.Adam(model.parameters(), RATE, foreach=False, fused=False)
    return lambda: _timed(lambda: model.loss(images, labels), optimiser)


def _ours(start: AttributeEncoder, images: Tensor, labels: Tensor, *, bf16: bool = False) -> Step:
    model = copy.deepcopy(start).train().to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(model.parameter_groups(DECAY), RATE, fused=True)
    pixels = images.to(memory_format=torch.channels_last)

    def loss() -> dict[str, Tensor]:
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bf16):
            return model.loss(pixels, labels)

    return lambda: _timed(loss, optimiser)


def _timed(loss: Callable[[], dict[str, Tensor]], optimiser: torch.optim.Optimizer) -> tuple[float, dict[str, Tensor]]:
    """CPU seconds of one whole step, and its terms."""
    started = time.process_time()
    terms = loss()
    optimiser.zero_grad()
    torch.stack(list(terms.values())).sum().backward()
    optimiser.step()
    return time.process_time() - started, {name: term.detach() for name, term in terms.items()}
