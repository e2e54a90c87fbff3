"""QEMU's process: found again by a later server, heard when it ends, ended for certain."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable
from pathlib import Path

from kumoniwa import run
from kumoniwa.values import dataclass

_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Identity:
    """What sets a process apart from every other, also from a later one with the same number."""

    pid: int
    started: int  # clock ticks after the host's boot
    host_boot: str


def host_boot_id() -> str:
    """The id of the host's present boot."""
    return (_PROC / "sys/kernel/random/boot_id").read_text().strip()


def identify(pid: int) -> Identity | None:
    """The identity of a living process; None when there is none (one that waits to be reaped is none)."""
    try:
        stat = (_PROC / str(pid) / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    state, started = parse_stat(stat)
    return None if state in "ZX" else Identity(pid, started, host_boot_id())


def parse_stat(stat: str) -> tuple[str, int]:
    """State and start time of `/proc/<pid>/stat`. The program's name before them may hold spaces and parentheses."""
    fields = stat[stat.rindex(")") + 1 :].split()
    return fields[0], int(fields[19])


def find_in(folder: Path, program: str) -> Identity | None:
    """The process of `program` that works in this folder: for one whose number could not be noted any more."""
    for entry in _PROC.iterdir():
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(OSError):  # it ended meanwhile, or is another user's
            if (entry / "cwd").samefile(folder) and program in (entry / "cmdline").read_bytes().split(b"\0")[
                0
            ].decode():
                return identify(int(entry.name))
    return None


class Process:
    """Hold on a living process, until `release`. Not our child when an earlier server made it."""

    def __init__(self, identity: Identity, pidfd: int, on_end: Callable[[int | None], None]) -> None:
        self.identity = identity
        self.ended = asyncio.Event()
        self._pidfd = pidfd
        self._on_end = on_end
        asyncio.get_running_loop().add_reader(pidfd, self._note_end)

    @classmethod
    def hold(cls, identity: Identity, on_end: Callable[[int | None], None]) -> "Process | None":
        """Take hold of the process of this identity; None when it is no more.

        `on_end` is called once when it ends, with its exit status where that can be known.
        """
        try:
            pidfd = os.pidfd_open(identity.pid)
        except ProcessLookupError:
            return None
        if identify(identity.pid) != identity:  # asked after opening: the number cannot change hands any more
            os.close(pidfd)
            return None
        return cls(identity, pidfd, on_end)

    async def ensure_ended(self, *, grace: float) -> None:
        """Afterwards it has ended: by itself within `grace` seconds, else killed."""
        if grace > 0:  # a task that is cancelled already is told of no timeout (Python 3.11.2)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(grace):
                    await self.ended.wait()
        self.kill()
        await self.ended.wait()

    def kill(self) -> None:
        """End it at once, if it has not ended."""
        if self._pidfd < 0:
            return
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

    def release(self) -> None:
        """Let go; the process is left alone."""
        if self._pidfd >= 0:
            asyncio.get_running_loop().remove_reader(self._pidfd)
            os.close(self._pidfd)
            self._pidfd = -1

    def _note_end(self) -> None:
        status = run.reap(self.identity.pid)
        self.release()
        self.ended.set()
        self._on_end(status)
