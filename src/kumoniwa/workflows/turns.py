"""Locks of one cloud: what two workflows, or a workflow and an action, must not do at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal
from weakref import WeakValueDictionary

from kumoniwa.deadlines import cut_short


class Turn(asyncio.Lock):
    """A lock that counts how often it was taken."""

    def __init__(self) -> None:
        super().__init__()
        self.taken = 0

    async def acquire(self) -> Literal[True]:
        await super().acquire()
        self.taken += 1
        return True


class CutShort(Exception):
    """Who waits for a turn does not want what was done in it."""


class MachineTurn(asyncio.Lock):
    """A lock whose holder can be told that what it does is not wanted any more."""

    def __init__(self) -> None:
        super().__init__()
        self._scope: asyncio.Timeout | None = None

    @asynccontextmanager
    async def unless_cut_short(self) -> AsyncIterator[None]:
        """Hold it as long as the block. Where `cut_short` is called meanwhile, the block is cancelled, and `CutShort`
        raised in its place."""
        async with self:
            scope = asyncio.timeout(None)
            try:
                async with scope:
                    self._scope = scope
                    yield
            except TimeoutError as late:
                if scope.expired():
                    raise CutShort from late
                raise
            finally:
                self._scope = None

    def cut_short(self) -> None:
        """Cancel what is done in it now, where that can be."""
        if self._scope is not None:
            cut_short(self._scope)


class Turns:
    """Each lock is for one kind of work; who holds it does that work from its beginning to its end."""

    def __init__(self) -> None:
        self.layer_files = asyncio.Lock()
        """For making the files of layers: two volumes may stand on one layer without a file, which is made once."""
        self.slow_layers = asyncio.Semaphore(2)
        """For making layers that take a processor or the disk for a while: encrypted ones."""
        self.preparations = asyncio.Lock()
        """For preparing machines: one at a time, since each takes the processors for a while."""
        self._machines: WeakValueDictionary[str, MachineTurn] = WeakValueDictionary()
        self._ports: WeakValueDictionary[str, Turn] = WeakValueDictionary()

    def ports(self, instance_id: str) -> Turn:
        """For opening and closing a guest's ports. A plan is made when its turn comes, so the last one holds; one that
        was made before holds where nobody took a turn since: whoever changes what a plan is made of takes one then."""
        return self._ports.setdefault(instance_id, Turn())

    def machine(self, machine_id: str) -> MachineTurn:
        """For preparing a machine, and for ending what is left of it."""
        if (known := self._machines.get(machine_id)) is None:
            known = self._machines[machine_id] = MachineTurn()
        return known
