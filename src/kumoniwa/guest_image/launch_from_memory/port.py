"""The way to the host: lines of JSON over a virtio port."""

import contextlib
import json
import os
import time
from pathlib import Path

from .identity import FORMAT, Refused

PORT = Path("/dev/virtio-ports/kumoniwa.launch.0")
LONGEST_LINE = 1024 * 1024  # bytes
SILENT = 60.0  # seconds that nobody may be at the port's other end


def opened() -> "Port":
    """The port of this guest. Raises `Refused` where there is none."""
    deadline = time.monotonic() + SILENT
    while not PORT.exists():
        if time.monotonic() > deadline:
            raise Refused(f"there is no {PORT}")
        time.sleep(0.1)
    return Port(os.open(PORT, os.O_RDWR | os.O_CLOEXEC))


class Port:
    """The way to the host: lines of JSON."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def say(self, state: str, **more: str) -> None:
        """Tell the host; waits until it is there."""
        line = json.dumps({"format": FORMAT, "state": state} | more, separators=(",", ":")) + "\n"
        left = line.encode()
        while left:
            left = left[os.write(self._descriptor, left) :]

    def fail(self, failure: Exception) -> None:
        """Tell the host what failed, where it is there to hear it."""
        os.set_blocking(self._descriptor, False)
        with contextlib.suppress(BlockingIOError):
            self.say("failed", why=f"{type(failure).__name__}: {failure}")

    def line(self) -> bytes:
        """The host's next line. Raises `Refused` where it does not end, or nobody is there for a minute."""
        said = b""
        last_heard = time.monotonic()
        while b"\n" not in said:
            if part := os.read(self._descriptor, 65536):
                said += part
                last_heard = time.monotonic()
            elif time.monotonic() - last_heard > SILENT:
                raise Refused("the host is not at the port")
            else:
                time.sleep(0.02)  # the port reads as at its end while the host is not there
            if len(said) > LONGEST_LINE:
                raise Refused("the host's line does not end")
        return said.partition(b"\n")[0]
