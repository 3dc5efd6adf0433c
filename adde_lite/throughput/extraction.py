"""How fast images become embeddings: from tensors on the device, and from files."""

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from adde_lite.data.ahead import decoded_ahead
from adde_lite.data.archive import Archive
from adde_lite.data.decode import decode_image
from adde_lite.models.adde import AttributeEncoder
from adde_lite.throughput.clock import Clock, Effort, Rate, measured
from adde_lite.throughput.machine import cores
from adde_lite.training import does_bf16

JPEG_QUALITY = 90
QUEUED = 2  # batches a worker that lie ready, or are on their way, before the first is asked for


@torch.inference_mode()
def embedded(encoder: AttributeEncoder, images: Tensor, *, bf16: bool, mirrored: bool) -> Tensor:
    """What `AttributeEncoder.embed` computes, but on the device and in the number format of choice.

    Args:
        encoder: in evaluation mode.
        images: uint8 (N, 3, H, W) on the encoder's device.
        bf16: the trunk in bfloat16; heads are float32 in any case.
        mirrored: the mean over image and mirror image, at twice the cost, instead of the image alone.

    Returns:
        float32 (N, A, d), on the device.
    """
    pixels = (images / 255).to(memory_format=torch.channels_last)
    with torch.autocast(images.device.type, torch.bfloat16, enabled=bf16):
        embeddings: Tensor = encoder(pixels)
        return (embeddings + encoder(pixels.flip(3))) / 2 if mirrored else embeddings


def extraction_rate(
    encoder: AttributeEncoder,
    images: Tensor,
    *,
    device: torch.device,
    effort: Effort,
    bf16: bool = True,
    mirrored: bool = False,
    name: str = "extraction",
    clock: Clock | None = None,
) -> Rate:
    """Images a second from uint8 (B, 3, H, W) that lies on the device already, to embeddings that stay there."""
    batch = images.to(device)
    encoder, bf16 = _ready(encoder, device, bf16)
    return measured(
        name,
        lambda: embedded(encoder, batch, bf16=bf16, mirrored=mirrored),
        batch=len(images),
        effort=effort,
        device=device,
        precision="bfloat16" if bf16 else "float32",
        clock=clock,
        facts={"px": images.shape[-1], "views": 1 + mirrored},
    )


def write_jpegs(folder: Path, images: Tensor) -> list[str]:
    """Write images, uint8 (N, 3, H, W), into `folder`; returns their N file names."""
    names = [f"{row:05d}.jpg" for row in range(len(images))]
    for name, image in zip(names, images, strict=True):
        Image.fromarray(image.permute(1, 2, 0).numpy()).save(folder / name, quality=JPEG_QUALITY)
    return names


def decoding_rate(
    folder: Path, names: Sequence[str], *, size: int, effort: Effort, name: str = "decoding", clock: Clock | None = None
) -> Rate:
    """Images that one core decodes in a second: JPEG files to uint8 (3, size, size), by CPU time.

    What one device can embed from files is at most this times the cores.
    """
    work = itertools.cycle(folder / each for each in names)
    batch = len(names)

    def decode() -> None:
        for path in itertools.islice(work, batch):
            decode_image(path, size=size, fit="crop")

    return measured(
        name,
        decode,
        batch=batch,
        effort=effort,
        device=torch.device("cpu"),  # wherever the images go from here
        precision="uint8",
        clock=clock,
        facts={"px": size, "file_px": _side(folder / names[0])},
    )


def from_files_rate(
    encoder: AttributeEncoder,
    folder: Path,
    names: Sequence[str],
    *,
    size: int,
    batch: int,
    device: torch.device,
    effort: Effort,
    bf16: bool = True,
    workers: int | None = None,
    name: str = "extraction from files",
    clock: Clock | None = None,
) -> Rate:
    """Images a second from JPEG files to embeddings in the memory of the host, one view.

    Args:
        encoder: any; goes to `device`.
        folder, names: where the files are; they are taken over and over.
        size: side of the decoded images, cropped around the centre.
        batch, device, effort, bf16, name, clock: as everywhere here.
        workers: processes that decode while the device embeds, 0 for the threads of this one. None takes one a core
            for a GPU; for a CPU none, because its clock does not see other processes.
    """
    if workers is None:
        workers = cores() if device.type == "cuda" else 0
    encoder, bf16 = _ready(encoder, device, bf16)
    wanted = _over_and_over(names, batch)
    stream = decoded_ahead(Archive(folder), wanted, size=size, fit="crop", workers=workers)

    def embed() -> Tensor:
        images = next(stream).images
        images = images.pin_memory() if device.type == "cuda" else images
        return embedded(encoder, images.to(device, non_blocking=True), bf16=bf16, mirrored=False).cpu()

    # What was decoded before the clock ran must be used up, or the first batches come for free.
    patient = Effort(effort.batches, effort.repeats, effort.warmup + QUEUED * workers)
    return measured(
        name,
        embed,
        batch=batch,
        effort=patient,
        device=device,
        precision="bfloat16" if bf16 else "float32",
        clock=clock,
        facts={"px": size, "file_px": _side(folder / names[0]), "views": 1, "workers": workers},
    )


def _ready(encoder: AttributeEncoder, device: torch.device, bf16: bool) -> tuple[AttributeEncoder, bool]:
    return encoder.to(device).to(memory_format=torch.channels_last).eval(), bf16 and does_bf16(device.type)


def _side(path: Path) -> int:
    with Image.open(path) as image:
        return max(image.size)


def _over_and_over(names: Sequence[str], batch: int) -> Iterator[Sequence[str]]:
    every = itertools.cycle(names)
    while True:
        yield list(itertools.islice(every, batch))
