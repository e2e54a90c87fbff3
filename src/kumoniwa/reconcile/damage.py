"""A quick look at every layer's file at start: damage is reported, and stops nothing that does not need
that file.

What does need it is refused by the driver (`LayerDamaged`). `kumoniwa storage check` looks at each byte.
"""

from collections.abc import Awaitable, Callable

import structlog

from kumoniwa.reconcile.layer_files import DriversFiles
from kumoniwa.storage.check import Fault, look_at_layers
from kumoniwa.tasks import Tasks
from kumoniwa.values import dataclass
from kumoniwa.workflows.world import World

log = structlog.get_logger(__name__)

AT_MOST = 60.0  # seconds; more than enough for ten thousand layers


@dataclass(frozen=True, slots=True)
class Seen:
    """What was looked at since the start, and what was wrong with it."""

    looked_at: int
    of: int
    faults: tuple[Fault, ...]


class Damage:
    """Owns the task that looks once, after `first` has made rows follow what guests compacted by themselves."""

    def __init__(self, world: World, first: Callable[[], Awaitable[None]]) -> None:
        self._world = world
        self._first = first
        self._tasks = Tasks("damage")
        self.seen: Seen | None = None
        """None until it was looked."""

    def start(self) -> None:
        """Look, beside what else is done at start."""
        self._tasks.start(self.look(), "the look at start")

    async def close(self) -> None:
        await self._tasks.close()

    async def look(self) -> None:
        """Look at all layers, as far as a minute goes."""
        await self._first()
        clock = self._world.clock
        began = clock.monotonic()
        looked = await look_at_layers(
            self._world.database,
            DriversFiles(self._world.driver.disks),
            None,
            lambda: clock.monotonic() - began > AT_MOST,
            thorough=False,
        )
        self.seen = Seen(looked.done, looked.of, looked.faults)
        for fault in looked.faults:
            log.error("a layer is damaged", layer=fault.layer, what=fault.what, needed_by=", ".join(fault.needed_by))
        if looked.next is not None:
            log.warning("not all layers were looked at: it took too long", looked_at=looked.done, of=looked.of)

    def counts(self) -> dict[str, int]:
        """How much is damaged, and nothing of what: for the health check, which needs no key."""
        return {} if self.seen is None else {"layers_damaged": len({fault.layer for fault in self.seen.faults})}
