"""Layers that nothing refers to any more, and their end: first the row, then the file.

A layer's row is written before its file is made and removed before its file is deleted, so a file without a row is
rubbish at any moment, wherever the server crashed.
"""

import asyncio
from typing import Generic, Protocol, TypeVar

import structlog
from sqlalchemy import Connection

from kumoniwa.store import layers
from kumoniwa.store.database import Database

log = structlog.get_logger(__name__)

Id = TypeVar("Id", bound=str)


class LayerFiles(Protocol[Id]):
    """What a collector needs of a driver's disks (`kumoniwa.hypervisor.driver.Disks`)."""

    async def all_layers(self) -> frozenset[Id]: ...

    async def ensure_deleted(self, layer: Id) -> None: ...


class Collector(Generic[Id]):
    """Deletes the layers of one database and the disks that belong to it. A cloud has one; it may be asked any time.

    Its methods raise the driver's error where a file cannot be deleted; that file goes with the next call.
    """

    def __init__(self, database: Database, disks: LayerFiles[Id]) -> None:
        self._database = database
        self._disks = disks
        # Of two at once, one could delete a layer before the other has deleted what stands on it.
        self._turn = asyncio.Lock()

    async def collect(self) -> int:
        """Delete the layers that nothing refers to; gives how many there were."""
        collected = 0
        async with self._turn:
            await self._delete_orphans()
            while gone := await self._database.write(_remove_unreferenced):
                await self._delete_orphans()
                collected += gone
        if collected:
            log.info("layers collected", layers=collected)
        return collected

    async def sweep(self) -> int:
        """Delete the files that have no row, left over from a crash or a failure; gives how many there were.

        Not where there are files and no rows at all: then the database was lost, and the files are all that is left.
        """
        async with self._turn:
            if (files := await self._disks.all_layers()) and not await self._database.read(layers.known):
                log.error("the database knows of no layer; those that are there are left alone", layers=len(files))
                return 0
            return await self._delete_orphans()

    async def orphans(self) -> frozenset[Id]:
        """The files that have no row: rubbish, which `sweep` deletes. None while they are about to be deleted."""
        async with self._turn:
            return await self._orphans()

    async def _delete_orphans(self) -> int:
        found = await self._orphans()
        for layer in sorted(found):
            await self._disks.ensure_deleted(layer)
        return len(found)

    async def _orphans(self) -> frozenset[Id]:
        # Files first, rows after: a layer that is made in between is not seen, or seen with its row.
        files = await self._disks.all_layers()
        return files - await self._database.read(layers.known)


def _remove_unreferenced(connection: Connection) -> int:
    """One generation: none of these stands on another of them."""
    found = layers.unreferenced(connection)
    layers.remove(connection, [layer.id for layer in found])
    return len(found)
