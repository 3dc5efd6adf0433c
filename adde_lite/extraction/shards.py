"""One shard: made from its images, written whole or not at all, read back only when every byte is as written."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from adde_lite import storage
from adde_lite.data.ahead import Decoded, decoded_ahead
from adde_lite.data.archive import Archive
from adde_lite.errors import InputError
from adde_lite.extraction.plan import SHARD, Plan
from adde_lite.models.fingerprint import Embeds

BATCH = 256  # images decoded and embedded together; the same for everybody, or the last bits would differ
DTYPES = {"float32": torch.float32, "float16": torch.float16}


class Embedded(NamedTuple):
    """Names of n images, their embeddings (n, A, d), and why other images of the same shards were left out."""

    names: tuple[str, ...]
    embeddings: Tensor
    damaged: dict[str, str]


def shard_folder(out: Path, shard: int) -> Path:
    """Where a shard stands or will stand."""
    return out / f"{SHARD}{shard:06}"


class Job(NamedTuple):
    """What is needed to make any shard.

    Args:
        model: on the device that does the work.
        files: the folder or zip.
        names: the plan's images in it, in order.
        plan: settled in `out`.
        out: the folder of the extraction.
        skip_damaged: leave images out that cannot be read, and note them in their shard.
    """

    model: Embeds
    files: Archive
    names: tuple[str, ...]
    plan: Plan
    out: Path
    skip_damaged: bool


class Made(NamedTuple):
    """What there is to say of a shard that is written: how many images it was made from, and which were damaged."""

    images: int
    damaged: list[str]


def make_shards(job: Job, shards: Iterable[int], *, workers: int = 0) -> Iterator[Made]:
    """Make these shards and write each as soon as it is complete; in memory there is one at a time.

    Args:
        job: of which extraction.
        shards: their numbers.
        workers: processes that decode ahead, from one shard into the next.

    Yields:
        For each shard, once it is written.

    Raises:
        InputError: an image that cannot be read, or one whose embedding is infinite or not a number.
        OSError: a shard cannot be written, as on a full disk; those before it stand.
    """
    plan, numbers = job.plan, list(shards)
    batches = [_in_batches(job.names[plan.rows(number)]) for number in numbers]
    in_order = (batch for of_shard in batches for batch in of_shard)
    decoded = decoded_ahead(job.files, in_order, size=plan.size, fit=plan.fit, workers=workers)
    for number, of_shard in zip(numbers, batches, strict=True):
        yield _make(job, number, of_shard, decoded)


def _make(job: Job, shard: int, batches: list[Sequence[str]], decoded: Iterator[Decoded]) -> Made:
    kept: list[str] = []
    parts: list[Tensor] = []
    damaged: dict[str, str] = {}
    for batch, (images, errors) in zip(batches, decoded, strict=False):  # the batches of later shards stay for them
        if errors and not job.skip_damaged:
            raise errors[min(errors)]
        damaged |= {batch[place]: str(error) for place, error in errors.items()}
        kept += [name for place, name in enumerate(batch) if place not in errors]
        parts.append(job.model.embed(images).to(DTYPES[job.plan.dtype]))
    made = Embedded(tuple(kept), torch.cat(parts), damaged)
    _refuse_infinite(made, job.plan)
    _write(job, shard, made)
    return Made(len(kept) + len(damaged), list(damaged))


def read_shard(out: Path, plan: Plan, shard: int) -> Embedded | None:
    """A shard, every byte verified; None where there is none.

    Raises:
        DamagedShardError: it is cut off or changed.
        InputError: it belongs to another extraction.
    """
    folder = shard_folder(out, shard)
    if not folder.exists():
        return None
    try:
        tensors, facts = storage.load(folder)
    except InputError as error:
        raise DamagedShardError(
            error.where, error.given, error.expected, "Make the same call of extract again."
        ) from error
    if (facts.get("plan"), facts.get("shard")) != (plan.digest, shard):
        given = f"shard {facts.get('shard')} of plan {facts.get('plan')}"
        remedy = "It was put there by something else: remove it."
        raise InputError(str(folder), given, f"shard {shard} of plan {plan.digest}", remedy)
    return Embedded(tuple(facts["names"]), tensors["embeddings"], facts["damaged"])


class DamagedShardError(InputError):
    """A shard whose files are not as they were written."""


def _in_batches(names: Sequence[str]) -> list[Sequence[str]]:
    return [names[first : first + BATCH] for first in range(0, len(names), BATCH)]


def _write(job: Job, shard: int, content: Embedded) -> None:
    folder = shard_folder(job.out, shard)
    storage.clear_drafts(job.out, folder.name)
    facts = {"plan": job.plan.digest, "shard": shard, "names": content.names, "damaged": content.damaged}
    storage.store(folder, {"embeddings": content.embeddings}, facts)


def _refuse_infinite(made: Embedded, plan: Plan) -> None:
    wrong = (~made.embeddings.flatten(1).isfinite().all(1)).nonzero().flatten()
    if len(wrong):
        remedy = "Use dtype='float32'." if plan.dtype == "float16" else "Look at the model's weights."
        raise InputError(made.names[wrong[0]], f"an embedding not finite in {plan.dtype}", "finite numbers", remedy)
