"""Which accelerator guests get: KVM where a program really runs under it, else emulation.

A `/dev/kvm` that opens is no proof: under some hypervisors it exists and `-cpu host` aborts on its first MSR, guests
hang after the firmware, or end at the first instruction that KVM cannot emulate. So a program is booted with just the
options that guests get. The answer is kept until the host boots again, or another program is to be tried.
"""

import asyncio
import contextlib
import hashlib
import json
import os
import tempfile
from pathlib import Path

import structlog

from kumoniwa import run
from kumoniwa.folder import not_ours
from kumoniwa.hypervisor.qemu.guest.process.command_line import Accelerator, processor
from kumoniwa.hypervisor.qemu.guest.process.host_process import host_boot_id
from kumoniwa.hypervisor.qemu.guest.process.machine import PROGRAM
from kumoniwa.hypervisor.qemu.host.probe_program import MARKER, disk_image

log = structlog.get_logger(__name__)

_KVM = Path("/dev/kvm")
_WITHIN = 10.0  # seconds; a healthy host needs less than one
_DISK = "probe.raw"
_PROGRAM_TRIED = hashlib.sha256(disk_image()).hexdigest()
_WORKS = Accelerator("kvm", "a test program booted under KVM and ran to its end")


async def probe(cache_dir: Path) -> Accelerator:
    """The best accelerator that works here, and why that one. Never raises for a host without KVM."""
    if (obstacle := _obstacle()) is not None:
        return _emulation(obstacle)
    cache, host_boot = cache_dir / "accelerator.json", host_boot_id()
    if (known := await asyncio.to_thread(_recall, cache, host_boot)) is not None:
        return known
    found = await _try_kvm()
    log.info("accelerator chosen", accelerator=found.name, reason=found.reason)
    await asyncio.to_thread(_remember, cache, host_boot, found)
    return found


def _obstacle() -> str | None:
    """What stands before KVM even without trying it."""
    if not _KVM.exists():
        return "this host has no /dev/kvm"
    if not os.access(_KVM, os.R_OK | os.W_OK):
        return "this user may not open /dev/kvm; on Debian: sudo adduser $USER kvm, then log in again"
    return None


async def _try_kvm() -> Accelerator:
    with tempfile.TemporaryDirectory(prefix="kumoniwa-probe-") as folder:
        await asyncio.to_thread((Path(folder) / _DISK).write_bytes, disk_image())
        try:
            said = await run.run(_command_line(), timeout=_WITHIN, cwd=Path(folder))
        except TimeoutError:
            return _emulation(f"/dev/kvm opens, but a test program under KVM did not end within {_WITHIN:.0f} s")
        except run.ProgramFailed as failure:
            why = failure.stderr.strip().partition("\n")[0] or f"status {failure.status}"
            return _emulation(f"/dev/kvm opens, but QEMU fails with it: {why}")
    return _WORKS if MARKER in said else _emulation("/dev/kvm opens, but a test program under KVM did not say its line")


def _command_line() -> list[str]:
    disk = {"driver": "raw", "node-name": "disk", "read-only": True, "file": {"driver": "file", "filename": _DISK}}
    return [
        PROGRAM,
        *("-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"),
        *("-machine", "pc", "-m", "64M"),
        *processor(_WORKS),
        *("-serial", "stdio"),
        *("-blockdev", json.dumps(disk), "-device", "virtio-blk-pci,drive=disk,bootindex=0"),
    ]


def _emulation(why: str) -> Accelerator:
    return Accelerator("tcg", f"emulation, several times slower: {why}")


def _recall(cache: Path, host_boot: str) -> Accelerator | None:
    with contextlib.suppress(FileNotFoundError, json.JSONDecodeError, KeyError):
        if not_ours(cache.parent) is not None:
            return None
        noted = json.loads(cache.read_text())
        if noted["host_boot"] == host_boot and noted["program"] == _PROGRAM_TRIED:
            return Accelerator(noted["name"], noted["reason"])
    return None


def _remember(cache: Path, host_boot: str, found: Accelerator) -> None:
    cache.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not_ours(cache.parent) is not None:
        return
    temporary = cache.with_suffix(".new")
    noted = {"host_boot": host_boot, "program": _PROGRAM_TRIED, "name": found.name, "reason": found.reason}
    temporary.write_text(json.dumps(noted))
    temporary.rename(cache)
