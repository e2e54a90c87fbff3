"""The ports of guests, as their security groups have them: opened when a guest starts, and whenever rules change."""

import asyncio
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from functools import partial
from ipaddress import IPv4Address

import structlog
from sqlalchemy import Connection

from kumoniwa.hypervisor.driver import DriverError, Forward, GuestId
from kumoniwa.model.instances import InstanceState
from kumoniwa.network.host import lowest_unprivileged_port
from kumoniwa.network.user.openings import openings
from kumoniwa.store import elastic_ips, instances, network_interfaces, security_groups
from kumoniwa.workflows.world import World

log = structlog.get_logger(__name__)

_AT_ONCE = 16  # instances of which ports are opened
_OPEN_IN = frozenset({InstanceState.PENDING, InstanceState.RUNNING})


class EarlyPlan:
    """What is to be open for an instance, read with other rows before its guest starts. Made before they are read."""

    def __init__(self, world: World, instance_id: str) -> None:
        self.turn = world.turns.ports(instance_id)
        self._taken = self.turn.taken
        self._read = partial(_planned, instance_id=instance_id, lowest_port=lowest_unprivileged_port())
        self.forwards: tuple[Forward, ...] | None = None

    def read(self, connection: Connection) -> None:
        """Make the plan of what the rows say now."""
        self.forwards = self._read(connection)

    def holds(self) -> bool:
        """Whether it is still what the rows say, for who has the turn now and nobody else has had it."""
        return self.turn.taken == self._taken + 1


async def ensure_forwards(
    world: World, instance_ids: Collection[str], early: EarlyPlan | None = None
) -> Mapping[str, Mapping[Forward, str]]:
    """Afterwards each of these instances that is pending or running is reached at what its groups' rules admit now.

    Gives what could not be opened, with the reason, by instance, and notes it in the world. A port that cannot be
    opened stops nothing else, and a guest that does not answer keeps no other waiting. `early` is a plan for the only
    instance, read before.
    """
    free = asyncio.Semaphore(_AT_ONCE)
    refused: dict[str, Mapping[Forward, str]] = {}

    async def ensure(instance_id: str) -> None:
        async with free:
            if refusals := await _ensure_forwards_of(world, instance_id, early):
                refused[instance_id] = refusals

    ended = await asyncio.gather(*map(ensure, instance_ids), return_exceptions=True)
    for failure in filter(None, ended):
        raise failure
    return refused


async def ensure_moved_forwards(world: World, instance_ids: Iterable[str]) -> None:
    """The same, one instance after another: a port of an address that has moved is free once the first let go of it."""
    for instance_id in instance_ids:
        await ensure_forwards(world, [instance_id])


async def _ensure_forwards_of(world: World, instance_id: str, early: EarlyPlan | None) -> Mapping[Forward, str]:
    """See above. Gives what could not be opened."""
    async with world.turns.ports(instance_id):
        before = world.refused_ports.get(instance_id, {})
        plan = early.forwards if early is not None and early.holds() else await planned(world, instance_id)
        if plan is None:
            async with _way(world, instance_id, ()):
                pass  # its ports lead to nobody
            world.refused_ports.pop(instance_id, None)
            world.troubles.over(_key(instance_id))
            return {}
        try:
            async with _way(world, instance_id, plan):
                refusals = await world.driver.guest(GuestId(instance_id)).ensure_forwards(plan)
        except DriverError as failure:
            refusals = dict.fromkeys(plan, failure.what.removesuffix("."))
        if refusals:
            world.refused_ports[instance_id] = refusals
            _tell(world, instance_id, refusals)
        else:
            world.refused_ports.pop(instance_id, None)
            world.troubles.over(_key(instance_id))
    for forward, reason in refusals.items():
        if before.get(forward) != reason:  # said once: every round tries again
            address = f"{forward.host_address}:{forward.host_port}"
            log.warning("a port could not be opened", instance=instance_id, address=address, reason=reason)
    return refusals


def _way(world: World, instance_id: str, plan: Collection[Forward]) -> AbstractAsyncContextManager[None]:
    """Where these are opened, and clients come to them afterwards."""
    if world.silence is None:
        return nullcontext()
    ends = {(forward.host_address, forward.host_port) for forward in plan if forward.protocol == "tcp"}
    return world.silence.making_way(instance_id, ends)


def _tell(world: World, instance_id: str, refusals: Mapping[Forward, str]) -> None:
    forward, reason = next(iter(refusals.items()))
    where = f"{forward.host_address}:{forward.host_port}"
    hint = f"end the program that has {where}, if one has; it is tried again each minute"
    what = "some of its ports are not open"
    world.troubles.failed(_key(instance_id), what, f"{where}: {reason}", instance=instance_id, hint=hint)


def _key(instance_id: str) -> str:
    return f"ports of {instance_id}"


async def note_unanswered(world: World, instance_id: str) -> None:
    """Note that none of the instance's ports is known to be open, for its guest does not answer; it is asked again."""
    if plan := await planned(world, instance_id):
        world.refused_ports[instance_id] = dict.fromkeys(plan, "The guest did not answer when the server started.")


async def ensure_refused_forwards(world: World) -> None:
    """Try once more to open what could not be opened: the program that has the port may have ended, a guest that was
    too busy may answer."""
    await ensure_forwards(world, tuple(world.refused_ports))


async def planned(world: World, instance_id: str) -> tuple[Forward, ...] | None:
    """What is to be open for an instance, at each of its public addresses; None where it is not to have a guest."""
    read = partial(_planned, instance_id=instance_id, lowest_port=lowest_unprivileged_port())
    return await world.database.read(read)


def _planned(connection: Connection, instance_id: str, lowest_port: int) -> tuple[Forward, ...] | None:
    found = instances.state_and_address(connection, instance_id)
    if found is None or found[0] not in _OPEN_IN:
        return None
    _, public_ip = found
    forwards: list[Forward] = []
    if public_ip is not None:
        groups = network_interfaces.groups_of_instance(connection, instance_id)
        forwards += _forwards(connection, groups, lowest_port, public_ip)
    for elastic in elastic_ips.leading_to(connection, instance_id):
        if elastic.public_ip != public_ip:  # else it leads to the primary address
            assert elastic.interface_id is not None, "it leads to an interface"
            groups = [group_id for group_id, _ in network_interfaces.groups_of(connection, elastic.interface_id)]
            forwards += _forwards(connection, groups, lowest_port, elastic.public_ip, elastic.private_ip)
    return tuple(forwards)


def _forwards(
    connection: Connection, groups: Collection[str], lowest_port: int, public_ip: str, private_ip: str | None = None
) -> Iterator[Forward]:
    """Those of a public address that leads to an interface in these groups: to its primary address, or this one."""
    rules = security_groups.ingress_by_block(connection, groups)
    address, guest = IPv4Address(public_ip), None if private_ip is None else IPv4Address(private_ip)
    for opening in openings(rules, lowest_port=lowest_port):
        yield Forward(opening.protocol, address, opening.host_port, opening.guest_port, guest)
