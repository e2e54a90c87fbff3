"""Locks of one cloud: what two workflows, or a workflow and an action, must not do at once."""

import asyncio
from weakref import WeakValueDictionary


class Turns:
    """Each lock is for one kind of work; who holds it does that work from its beginning to its end."""

    def __init__(self) -> None:
        self.layer_files = asyncio.Lock()
        """For making the files of layers: two volumes may stand on one layer without a file, which is made once."""
        self._ports: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def ports(self, instance_id: str) -> asyncio.Lock:
        """For opening and closing a guest's ports. A plan is made when its turn comes, so the last one holds."""
        return self._ports.setdefault(instance_id, asyncio.Lock())
