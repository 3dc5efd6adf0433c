"""The libraries that only large galleries need, imported when one is asked for."""

import importlib
from typing import Any

from adde_lite.errors import InputError


def imported(module: str, asked_by: str) -> Any:  # noqa: ANN401 - a module
    """A module of the extra `scale`.

    Raises:
        InputError: it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        remedy = 'Install it: pip install "adde-lite[scale]".'
        raise InputError(asked_by, f"no {module} here ({error})", f"the library {module}", remedy) from error
