"""What this host lets us do with its network."""

import os
from ipaddress import IPv4Address
from itertools import pairwise
from pathlib import Path

_ROUTES = Path("/proc/net/fib_trie")
_PORT_START = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")
_USUAL_START = 1024


def own_addresses() -> frozenset[IPv4Address]:
    """The IPv4 addresses of this host, but its loopback ones."""
    lines = _ROUTES.read_text().splitlines()
    # Each address is told as "|-- 192.0.2.2", and in the next line what it is.
    local = {before.split()[-1] for before, line in pairwise(lines) if "host LOCAL" in line}
    return frozenset(address for address in map(IPv4Address, local) if not address.is_loopback)


def lowest_unprivileged_port() -> int:
    """The lowest port that programs of this user may listen on: 0 for root, else as the kernel is set (1024)."""
    if os.geteuid() == 0:
        return 0
    try:
        return int(_PORT_START.read_text())
    except FileNotFoundError:  # not Linux, or /proc is not mounted
        return _USUAL_START
