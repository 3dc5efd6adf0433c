"""Training on frozen embeddings: no images, no augmentation, some seconds; so nothing here resumes or shares devices.

Order, what is left out and the negatives are keyed by (seed, epoch). Adam with a rate that falls to 0 in a straight
line, as the supplementary of ADDE says.
"""

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from adde_lite.data.outfits import Outfits
from adde_lite.errors import InputError
from adde_lite.losses.outfit_ranking import OUTFIT_MARGIN, Aggregate, outfit_ranking
from adde_lite.models.outfits.matching import candidate_distances
from adde_lite.models.outfits.represents import OutfitModel
from adde_lite.sampling.outfits import LeaveOneOut
from adde_lite.training.faults import finite, refuse_nonsense
from adde_lite.training.history import History
from adde_lite.training.progress import shown as shown_progress


@dataclass(frozen=True)
class OutfitTraining:
    """How an outfit model is trained.

    Args:
        epochs: passes over the outfits; each time another garment may be left out.
        batch_size: outfits a step, the last batch of an epoch may be smaller.
        learning_rate: at the first step; it falls to 0 in a straight line.
        negatives: garments beside the one that was left out.
        aggregate: how their distances become one.
        margin: of the ranking loss.
        seed: of order, garments left out and negatives.
    """

    epochs: int = 16
    batch_size: int = 96
    learning_rate: float = 5e-3
    negatives: int = 4
    aggregate: Aggregate = "min"
    margin: float = OUTFIT_MARGIN
    seed: int = 0


def train_outfits(
    model: OutfitModel, features: Tensor, outfits: Outfits, recipe: OutfitTraining, *, progress: bool = True
) -> History:
    """Train `model` in place; ends in evaluation mode.

    Args:
        model: to train.
        features: float (N, A, d), embeddings of the garments of `outfits.stock`; they stay as they are.
        outfits: what goes together.
        recipe: how.
        progress: show a bar.

    Raises:
        InputError: embeddings of another stock, or outfits that nothing can be left out of, as `LeaveOneOut`.
        FloatingPointError: the loss became infinite or not a number.
    """
    if len(features) != len(outfits.categories):
        given, expected = f"{len(features)} embeddings", f"{len(outfits.categories)}, one a garment of the stock"
        raise InputError("features", given, expected, "Embed outfits.stock.images.")
    source = LeaveOneOut(outfits.items, outfits.categories, recipe.negatives)
    network = cast(nn.Module, model).train()
    steps = -(-len(outfits.items) // recipe.batch_size)
    total = max(1, recipe.epochs * steps)
    optimiser = torch.optim.Adam(network.parameters(), recipe.learning_rate)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: 1 - step / total)
    rows: list[dict[str, float]] = []
    with shown_progress(total, 0, wanted=progress) as bar:
        for epoch in range(recipe.epochs):
            drawn, losses = source.draw(recipe.seed, epoch), []
            rate = float(schedule.get_last_lr()[0])
            pieces = zip(drawn.given.split(recipe.batch_size), drawn.candidates.split(recipe.batch_size), strict=True)
            for step, (given, candidates) in enumerate(pieces):
                distances = candidate_distances(model, features, outfits.categories, given, candidates)
                loss = outfit_ranking(distances[:, 0], distances[:, 1:], recipe.margin, recipe.aggregate)
                if not finite([loss]):
                    refuse_nonsense({"ranking": loss.detach()}, epoch, step, None)
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                schedule.step()
                losses.append(loss.detach())
                bar.update()
            mean = float(torch.stack(losses).mean())
            rows.append({"epoch": epoch, "learning_rate": rate, "ranking": mean})
            bar.set_postfix({"ranking": f"{mean:.3f}"})
    network.eval()
    return History(tuple(rows))
