"""Layers that nothing refers to any more, and their end: first the row, then the file.

A layer's row is written before its file is made and removed before its file is deleted, so a file without a row was
left by a crash. That is a file or a few. Where there are many, or no rows at all, the database is not the one that the
files were made with (an older one was put back, or it was lost): nothing is deleted then. Files whose names are not
exactly ours are left alone always.
"""

import asyncio
from typing import Generic, Protocol, TypeVar

import structlog
from sqlalchemy import Connection

from kumoniwa.ids import is_well_formed
from kumoniwa.store import layers
from kumoniwa.store.database import Database

log = structlog.get_logger(__name__)

Id = TypeVar("Id", bound=str)
MOST_LEFT_BY_A_CRASH = 4
"""Files without a row that are deleted. More at once are set aside: that costs room, and no data."""


class LayerFiles(Protocol[Id]):
    """What a collector needs of a driver's disks (`kumoniwa.hypervisor.driver.Disks`)."""

    async def all_layers(self) -> frozenset[Id]: ...

    async def ensure_deleted(self, layer: Id) -> None: ...

    async def ensure_set_aside(self, layer: Id) -> None: ...


class Collector(Generic[Id]):
    """Deletes the layers of one database and the disks that belong to it. A cloud has one; it may be asked any time.

    Its methods raise the driver's error where a file cannot be deleted; that file goes with the next call.
    """

    def __init__(self, database: Database, disks: LayerFiles[Id]) -> None:
        self._database = database
        self._disks = disks
        # Of two at once, one could delete a layer before the other has deleted what stands on it.
        self._turn = asyncio.Lock()
        self._removed: set[str] = set()  # layers whose rows were removed here: their files go, however many there are

    async def collect(self) -> int:
        """Delete the layers that nothing refers to; gives how many there were."""
        collected = 0
        async with self._turn:
            await self._delete_orphans()
            while gone := await self._database.write(self._remove_unreferenced):
                await self._delete_orphans()
                collected += len(gone)
        if collected:
            log.info("layers collected", layers=collected)
        return collected

    async def sweep(self) -> frozenset[Id]:
        """Delete the files that have no row, left over from a crash or a failure, or set them aside where they are too
        many for that; gives the layers that they were of."""
        async with self._turn:
            return await self._delete_orphans()

    async def orphans(self) -> frozenset[Id]:
        """The files that have no row, which `sweep` does away with. None while they are about to be deleted."""
        async with self._turn:
            return (await self._orphans())[0]

    async def _delete_orphans(self) -> frozenset[Id]:
        found, is_lost = await self._orphans()
        strangers = found - self._removed
        if strangers and (is_lost or len(strangers) > MOST_LEFT_BY_A_CRASH):
            log.error(
                "the database does not know many of the layers that are there: was it lost, or an older one put back?"
                " They are moved to the folder quarantine, and none is deleted",
                layers=len(strangers),
            )
            for layer in sorted(strangers):
                await self._disks.ensure_set_aside(layer)
            found -= strangers
        for layer in sorted(found):
            await self._disks.ensure_deleted(layer)
            self._removed.discard(layer)
        return found | strangers

    async def _orphans(self) -> tuple[frozenset[Id], bool]:
        """Our files that have no row, and whether there are no rows at all."""
        # Files first, rows after: a layer that is made in between is not seen, or seen with its row.
        files = await self._disks.all_layers()
        known = await self._database.read(layers.known)
        orphans = files - known
        return frozenset(one for one in orphans if one in self._removed or is_well_formed(one, "layer")), not known

    def _remove_unreferenced(self, connection: Connection) -> frozenset[str]:
        """One generation: none of these stands on another of them."""
        found = frozenset(layer.id for layer in layers.unreferenced(connection))
        layers.remove(connection, sorted(found))
        self._removed = self._removed | found  # here, for nobody may wait for the commit any more when it is done
        return found
