"""What takes long to make is made once: named tensors and facts under a key, in the cache folder.

A key is a name and a recipe. Another recipe is another folder, so nothing stale is ever read. An entry that was cut
off, changed or put there by something else is noticed, reported in one line, and made again.
"""

import hashlib
import json
import os
import re
import sys
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from adde_lite import storage
from adde_lite.errors import InputError

CHECKOUT = Path(__file__).resolve().parents[2]  # where the package lies in one; in an installation, some other folder

Entry = tuple[dict[str, Tensor], dict[str, Any]]


def cache_folder() -> Path:
    """Where rendered and decoded data go.

    `ADDE_LITE_CACHE` when set, else `data/cache` in a checkout, else the user's cache folder.
    """
    chosen = os.environ.get("ADDE_LITE_CACHE")
    if chosen:
        return Path(chosen).expanduser()
    if (CHECKOUT / "pyproject.toml").is_file():
        return CHECKOUT / "data" / "cache"
    if sys.platform == "win32":
        home = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        home = Path.home() / "Library" / "Caches"
    else:
        home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return home / "adde_lite"


def weights_folder(name: str) -> Path:
    """Where the course's weights of this name are or go: `data/weights` in a checkout, else the cache folder."""
    home = CHECKOUT / "data" if (CHECKOUT / "pyproject.toml").is_file() else cache_folder()
    return home / "weights" / name


def entry_folder(name: str, recipe: Mapping[str, Any]) -> Path:
    """The folder of one entry: its name, and a digest of its recipe."""
    digest = hashlib.sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()[:16]
    return cache_folder() / f"{re.sub(r'[^A-Za-z0-9_.-]+', '-', name)}-{digest}"


def remembered(name: str, recipe: Mapping[str, Any], make: Callable[[], Entry]) -> Entry:
    """Tensors and facts from the cache, or made now and kept.

    Args:
        name: what it is, for people who look into the folder.
        recipe: everything that the result depends on, as JSON can hold it.
        make: makes tensors and facts; called when the cache has none that are whole.

    Returns:
        Named tensors, and facts.
    """
    folder = entry_folder(name, recipe)
    if folder.exists():
        try:
            tensors, stored = storage.load(folder)
            if stored.get("recipe") != json.loads(json.dumps(recipe)):
                raise InputError(str(folder), "another recipe", "the one asked for", "Delete the folder.")
        except (InputError, OSError) as error:
            warnings.warn(f"cache is not usable and is made again: {error}", stacklevel=2)
        else:
            return tensors, stored["facts"]
    tensors, facts = make()
    try:
        storage.store(folder, tensors, {"recipe": recipe, "facts": facts})
    except OSError as error:  # a full disk or a read-only folder costs the time, not the result
        warnings.warn(f"cache was not written: {folder}: {error}", stacklevel=2)
    return tensors, facts
