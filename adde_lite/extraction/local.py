"""Extraction by this process, or by this and others that each take a part of the shards."""

from pathlib import Path

from adde_lite.data.archive import Archive
from adde_lite.data.decode import Fit, Size
from adde_lite.extraction.extracted import Extracted
from adde_lite.extraction.plan import Dtype
from adde_lite.extraction.shards import make_shards
from adde_lite.extraction.work import Damaged, begin, shown, warn_of_damaged
from adde_lite.models.fingerprint import Embeds
from adde_lite.training.hardware import on, working_on


def extract(
    model: Embeds,
    images: str | Path,
    out: str | Path,
    *,
    size: Size = 64,
    fit: Fit = "pad",
    shard_size: int = 5_000,
    dtype: Dtype = "float32",
    device: str = "auto",
    workers: int = 0,
    damaged: Damaged = "error",
    part: tuple[int, int] = (0, 1),
    progress: bool = True,
) -> Extracted:
    """Embed every image of a folder or zip, in sorted order of names, and write the embeddings into `out`.

    However it was stopped, the same call goes on: shards that are whole are kept, damaged ones are made again with a
    warning. The images must not change between the calls; a change of their names is noticed, of their pixels not.

    Args:
        model: an `AttributeEncoder`, or any `nn.Module` that embeds.
        images: the folder, with its subfolders, or the zip.
        out: a folder of its own.
        size, fit: (H, W) that the model sees and how images get there, as `decode_image`.
        shard_size: images a shard; what is in memory at a time, and what a kill may cost.
        dtype: "float32", or "float16" for half the space.
        device: "auto", "cpu" or "cuda".
        workers: processes that decode ahead; 0 decodes in this one.
        damaged: "error", or "skip" images that cannot be read with one warning; their shard notes them.
        part: (r, W) makes the shards r, r + W, r + 2 W, ...: one of W calls with the same `out`, on any machines.
        progress: show a bar.

    Returns:
        What is in `out`; with other parts still at work it is not complete.

    Raises:
        InputError: no images, one that cannot be read, an extraction of another model, size or folder in `out`, or an
            argument that cannot be.
        OSError: a shard cannot be written, as on a full disk; those before it stand.
    """
    accelerator, out = on(device), Path(out)
    with Archive(images) as files:
        work = begin(
            model,
            files,
            out,
            size=size,
            fit=fit,
            shard_size=shard_size,
            dtype=dtype,
            damaged=damaged,
            part=part,
        )
        skipped = work.damaged
        with working_on(accelerator, model), shown(work, progress=progress) as bar:
            for made in make_shards(work.job, work.missing, workers=workers):
                skipped += made.damaged
                bar.update(made.images)
    warn_of_damaged(files.path, skipped)
    return Extracted(out)
