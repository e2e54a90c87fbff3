"""Who stands back while a guest is launched from memory, and for how long."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from kumoniwa.clock import ManualClock
from kumoniwa.hypervisor.driver import GuestId
from kumoniwa.hypervisor.qemu.host import precedence
from kumoniwa.hypervisor.qemu.host.precedence import Precedence, may_change_back, set_nice
from kumoniwa.tasks import Tasks

pytestmark = [pytest.mark.anyio, pytest.mark.vm]

_THREADS = "import threading, time; threading.Thread(target=time.sleep, args=(600,)).start(); print(1, flush=True)"
FIRST, SECOND, THIRD = (GuestId(f"i-{number}") for number in (1, 2, 3))


@pytest.fixture
def processes() -> Iterator[dict[GuestId, int]]:
    """Three guests: processes of two threads each."""
    if not may_change_back():
        pytest.skip("this user may not give a process its nice value back")
    made = [subprocess.Popen([sys.executable, "-c", _THREADS], stdout=subprocess.PIPE) for _ in range(3)]
    for one in made:
        assert one.stdout is not None
        one.stdout.readline()
    yield dict(zip((FIRST, SECOND, THIRD), (one.pid for one in made), strict=True))
    for one in made:
        one.kill()
        one.wait()
        assert one.stdout is not None
        one.stdout.close()


@asynccontextmanager
async def among(processes: dict[GuestId, int]) -> AsyncIterator[tuple[Precedence, ManualClock]]:
    clock, tasks = ManualClock(), Tasks("test")
    yield Precedence(clock, tasks, lambda: processes), clock
    await tasks.close()


def nice(pid: int) -> set[int]:
    """The nice values of a process's threads."""
    return {os.getpriority(os.PRIO_PROCESS, int(thread.name)) for thread in Path(f"/proc/{pid}/task").iterdir()}


async def test_guests_that_run_stand_back_while_one_is_launched_and_a_moment_longer(
    processes: dict[GuestId, int],
) -> None:
    usual = os.getpriority(os.PRIO_PROCESS, 0)
    back = usual + 10
    async with among(processes) as (order, clock):
        async with order.of(THIRD):
            assert [nice(pid) for pid in processes.values()] == [{back}, {back}, {usual}]
            async with order.of(SECOND):
                assert [nice(pid) for pid in processes.values()] == [{back}, {usual}, {usual}]
        await clock.advance(4)
        assert nice(processes[FIRST]) == {back}
        await clock.advance(2)
        assert [nice(pid) for pid in processes.values()] == [{usual}] * 3


async def test_nobody_stands_back_any_more_where_the_server_ends_or_one_was_found(
    processes: dict[GuestId, int],
) -> None:
    async with among(processes) as (order, _):
        async with order.of(THIRD):
            await order.close()
            assert nice(processes[FIRST]) == {os.getpriority(os.PRIO_PROCESS, 0)}
        set_nice(processes[SECOND], 15)
        await order.found(processes[SECOND])
        assert nice(processes[SECOND]) == {os.getpriority(os.PRIO_PROCESS, 0)}


async def test_a_guest_that_ended_meanwhile_is_nobody(processes: dict[GuestId, int]) -> None:
    async with among(processes) as (order, clock):
        async with order.of(THIRD):
            gone = processes.pop(FIRST)
        await clock.advance(6)
        assert nice(gone) != {os.getpriority(os.PRIO_PROCESS, 0)}, "the number may be another program's by now"
    set_nice(1 << 22, 5)


async def test_who_may_not_give_it_back_takes_nothing(
    processes: dict[GuestId, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precedence, "may_change_back", lambda: False)
    before = [nice(pid) for pid in processes.values()]
    async with among(processes) as (order, _), order.of(THIRD):
        assert [nice(pid) for pid in processes.values()] == before
