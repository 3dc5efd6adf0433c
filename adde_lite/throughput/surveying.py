"""Everything that is measured of a machine: what each choice brings, and the paper's shape from end to end."""

import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import get_args

import torch

from adde_lite.attributes import AttributeSchema
from adde_lite.data.images import AttributeImages
from adde_lite.data.wardrobe import WARDROBE as WARDROBE_SCHEMA
from adde_lite.data.wardrobe import wardrobe
from adde_lite.models.adde import AttributeEncoder, EncoderRecipe, PrototypeMemory
from adde_lite.models.adde.memory import How
from adde_lite.profiles import Profile
from adde_lite.recipes import PAPER
from adde_lite.throughput.clock import Effort, Rate
from adde_lite.throughput.editing import edit_rate
from adde_lite.throughput.extraction import decoding_rate, extraction_rate, from_files_rate, write_jpegs
from adde_lite.throughput.training_step import Choices, training_rate
from adde_lite.throughput.trying import try_choices
from adde_lite.training import seeded

SHOPPING100K = AttributeSchema.numbered((16, 17, 19, 14, 10, 15, 2, 11, 16, 7, 15, 9))  # 12 attributes, 151 values
WARDROBE_PX = 64


@dataclass(frozen=True)
class Sizes:
    """How large a survey is.

    Args:
        effort: of each rate.
        px: side of the images of the paper's shape; 224 is the public code's crop.
        d: dimensions of its subspaces.
        batches: how many of its images at a time, each a row.
        files: how many JPEG files.
        file_px: their side.
        edits: how many at a time.
        batch, larger: of the small trunk on the Wardrobe, and the larger one to try.
        compiles: whether to try torch.compile.
    """

    effort: Effort
    px: int
    d: int
    batches: tuple[int, ...]
    files: int
    file_px: int
    edits: int
    batch: int
    larger: int
    compiles: bool


SIZES = {
    "tiny": Sizes(Effort(1, 2, 0), 64, 8, (2,), 2, 72, 8, 8, 16, False),
    "cpu": Sizes(Effort(2, 5, 1), 224, 340, (32,), 32, 256, 256, 64, 256, False),
    "gpu": Sizes(Effort(20), 224, 340, (256, 512, 1024), 256, 256, 4096, 64, 1024, True),
}


def survey(profile: Profile, *, progress: bool = True) -> list[Rate]:
    """Measure this machine in the size of a profile. A rate that it cannot reach is left out with a warning.

    First training of the small trunk on images of the Wardrobe's shape, one choice after another. Then the paper's
    shape, AlexNet with 12 attributes: training, extraction with one view and with two, edits, and extraction from files
    beside what one core decodes. Weights and the pixels of tensors are random: they do not change what a step costs.
    """
    from tqdm.auto import tqdm

    sizes, device = SIZES[profile.name], torch.device(profile.device)
    jobs = [partial(_choices, sizes, device)]
    for batch in sizes.batches:
        jobs += [partial(job, sizes, device, batch) for job in (_training, _extraction)]
    jobs += [partial(job, sizes, device) for job in (_edits, _from_files)]
    rates: list[Rate] = []
    for job in tqdm(jobs, disable=not progress, desc="rates"):
        try:
            for rate in job():
                rates.append(rate)  # noqa: PERF402 - what was measured before an error stays
        except RuntimeError as error:  # too little memory, mostly; the other rates should not be lost for it
            warnings.warn(f"left out: {str(error).strip()}", stacklevel=2)
    return rates


def random_images(schema: AttributeSchema, count: int, px: int) -> AttributeImages:
    """Noise with random labels, for rates that do not depend on what is seen."""
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(256, (count, 3, px, px), dtype=torch.uint8, generator=generator)
    labels = torch.stack([torch.randint(size, (count,), generator=generator) for size in schema.sizes], dim=1)
    return AttributeImages(images, labels, schema, tuple(f"n{row}" for row in range(count)))


def _choices(sizes: Sizes, device: torch.device) -> Iterator[Rate]:
    data = random_images(WARDROBE_SCHEMA, sizes.larger, WARDROBE_PX)
    tried = try_choices(
        data, device=device, effort=sizes.effort, batch=sizes.batch, larger=sizes.larger, compiles=sizes.compiles
    )
    for each in tried:
        yield replace(each.rate, name=f"small trunk, {each.rate.name}", facts={**each.rate.facts, "kept": each.kept})


def _training(sizes: Sizes, device: torch.device, batch: int) -> Iterator[Rate]:
    data, name = random_images(SHOPPING100K, batch, sizes.px), _paper_name(sizes, "training")
    recipe, training = _paper_recipe(sizes), PAPER.encoder.training
    choices = Choices(batch=batch)
    yield training_rate(recipe, data, choices, device=device, effort=sizes.effort, training=training, name=name)


def _extraction(sizes: Sizes, device: torch.device, batch: int) -> Iterator[Rate]:
    images, encoder = random_images(SHOPPING100K, batch, sizes.px).images, _paper_encoder(sizes)
    for way, mirrored in {"one view": False, "two views": True}.items():
        name = _paper_name(sizes, way)
        yield extraction_rate(encoder, images, device=device, effort=sizes.effort, mirrored=mirrored, name=name)


def _edits(sizes: Sizes, device: torch.device) -> Iterator[Rate]:
    memory = PrototypeMemory(SHOPPING100K, sizes.d)
    for how in get_args(How):
        yield edit_rate(memory, sizes.edits, how, device=device, effort=sizes.effort, name=f"edits, {how}")


def _from_files(sizes: Sizes, device: torch.device) -> Iterator[Rate]:
    """What one core decodes is what limits a fast device: beside it, the rate from files shows how much is used."""
    with tempfile.TemporaryDirectory() as path:
        folder = Path(path)
        # Pictures of garments: noise would take several times as long to decode.
        names = write_jpegs(folder, wardrobe(sizes.files, seed=0, size=sizes.file_px, progress=False).images)
        once = replace(sizes.effort, batches=1)
        yield decoding_rate(folder, names, size=sizes.px, effort=once, name="JPEG decoding, one core")
        yield from_files_rate(
            _paper_encoder(sizes),
            folder,
            names,
            size=sizes.px,
            batch=min(sizes.batches),
            device=device,
            effort=sizes.effort,
            name=_paper_name(sizes, "from JPEG files"),
        )


def _paper_recipe(sizes: Sizes) -> EncoderRecipe:
    return replace(PAPER.encoder.model, hidden=sizes.d, d=sizes.d)


def _paper_encoder(sizes: Sizes) -> AttributeEncoder:
    return seeded(lambda: AttributeEncoder(SHOPPING100K, _paper_recipe(sizes)), 0)


def _paper_name(sizes: Sizes, what: str) -> str:
    return f"AlexNet {sizes.px} px, {what}"
