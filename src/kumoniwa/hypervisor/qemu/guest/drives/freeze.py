"""A guest's file systems, frozen by its agent while its disks are cut: what a snapshot holds then needs no replay.

Frozen ones must never stay so. A mark in the guest's folder, made durable before its agent is asked, says to the next
server that they may be; and as long as they cannot be thawed, it is tried again.
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import structlog

from kumoniwa.folder import sync_folder
from kumoniwa.hypervisor.driver import DriverError
from kumoniwa.hypervisor.qemu.guest.drives import agent
from kumoniwa.hypervisor.qemu.guest.drives.agent_answers import AgentRefused, AgentSilent
from kumoniwa.hypervisor.qemu.guest.process.machine import AGENT_SOCKET, Machine
from kumoniwa.refusal import happened

log = structlog.get_logger(__name__)

_MARK = "file-systems-frozen"
_ANSWERS_WITHIN = 15.0  # seconds; a guest without KVM on a busy host needs several
_FREEZES_WITHIN = 30.0  # it writes first what it has not written yet
_THAWS_WITHIN = 15.0  # a first attempt; more follow
_THAW_AGAIN = 5.0
_TOLD_AFTER = 12  # attempts in a row; from then on they are rarer
_THAW_RARELY = 60.0


@dataclass
class Standstill:
    """How a guest's file systems stood still: how many seconds, or why they did not."""

    seconds: float | None = None
    why_not: str = ""


@contextlib.asynccontextmanager
async def frozen(machine: Machine, folder: Path) -> AsyncIterator[Standstill]:
    """The guest's file systems are frozen while the block runs, if its agent does it. Thawed again whatever happens."""
    standstill, loop, began_at = Standstill(), asyncio.get_running_loop(), 0.0
    try:
        try:
            standstill.why_not = await _why_not_now(machine) or await _freeze(folder)
            began_at = loop.time()
        except AgentSilent as silence:
            standstill.why_not = silence.what
        yield standstill
    finally:  # also when the cut was refused, and when this server is to end
        thawed = await ensure_thawed(machine, folder)
        if thawed is not None and not thawed.file_systems and not standstill.why_not:
            standstill.why_not = "the guest's file systems did not stay frozen until the cut"
        if not standstill.why_not:
            standstill.seconds = (loop.time() if thawed is None else thawed.at) - began_at


class Thawed(NamedTuple):
    """The agent's answer: how many file systems it thawed, and when (the loop's time)."""

    file_systems: int
    at: float


async def ensure_thawed(machine: Machine, folder: Path) -> Thawed | None:
    """Afterwards no file system is frozen that was frozen for a cut; where it cannot be had now, it is tried on.

    Gives the agent's answer; None where there was nothing to thaw, or it did not answer.
    """
    if not (folder / _MARK).exists():
        return None
    try:
        return await _thaw(folder)
    except (DriverError, OSError) as failure:  # a cut that was made must not be reported as failed
        log.warning("a guest's file systems cannot be thawed yet", guest=machine.name, reason=str(failure))
        machine.go_on_with(_thaw_again(machine, folder), "thaw its file systems")
        return None


async def _why_not_now(machine: Machine) -> str:
    """Why it need not be tried; "" where it may succeed."""
    if await machine.status() != "running":
        return "the guest does not run"
    return "" if await machine.has_agent() else "the guest runs no agent"


async def _freeze(folder: Path) -> str:
    """Freeze; gives why the agent did not. Raises `AgentSilent`; then they may be frozen."""
    if (folder / _MARK).exists():
        return "the guest's file systems may still be frozen for an earlier cut"
    async with agent.listening(folder / AGENT_SOCKET, within=_ANSWERS_WITHIN) as listening:
        await asyncio.to_thread(_mark, folder)
        try:
            count = await listening.ask_count("guest-fsfreeze-freeze", within=_FREEZES_WITHIN)
        except AgentRefused as refusal:
            return refusal.what
        return "" if count else "the guest's agent found no file system to freeze"


async def _thaw(folder: Path) -> Thawed:
    async with agent.listening(folder / AGENT_SOCKET, within=_THAWS_WITHIN) as listening:
        count = await listening.ask_count("guest-fsfreeze-thaw", within=_THAWS_WITHIN)
        thawed = Thawed(count, asyncio.get_running_loop().time())
    (folder / _MARK).unlink(missing_ok=True)
    return thawed


async def _thaw_again(machine: Machine, folder: Path) -> None:
    """Try until it is done, the process has ended, or another boot began; a person is told after some attempts, and at
    the end."""
    failed = 0
    while machine.alive and (folder / _MARK).exists():
        try:
            await _thaw(folder)
            log.info("a guest's file systems were thawed after all", guest=machine.name)
        except (DriverError, OSError) as failure:
            failed += 1
            if failed >= _TOLD_AFTER:
                machine.stays_frozen(happened(failure))
            # No event says that the agent listens again.
            await asyncio.sleep(_THAW_AGAIN if failed < _TOLD_AFTER else _THAW_RARELY)
    machine.stays_frozen(None)


def forget(folder: Path) -> None:
    """Another kernel starts: it has frozen nothing."""
    (folder / _MARK).unlink(missing_ok=True)


def _mark(folder: Path) -> None:
    with (folder / _MARK).open("w") as mark:
        os.fsync(mark.fileno())
    sync_folder(folder)
