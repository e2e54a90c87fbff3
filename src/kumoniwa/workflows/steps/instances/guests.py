"""Steps that act on an instance's guest."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from ipaddress import IPv4Address, IPv4Network
from typing import Any, TypedDict

from sqlalchemy import Connection

from kumoniwa.clock import precise
from kumoniwa.hypervisor.driver import (
    DiskBus,
    DriverError,
    Firmware,
    Guest,
    GuestDisk,
    GuestId,
    GuestLost,
    GuestNic,
    GuestSpec,
    GuestState,
    Launch,
    LayerId,
    NetworkPort,
    PreparedId,
    RestoreFailed,
    Shutdown,
    Started,
)
from kumoniwa.model.boots import Cause
from kumoniwa.model.instance_types import INSTANCE_TYPES
from kumoniwa.model.instances import Instance, Reachability
from kumoniwa.model.layers import Layer
from kumoniwa.model.network_interfaces import InterfaceAttachment, NetworkInterface
from kumoniwa.model.scope import Scope
from kumoniwa.model.volumes import AttachmentState, Volume
from kumoniwa.store import boots, instances, layers, network_interfaces, volumes, vpcs
from kumoniwa.store.journal import Origin
from kumoniwa.values import dataclass
from kumoniwa.workflows.shared_commits import Rows, begins_with_rows
from kumoniwa.workflows.steps.instances.failed_machines import judge
from kumoniwa.workflows.steps.instances.identities import identity_of
from kumoniwa.workflows.steps.instances.instance_ports import EarlyPlan, ensure_forwards
from kumoniwa.workflows.steps.layers.volume_layers import check_made, ensure_layers_made
from kumoniwa.workflows.workflow import StepFailed
from kumoniwa.workflows.world import World

WRITTEN_TO = "its disk was written to since its machine was prepared"
"""Why what comes after a launch is never from memory."""


class Down(TypedDict):
    """How a guest went down, as a journal keeps it."""

    clean: bool
    at_rest_at: str | None


async def observe(world: World, instance_id: str) -> str:
    """What the guest is seen to be (`GuestState`)."""
    return str(await world.driver.guest(GuestId(instance_id)).observe())


@begins_with_rows
async def ensure_running(
    world: World, instance_id: str, boot_id: str, cause: Cause, origin: Origin, cold_because: str | None = None
) -> Rows[str]:
    """Afterwards the guest runs, a boot that began for this cause is recorded, and its ports and metadata are open.

    Gives when its vCPUs began to run. `cold_because` says why it is not launched from memory, where that was wanted.
    """
    return await _ensure_running(world, instance_id, _Boot(boot_id, cause, origin, cold_because))


@begins_with_rows
async def ensure_launched(world: World, instance_id: str, machine_id: str, boot_id: str, origin: Origin) -> Rows[str]:
    """Afterwards the guest of a new instance runs, gone on from this prepared machine with an identity of its own; its
    ports and metadata are open, as by `ensure_running`.

    Raises `DriverError` where it does not: then its root volume is not to be used as it is.
    """
    return await _ensure_running(world, instance_id, _Boot(boot_id, Cause.ACTION, origin), PreparedId(machine_id))


@dataclass(frozen=True, slots=True)
class _Boot:
    """A boot that is to be recorded."""

    id: str
    cause: Cause
    origin: Origin
    cold_because: str | None = None


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What the rows say of a guest that is to run."""

    instance: Instance
    spec: GuestSpec
    chains: Sequence[Sequence[Layer]]
    begun: bool | None
    """Whether its boot was recorded only now; None where it runs already."""


async def _ensure_running(world: World, instance_id: str, boot: _Boot, machine: PreparedId | None = None) -> Rows[str]:
    """See the two above: from this prepared machine, if there is one."""
    guest = world.driver.guest(GuestId(instance_id))
    now = replace(boot.origin, at=world.clock.now())
    state = await guest.observe()  # which changes nothing yet
    ports = EarlyPlan(world, instance_id)
    carried = world.networks is not None and world.networks.carries

    def begin(connection: Connection) -> _Wanted:
        instance = _instance(connection, instance_id)
        spec = _spec_of(connection, instance, carried=carried)
        if not spec.disks:
            raise StepFailed(
                "The instance has no volume to boot from.",
                way_out="Attach one as its root device: aws ec2 attach-volume.",
            )
        runs = state is GuestState.RUNNING
        why = None if machine is not None else boot.cold_because or (WRITTEN_TO if instance.virtio_only else None)
        begun = None if runs else _begin_boot(connection, replace(boot, origin=now, cold_because=why), instance_id)
        ports.read(connection)
        return _Wanted(instance, spec, layers.chains(connection, [disk.layer for disk in spec.disks]), begun)

    wanted = await world.database.write(begin)
    spec, begun = wanted.spec, wanted.begun
    try:
        for disk, chain in zip(spec.disks, wanted.chains, strict=True) if state is GuestState.ABSENT else ():
            if not await check_made(world, chain):
                await ensure_layers_made(world, disk.layer)
        if machine is None:
            started = await guest.ensure_running(spec)
        else:
            started = await _go_on(world, guest, machine, wanted)
    except DriverError as failure:
        if begun and not isinstance(failure, GuestLost):
            await world.database.write(partial(boots.remove, boot_id=boot.id))
        elif begun is not None:
            # It may have run, now or before a crash of ours, and written: the clean end before it is the last no more.
            ended = replace(boot.origin, at=world.clock.now())
            end = partial(boots.ensure_ended, instance_id=instance_id, cause=boot.cause, origin=ended, clean=False)
            await world.database.write(end)
        raise
    if begun and not started.fresh:  # it stood still for want of room, and goes on where it stood: that is no boot
        await world.database.write(partial(boots.remove, boot_id=boot.id))
    if guest.metadata_socket is not None:
        await world.metadata.ensure_open(instance_id, guest.metadata_socket)
    await ensure_forwards(world, [instance_id], ports)
    seen: dict[str, Any] = {"started_at": started.at} if started.fresh else {}
    if machine is not None:
        seen["from_memory"] = True
    return Rows(partial(boots.change, boot_id=boot.id, **seen) if seen else lambda _: None, precise(started.at))


async def _go_on(world: World, guest: Guest, machine: PreparedId, wanted: _Wanted) -> Started:
    """Have a guest go on from a prepared machine; its disk is one that no guest has had. Raises `DriverError`."""
    if wanted.begun is False:
        raise RestoreFailed("The server ended while the guest was launched.")
    identity = await asyncio.to_thread(identity_of, wanted.instance, wanted.spec.nic)
    try:
        started = await guest.ensure_running(wanted.spec, Launch(machine, identity))
    except RestoreFailed as failure:
        if failure.by_machine:
            await judge(world, machine, failure.what)
        raise
    if started.fresh and not started.restored:
        raise RestoreFailed("The guest booted.")
    return started


def _begin_boot(connection: Connection, boot: _Boot, instance_id: str) -> bool:
    """Record a boot before it is made: what the guest does from its first moment on belongs to it. False: it was."""
    begun = boots.ensure_begun(
        connection, boot.id, instance_id, boot.cause, boot.origin, cold_because=boot.cold_because
    )
    instances.change(connection, instance_id, reachability=Reachability.INITIALIZING, impaired_since=None)
    return begun


async def ensure_shut_down(world: World, instance_id: str, cause: Cause, origin: Origin) -> Down:
    """Afterwards the guest has shut down, or was halted when it did not in time; its disks take no more writes."""
    guest = world.driver.guest(GuestId(instance_id))
    try:
        shutdown = await guest.ensure_shut_down(deadline=world.config.shutdown_deadline)
    except GuestLost:
        # It may have heard the power button: when it goes down after all, that was our doing and not its own.
        await ensure_end_noted(world, instance_id, Shutdown(False, world.clock.now(), None), cause, origin)
        raise
    return await ensure_end_noted(world, instance_id, shutdown, cause, origin)


async def ensure_off(world: World, instance_id: str, cause: Cause, origin: Origin, *, skip_os_shutdown: bool) -> Down:
    """Afterwards the guest is off: shut down, or cut off when it did not in time (at once with `skip_os_shutdown`)."""
    guest = world.driver.guest(GuestId(instance_id))
    shutdown = await guest.ensure_off(deadline=world.config.shutdown_deadline, skip_os_shutdown=skip_os_shutdown)
    await world.metadata.ensure_closed(instance_id)
    return await ensure_end_noted(world, instance_id, shutdown, cause, origin)


async def ensure_forgotten(world: World, instance_id: str) -> None:
    """Afterwards nothing of the guest is left but its disks, and nothing listens for it."""
    await world.metadata.ensure_closed(instance_id)
    await world.driver.guest(GuestId(instance_id)).ensure_forgotten()


async def ensure_end_noted(world: World, instance_id: str, shutdown: Shutdown, cause: Cause, origin: Origin) -> Down:
    """Write into the instance's current boot how it ended; a life that had ended before is left as it is."""
    now = world.clock.now()

    def end(connection: Connection) -> bool | None:
        boots.ensure_ended(
            connection,
            instance_id,
            cause,
            replace(origin, at=now),
            requested_at=shutdown.requested_at,
            at_rest_at=shutdown.at_rest_at,
            clean=shutdown.clean,
        )
        last = boots.current(connection, instance_id)
        return None if last is None else last.end_clean

    # A guest that was gone before this step is as clean as its last life's end was.
    clean = await world.database.write(end)
    return {
        "clean": bool(clean),
        "at_rest_at": None if shutdown.at_rest_at is None else precise(shutdown.at_rest_at),
    }


def spec_of(connection: Connection, instance_id: str, *, carried: bool = False) -> GuestSpec:
    """The guest that this instance wants, from its rows; plugged in its VPC where packets are `carried`."""
    return _spec_of(connection, _instance(connection, instance_id), carried=carried)


def _instance(connection: Connection, instance_id: str) -> Instance:
    instance = instances.get(connection, instance_id)
    assert instance is not None, f"{instance_id} has a guest and no row"
    return instance


def _spec_of(connection: Connection, instance: Instance, *, carried: bool) -> GuestSpec:
    kind = INSTANCE_TYPES[instance.instance_type]
    interfaces = network_interfaces.of_instances(connection, Scope.of(instance), [instance.id]).get(instance.id, [])
    return GuestSpec(
        id=GuestId(instance.id),
        uuid=instance.guest_uuid,
        product=instance.instance_type,
        vcpus=kind.vcpus_with(instance.options.get("CpuOptions")),
        memory_mib=kind.memory_mib,
        disks=tuple(
            disk_of(volume)
            for attachment, volume in volumes.of_instance(connection, instance.id)
            if attachment.state is not AttachmentState.ATTACHING  # its workflow's turn comes
        ),
        nics=tuple(
            nic_of(interface, carried=carried) if carried else _lone_nic_of(connection, interface)
            for interface in interfaces
            if interface.attachment_state is not InterfaceAttachment.ATTACHING  # its workflow's turn comes
        ),
        bus=DiskBus(instance.disk_bus),
        firmware=Firmware.UEFI if instance.boot_mode == "uefi" else Firmware.BIOS,
    )


def nic_of(interface: NetworkInterface, *, carried: bool) -> GuestNic:
    """The interface as its guest has it, plugged in its VPC where packets are `carried`."""
    port = NetworkPort(interface.vpc_id, interface.id) if carried else None
    return GuestNic(interface.mac, IPv4Address(interface.private_ip), port)


def _lone_nic_of(connection: Connection, interface: NetworkInterface) -> GuestNic:
    """The interface as a guest has it that is alone in a network like its subnet."""
    [subnet] = vpcs.subnets_in(connection, Scope.of(interface), [interface.subnet_id])
    return replace(nic_of(interface, carried=False), subnet=IPv4Network(subnet.cidr))


def disk_of(volume: Volume) -> GuestDisk:
    """The volume as its guest has it: as on EC2, its serial number is its id without the dash."""
    return GuestDisk(LayerId(volume.head), volume.id.replace("-", ""))
