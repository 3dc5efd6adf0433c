"""The three stages of ADDE-M in a row (Hou et al., ICCV 2021): predict attributes, fill the memory, train both jointly."""

import copy
from dataclasses import replace

from adde_lite.data.images import AttributeImages
from adde_lite.models.adde import AttributeEncoder, AttributeManipulator, PrototypeMemory
from adde_lite.recipes import ThreeStages
from adde_lite.sampling import manipulation_triplets
from adde_lite.training import seeded, train


def train_stages(
    data: AttributeImages,
    recipe: ThreeStages,
    *,
    seed: int = 0,
    encoder: AttributeEncoder | None = None,
    device: str = "auto",
    progress: bool = True,
) -> AttributeManipulator:
    """Train a manipulator on `data`.

    Args:
        data: images and labels; all of them serve all three stages.
        recipe: the three stages.
        seed: of weights, order, augmentation and triplets.
        encoder: one that has been through stage 1 already, or that begins with ImageNet weights and was trained by
            you; it stays as it is. None trains one from `recipe.encoder`.
        device, progress: as in `train`.

    Raises:
        InputError: labels without two images that differ in `recipe.edits` attributes; also as `train`.
    """
    triplets = manipulation_triplets(data.labels, data.schema, count=recipe.triplets, edits=recipe.edits, seed=seed)
    if encoder is None:
        encoder = seeded(lambda: AttributeEncoder(data.schema, recipe.encoder.model), seed)
        train(encoder, data, replace(recipe.encoder.training, seed=seed), device=device, progress=progress)
    memory = PrototypeMemory.of_means(encoder.embed(data.images), data.labels, data.schema)
    manipulator = AttributeManipulator(copy.deepcopy(encoder), memory, recipe.manipulation)
    training = replace(recipe.training, seed=seed)
    train(manipulator, data, training, examples=triplets.rows, device=device, progress=progress)
    return manipulator
