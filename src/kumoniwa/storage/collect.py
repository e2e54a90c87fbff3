"""Layers that nothing refers to any more, and their end: first the row, then the file.

A layer's row is written before its file is made and removed before its file is deleted, so a file without a row was
left by a crash. That is a file or a few. Where there are many, or no rows at all, the database is not the one that the
files were made with (an older one was put back, or it was lost): nothing is deleted then. Files whose names are not
exactly ours are left alone always.

All layers are looked at once, at start. After that only those that something was said to refer to no longer
(`store.layers.let_go`), and what they stood on: a deletion costs no more beside a hundred thousand volumes.
"""

import asyncio
from collections import deque
from collections.abc import Collection
from functools import partial
from typing import Generic, Protocol, TypeVar, cast

import structlog
from sqlalchemy import Connection

from kumoniwa.ids import is_well_formed
from kumoniwa.store import layers
from kumoniwa.store.changes import LET_GO, Changed
from kumoniwa.store.database import Database

log = structlog.get_logger(__name__)

Id = TypeVar("Id", bound=str)
MOST_LEFT_BY_A_CRASH = 4
"""Files without a row that are deleted. More at once are set aside: that costs room, and no data."""


class LayerFiles(Protocol[Id]):
    """What a collector needs of a driver's disks (`kumoniwa.hypervisor.driver.Disks`)."""

    async def present(self, layers: Collection[Id]) -> frozenset[Id]: ...

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
        self._removed: set[str] = set()
        """Layers whose rows were removed by us: their files go, however many there are. Written to by two threads."""
        self._let_go: deque[Collection[str] | None] = deque([None])
        """What something let go of; None: any layer may be, as at start, or where too many were let go to name them."""
        database.changes.follow(self._heard)

    async def collect(self) -> int:
        """Delete the layers that nothing refers to; gives how many there were."""
        collected = 0
        async with self._turn:
            suspects = self._suspects()
            while True:
                try:
                    await (self._delete_orphans() if suspects is None else self._delete_removed())
                    gone = await self._remove(suspects)
                except BaseException:
                    self._let_go.append(suspects)
                    raise
                collected += len(gone)
                suspects = self._suspects()  # among them what these stood on
                if not gone and suspects is not None and not suspects:
                    break
        if collected:
            log.info("layers collected", layers=collected)
        return collected

    def suspect(self, ids: Collection[str]) -> None:
        """Look at these layers too when it is collected next: what kept them is over."""
        self._let_go.append(ids)

    def left_behind(self, ids: Collection[str]) -> None:
        """Delete the files of these layers when it is collected next: their rows are gone, and the files did not go."""
        self._removed.update(ids)

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

    async def _delete_removed(self) -> None:
        """Delete the files of layers whose rows were removed here, and that are there yet."""
        if removed := frozenset(self._removed):
            known = await self._database.read(partial(layers.still_known, ids=removed))
            gone = cast("frozenset[Id]", removed - known)  # a layer's file has its name
            for layer in sorted(await self._disks.present(gone)):
                await self._disks.ensure_deleted(layer)
            self._removed -= gone  # what was added meanwhile was not looked at

    async def _remove(self, suspects: Collection[str] | None) -> frozenset[str]:
        """One generation, of these layers where they are given: none of those that go stands on another of them."""
        if suspects is not None and not suspects:
            return frozenset()
        # Read first: all are looked at by a reader, where it holds up no writer, and mostly there is nothing to remove.
        found = [layer.id for layer in await self._database.read(partial(layers.unreferenced, ids=suspects))]
        return await self._database.write(partial(self._remove_unreferenced, ids=found)) if found else frozenset()

    def _remove_unreferenced(self, connection: Connection, ids: Collection[str]) -> frozenset[str]:
        gone = frozenset(layer.id for layer in layers.unreferenced(connection, ids))
        layers.remove(connection, sorted(gone))
        self._removed |= gone  # here, for nobody may wait for the commit any more when it is done
        return gone

    def _heard(self, changed: Changed) -> None:
        """In the writer's thread: what was let go of."""
        if LET_GO in changed:
            self._let_go.append(changed[LET_GO])

    def _suspects(self) -> frozenset[str] | None:
        """What was let go of since the last time; None: any layer may have been."""
        found: set[str] = set()
        every = False
        while self._let_go:
            ids = self._let_go.popleft()
            every = every or ids is None
            found.update(ids or ())
        return None if every else frozenset(found)
