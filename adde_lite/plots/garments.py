"""Garments: contact sheets, the values of an attribute, the answer to an edit."""

from collections.abc import Mapping, Sequence
from textwrap import fill

import matplotlib as mpl
from torch import Tensor

from adde_lite.attributes import AttributeSchema, Edit
from adde_lite.data.images import AttributeImages
from adde_lite.plots.picture import BLUE, ORANGE, STYLE, Picture, draw_image

LINE = 18  # characters below the garment that is edited
LINE_HEIGHT = 0.18  # inches


def contact_sheet(images: Sequence[Tensor], captions: Sequence[str], alt: str, *, columns: int = 8) -> Picture:
    """Images in a grid, each with its caption below.

    Args:
        images: uint8 (3, H, W) each.
        captions: one an image; "" for none.
        alt: the picture's alt text.
        columns: how many stand side by side.
    """
    rows = -(-len(images) // columns)
    with mpl.rc_context(STYLE):
        picture = Picture(alt, (1.15 * columns, 1.38 * rows))
        axes = picture.subplots(rows, columns, squeeze=False).ravel()
        for place in axes:
            place.set_axis_off()
        for place, image, caption in zip(axes, images, captions, strict=False):
            draw_image(place, image)
            place.set_title(caption, fontsize=7.5, loc="center", va="top", pad=0, y=-0.05)
    return picture


def version_sheet(garments: AttributeImages, *, columns: int = 5) -> Picture:
    """Products in several versions, each with its number and what it has other than the first version shown.

    Args:
        garments: with the column `product`, as `wardrobe(..., variants=...)` gives it.
        columns: how many stand side by side.
    """
    products = list(garments.columns["product"])
    first = [products.index(product) for product in products]
    own = [
        ", ".join(_differences(garments.labels[row], garments.labels[start], garments.schema))
        for row, start in enumerate(first)
    ]
    captions = [f"{row}\n{what or 'the product'}" for row, what in enumerate(own)]
    versions = ", ".join(f"{row} is {first[row]} with {what}" for row, what in enumerate(own) if what)
    alt = f"{len(own)} garments, numbered from 0; {len(set(products))} products. {versions}."
    return contact_sheet(list(garments.images), captions, alt, columns=columns)


def value_rows(rows: Mapping[str, Mapping[str, Tensor]], alt: str) -> Picture:
    """One row an attribute, one image a value, each under its name.

    Args:
        rows: attribute -> value -> image, uint8 (3, H, W).
        alt: the picture's alt text.
    """
    columns = max(len(values) for values in rows.values())
    with mpl.rc_context(STYLE):
        picture = Picture(alt, (0.95 * columns + 1, 1.12 * len(rows)))
        axes = picture.subplots(len(rows), columns, squeeze=False)
        for places, (attribute, values) in zip(axes, rows.items(), strict=True):
            for place in places:
                place.set_axis_off()
            for place, (value, image) in zip(places, values.items(), strict=False):
                draw_image(place, image)
                place.set_title(value, fontsize=7, loc="center", pad=2)
            places[0].text(-0.15, 0.5, attribute, ha="right", va="center", transform=places[0].transAxes, fontsize=9.5)
    return picture


def edit_answer(reference: Tensor, edit: Edit, found: AttributeImages, target: Tensor) -> Picture:
    """A garment, the edit, and what came back.

    Args:
        reference: the garment that is edited, uint8 (3, H, W).
        edit: what was asked for.
        found: the results, best first.
        target: int64 (A,), the label row asked for.
    """
    drifted = [_differences(labels, target, found.schema) for labels in found.labels]
    right = sum(not wrong for wrong in drifted)
    each = [
        f"result {rank} {'has ' + ', '.join(wrong) if wrong else 'is right'}" for rank, wrong in enumerate(drifted, 1)
    ]
    alt = f"{edit}: {right} of {len(drifted)} results are exactly as asked for. In order: {'; '.join(each)}."
    asked = fill(str(edit), LINE)
    with mpl.rc_context(STYLE):
        picture = Picture(alt, (1.3 * (len(drifted) + 1.6), 2.2 + LINE_HEIGHT * asked.count("\n")))
        first, *places = picture.subplots(1, len(drifted) + 1, width_ratios=[1.4] + [1] * len(drifted))
        draw_image(first, reference)
        first.set_title("your garment", loc="center", fontsize=9)
        first.set_xlabel(asked, fontsize=9.5, fontweight="bold")
        for rank, (place, image, wrong) in enumerate(zip(places, found.images, drifted, strict=True), 1):
            draw_image(place, image)
            for side in place.spines.values():
                side.set(visible=True, color=ORANGE if wrong else BLUE, linewidth=2.2, linestyle="--" if wrong else "-")
            place.set_title(f"{rank}", loc="center", fontsize=9)
            place.set_xlabel("\n".join(f"✗ {entry}" for entry in wrong) or "✓ as asked", fontsize=7)
    return picture


def _differences(labels: Tensor, target: Tensor, schema: AttributeSchema) -> list[str]:
    """What `labels` (A,) has where `target` (A,) asks for something else, such as ["sleeve: long"]."""
    (shown,), (asked,) = schema.decode(labels[None]), schema.decode(target[None])
    return [f"{name}: {shown[name] or 'none'}" for name in schema.names if shown[name] != asked[name]]
