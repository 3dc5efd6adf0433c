"""Ids of images: as many as there are images, all different."""

from collections.abc import Sequence

from adde_lite.errors import InputError


def checked_ids(ids: Sequence[str], images: int) -> tuple[str, ...]:
    """The ids of this number of images.

    Raises:
        InputError: another number of ids, one that is not text, or one that comes twice; names its row.
    """
    if len(ids) != images:
        raise InputError("ids", f"{len(ids)} entries", f"{images}, one an image", "Pass those of these images.")
    first: dict[str, int] = {}
    for row, name in enumerate(ids):
        if not isinstance(name, str):
            raise InputError(f"ids, row {row}", repr(name), "text", "Write str(id).")
        if first.setdefault(name, row) != row:
            given = f"{name!r}, as in row {first[name]}"
            raise InputError(f"ids, row {row}", given, "another id", "Rename or drop one of the two images.")
    return tuple(ids)
