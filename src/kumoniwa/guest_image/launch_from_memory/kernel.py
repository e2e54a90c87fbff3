"""What is asked of the guest's kernel."""

import ctypes
import fcntl
import os
import signal
import socket
import struct
import time
from pathlib import Path


class Kernel:
    """What is asked of the kernel; a rehearsal and tests have one that does nothing of it."""

    _RNDADDENTROPY = 0x40085203
    _RNDRESEEDCRNG = 0x5207
    _MS_BIND = 4096

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)

    def add_entropy(self, entropy: bytes) -> None:
        """Its random numbers are others from here on."""
        with Path("/dev/urandom").open("wb", buffering=0) as device:
            counted = struct.pack("ii", len(entropy) * 8, len(entropy)) + entropy
            fcntl.ioctl(device, self._RNDADDENTROPY, counted)
            fcntl.ioctl(device, self._RNDRESEEDCRNG)

    def set_clock(self, seconds: float) -> None:
        """It is that time now."""
        time.clock_settime(time.CLOCK_REALTIME, seconds)

    def set_hostname(self, name: str) -> None:
        """The guest's name is that."""
        socket.sethostname(name)

    def show(self, file: Path, at: Path) -> None:
        """Who reads `at` reads `file` from here on (a bind mount)."""
        if self._libc.mount(bytes(file), bytes(at), None, self._MS_BIND, None) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(at))

    def signal(self, pid: int, number: signal.Signals) -> None:
        """Send a signal to a process."""
        os.kill(pid, number)


class Rehearsal(Kernel):
    """Does nothing: by it all is run once before the memory is saved."""

    def __init__(self) -> None:
        pass

    def add_entropy(self, entropy: bytes) -> None: ...

    def set_clock(self, seconds: float) -> None: ...

    def set_hostname(self, name: str) -> None: ...

    def show(self, file: Path, at: Path) -> None: ...

    def signal(self, pid: int, number: signal.Signals) -> None: ...
