"""What tests take of the processor, the guests, servers and browsers that they start included.

How long a test takes says how busy the machine is; this says what the test costs.
"""

import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_REAPER = b"reaper.py"

BESIDE: set[int] = set()
"""Processes that run beside tests which have nothing to do with them. What such a one and its own take is counted when
it is not here any more, and has been waited for."""


@dataclass(frozen=True)
class Process:
    """Of whom it is, and the ticks that it and those have taken that it has waited for."""

    parent: int
    ticks: int


def used() -> float:
    """Seconds until now, of this process and all that come from it, those included that nobody but the reaper of the
    lanes (`scripts/reaper.py`) has waited for."""
    parent = os.getppid()
    return taken(dict(_processes()), parent if _REAPER in _command(parent) else os.getpid(), BESIDE) / _TICKS


def used_here() -> float:
    """Seconds until now, of this process and of those that it has waited for: to ask that costs nothing."""
    return sum(os.times()[:4])


def taken(processes: Mapping[int, Process], root: int, but: Collection[int] = ()) -> int:
    """The ticks of a process and of all that come from it, but for some of those and what comes from them."""
    children: dict[int, list[int]] = {}
    for pid, process in processes.items():
        children.setdefault(process.parent, []).append(pid)
    ticks, wanted = 0, [root]
    while wanted:
        pid = wanted.pop()
        if pid in processes and pid not in but:
            ticks += processes[pid].ticks
            wanted += children.get(pid, ())
    return ticks


def read(stat: str) -> Process:
    """A line of /proc/PID/stat (proc(5)): the program's name in it may hold anything."""
    words = stat.rpartition(")")[2].split()
    return Process(int(words[1]), sum(map(int, words[11:15])))


@dataclass
class Meter:
    """Gives what was taken since it was asked last."""

    whole: bool
    """Whether programs that run on count, which takes some milliseconds to find out."""
    _before: float = field(init=False)

    def __post_init__(self) -> None:
        self._before = self._used()

    def since(self) -> float:
        """Seconds; not less than none, where something ended meanwhile that nobody of these has waited for."""
        before, self._before = self._before, self._used()
        return max(self._before - before, 0.0)

    def _used(self) -> float:
        return used() if self.whole else used_here()


def _processes() -> Iterator[tuple[int, Process]]:
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                yield int(folder.name), read((folder / "stat").read_text(errors="replace"))
            except (FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
                continue


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
