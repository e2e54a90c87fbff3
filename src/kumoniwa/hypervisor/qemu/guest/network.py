"""A guest's network, where others carry its packets: its taps, its forwards, and how a later server finds it."""

import contextlib
import os
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from ipaddress import IPv4Address
from pathlib import Path

import structlog

from kumoniwa.hypervisor.driver import DriverError, Forward, GuestSpec, NetworkPort, Tap, Taps
from kumoniwa.hypervisor.qemu.guest.process.host_process import Identity
from kumoniwa.hypervisor.qemu.guest.process.machine import Machine
from kumoniwa.network.user.host.lone_link import LoneLink
from kumoniwa.network.user.host.lone_port import LonePort
from kumoniwa.network.vpc.host.errors import NetworkFailed

log = structlog.get_logger(__name__)

_PROC = Path("/proc")
_NAMESPACE = "net:["
_OWN = _PROC / "self/ns/net"


@asynccontextmanager
async def plugged(taps: Taps | None, spec: GuestSpec) -> AsyncIterator[Sequence[Tap]]:
    """The taps of a guest that is to be made, in the order of its network interfaces; none where they have no port.

    Their files are closed after the block: then they are the guest's alone. Raises `DriverError`.
    """
    found: list[Tap] = []
    try:
        for port in (nic.port for nic in spec.nics if nic.port is not None):
            tap = await networks(taps).plug(port)
            found.append(tap)
        yield found
    finally:
        for tap in found:
            tap.close()


def networks(taps: Taps | None) -> Taps:
    """The networks. Raises `DriverError` where there are none."""
    if taps is None:
        raise DriverError(
            "This server carries no packets between guests.", way_out="Stop the instance and start it again."
        )
    return taps


async def ensure_closed(taps: Taps | None, machine: Machine | None) -> None:
    """Afterwards nothing on the host leads to this machine, which has ended."""
    if machine is None:
        return
    if machine.lone is not None:
        await machine.lone.gone()
    port = machine.spec.nic.port
    if taps is not None and port is not None:
        try:
            await taps.ensure_forwards(port, ())
        except DriverError as failure:  # the guest has ended, and whoever has the port next closes them
            log.warning("ports of a guest that ended stay open", network=port.network, reason=str(failure))


async def ensure_lone_forwards(
    lone: LoneLink, primary: IPv4Address, wanted: Collection[Forward]
) -> Mapping[Forward, str]:
    """See `Guest.ensure_forwards`; of a guest that is alone."""
    ports = {
        LonePort(
            forward.protocol,
            forward.host_address,
            forward.host_port,
            forward.guest_address or primary,
            forward.guest_port,
        ): forward
        for forward in wanted
    }
    try:
        refused = await lone.ensure_ports(ports)
    except NetworkFailed as failure:
        raise DriverError.of(failure) from failure
    return {ports[port]: why for port, why in refused.items()}


def report_found(taps: Taps | None, port: NetworkPort, process: Identity) -> None:
    """Tell of the network that this guest lives on in: QEMU has an open file of its namespace."""
    if taps is None:
        return
    with contextlib.suppress(OSError):  # it ended meanwhile
        for entry in (_PROC / str(process.pid) / "fd").iterdir():
            with contextlib.suppress(OSError):
                target = str(entry.readlink())
                if target.startswith(_NAMESPACE) and target != str(_OWN.readlink()):
                    taps.found(port.network, os.open(entry, os.O_RDONLY | os.O_CLOEXEC))
                    return
