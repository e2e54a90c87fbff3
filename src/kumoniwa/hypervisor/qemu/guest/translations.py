"""Make QEMU forget the code it translated, so that a reset guest boots as quickly as a new one.

Under emulation (TCG) QEMU keeps the translations of the boot before, and looks through them at each write to memory
that held code. The boot loader and the kernel write over all of it: 14 to 67 s until the kernel's first line, instead
of 2. No command drops them, but the end of a single step by QEMU's debugger interface does (gdbstub's `tb_flush` at
RUN_STATE_DEBUG; tried with QEMU 7.2, gone from 10.2 on). The first instruction after a reset is a jump: nothing
is changed by stepping it.

That interface controls the guest. So it listens nowhere: QEMU is handed one end of a pair of sockets,
and the other end never leaves this process.
"""

import asyncio
import contextlib
import re
import socket

import structlog

from kumoniwa.hypervisor.qemu.guest.process.machine import Machine
from kumoniwa.hypervisor.qemu.guest.process.monitor import CommandRefused
from kumoniwa.hypervisor.qemu.untrusted import shown

log = structlog.get_logger(__name__)

CHANNEL = "translations"  # the chardev, and the open file it is made from
_STEP = b"+$s#73"  # GDB's remote protocol: acknowledge whatever there was, then step
_STEPPED = re.compile(rb"\$[ST]")
_STEP_WITHIN = 10.0  # seconds; it takes milliseconds
_MOST_HEARD = 4096  # bytes; the answer has some fifty


async def drop(machine: Machine) -> None:
    """Afterwards a machine that was reset and waits for `cont` has no translations any more, and still waits.

    Where that does not succeed, this is logged: the guest will boot, slowly. In any case no debugger interface is left,
    neither ours nor one that an earlier server, killed just here, could not remove. Raises `GuestLost`.
    """
    began = asyncio.get_running_loop().time()
    await _detach(machine)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        try:
            await _attach(machine, theirs)
            async with asyncio.timeout(_STEP_WITHIN):
                await _step(ours)
        except (CommandRefused, EOFError, OSError) as failure:  # TimeoutError is an OSError
            log.warning("translations are kept: the guest boots slowly", guest=machine.name, reason=repr(failure))
        else:
            seconds = asyncio.get_running_loop().time() - began
            log.debug("translations dropped", guest=machine.name, seconds=round(seconds, 3))
        await _detach(machine)


async def _attach(machine: Machine, channel: socket.socket) -> None:
    await machine.hand_over(channel.fileno(), CHANNEL)
    backend = {"type": "socket", "data": {"addr": {"type": "fd", "data": {"str": CHANNEL}}, "server": False}}
    await machine.execute("chardev-add", id=CHANNEL, backend=backend)
    said = await machine.human(f"gdbserver chardev:{CHANNEL}")
    if not said.startswith("Waiting for gdb connection"):
        raise CommandRefused(shown(said.strip()))


async def _step(channel: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    channel.setblocking(False)
    await loop.sock_sendall(channel, _STEP)
    heard = b""
    while not _STEPPED.search(heard):
        if not (chunk := await loop.sock_recv(channel, 4096)):
            raise EOFError("QEMU closed its debugger interface")
        heard += chunk
        if len(heard) > _MOST_HEARD:
            raise EOFError("QEMU's debugger interface says too much")


async def _detach(machine: Machine) -> None:
    """Afterwards there is no debugger interface, and no step that would stop the guest once more."""
    await machine.execute("stop")  # ends a step that is not done; where it is done, nothing runs and nothing happens
    await machine.human("gdbserver none")
    with contextlib.suppress(CommandRefused):  # it is gone with the interface; not where that was never opened on it
        await machine.execute("chardev-remove", id=CHANNEL)
