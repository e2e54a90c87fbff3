"""Locks of one cloud: what two workflows, or a workflow and an action, must not do at once."""

import asyncio
from typing import Literal
from weakref import WeakValueDictionary


class Turn(asyncio.Lock):
    """A lock that counts how often it was taken."""

    def __init__(self) -> None:
        super().__init__()
        self.taken = 0

    async def acquire(self) -> Literal[True]:
        await super().acquire()
        self.taken += 1
        return True


class Turns:
    """Each lock is for one kind of work; who holds it does that work from its beginning to its end."""

    def __init__(self) -> None:
        self.layer_files = asyncio.Lock()
        """For making the files of layers: two volumes may stand on one layer without a file, which is made once."""
        self.preparations = asyncio.Lock()
        """For preparing machines: one at a time, since each takes the processors for a while."""
        self._machines: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._ports: WeakValueDictionary[str, Turn] = WeakValueDictionary()

    def ports(self, instance_id: str) -> Turn:
        """For opening and closing a guest's ports. A plan is made when its turn comes, so the last one holds; one that
        was made before holds where nobody took a turn since: whoever changes what a plan is made of takes one then."""
        return self._ports.setdefault(instance_id, Turn())

    def machine(self, machine_id: str) -> asyncio.Lock:
        """For preparing a machine, and for ending what is left of it."""
        if (known := self._machines.get(machine_id)) is None:
            known = self._machines[machine_id] = asyncio.Lock()
        return known
