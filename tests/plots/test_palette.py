"""The colours of the pictures, for eyes that see them differently: computed, not believed."""

import re
from itertools import combinations
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest

from adde_lite import plots
from adde_lite.plots.codes import PALE_TO_BLUE
from adde_lite.plots.picture import BLUE, BROWN, CYCLE, GREEN, GREY, INK, MIST, PAPER, RUST, SHADE
from adde_lite.plots.training import DARK

colorspacious = pytest.importorskip("colorspacious", reason="colorspacious is not installed")

SIGHTS = {"full": None, "no red": "protanomaly", "no green": "deuteranomaly", "no blue": "tritanomaly"}
APART = 10.0  # in CAM02-UCS, where 1 is just seen side by side
TEXT, MARK = 4.5, 3.0  # the contrast that WCAG 2.2 asks for, 1.4.3 and 1.4.11
# Colours that pictures put side by side and that mean different things.
PAIRS = [*combinations(CYCLE, 2), *((colour, MIST) for colour in CYCLE), (BLUE, BROWN), (GREEN, BROWN), (RUST, GREY)]
# Letters on what lies behind them.
WRITTEN = [(letters, paper) for letters in (INK, BLUE, GREEN, RUST, BROWN, GREY) for paper in (PAPER, SHADE)]
IN_BARS = [(PAPER if colour in DARK else INK, colour) for colour in CYCLE]


def rgb(colour):
    return np.array(mpl.colors.to_rgb(colour))


def seen(colour, sight):
    """Where a colour lies in CAM02-UCS for eyes of a kind."""
    kind = SIGHTS[sight]
    space = {"name": "sRGB1+CVD", "cvd_type": kind, "severity": 100} if kind else "sRGB1"
    simulated = np.clip(colorspacious.cspace_convert(rgb(colour), space, "sRGB1"), 0, 1)
    return colorspacious.cspace_convert(simulated, "sRGB1", "CAM02-UCS")


def too_close(pairs, sight):
    apart = {pair: float(np.linalg.norm(seen(pair[0], sight) - seen(pair[1], sight))) for pair in pairs}
    return {pair: round(distance, 1) for pair, distance in apart.items() if distance < APART}


def luminance(colour):
    part = rgb(colour)
    return np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4) @ (0.2126, 0.7152, 0.0722)


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def faint(pairs, least):
    return {pair: round(float(contrast(*pair)), 2) for pair in pairs if contrast(*pair) < least}


@pytest.mark.parametrize("sight", SIGHTS)
def test_colours_that_stand_side_by_side_are_told_apart_by_all_eyes(sight):
    assert too_close(PAIRS, sight) == {}


def test_the_measure_finds_red_and_green_that_only_full_sight_tells_apart():
    pair = ("#C44E52", "#7D7A3A")
    assert too_close([pair], "full") == {}
    assert pair in too_close([pair], "no green")


def test_letters_can_be_read():
    assert faint([*WRITTEN, *IN_BARS], TEXT) == {}


def test_marks_that_mean_something_by_themselves_are_seen_on_white():
    assert faint([(colour, PAPER) for colour in CYCLE], MARK) == {}


def test_the_measure_of_contrast_is_that_of_the_guideline():
    assert contrast("#FFFFFF", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.005)
    assert faint([("#E69F00", PAPER)], MARK), "an orange that is as light as this one is not seen"


@pytest.mark.parametrize("name", ["pale to blue", "Blues"])
def test_colour_maps_get_darker_all_the_way(name):
    colours = PALE_TO_BLUE if name == "pale to blue" else mpl.colormaps[name]
    lightness = colorspacious.cspace_convert(colours(np.linspace(0, 1, 33))[:, :3], "sRGB1", "CAM02-UCS")[:, 0]
    steps = -np.diff(lightness)
    assert steps.min() > 0
    assert steps.max() < 3 * steps.mean(), "one step of the numbers looks like many"


def test_no_other_colour_map_is_used():
    files = Path(plots.__file__).parent.glob("*.py")
    used = {name for file in files for name in re.findall(r"cmap=\"?([\w]+)", file.read_text(encoding="utf-8"))}
    assert used == {"PALE_TO_BLUE", "Blues", "ListedColormap"}
