"""How long work waits for a database that does not do it now: for one that is away, a standby, a lock of others."""

import time

PATIENCE = 10.0
"""Seconds, from when it was first missed: then callers are told."""


def end_of_patience() -> float:
    """Until when work that begins to wait now does so, on the monotonic clock."""
    return time.monotonic() + PATIENCE
