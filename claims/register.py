"""All claims, in the order of the notebooks."""

import importlib
import pkgutil

import claims
from claims.claim import Claim

SUPPORT = {"__main__", "claim", "clothes", "register"}


def registered() -> list[Claim]:
    """Every claim of every notebook's file."""
    files = [module.name for module in pkgutil.iter_modules(claims.__path__) if module.name not in SUPPORT]
    found: list[Claim] = []
    for file in files:
        found += importlib.import_module(f"claims.{file}").CLAIMS
    return sorted(found, key=lambda claim: claim.notebook)
