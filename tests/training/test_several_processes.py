"""Two real processes end with the weights of one, whatever of the package they train.

In float64 they do to the last digits, at the course's learning rate. In float32 a ReLU whose input rounds to just above
0 in one run and to 0 or below in the other parts them for good: one unit of one image is enough, and Adam carries
the difference to all weights. That happens in about one of ten runs like those below, on other machines in others, so
the float32 tests train from five seeds and look at the median.
"""

from contextlib import nullcontext
from functools import cache
from statistics import median

import pytest
import torch

import adde_lite.models.adde.encoder
import adde_lite.models.adde.manipulation
import adde_lite.models.vae.vae
from adde_lite import distributed
from adde_lite.attributes import MISSING, AttributeSchema
from adde_lite.augmentation import NOTHING
from adde_lite.data.images import AttributeImages
from adde_lite.losses import LossWeights
from adde_lite.models.adde import (
    AttributeEncoder,
    AttributeManipulator,
    EncoderRecipe,
    ManipulationRecipe,
    PrototypeMemory,
)
from adde_lite.models.vae import RFVAE, BetaTCVAE, BetaTCVAERecipe, FactorVAE, FactorVAERecipe, RFVAERecipe
from adde_lite.training import TrainingRecipe, in_float64, seeded, train
from tests.processes import in_processes

SCHEMA = AttributeSchema.of({"colour": ["red", "green", "blue"], "bar": ["upright", "level"], "size": ["s", "m"]})
STAGE_1 = EncoderRecipe(widths=(4, 4, 8, 8), hidden=8, d=6, classification=0.2, contrast=0.3, label=1.0, local=0.2)
BATCH, STEPS = 16, 20
SEEDS = 5
PAPER_RATE, COURSE_RATE = 1e-4, 4e-3
NEXT_TO_NOTHING = 1e-9
VAE_SHAPE = {"trunk": "mlp", "hidden": 16, "latents": 4, "warm_up": 4}
MODELS = {
    "stage 1": lambda: AttributeEncoder(SCHEMA, STAGE_1),
    "without classification": lambda: AttributeManipulator(
        AttributeEncoder(SCHEMA, STAGE_1),
        PrototypeMemory(SCHEMA, STAGE_1.d),
        ManipulationRecipe(LossWeights(classification=0)),
    ),
    "stage 3": lambda: AttributeManipulator(AttributeEncoder(SCHEMA, STAGE_1), PrototypeMemory(SCHEMA, STAGE_1.d)),
    "beta-TCVAE": lambda: BetaTCVAE(BetaTCVAERecipe(images=BATCH * STEPS, **VAE_SHAPE)),
    "FactorVAE": lambda: FactorVAE(FactorVAERecipe(critic=(8, 8), **VAE_SHAPE)),
    "RF-VAE": lambda: RFVAE(RFVAERecipe(critic=(8, 8), settle=STEPS // 2, **VAE_SHAPE)),
}


def noise(seed, px):
    """Images of no meaning, with labels missing at different rates, so that no two processes have equally many.

    "size" has a single value: a label triplet has no negative there.
    """
    generator = torch.Generator().manual_seed(seed)
    count = BATCH * STEPS
    labels = torch.stack([torch.randint(n, (count,), generator=generator) for n in SCHEMA.sizes], dim=1)
    labels[:, 2] = 0
    labels[torch.rand(labels.shape, generator=generator) < torch.linspace(0, 0.6, count)[:, None]] = MISSING
    images = torch.randint(0, 256, (count, 3, px, px), generator=generator, dtype=torch.uint8)
    return AttributeImages(images, labels, SCHEMA, tuple(map(str, range(count))))


def weights(name, rate, seeds, double=False, switched_off=None):
    """The weights and buffers after STEPS steps from each seed, side by side in one vector for each seed."""
    if switched_off == "gather":
        for module in (adde_lite.models.adde.encoder, adde_lite.models.adde.manipulation, adde_lite.models.vae.vae):
            module.gathered = lambda values, dim=0: values
    elif switched_off == "statistics":
        distributed.shared_batch_statistics = lambda network: nullcontext()
    with in_float64() if double else nullcontext():
        return [weights_from(seed, name, rate) for seed in range(seeds)]


def weights_from(seed, name, rate):
    data = noise(seed, 32 if "VAE" in name else 16)
    examples = torch.randperm(len(data), generator=torch.Generator().manual_seed(seed))[:, None]
    if name in ("stage 3", "without classification"):
        examples = torch.cat([examples, examples.roll(1, 0), examples.roll(2, 0)], dim=1)
    recipe = TrainingRecipe(1, BATCH, rate, seed=seed, bf16=False, augmentation=NOTHING)
    model = seeded(MODELS[name], seed)
    train(model, data, recipe, examples=examples, device="cpu", progress=False)
    return torch.cat([value.flatten() for value in model.state_dict().values()])


@cache
def weights_of_one(name, rate, seeds, double):
    (one,) = in_processes(weights, 1, name, rate, seeds, double)
    return one


def differences(name, rate, seeds, double=False, switched_off=None):
    """The largest difference of any weight or statistic between one process and two, for each seed."""
    first, second = in_processes(weights, 2, name, rate, seeds, double, switched_off)
    if switched_off is None:
        assert all(torch.equal(*ends) for ends in zip(first, second, strict=True))
    one = weights_of_one(name, rate, seeds, double)
    return [float((ours - theirs).abs().max()) for ours, theirs in zip(first, one, strict=True)]


def test_two_processes_end_stage_1_with_the_weights_of_one():
    assert median(differences("stage 1", PAPER_RATE, SEEDS)) < 1e-5


@pytest.mark.parametrize("switched_off", ["gather", "statistics"])
def test_they_do_not_when_each_looks_at_its_own_images_only(switched_off):
    assert min(differences("stage 1", PAPER_RATE, SEEDS, switched_off=switched_off)) > 1e-4


@pytest.mark.parametrize("name", MODELS)
def test_the_difference_is_rounding_and_nothing_else(name):
    (difference,) = differences(name, COURSE_RATE, 1, double=True)
    assert difference < NEXT_TO_NOTHING
