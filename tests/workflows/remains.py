"""What a server left behind, as one digest: equal ones have equal ends, since nothing is left to chance (`Life`)."""

import hashlib
from asyncio import Future
from collections import Counter
from collections.abc import Iterator, Mapping, Set
from datetime import datetime
from enum import Enum
from typing import Any

from life import Life
from quick_database import rows_of

from kumoniwa.hypervisor.simulated.host import Host
from kumoniwa.hypervisor.simulated.simulated_layers import Layers
from kumoniwa.hypervisor.simulated.timer import Timer
from kumoniwa.hypervisor.simulated.waiters import Waiters
from kumoniwa.tasks import Tasks

_NOT_STATE = (Tasks, Host, Future, Waiters)


def digest(life: Life) -> str:
    """Of all rows, all other files, the guests with their disks, the time, and the ids that come next."""
    return hashlib.sha256("\n".join([*_parts(life), repr(life.ids.getstate())]).encode()).hexdigest()


def _parts(life: Life) -> Iterator[str]:
    for table, rows in rows_of(life.folder):
        yield repr((table, rows))
    for file in sorted(one for one in life.folder.rglob("*") if one.is_file() and not one.name.startswith("cloud.db")):
        yield repr((file.name, file.read_bytes()))
    yield repr(_picture(life.world, life.world.layers))
    yield repr(life.clock.now())


def _picture(value: Any, layers: Layers) -> Any:
    """A value with all that it holds, as literals. What all hold, the layers, is pictured with the world alone."""
    match value:
        case bool() | str() | bytes() | int() | float() | None | Enum() | datetime():
            return value
        case bytearray():
            return bytes(value)
        case Timer():
            return _timer(value)
        case Counter():
            return sorted((str(name), count) for name, count in value.items() if count)
        case Mapping():
            return [(_picture(name, layers), _picture(one, layers)) for name, one in value.items()]
        case Set():
            return sorted(repr(_picture(one, layers)) for one in value)
        case list() | tuple():
            return [_picture(one, layers) for one in value]
    if isinstance(value, _NOT_STATE) or callable(value):
        return None
    names = [name for kind in type(value).__mro__ for name in getattr(kind, "__slots__", ())] or list(vars(value))
    held = ((name, getattr(value, name)) for name in names)
    return type(value).__name__, [
        (name, "the layers" if one is layers and name != "layers" else _picture(one, layers)) for name, one in held
    ]


def _timer(timer: Timer) -> Any:
    """What happens next, and when."""
    if timer._next is None:
        return None
    waiting = timer._task.get_coro().cr_frame if timer._task is not None else None  # type: ignore[union-attr]
    return timer._next[0], timer._next[1].__name__, waiting and waiting.f_locals["until"]
