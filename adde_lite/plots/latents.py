"""What a code holds: pictures in rows, traversals, the frame that sliders move, bars of latents, curves."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

import matplotlib as mpl
import torch
from torch import Tensor

from adde_lite.errors import InputError
from adde_lite.plots.picture import BLUE, DPI, INK, MIST, STYLE, Picture, draw_image

Decode: TypeAlias = Callable[[Tensor], Tensor]

GAP = 1  # pixels of white between two pictures of a row
TILE = 96  # a picture of a row gets about so many pixels of the screen
FRAME = 256
NAMES_INCHES, TITLES_INCHES = 1.3, 0.3


def image_rows(rows: Mapping[str, Tensor], alt: str, *, columns: Sequence[str] = ()) -> Picture:
    """Rows of small pictures, one below the other, pixels as crisp squares.

    Args:
        rows: name of the row -> uint8 (K, 3, H, W), the same K and size in each.
        alt: the picture's alt text.
        columns: K titles above the rows; none by default.

    Raises:
        InputError: no rows, or rows whose shapes differ or do not fit the titles.
    """
    shapes = {tuple(images.shape) for images in rows.values()}
    count = len(columns) or max((shape[0] for shape in shapes), default=1)
    if len(shapes) != 1 or next(iter(shapes))[0] != count:
        expected = f"{count} pictures of one size in each row"
        raise InputError("image_rows", f"rows of shapes {sorted(shapes)}", expected, "One picture for each title.")
    height, width = next(iter(rows.values())).shape[2:]
    sheet = torch.cat([_side_by_side(images) for images in rows.values()], dim=1)[:, :-GAP, :-GAP]
    zoom = max(1, TILE // width)  # whole: each pixel becomes a square, all of one size
    across, down = (side * zoom / DPI for side in (sheet.shape[2], sheet.shape[1]))
    wide, high = across + NAMES_INCHES, down + (TITLES_INCHES if columns else 0)
    with mpl.rc_context(STYLE):
        picture = Picture(alt, (wide, high))
        picture.set_layout_engine("none")
        place = picture.add_axes((NAMES_INCHES / wide, 0, across / wide, down / high))
        draw_image(place, sheet.repeat_interleave(zoom, 1).repeat_interleave(zoom, 2))
        place.set_xticks([_middle(k, width, zoom) for k in range(len(columns))], columns, fontsize=8.5)
        place.set_yticks([_middle(k, height, zoom) for k in range(len(rows))], list(rows), fontsize=8.5)
        place.tick_params(length=0, labeltop=True, labelbottom=False)
    return picture


def traversals(decode: Decode, start: Tensor, rows: Mapping[int, str], values: Sequence[float], alt: str) -> Picture:
    """What each latent does alone: it walks through `values` while all others stay where `start` has them.

    Args:
        decode: codes (K, D) to images uint8 (K, 3, H, W).
        start: the code to start from, (D,).
        rows: latent -> name of its row.
        values: where the latent goes, in standard deviations of the prior.
        alt: the picture's alt text.
    """
    walks = {}
    for latent, name in rows.items():
        codes = start.repeat(len(values), 1)
        codes[:, latent] = torch.tensor(values)
        walks[name] = decode(codes)
    return image_rows(walks, alt, columns=[f"{value:+g}" if value else "0" for value in values])


def decoded_code(decode: Decode, start: Tensor, moved: Mapping[int, float]) -> Picture:
    """The picture of one code, which its alt text spells out: what latent sliders show.

    Args:
        decode: codes (K, D) to images uint8 (K, 3, H, W).
        start: the code of all latents that do not move, (D,).
        moved: latent -> its value.
    """
    code = start.clone()
    for latent, value in moved.items():
        code[latent] = value
    spelled = ", ".join(f"latent {latent} at {value:+.2f}" for latent, value in moved.items())
    picture = Picture(f"The picture decoded from {spelled}.", (FRAME / DPI, FRAME / DPI))
    picture.set_layout_engine("none")  # the axes fill the figure: there is nothing to lay out
    draw_image(picture.add_axes((0, 0, 1, 1)), decode(code[None])[0])
    return picture


def curves(
    panels: Mapping[str, Mapping[str, tuple[Sequence[float], Sequence[float]]]], across: str, alt: str
) -> Picture:
    """Lines in panels side by side.

    Args:
        panels: title of the panel -> name of the line -> its x and its y.
        across: what runs along every x axis.
        alt: the picture's alt text.
    """
    with mpl.rc_context(STYLE):
        picture = Picture(alt, (3.6 * len(panels), 2.5))
        places = picture.subplots(1, len(panels), squeeze=False)[0]
        for place, (title, lines) in zip(places, panels.items(), strict=True):
            for name, (x, y) in lines.items():
                place.plot(x, y, label=name, linewidth=1.6)
            place.set(title=title, xlabel=across)
            place.grid(visible=True)
            if len(lines) > 1:
                place.legend(frameon=False, fontsize=8)
    return picture


def latent_bars(runs: Mapping[str, Tensor], threshold: float, what: str, alt: str) -> Picture:
    """One number for each latent, a panel a run, largest first, with a line that parts the used from the unused.

    Args:
        runs: name of the run -> its numbers, (D,).
        threshold: where the line lies; bars above it are in colour.
        what: the number and its unit.
        alt: the picture's alt text.
    """
    with mpl.rc_context(STYLE):
        picture = Picture(alt, (2.6 * len(runs) + 0.4, 2.3))
        places = picture.subplots(1, len(runs), sharey=True, squeeze=False)[0]
        for place, (name, numbers) in zip(places, runs.items(), strict=True):
            order = numbers.argsort(descending=True)
            heights = numbers[order].tolist()
            positions = range(len(heights))
            place.bar(positions, heights, color=[BLUE if height > threshold else MIST for height in heights])
            place.axhline(threshold, color=INK, linewidth=0.8, linestyle="--")
            place.set_xticks(positions, [str(latent) for latent in order.tolist()], fontsize=8)
            place.set(title=name, xlabel="latent")
        places[0].set_ylabel(what)
    return picture


def _middle(k: int, side: int, zoom: int) -> float:
    """Where the k-th picture of a row or column has its middle, in pixels of the sheet."""
    return ((side + GAP) * k + side / 2) * zoom


def _side_by_side(images: Tensor) -> Tensor:
    """Pictures (K, 3, H, W) in a strip (3, H + GAP, K * (W + GAP)) with white between and below."""
    padded = torch.nn.functional.pad(images, (0, GAP, 0, GAP), value=255)
    return torch.cat(list(padded), dim=2)
