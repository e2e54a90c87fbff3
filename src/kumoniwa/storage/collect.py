"""Layers that nothing refers to any more, and their end: first the row, then the file.

A layer's row is written before its file is made and removed before its file is deleted, so a file without a row is
rubbish at any moment, whoever crashed where.
"""

import asyncio
from typing import Protocol, TypeVar
from weakref import WeakKeyDictionary

import structlog
from sqlalchemy import Connection

from kumoniwa.store import layers
from kumoniwa.store.database import Database

log = structlog.get_logger(__name__)

Id = TypeVar("Id", bound=str)

# Files go one collector after another: of two at once, one could delete a layer before the other has deleted what
# stands on it.
_TURNS: WeakKeyDictionary[Database, asyncio.Lock] = WeakKeyDictionary()


class LayerFiles(Protocol[Id]):
    """What a collector needs of a driver's disks (`kumoniwa.hypervisor.driver.Disks`)."""

    async def all_layers(self) -> frozenset[Id]: ...

    async def ensure_deleted(self, layer: Id) -> None: ...


async def collect(database: Database, disks: LayerFiles[Id]) -> int:
    """Delete the layers that nothing refers to, and gives how many there were. May be called at any time, by anyone.

    Raises the driver's error where a file cannot be deleted; that file goes with the next `collect` or `sweep`.
    """
    collected = 0
    async with _TURNS.setdefault(database, asyncio.Lock()):
        await _delete_orphans(database, disks)
        while gone := await database.write(_remove_unreferenced):
            await _delete_orphans(database, disks)
            collected += gone
    if collected:
        log.info("layers collected", layers=collected)
    return collected


async def sweep(database: Database, disks: LayerFiles[Id]) -> int:
    """Delete the files that have no row, left over from a crash or a failure, and gives how many there were.

    Not where there are files and no rows at all: then the database was lost, and the files are all that is left.
    """
    async with _TURNS.setdefault(database, asyncio.Lock()):
        if (files := await disks.all_layers()) and not await database.read(layers.known):
            log.error("the database knows of no layer; those that are there are left alone", layers=len(files))
            return 0
        return await _delete_orphans(database, disks)


async def orphans(database: Database, disks: LayerFiles[Id]) -> frozenset[Id]:
    """The files that have no row: rubbish, which `sweep` deletes. None while a collector is about to."""
    async with _TURNS.setdefault(database, asyncio.Lock()):
        return await _orphans(database, disks)


def _remove_unreferenced(connection: Connection) -> int:
    """One generation: none of these stands on another of them."""
    found = layers.unreferenced(connection)
    layers.remove(connection, [layer.id for layer in found])
    return len(found)


async def _delete_orphans(database: Database, disks: LayerFiles[Id]) -> int:
    found = await _orphans(database, disks)
    for layer in sorted(found):
        await disks.ensure_deleted(layer)
    return len(found)


async def _orphans(database: Database, disks: LayerFiles[Id]) -> frozenset[Id]:
    # Files first, rows after: a layer that is made in between is not seen, or seen with its row.
    files = await disks.all_layers()
    return files - await database.read(layers.known)
