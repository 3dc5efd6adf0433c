"""The same garments at another size: 64 px is for learning, larger pictures are for looking."""

import re
from dataclasses import replace

import torch

from adde_lite.data.images import AttributeImages
from adde_lite.data.wardrobe.drawing import garment_svg
from adde_lite.data.wardrobe.pictures import render
from adde_lite.errors import InputError

WARDROBE_ID = re.compile(r"w(-?\d+)-(\d+)")


def enlarge(garments: AttributeImages, size: int = 192) -> AttributeImages:
    """Draw garments of `wardrobe` again, `size` pixels wide and high.

    Raises:
        InputError: an id that `wardrobe` did not give; photos cannot be drawn again.
    """
    drawn = []
    for name, labels in zip(garments.ids, garments.labels.tolist(), strict=True):
        found = WARDROBE_ID.fullmatch(name)
        if not found:
            raise InputError("enlarge", f"the id {name!r}", 'one such as "w0-000123"', "Pass images of wardrobe().")
        drawn.append(torch.from_numpy(render(garment_svg(labels, int(found[1]), int(found[2])), size)))
    return replace(garments, images=torch.stack(drawn))
