"""What several tests share."""

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("ADDE_LITE_SHARED", Path(__file__).parents[2] / "shared"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of reference arrays and real data; a test that needs it skips where it is absent."""
    if not SHARED.is_dir():
        pytest.skip(f"no reference material at {SHARED}: set ADDE_LITE_SHARED")
    return SHARED
