"""What an extraction has written: shard by shard or whole, verified."""

from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor

from adde_lite.errors import InputError
from adde_lite.extraction.plan import read_plan
from adde_lite.extraction.shards import Embedded, read_shard, shard_folder

LISTED = 8  # missing shards named in a message


class Extracted:
    """The embeddings in a folder that `extract` has written.

    Args:
        folder: that folder.

    Attributes:
        plan: what they were made from, and how.

    Raises:
        InputError: no extraction there, or a damaged plan.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.plan = read_plan(self.folder)

    def __repr__(self) -> str:
        there = self.plan.shards - len(self.missing())
        return f"Extracted({self.folder}: {self.plan.images:,} images, {there} of {self.plan.shards} shards)"

    def missing(self) -> list[int]:
        """The numbers of shards that are not made yet."""
        return [shard for shard in range(self.plan.shards) if not shard_folder(self.folder, shard).exists()]

    def shards(self) -> Iterator[Embedded]:
        """Each shard in turn, in the order of the images' names; in memory there is one at a time.

        Raises:
            InputError: shards are missing or damaged; says which and how to go on.
        """
        missing = self.missing()
        if missing:
            some = ", ".join(map(str, missing[:LISTED])) + (", ..." if len(missing) > LISTED else "")
            given = f"{len(missing)} of {self.plan.shards} shards missing ({some})"
            remedy = "Make the same call of extract again: it goes on with them."
            raise InputError(f"{self.folder}, an extraction", given, "all shards", remedy)
        for number in range(self.plan.shards):
            shard = read_shard(self.folder, self.plan, number)
            if shard is not None:
                yield shard

    def load(self) -> Embedded:
        """All of them in memory: names, embeddings (N, A, d) as stored, and the damaged images that have none.

        Raises:
            InputError: as `shards`.
        """
        names: list[str] = []
        damaged: dict[str, str] = {}
        whole: Tensor | None = None
        for shard in self.shards():
            if whole is None:  # filled in place, because joining parts takes their memory twice
                whole = torch.empty(self.plan.images, *shard.embeddings.shape[1:], dtype=shard.embeddings.dtype)
            whole[len(names) : len(names) + len(shard.names)] = shard.embeddings
            names += shard.names
            damaged |= shard.damaged
        assert whole is not None  # a plan has at least one image
        return Embedded(tuple(names), whole[: len(names)], damaged)
