"""The loss on images that are not trained on."""

from typing import TYPE_CHECKING, cast

import torch
from torch import nn

from adde_lite import distributed
from adde_lite.data.images import AttributeImages
from adde_lite.data.streamed import StreamedImages
from adde_lite.training.batches import pixels_of
from adde_lite.training.protocols import Trainable
from adde_lite.training.recipe import TrainingRecipe

if TYPE_CHECKING:
    from lightning.fabric import Fabric

CPU = torch.device("cpu")  # validation images do not stay on the device between epochs


@torch.no_grad()
def validation_losses(
    model: Trainable, images: AttributeImages | StreamedImages, recipe: TrainingRecipe, fabric: "Fabric"
) -> dict[str, float]:
    """The loss on images as they are: "validation", the sum, and each term as "validation TERM", means over images.

    Every process computes all of it by itself, in batches of nearly equal size, none of a single image.
    """
    network = cast(nn.Module, model)
    network.eval()
    chunks = torch.arange(len(images)).tensor_split(max(1, len(images) // recipe.batch_size))
    sums: dict[str, float] = {}
    with distributed.alone():
        torch.manual_seed(recipe.seed)  # what the model draws is the same after every epoch
        for rows, stored in zip(chunks, pixels_of(images, CPU)(list(chunks)), strict=True):
            pixels = (stored.to(fabric.device).float() / 255).to(memory_format=torch.channels_last)
            with fabric.autocast():
                terms = model.loss(pixels, images.labels[rows].to(fabric.device))
            for name, term in terms.items():
                sums[name] = sums.get(name, 0.0) + float(term) * len(rows)
    means = {f"validation {name}": total / len(images) for name, total in sums.items()}
    return {"validation": sum(means.values()), **means}
