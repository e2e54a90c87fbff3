"""What a guest itself says about its boots: the id of this one, and the lines that a shutdown leaves in its log.

As on Amazon Linux 2, `systemd-shutdown` writes to the journal at the very end of a boot, and the next boot's rsyslog
carries these lines into `/var/log/messages`, some seconds after SSH answers.
"""

import asyncio
from datetime import UTC, datetime, timedelta

from kumoniwa.lab.shell import LabFailed, Login, Shell
from kumoniwa.values import dataclass

_LOG = "/var/log/messages"
READ = f"cat /proc/sys/kernel/random/boot_id; sudo grep -F 'systemd-shutdown[' {_LOG}"
_BETWEEN_LOOKS = 1.0
_LINES_DEADLINE = 90.0
_STAMP = "%Y %b %d %H:%M:%S"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One look into a guest."""

    boot_id: str
    shutdown_lines: tuple[str, ...]

    def new_lines(self, before: "Evidence") -> tuple[str, ...]:
        """The shutdown lines that were not there at an earlier look. The log only grows."""
        return self.shutdown_lines[len(before.shutdown_lines) :]


async def look(shell: Shell, login: Login) -> Evidence:
    """Look into a guest, showing it. A guest that was never shut down has no such lines: grep's status 1 is fine."""
    return read_evidence(await shell.ssh_text(login, f"{READ} || true"))


async def look_after_boot(shell: Shell, login: Login, before: Evidence) -> Evidence:
    """Look into a guest that booted, once the shutdown before has come into its log, or will not come any more.

    The guest waits, and tells when it is there: to log in again and again would take much of an emulated processor.
    """
    command = _until_more_lines(len(before.shutdown_lines))
    try:
        async with asyncio.timeout(_LINES_DEADLINE):
            while True:
                if (await shell.quietly(login, command)).status == 0:
                    break
                await asyncio.sleep(_BETWEEN_LOOKS)
    except TimeoutError:
        pass  # that there are none is evidence too; it is shown and judged below
    return await look(shell, login)


def _until_more_lines(count: int) -> str:
    """The command that ends well once the log has more lines of a shutdown than so many."""
    there = f'"0$(grep -cF "systemd-shutdown[" {_LOG} 2>/dev/null)" -gt {count}'
    return f"sudo timeout {_LINES_DEADLINE:.0f} sh -c 'until [ {there} ]; do sleep {_BETWEEN_LOOKS:g}; done'"


def read_evidence(text: str) -> Evidence:
    """What the command `READ` printed."""
    lines = text.strip().splitlines()
    if not lines or len(lines[0]) != 36:
        raise LabFailed(f"The guest did not tell its boot id: {text.strip()[:200]!r}")
    return Evidence(lines[0], tuple(lines[1:]))


def moment_of(line: str, near: datetime) -> datetime:
    """When a line of the guest's log was written, to the second. They have no year: the nearest to `near`."""
    stamp = " ".join(line.split()[:3])
    candidates = []
    for year in (near.year - 1, near.year, near.year + 1):
        try:
            candidates.append(datetime.strptime(f"{year} {stamp}", _STAMP).replace(tzinfo=UTC))
        except ValueError:  # 29 February, in another year
            continue
    if not candidates:
        raise LabFailed(f"This line of the guest's log has no time: {line!r}")
    return min(candidates, key=lambda moment: abs(moment - near))


def written_between(lines: tuple[str, ...], start: datetime, end: datetime, tolerance: timedelta) -> bool:
    """Whether every line was written between two moments of the host, give or take what the clocks may differ."""
    return all(start - tolerance <= moment_of(line, start) <= end + tolerance for line in lines)
