"""Waiting until something is so, and until the processor has nothing to do."""

import os
import time
from collections.abc import Callable
from pathlib import Path


def wait_until(is_so: Callable[[], bool], most: float) -> None:
    """Until it is so, or for so many seconds."""
    deadline = time.monotonic() + most
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.1)


def wait_until_idle(most: float) -> None:
    """Until the processor has had nothing to do for a second in all, or does not come to that in so many seconds."""
    until = _idle_seconds() + (os.cpu_count() or 1)
    deadline = time.monotonic() + most
    while _idle_seconds() < until and time.monotonic() < deadline:
        time.sleep(0.25)


def _idle_seconds() -> float:
    """Of all processors together."""
    words = Path("/proc/stat").read_text().split("\n", 1)[0].split()
    return (int(words[4]) + int(words[5])) / os.sysconf("SC_CLK_TCK")
