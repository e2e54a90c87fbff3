"""What a cloud's storage is like, as JSON has it: room, layers, faults. With a server or without one."""

import asyncio
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

from kumoniwa.storage.check import CheckedFiles, as_json, look_at_layers, look_at_whole, repair
from kumoniwa.storage.collect import Collector, Id
from kumoniwa.store.database import Database
from kumoniwa.store.usage import usage

QUARANTINE = "quarantine"
"""In the data folder: the folder of layers' files that were set aside (`Disks.ensure_set_aside`)."""
PREPARED = "prepared"
"""In the data folder: the folder of prepared machines, each in a folder of its own."""
GUESTS = "guests"
"""In the data folder: the folder of guests, each in a folder of its own."""
_MEMORY = "suspended"  # in a guest's: what is kept of one that is hibernated
_AT_ONCE = 1.0  # seconds of checking in one answer: then the caller asks again from where it ended


class Room(Protocol):
    """The host's room for layers, in bytes; actions leave the reserve alone."""

    @property
    def free(self) -> int: ...

    @property
    def reserve(self) -> int: ...


async def status(database: Database, room: Room, data_dir: Path) -> dict[str, Any]:
    """The room on the host, and what takes it."""
    held = await asyncio.to_thread(_bytes_on_disk, data_dir / "layers")
    return {
        "room": {
            "free_bytes": room.free,
            "reserve_bytes": room.reserve,
            "usable_bytes": max(0, room.free - room.reserve),
        },
        "bytes_on_disk": held,
        "prepared_bytes_on_disk": await asyncio.to_thread(_bytes_below, data_dir / PREPARED),
        "hibernated": await asyncio.to_thread(_hibernated, data_dir / GUESTS),
        "quarantine": await asyncio.to_thread(_quarantine, data_dir / QUARANTINE),
        **asdict(await database.read(usage)),
    }


async def check_part(
    database: Database, files: CheckedFiles, collector: Collector[Id], start: str | None
) -> dict[str, Any]:
    """Check layers for about a second, from the layer `start` on; where it is None, the rows first.

    `next` is the layer to go on with; None at the end. Nothing is changed.
    """
    began = time.monotonic()
    found = await look_at_whole(database, collector) if start is None else []
    looked = await look_at_layers(database, files, start, lambda: time.monotonic() - began > _AT_ONCE)
    return {
        "looked_at": looked.done,
        "of": looked.of,
        "next": looked.next,
        "faults": as_json([*found, *looked.faults]),
    }


async def repair_all(database: Database, files: CheckedFiles, collector: Collector[Id]) -> dict[str, Any]:
    """Repair what needs no guessing; gives what was repaired."""
    return {"repaired": as_json(await repair(database, files, collector))}


def _quarantine(folder: Path) -> dict[str, Any]:
    """What was set aside: files of layers that the database does not know."""
    files = len(list(folder.iterdir())) if folder.is_dir() else 0
    return {"files": files, "bytes_on_disk": _bytes_on_disk(folder) or 0}


def _hibernated(folder: Path) -> dict[str, int]:
    """The guests whose memory is kept, and what that takes."""
    found = [path.lstat().st_blocks * 512 for path in folder.glob(f"*/{_MEMORY}")]
    return {"guests": len(found), "bytes_on_disk": sum(found)}


def _bytes_on_disk(folder: Path) -> int | None:
    """What the layers' files take; None where there are none (a simulated cloud)."""
    if not folder.is_dir():
        return None
    held = 0
    for path in folder.iterdir():
        with suppress(FileNotFoundError):  # deleted meanwhile
            held += path.lstat().st_blocks * 512
    return held


def _bytes_below(folder: Path) -> int:
    """What the files in a folder's folders take."""
    return sum(_bytes_on_disk(each) or 0 for each in folder.iterdir()) if folder.is_dir() else 0
