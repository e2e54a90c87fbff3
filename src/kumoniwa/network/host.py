"""What this host lets us do with its network."""

import os
from pathlib import Path

_PORT_START = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")
_USUAL_START = 1024


def lowest_unprivileged_port() -> int:
    """The lowest port that programs of this user may listen on: 0 for root, else as the kernel is set (1024)."""
    if os.geteuid() == 0:
        return 0
    try:
        return int(_PORT_START.read_text())
    except FileNotFoundError:  # not Linux, or /proc is not mounted
        return _USUAL_START
