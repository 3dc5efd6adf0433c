"""What is left to do of an extraction, whoever does it."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from adde_lite.data.archive import Archive
from adde_lite.data.decode import Fit, Size
from adde_lite.errors import InputError
from adde_lite.extraction.plan import Dtype, image_names, plan_for, settle
from adde_lite.extraction.shards import DamagedShardError, Job, read_shard
from adde_lite.models.fingerprint import Embeds

if TYPE_CHECKING:
    from tqdm import tqdm

Damaged: TypeAlias = Literal["error", "skip"]

LISTED = 5  # damaged images named in a warning


class Work(NamedTuple):
    """The shards of one call.

    Args:
        job: how to make one.
        missing: numbers of those that are to be made.
        left: how many images they have.
        images: how many all shards of the call have.
        damaged: the images that were left out of those that stand.
    """

    job: Job
    missing: list[int]
    left: int
    images: int
    damaged: list[str]


def begin(
    model: Embeds,
    files: Archive,
    out: Path,
    *,
    size: Size,
    fit: Fit,
    shard_size: int,
    dtype: Dtype,
    damaged: Damaged,
    part: tuple[int, int] = (0, 1),
) -> Work:
    """Settle the plan in `out` and see which shards of this part stand there whole.

    Those that are cut off or changed are to be made again; one warning says so.

    Raises:
        InputError: no images, an argument that cannot be, another extraction in `out` or a shard of one, or, with
            damaged="error", a shard that was made without its damaged images.
    """
    rank, parts = part
    if not 0 <= rank < parts:
        raise InputError("part", str(part), "(r, W) with 0 <= r < W", "Count the parts from 0.")
    if damaged not in ("error", "skip"):
        raise InputError("damaged", repr(damaged), "'error' or 'skip'", "Choose one of them.")
    names = image_names(files)
    plan = plan_for(model, names, size=size, fit=fit, shard_size=shard_size, dtype=dtype)
    settle(out, plan)
    missing: list[int] = []
    broken: list[DamagedShardError] = []
    skipped: list[str] = []
    numbers = range(rank, plan.shards, parts)
    for number in numbers:
        try:
            shard = read_shard(out, plan, number)
        except DamagedShardError as error:
            shard = None
            broken.append(error)
        if shard is None:
            missing.append(number)
        elif shard.damaged and damaged == "error":
            given = f"made without {len(shard.damaged)} damaged images ({next(iter(shard.damaged.values()))})"
            remedy = 'Pass damaged="skip" again, or mend the images and delete the shard.'
            raise InputError(f"{out}, shard {number}", given, "all images", remedy)
        else:
            skipped += shard.damaged
    if broken:
        warnings.warn(f"{len(broken)} damaged shards are made again, the first: {broken[0]}", stacklevel=3)
    job = Job(model, files, names, plan, out, damaged == "skip")
    return Work(job, missing, sum(map(plan.count, missing)), sum(map(plan.count, numbers)), skipped)


def shown(work: Work, *, progress: bool) -> "tqdm[object]":
    """A bar that counts images and begins with those that are done."""
    from tqdm.auto import tqdm  # looks for a notebook, which takes a while

    done = work.images - work.left
    return tqdm(total=work.images, initial=done, unit=" images", desc="embedding", disable=not progress)


def warn_of_damaged(images: Path, names: Sequence[str]) -> None:
    """One warning for all images that were left out."""
    if names:
        some = ", ".join(names[:LISTED]) + (", ..." if len(names) > LISTED else "")
        warnings.warn(f"{images}: {len(names)} damaged images skipped ({some})", stacklevel=3)
