"""What time alone brings about: terminated instances fade, tokens expire, guests that never answer are impaired.

What has ended is forgotten some time later, so that every table has an end to its growth. And what the host refused to
delete is tried again.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from functools import partial

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from kumoniwa.model.instances import Reachability
from kumoniwa.model.peerings import PeeringState
from kumoniwa.reconcile.prepared_machines import fail_what_broke, forget_stale_machines
from kumoniwa.store import (
    boots,
    connect_keys,
    fleets,
    former_blocks,
    gateways,
    hibernations,
    images,
    imports,
    instances,
    journal,
    kms_keys,
    network_insights,
    peerings,
    replace_root,
    snapshots,
    spot_requests,
    tags,
    tokens,
    trail_events,
)
from kumoniwa.store.database import DatabaseUnavailable
from kumoniwa.tasks import Tasks
from kumoniwa.workflows.steps.layers.volume_layers import collect_what_goes
from kumoniwa.workflows.world import World

log = structlog.get_logger(__name__)

_HOUSEKEEPING, _UNDONE = "housekeeping", "what is old is not forgotten"
_HINT = "see the server's log, and how much room the disk of the data folder has; it is tried each minute"

ROUND = 60.0  # seconds
TERMINATED_SHOWN = timedelta(hours=1)  # "for approximately one hour": docs/sources.md
FORMER_BLOCKS_SHOWN = timedelta(minutes=1)  # EC2 shows them as `disassociated` for a while; how long is ours
NAT_GATEWAYS_SHOWN = timedelta(hours=1)  # "about an hour": the VPC user guide, "Delete a NAT gateway"
PEERINGS_SHOWN: Mapping[timedelta, Collection[PeeringState]] = {  # as the VPC peering guide has it, "lifecycle"
    timedelta(hours=2): (PeeringState.FAILED, PeeringState.DELETED),  # to the party that deleted it
    timedelta(days=2): (PeeringState.REJECTED, PeeringState.EXPIRED),  # to the party that asked for it
}
TOKENS_KEPT = timedelta(hours=24)
EVENTS_KEPT = timedelta(days=90)  # as CloudTrail's event history has it
WORKFLOWS_KEPT = timedelta(hours=24)  # `volume_modifications.count_since` counts those of a day
TASKS_KEPT = timedelta(days=7)  # imports, and replacements of root volumes
ANALYSES_KEPT = timedelta(days=7)  # of paths; a path itself is kept until it is deleted
FLEETS_KEPT = timedelta(hours=48)  # without instances; "48 hours": the EC2 user guide, "EC2 Fleet request states"
SPOT_REQUESTS_KEPT = timedelta(hours=48)  # whose instances are forgotten; as long as fleets
IMAGES_KEPT = timedelta(hours=24)  # those that were deregistered
BOOTS_KEPT = timedelta(days=7)
BOOTS_KEPT_LAST = 100  # of each instance, whatever their age
BOOTS_KEPT_MOST = 1000  # of each instance: a guest may reboot as often as it likes
INITIALIZING_AT_MOST = 600.0  # seconds

BATCH = 200  # rows that one transaction forgets, with what belongs to them: others wait for it
BATCHES = 50  # of each table in one round

Forget = Callable[..., int]
"""Forgets at most `at_most` of what is old, or lets it end, and gives how many that were."""
OnGone = Callable[[Collection[str]], None]


class Housekeeping:
    """Owns the one task that goes round once a minute.

    `on_gone` is called with the ids of instances that are forgotten, in the database's thread.
    """

    def __init__(self, world: World, on_gone: OnGone = lambda ids: None) -> None:
        self._world = world
        self._on_gone = on_gone
        self._initializing: dict[str, float] = {}
        """By boot: since when, on the monotonic clock, its guest has been seen not to have answered yet."""
        self._tasks = Tasks("housekeeping")

    def start(self) -> None:
        """Go round from now on. The first round leaves layers alone: they were collected at start."""
        self._tasks.start(self._rounds(), "rounds")

    async def close(self) -> None:
        await self._tasks.close()

    async def _rounds(self) -> None:
        due = self.follow_time
        while True:
            try:
                await due()
                self._world.troubles.over(_HOUSEKEEPING)
            except DatabaseUnavailable as hindered:
                log.warning("a round of housekeeping failed; the next one may not", reason=str(hindered))
                self._world.troubles.failed(_HOUSEKEEPING, _UNDONE, str(hindered), hint=_HINT)
            except SQLAlchemyError as failure:
                log.exception("a round of housekeeping failed; the next one may not")
                self._world.troubles.failed(_HOUSEKEEPING, _UNDONE, str(failure), hint=_HINT)
            await self._world.clock.sleep(ROUND)
            due = self.go_round

    async def go_round(self) -> None:
        """Do once what is due now, and try again to delete what the host refused to."""
        await self.follow_time()
        await fail_what_broke(self._world)
        await forget_stale_machines(self._world)
        await collect_what_goes(self._world)

    async def follow_time(self) -> None:
        """Bring the rows to what they are at this time."""
        now = self._world.clock.now()
        await self._impair()
        for forget in forgetting(now, self._on_gone):
            await self._forget(forget)

    async def _impair(self) -> None:
        """Impair the instances whose guests have not answered for too long since they booted."""
        now, waited = self._world.clock.monotonic(), self._initializing
        found = await self._world.database.read(boots.of_initializing)
        self._initializing = {boot_id: waited.get(boot_id, now) for boot_id in found.values()}
        silent = {
            instance_id: boot_id
            for instance_id, boot_id in found.items()
            if now - self._initializing[boot_id] >= INITIALIZING_AT_MOST
        }
        if silent:
            await self._world.database.write(partial(_impair, silent=silent, at=self._world.clock.now()))

    async def _forget(self, forget: Forget) -> None:
        """Forget what is old in batches, so that no transaction is long. What is left then has its turn next round."""
        for _ in range(BATCHES):
            if await self._world.database.write(partial(forget, at_most=BATCH)) < BATCH:
                return


def _impair(connection: Connection, silent: Mapping[str, str], at: datetime) -> None:
    """Impair these instances, where they have not answered yet in these boots."""
    for instance_id, _ in silent.items() & boots.of_initializing(connection).items():
        instances.change(connection, instance_id, reachability=Reachability.IMPAIRED, impaired_since=at)


def forgetting(now: datetime, on_gone: OnGone = lambda ids: None) -> list[Forget]:
    """What forgets the rows of each table whose time is over."""
    return [
        partial(tokens.forget, before=now - TOKENS_KEPT),
        partial(trail_events.forget, before=now - EVENTS_KEPT),
        partial(journal.forget, before=now - WORKFLOWS_KEPT),
        partial(_forget_instances, before=now - TERMINATED_SHOWN, on_gone=on_gone),
        partial(boots.forget_old, before=now - BOOTS_KEPT, last=BOOTS_KEPT_LAST, most=BOOTS_KEPT_MOST),
        partial(hibernations.forget_old, before=now - BOOTS_KEPT),
        partial(connect_keys.forget, before=now),
        partial(former_blocks.forget, before=now - FORMER_BLOCKS_SHOWN),
        partial(gateways.forget_nats, before=now - NAT_GATEWAYS_SHOWN),
        partial(peerings.expire, now=now),
        *(partial(peerings.forget, before=now - shown, states=states) for shown, states in PEERINGS_SHOWN.items()),
        partial(network_insights.forget_analyses, before=now - ANALYSES_KEPT),
        partial(imports.forget, before=now - TASKS_KEPT),
        partial(replace_root.forget, before=now - TASKS_KEPT),
        partial(images.forget, before=now - IMAGES_KEPT),
        partial(fleets.forget, before=now - FLEETS_KEPT),
        partial(spot_requests.forget, before=now - SPOT_REQUESTS_KEPT),
        partial(kms_keys.delete_due, now=now),
        partial(snapshots.archive_again, now=now),
    ]


def _forget_instances(connection: Connection, before: datetime, at_most: int, on_gone: OnGone) -> int:
    """Forget so many of the instances that were terminated before then, with their tags and boots."""
    gone = instances.terminated(connection, before, at_most)
    tags.remove_all(connection, *gone)
    for instance_id in gone:
        boots.forget(connection, instance_id)
        hibernations.forget(connection, instance_id)
        instances.forget(connection, instance_id)
    on_gone(gone)
    return len(gone)
