"""Forwarded ports, as QEMU's human monitor lists, opens and closes them."""

import errno
import os
import socket
from collections.abc import Collection, Mapping
from ipaddress import IPv4Address

from kumoniwa.hypervisor.driver import DriverError, Forward, GuestLost
from kumoniwa.hypervisor.qemu.guest.process.command_line import NETDEV
from kumoniwa.hypervisor.qemu.guest.process.machine import Machine
from kumoniwa.hypervisor.qemu.untrusted import shown
from kumoniwa.refusal import REPORT_IT

_PROTOCOLS = {"TCP[HOST_FORWARD]": "tcp", "UDP[HOST_FORWARD]": "udp"}
_MOST = 4096  # that are open at once; each that is not wanted costs a command


async def ensure_forwards(
    machine: Machine, guest_address: IPv4Address, wanted: Collection[Forward]
) -> Mapping[Forward, str]:
    """See `Guest.ensure_forwards`."""
    is_open = listed(await machine.human("info usernet"))
    for forward in is_open.difference(wanted):
        await machine.human(remove_command(forward))
    refused = {}
    for forward in sorted(set(wanted) - is_open, key=str):
        said = await machine.human(add_command(forward, guest_address))
        if said.strip():
            refused[forward] = why_not(forward) or shown(said.strip())
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


def why_not(forward: Forward) -> str | None:
    """Why the host's side of a forward cannot be had, found by trying: QEMU does not say. None: nothing is wrong."""
    kind = socket.SOCK_STREAM if forward.protocol == "tcp" else socket.SOCK_DGRAM
    with socket.socket(socket.AF_INET, kind) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((str(forward.host_address), forward.host_port))
            if forward.protocol == "tcp":
                trial.listen(1)
        except OSError as refusal:
            return _REASONS.get(refusal.errno or 0, os.strerror(refusal.errno or 0))
    return None


_REASONS = {
    errno.EADDRINUSE: "another program listens there",
    errno.EACCES: "this user may not listen on a port below net.ipv4.ip_unprivileged_port_start",
    errno.EADDRNOTAVAIL: "the host has no such address",
}


def _host_side(forward: Forward) -> str:
    if forward.protocol not in ("tcp", "udp"):
        raise DriverError(f"{forward.protocol} cannot be forwarded.", way_out=REPORT_IT)
    return f"{forward.protocol}:{forward.host_address}:{forward.host_port}"


def _any(address: str) -> str:
    return "0.0.0.0" if address == "*" else address
