"""The three stages of ADDE-M (Hou et al., ICCV 2021): predict attributes, fill the memory, train both jointly."""

import copy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from adde_lite.data.images import AttributeImages
from adde_lite.data.streamed import StreamedImages
from adde_lite.models.adde import AttributeEncoder, AttributeManipulator, PrototypeMemory
from adde_lite.models.mirrored import EMBEDDING_BATCH
from adde_lite.recipes import ThreeStages
from adde_lite.sampling import manipulation_triplets
from adde_lite.training import seeded, train
from adde_lite.training.hardware import on, working_on


def train_stages(
    data: AttributeImages | StreamedImages,
    recipe: ThreeStages,
    *,
    seed: int = 0,
    encoder: AttributeEncoder | None = None,
    device: str = "auto",
    checkpoint: str | Path | None = None,
    save_every: int | None = None,
    progress: bool = True,
) -> AttributeManipulator:
    """Train a manipulator on `data`, which serves all three stages.

    Args:
        data: images and labels.
        recipe: the three stages.
        seed: of weights, order, augmentation and triplets.
        encoder: where stage 1 begins, such as one with ImageNet weights; it is trained in place. None makes one.
        checkpoint: a folder for the checkpoints of stages 1 and 3; when it holds some, the run goes on from there.
        device, save_every, progress: as in `train`.

    Raises:
        InputError: no two images that lie so many edits apart as the recipe's triplets; also as `train`.
    """
    triplets = mixed_triplets(data, recipe, seed)  # refuses unfit labels before stage 1 has cost its time
    if encoder is None:
        encoder = seeded(lambda: AttributeEncoder(data.schema, recipe.encoder.model), seed)
    train(
        encoder,
        data,
        replace(recipe.encoder.training, seed=seed),
        device=device,
        checkpoint=checkpoint and Path(checkpoint) / "stage-1",
        save_every=save_every,
        progress=progress,
    )
    with working_on(on(device), encoder):  # training left it on the CPU
        embeddings = _embedded(encoder, data)
    memory = PrototypeMemory.of_means(embeddings, data.labels, data.schema)
    return train_jointly(
        encoder,
        memory,
        data,
        recipe,
        seed=seed,
        triplets=triplets,
        device=device,
        checkpoint=checkpoint and Path(checkpoint) / "stage-3",
        save_every=save_every,
        progress=progress,
    )


def train_jointly(
    encoder: AttributeEncoder,
    memory: PrototypeMemory,
    data: AttributeImages | StreamedImages,
    recipe: ThreeStages,
    *,
    seed: int = 0,
    triplets: Tensor | None = None,
    watch: Callable[[AttributeManipulator, int], None] | None = None,
    device: str = "auto",
    checkpoint: str | Path | None = None,
    save_every: int | None = None,
    progress: bool = True,
) -> AttributeManipulator:
    """Stage 3 alone: copies of encoder and memory, trained together on triplets drawn from the labels of `data`.

    Args:
        encoder: as stage 1 left it.
        memory: as stage 2 made it, or another to compare with.
        data: images and labels.
        recipe: its third stage.
        seed: of triplets, order and augmentation.
        triplets: int64 (T, 3), rows of `data`; None draws them by `mixed_triplets`.
        watch: called with the manipulator and the number of each finished epoch.
        device, checkpoint, save_every, progress: as in `train`.

    Raises:
        InputError: no two images that lie so many edits apart as the recipe's triplets.
    """
    manipulator = AttributeManipulator(copy.deepcopy(encoder), copy.deepcopy(memory), recipe.manipulation)
    if recipe.training.epochs:
        train(
            manipulator,
            data,
            replace(recipe.training, seed=seed),
            examples=mixed_triplets(data, recipe, seed) if triplets is None else triplets,
            watch=watch and (lambda epoch: watch(manipulator, epoch)),
            device=device,
            checkpoint=checkpoint,
            save_every=save_every,
            progress=progress,
        )
    return manipulator.eval()


def mixed_triplets(data: AttributeImages | StreamedImages, recipe: ThreeStages, seed: int) -> Tensor:
    """The triplets of stage 3, int64 (T, 3): each number of edits has its share, the first takes what is left over."""
    share, rest = divmod(recipe.triplets, len(recipe.edits))
    counts = [share + rest, *[share] * (len(recipe.edits) - 1)]
    drawn = [
        manipulation_triplets(data.labels, data.schema, count=count, edits=edits, seed=seed)
        for count, edits in zip(counts, recipe.edits, strict=True)
    ]
    return torch.cat([triplets.rows for triplets in drawn])


def _embedded(encoder: AttributeEncoder, data: AttributeImages | StreamedImages) -> Tensor:
    """Embeddings of all images, float32 (N, A, d)."""
    if isinstance(data, AttributeImages):
        return encoder.embed(data.images)
    return torch.cat([encoder.embed(images) for images in data.batches(torch.arange(len(data)).split(EMBEDDING_BATCH))])
