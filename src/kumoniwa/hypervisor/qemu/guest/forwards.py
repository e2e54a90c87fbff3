"""Forwarded ports, as QEMU's human monitor lists, opens and closes them: of guests that a version started which left
their network to QEMU."""

from collections.abc import Collection, Mapping
from ipaddress import IPv4Address

from kumoniwa.hypervisor.driver import DriverError, Forward, GuestLost
from kumoniwa.hypervisor.qemu.guest.process.machine import Machine
from kumoniwa.hypervisor.qemu.guest.process.nic_devices import NETDEV
from kumoniwa.hypervisor.qemu.untrusted import shown
from kumoniwa.refusal import REPORT_IT
from kumoniwa.sockets import why_not

_PROTOCOLS = {"TCP[HOST_FORWARD]": "tcp", "UDP[HOST_FORWARD]": "udp"}
_MOST = 4096  # that are open at once; each that is not wanted costs a command


async def ensure_forwards(
    machine: Machine, guest_address: IPv4Address, wanted: Collection[Forward]
) -> Mapping[Forward, str]:
    """See `Guest.ensure_forwards`."""
    elsewhere = {forward for forward in wanted if forward.guest_address is not None}
    refused = dict.fromkeys(elsewhere, "stop the instance and start it again first")
    wanted = set(wanted) - elsewhere
    is_open = listed(await machine.human("info usernet"))
    for forward in is_open.difference(wanted):
        await machine.human(remove_command(forward))
    for forward in sorted(wanted - is_open, key=str):
        said = await machine.human(add_command(forward, guest_address))
        if said.strip():
            refused[forward] = _why_not(forward) or shown(said.strip())
    return refused


def listed(usernet: str) -> frozenset[Forward]:
    """The forwards that `info usernet` shows as open. Raises `GuestLost` for a table that QEMU would not write."""
    found = set()
    for line in usernet.splitlines():
        match line.split():
            case [state, _, address, port, _, guest_port, *_] if state in _PROTOCOLS:
                try:
                    found.add(Forward(_PROTOCOLS[state], IPv4Address(_any(address)), int(port), int(guest_port)))
                except ValueError as garbage:
                    raise GuestLost("QEMU's table of forwards makes no sense") from garbage
    if len(found) > _MOST:
        raise GuestLost(f"QEMU says that it has {len(found)} forwards open")
    return frozenset(found)


def add_command(forward: Forward, guest_address: IPv4Address) -> str:
    """The command that opens a forward. Its answer is empty when it did."""
    return f"hostfwd_add {NETDEV} {_host_side(forward)}-{guest_address}:{forward.guest_port}"


def remove_command(forward: Forward) -> str:
    """The command that closes a forward."""
    return f"hostfwd_remove {NETDEV} {_host_side(forward)}"


def _why_not(forward: Forward) -> str | None:
    """QEMU does not say why: it is found by trying."""
    return why_not(forward.protocol, forward.host_address, forward.host_port)


def _host_side(forward: Forward) -> str:
    if forward.protocol not in ("tcp", "udp"):
        raise DriverError(f"{forward.protocol} cannot be forwarded.", way_out=REPORT_IT)
    return f"{forward.protocol}:{forward.host_address}:{forward.host_port}"


def _any(address: str) -> str:
    return "0.0.0.0" if address == "*" else address
