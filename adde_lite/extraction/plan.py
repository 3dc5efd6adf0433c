"""What decides every byte of an extraction: written before the first shard, and held against every later call."""

import hashlib
import json
import math
import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal, TypeAlias

from PIL import Image

from adde_lite import storage
from adde_lite.data.archive import Archive
from adde_lite.data.decode import FORMATS, Fit, Size, height_width
from adde_lite.errors import InputError
from adde_lite.models.fingerprint import Embeds, fingerprint

PLAN, SHARD = "plan", "shard-"
FORMAT = 1  # of plan and shards; another number is another layout

Dtype: TypeAlias = Literal["float32", "float16"]


@dataclass(frozen=True)
class Plan:
    """N images in shards of `shard_size`, in sorted order of their names.

    Args:
        model: sha256 of the model: class, recipe, schema and weights.
        images: N.
        names: sha256 of their names.
        size: (H, W) that the model sees.
        fit: how images get there, as `decode_image`.
        shard_size: images a shard; the last may have fewer.
        dtype: of the embeddings.
        format: the layout of the files.
    """

    model: str
    images: int
    names: str
    size: tuple[int, int]
    fit: Fit
    shard_size: int
    dtype: Dtype
    format: int = FORMAT

    @property
    def shards(self) -> int:
        """How many there are."""
        return math.ceil(self.images / self.shard_size)

    @property
    def digest(self) -> str:
        """A short name of the plan, which every shard carries."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]

    def rows(self, shard: int) -> slice:
        """The images of one shard."""
        return slice(shard * self.shard_size, (shard + 1) * self.shard_size)

    def count(self, shard: int) -> int:
        """How many images one shard has."""
        return min(self.shard_size, self.images - shard * self.shard_size)


def plan_for(model: Embeds, names: Sequence[str], *, size: Size, fit: Fit, shard_size: int, dtype: Dtype) -> Plan:
    """The plan for these images.

    Raises:
        InputError: a size, fit, shard size or number format that cannot be.
    """
    height, width = height_width(size, fit)
    if shard_size < 1:
        raise InputError("shard_size", str(shard_size), "1 or more", "Leave it at 5,000 unless memory is short.")
    if dtype not in ("float32", "float16"):
        raise InputError("dtype", repr(dtype), "'float32' or 'float16'", "Choose one of them.")
    digest = hashlib.sha256("\0".join(names).encode("utf-8", "surrogateescape")).hexdigest()
    return Plan(fingerprint(model), len(names), digest, (height, width), fit, shard_size, dtype)


def image_names(files: Archive) -> tuple[str, ...]:
    """The images among the files, by their endings and in sorted order. Hidden files are not among them.

    Raises:
        InputError: there is none.
    """
    endings = {ending for ending, kind in Image.registered_extensions().items() if kind in FORMATS}
    names = tuple(
        sorted(
            name
            for name in files.names
            if Path(name).suffix.lower() in endings
            and not any(part.startswith((".", "__MACOSX")) for part in name.split("/"))
        )
    )
    if not names:
        some = ", ".join(map(repr, files.names[:3])) or "nothing"
        expected = f"files ending in {', '.join(sorted(endings))}"
        raise InputError(str(files.path), f"no image ({some})", expected, "Name the folder or zip that holds them.")
    return names


def settle(out: Path, plan: Plan) -> None:
    """Write the plan into `out`, or find that the same one is there.

    Raises:
        InputError: another plan is there, or a folder of something else.
    """
    there = sorted(path.name for path in out.iterdir()) if out.is_dir() else []
    strange = [name for name in there if not name.startswith((PLAN, SHARD, "."))]
    if strange:
        raise InputError(str(out), f"a folder that holds {strange[0]}", "an extraction, or nothing", "Name another.")
    if PLAN in there:
        try:
            found = storage.facts(out / PLAN)
        except InputError as damage:  # each shard says which plan it belongs to, so nothing is lost
            warnings.warn(f"the plan is written again, because it is damaged: {damage}", stacklevel=3)
        else:
            return _compare(out, found, plan)
    try:
        return storage.store(out / PLAN, {}, asdict(plan))
    except OSError:
        if not storage.stored(out / PLAN):  # otherwise another part of the work was faster by a moment
            raise
    return _compare(out, storage.facts(out / PLAN), plan)


def read_plan(out: Path) -> Plan:
    """The plan that stands in `out`.

    Raises:
        InputError: none, a damaged one, or one of another format.
    """
    found = storage.facts(out / PLAN)
    if found.get("format") != FORMAT:
        remedy = "Read it with the version that wrote it, or extract again."
        raise InputError(str(out), f"format {found.get('format')!r}", f"format {FORMAT}", remedy)
    return Plan(**found | {"size": tuple(found["size"])})


def _compare(out: Path, found: dict[str, Any], wanted: Plan) -> None:
    asked = json.loads(json.dumps(asdict(wanted)))  # as it is read: lists for tuples
    names = [field.name for field in fields(Plan)]
    other = next((name for name in reversed(names) if found.get(name) != asked[name]), None)
    if other is not None:
        what = {"model": "another model", "names": "images of other names"}
        given = what.get(other, f"{other} {found.get(other)!r}")
        expected = "the same as in this call" if other in what else repr(asked[other])
        raise InputError(f"{out}, an extraction", given, expected, "Extract into another folder, or delete this one.")
