"""How modules are imported where a plain `import` will not do."""

import importlib
import pkgutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType


def import_all(package: ModuleType) -> None:
    """Import every module below this package: what they register when they are imported is complete then.

    Raises what importing one of them raises.
    """
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        importlib.import_module(found.name)


@contextmanager
def hidden(*names: str) -> Iterator[None]:
    """While the block runs, modules of these names that were not imported before are not to be had.

    For libraries that import others just because they are there.
    """
    missing = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(missing))  # type: ignore[arg-type]  # None is how Python says it
    try:
        yield
    finally:
        for name in missing:
            del sys.modules[name]


@contextmanager
def deferred(*names: str) -> Iterator[None]:
    """While the block runs, modules of these names that were not imported before are imported when they are first used.

    For modules that others import as a whole (`from package import module`), and need for little, or later.
    """
    stubs = {name: _stub(name) for name in names if name not in sys.modules}
    sys.modules.update(stubs)
    try:
        yield
    finally:
        for name, stub in stubs.items():
            if sys.modules.get(name) is stub:
                del sys.modules[name]


def modules_in(package: ModuleType) -> list[str]:
    """The names of the modules that stand in this package itself."""
    found = pkgutil.iter_modules(package.__path__, f"{package.__name__}.")
    return [module.name for module in found if not module.ispkg]


def _stub(name: str) -> ModuleType:
    """What stands for a module until something of it is used, in the package that has it too."""

    def of_the_module(attribute: str) -> object:
        if sys.modules.get(name) is stub:
            del sys.modules[name]
        value: object = getattr(importlib.import_module(name), attribute)
        setattr(stub, attribute, value)  # whoever imported the stub keeps it, and finds it there the next time
        return value

    stub = ModuleType(name)
    stub.__getattr__ = of_the_module  # type: ignore[method-assign]
    package, _, last = name.rpartition(".")
    if package:
        setattr(importlib.import_module(package), last, stub)
    return stub
