"""A program: what a server does when it prepares a machine and launches a guest from it, killed at one of its points.

`killed_launch DATA MACHINE GUEST POINT`: the data folder, folders with records of the two specifications, a number. A
point lies before and after each command to QEMU, and after each file that a later server goes by.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from memory_bench import ID, IDENTITY

from kumoniwa.clock import SystemClock
from kumoniwa.hypervisor.driver import GuestSpec, Launch
from kumoniwa.hypervisor.qemu.guest.memory import saved_machine
from kumoniwa.hypervisor.qemu.guest.memory.launching import LaunchMark
from kumoniwa.hypervisor.qemu.guest.process import record
from kumoniwa.hypervisor.qemu.guest.process.command_line import Accelerator
from kumoniwa.hypervisor.qemu.guest.process.monitor import Monitor
from kumoniwa.hypervisor.qemu.qemu_driver import QemuDriver
from kumoniwa.hypervisor.qemu.untrusted import Value


class _Points:
    def __init__(self, last: int) -> None:
        self._left = last

    def passed(self) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def after(self, owner: Any, name: str) -> None:
        done: Callable[..., Any] = getattr(owner, name)

        def then(*given: Any, **named: Any) -> Any:
            result = done(*given, **named)
            self.passed()
            return result

        setattr(owner, name, then)

    def around_commands(self) -> None:
        execute = Monitor.execute

        async def around(monitor: Monitor, command: str, **arguments: object) -> Value:
            self.passed()
            answer = await execute(monitor, command, **arguments)
            self.passed()
            return answer

        setattr(Monitor, "execute", around)  # noqa: B010 - mypy knows it as a method


async def _serve(data_dir: Path, machine: GuestSpec, guest: GuestSpec) -> None:
    driver = QemuDriver(data_dir, clock=SystemClock(), accelerator=Accelerator("tcg", ""), free=lambda _: 1 << 40)
    await driver.open()
    await driver.prepared(ID).ensure_made(machine, deadline=60)
    await driver.guest(guest.id).ensure_running(guest, Launch(ID, IDENTITY))
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    data_dir, machine, guest, point = sys.argv[1:]
    points = _Points(int(point))
    points.around_commands()
    points.after(record, "write")
    points.after(saved_machine, "finish")
    points.after(LaunchMark, "begin")
    points.after(LaunchMark, "done")
    specs = [noted.spec for folder in (machine, guest) if (noted := record.read(Path(folder))) is not None]
    asyncio.run(_serve(Path(data_dir), *specs))


if __name__ == "__main__":
    main()
