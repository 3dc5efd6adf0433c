"""What a missing label means to a loss."""

from typing import Literal, get_args

from adde_lite.errors import unknown

Missing = Literal["mask", "class"]
"""`"mask"`: a row without a label has no say. `"class"`: it is treated as the public ADDE code treats it."""


def check_missing(missing: str) -> None:
    """Raise InputError unless `missing` is one of the ways there are."""
    if missing not in get_args(Missing):
        raise unknown("missing", "way", missing, get_args(Missing))
