"""What this host lets us do with its network."""

import os
from ipaddress import IPv4Address
from pathlib import Path

_ROUTES = Path("/proc/net/fib_trie")
_PORT_START = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")
_USUAL_START = 1024


def own_addresses() -> frozenset[IPv4Address]:
    """The IPv4 addresses of this host, but its loopback ones."""
    found, address = set[IPv4Address](), IPv4Address(0)
    for line in _ROUTES.read_text().splitlines():
        # An address is told as "|-- 192.0.2.2", and below it what it is: a line for each device that has it, and more.
        if "|--" in line:
            address = IPv4Address(line.split()[-1])
        elif "host LOCAL" in line:
            found.add(address)
    return frozenset(one for one in found if not one.is_loopback)


def lowest_unprivileged_port() -> int:
    """The lowest port that programs of this user may listen on: 0 for root, else as the kernel is set (1024)."""
    if os.geteuid() == 0:
        return 0
    try:
        return int(_PORT_START.read_text())
    except FileNotFoundError:  # not Linux, or /proc is not mounted
        return _USUAL_START
