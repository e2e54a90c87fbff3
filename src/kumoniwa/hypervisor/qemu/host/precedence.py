"""Which guests go first where the host's processors do not do for all: those that are launched from memory.

Such a launch is a few seconds' work, and guests that were launched just before are busy with cloud-init for longer. So
while one is launched, and until somebody can have logged in, the processes of the guests that run have a worse nice
value. Where the server may not give them their own back (it is neither root nor has RLIMIT_NICE), they keep it.
"""

import asyncio
import os
import resource
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from kumoniwa.clock import Clock
from kumoniwa.hypervisor.driver import GuestId
from kumoniwa.tasks import Tasks

_STANDS_BACK = 10
"""Added to the nice value of who does: a tenth of the share of who does not, where both want a processor."""
_LINGERS = 5.0  # seconds for a login
_CAP_SYS_NICE = 23
_NICE_RANGE = 20


class Precedence:
    """`processes`: of each guest that lives, its process."""

    def __init__(self, clock: Clock, tasks: Tasks, processes: Callable[[], Mapping[GuestId, int]]) -> None:
        self._clock = clock
        self._tasks = tasks
        self._processes = processes
        self._first: Counter[GuestId] = Counter()
        self._standing_back: dict[GuestId, int] = {}
        self._turn = asyncio.Lock()
        self._may = may_change_back()
        self._usual = os.getpriority(os.PRIO_PROCESS, 0)

    @asynccontextmanager
    async def of(self, guest: GuestId) -> AsyncIterator[None]:
        """As long as this runs, and a moment longer, the guest goes before those that run."""
        if not self._may:
            yield
            return
        self._first[guest] += 1
        try:
            await self._settle()
            yield
        finally:
            self._tasks.start(self._end(guest), f"{guest} goes first")

    async def found(self, process: int) -> None:
        """A guest of an earlier server was found, which may have died while it stood back."""
        if self._may:
            await asyncio.to_thread(set_nice, process, self._usual)

    async def close(self) -> None:
        """Nobody stands back any more."""
        self._first.clear()
        await self._settle()

    async def _end(self, guest: GuestId) -> None:
        await self._clock.sleep(_LINGERS)
        self._first -= Counter([guest])
        await self._settle()

    async def _settle(self) -> None:
        """Have those stand back that are to, and no others."""
        async with self._turn:
            living = self._processes()
            back = {guest: pid for guest, pid in living.items() if self._first and guest not in self._first}
            changed = {
                pid: self._usual + _STANDS_BACK for guest, pid in back.items() if guest not in self._standing_back
            }
            for guest, pid in self._standing_back.items():
                if guest not in back and living.get(guest) == pid:  # another program may have its number by now
                    changed[pid] = self._usual
            self._standing_back = back
            if changed:
                await asyncio.to_thread(_set_all, changed)


def _set_all(changed: Mapping[int, int]) -> None:
    for pid, value in changed.items():
        set_nice(pid, value)


def set_nice(pid: int, value: int) -> None:
    """Give all threads of a process this nice value, and those that they will make; nothing where it has ended."""
    with suppress(ProcessLookupError, FileNotFoundError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            with suppress(ProcessLookupError):
                os.setpriority(os.PRIO_PROCESS, int(thread.name), value)


def may_change_back() -> bool:
    """Whether this process may give one of its own a better nice value than that has."""
    status = Path("/proc/self/status").read_text()
    effective = next(line.split()[1] for line in status.splitlines() if line.startswith("CapEff:"))
    return bool(int(effective, 16) >> _CAP_SYS_NICE & 1) or resource.getrlimit(resource.RLIMIT_NICE)[0] >= _NICE_RANGE
