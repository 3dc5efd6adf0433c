"""Data that several tests share."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

from tests.coloured_bars import SCHEMA, coloured_bars

settings.register_profile("any machine", deadline=None)  # a busy one is no reason to fail
settings.load_profile("any machine")


@pytest.fixture
def schema():
    return SCHEMA


@pytest.fixture
def blocks():
    """A coloured bar, upright or level: learnable in a few steps, 96 images of 16 px."""
    return coloured_bars()


@pytest.fixture(scope="session")
def shared():
    """The folder of reference arrays and real data; a test that needs it skips where it is absent."""
    folder = Path(os.environ.get("ADDE_LITE_SHARED", Path(__file__).parents[2] / "shared"))
    if not folder.is_dir():
        pytest.skip(f"no reference material at {folder}: set ADDE_LITE_SHARED")
    return folder
