"""What time alone brings about: terminated instances fade, tokens expire, guests that never answer are impaired.

And what the host refused to delete is tried again.
"""

from datetime import timedelta

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from kumoniwa.model.instances import InstanceState, Reachability
from kumoniwa.store import boots, instances, journal, tags, tokens
from kumoniwa.store.database import DatabaseUnavailable
from kumoniwa.tasks import Tasks
from kumoniwa.workflows.steps.layers.volume_layers import collect_what_goes
from kumoniwa.workflows.world import World

log = structlog.get_logger(__name__)

ROUND = 60.0  # seconds
TERMINATED_SHOWN = timedelta(hours=1)  # "for approximately one hour": docs/sources.md
TOKENS_KEPT = timedelta(hours=24)
WORKFLOWS_KEPT = timedelta(hours=24)
INITIALIZING_AT_MOST = timedelta(minutes=10)


class Housekeeping:
    """Owns the one task that goes round once a minute."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._tasks = Tasks("housekeeping")

    def start(self) -> None:
        self._tasks.start(self._rounds(), "rounds")

    async def close(self) -> None:
        await self._tasks.close()

    async def _rounds(self) -> None:
        while True:
            try:
                await self.go_round()
            except DatabaseUnavailable as hindered:
                log.warning("a round of housekeeping failed; the next one may not", reason=str(hindered))
            except SQLAlchemyError:
                log.exception("a round of housekeeping failed; the next one may not")
            await self._world.clock.sleep(ROUND)

    async def go_round(self) -> None:
        """Do once what is due now."""
        now = self._world.clock.now()

        def due(connection: Connection) -> None:
            tokens.forget(connection, now - TOKENS_KEPT)
            journal.forget(connection, now - WORKFLOWS_KEPT)
            for instance in instances.in_states(connection, [InstanceState.TERMINATED]):
                if instance.terminated_at is not None and instance.terminated_at < now - TERMINATED_SHOWN:
                    tags.remove_all(connection, instance.id)
                    boots.forget(connection, instance.id)
                    instances.forget(connection, instance.id)
            for instance in instances.in_states(connection, [InstanceState.RUNNING]):
                boot = boots.current(connection, instance.id)
                if (
                    instance.reachability is Reachability.INITIALIZING
                    and boot is not None
                    and boot.started_at < now - INITIALIZING_AT_MOST
                ):
                    instances.change(connection, instance.id, reachability=Reachability.IMPAIRED, impaired_since=now)

        await self._world.database.write(due)
        await collect_what_goes(self._world)
