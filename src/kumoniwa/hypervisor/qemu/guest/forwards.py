"""Forwarded ports, as QEMU's human monitor lists, opens and closes them."""

import errno
import os
import re
import socket
from collections.abc import Collection, Mapping
from ipaddress import IPv4Address

from kumoniwa.hypervisor.driver import DriverError, Forward
from kumoniwa.hypervisor.qemu.guest.process.command_line import NETDEV
from kumoniwa.hypervisor.qemu.guest.process.machine import Machine

_LISTED = re.compile(
    r"^\s*(?P<protocol>TCP|UDP)\[HOST_FORWARD\]\s+\S+\s+(?P<address>\S+)\s+(?P<port>\d+)\s+\S+\s+(?P<guest>\d+)\s", re.M
)


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
            refused[forward] = why_not(forward) or said.strip()
    return refused


def listed(usernet: str) -> frozenset[Forward]:
    """The forwards that `info usernet` shows as open."""
    return frozenset(
        Forward(row["protocol"].lower(), IPv4Address(_any(row["address"])), int(row["port"]), int(row["guest"]))
        for row in _LISTED.finditer(usernet)
    )


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
        raise DriverError(f"{forward.protocol} cannot be forwarded")
    return f"{forward.protocol}:{forward.host_address}:{forward.host_port}"


def _any(address: str) -> str:
    return "0.0.0.0" if address == "*" else address
