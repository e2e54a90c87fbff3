"""Packages whose modules register what they hold: importing all of them completes a registry."""

import importlib
import pkgutil
from types import ModuleType


def import_all(package: ModuleType) -> None:
    """Import every module below this package. Raises what importing one of them raises."""
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        importlib.import_module(found.name)
