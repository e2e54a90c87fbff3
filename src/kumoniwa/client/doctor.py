"""Whether this host has what Kumoniwa needs, and what to do where it has not.

A finding says what was looked at, what was seen and, where that is not good, the way out. Nothing is changed.
"""

import asyncio
import json
import os
import shutil
import socket
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Any

from kumoniwa.client.access import CommandFailed, find_cloud
from kumoniwa.client.terminal import say, show, table
from kumoniwa.config import cache_dir, default_database
from kumoniwa.debian import Package, install_command, packages
from kumoniwa.folder import STATE_FILE, holders
from kumoniwa.guest_image.debian12 import built_path
from kumoniwa.hypervisor.qemu.host.disk_io import disk_io_here
from kumoniwa.hypervisor.qemu.host.probe import probe
from kumoniwa.network.silence.host_filter import obstacle as filter_obstacle
from kumoniwa.network.user.openings import WELL_KNOWN
from kumoniwa.network.vpc.host.probe import probe as probe_network
from kumoniwa.refusal import Refusal, happened
from kumoniwa.run import ProgramFailed, ProgramMissing, find, run
from kumoniwa.values import dataclass

GIB = 1024**3
_ENOUGH_DISK = 10 * GIB
_LEAST_DISK = 2 * GIB
_ENOUGH_MEMORY = 2 * GIB
_KSM = Path("/sys/kernel/mm/ksm")
_INSTANCE_ADDRESS = "127.60.60.60"  # an address as instances have them; nothing listens there


class Grade(StrEnum):
    """How a finding is to be read."""

    GOOD = "good"
    """As it should be."""
    NOTE = "note"
    """Works, and could be better or is worth knowing."""
    MISSING = "missing"
    """Something needed is not there."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, what was seen and, where that is not good, the way out."""

    subject: str
    grade: Grade
    seen: str
    hint: str = ""

    def __post_init__(self) -> None:
        if (self.grade is Grade.GOOD) == bool(self.hint):
            raise ValueError(f"{self.subject} is {self.grade}, and its way out is {self.hint!r}")


async def examine(data_dir: Path, port: int) -> list[Finding]:
    """Look at everything; takes seconds where the accelerator was not probed since the host booted."""
    shown = await asyncio.gather(*(_shown(name, package) for package in packages() for name in package.shown_by))
    return [
        *shown,
        _packages(missing_packages()),
        await _accelerator(),
        await _disk_io(),
        network_finding(await probe_network()),
        not_admitted_finding(await asyncio.to_thread(filter_obstacle)),
        _low_ports(),
        _memory(),
        equal_pages(_KSM),
        _room("data folder", data_dir, "--data-dir"),
        _room("image cache", cache_dir(), "$KUMONIWA_CACHE_DIR"),
        _guest_image(),
        *await database_findings(data_dir),
        _cloud(data_dir, port),
        *_told(data_dir),
    ]


async def database_findings(data_dir: Path) -> list[Finding]:
    """Whether the database answers that has the state, where that is not a file in the data folder."""
    subject, address = "database", default_database()
    if not address:
        if not (data_dir / STATE_FILE).exists():
            return []
        hint = "name it in $KUMONIWA_DATABASE, and it is looked at"
        return [Finding(subject, Grade.NOTE, "the state of this folder is on PostgreSQL", hint)]
    # Only here: most hosts have no such database, and it takes what a server takes.
    from kumoniwa.store.database import DatabaseUnavailable
    from kumoniwa.store.engines import examined

    try:
        seen, hint_of_it = await asyncio.to_thread(examined, address)
    except Refusal as refused:
        return [Finding(subject, Grade.MISSING, refused.what, refused.way_out)]
    except DatabaseUnavailable as away:
        return [
            Finding(subject, Grade.MISSING, f"it does not answer: {away}", "start it, or see whether it is reached")
        ]
    return [Finding(subject, Grade.GOOD if hint_of_it is None else Grade.NOTE, seen, hint_of_it or "")]


def missing_packages() -> list[str]:
    """The Debian packages that real guests need and of which something is not there."""
    return [package.name for package in packages() if not all(_is_installed(name) for name in package.shown_by)]


def is_fit(findings: Sequence[Finding]) -> bool:
    """Whether nothing that is needed is missing."""
    return all(finding.grade is not Grade.MISSING for finding in findings)


def report(findings: Sequence[Finding], *, as_json: bool) -> None:
    """Print what was found: as a table with the ways out below it, or as JSON."""
    if as_json:
        missing = missing_packages()
        answer = {
            "fit": is_fit(findings),
            "missing_packages": missing,
            "install": _install(missing) if missing else None,
            "findings": [asdict(finding) for finding in findings],
        }
        say(json.dumps(answer, indent=2))
        return
    show(table(("", "", ""), [(finding.grade, finding.subject, finding.seen) for finding in findings]))
    hints = [finding for finding in findings if finding.hint]
    for finding in hints:
        say(f"{finding.subject}: {finding.hint}")
    say("Everything that is needed is there." if is_fit(findings) else "Something that is needed is missing.")
    if missing_packages():
        say("A simulated cloud needs none of it: kumoniwa serve --driver simulated --data-dir FOLDER")


async def _shown(name: str, package: Package) -> Finding:
    """Whether a program or a file of a package is there, and QEMU's version."""
    if not _is_installed(name):
        return Finding(name, Grade.MISSING, f"not installed; {package.purpose}", f"install {package.name}")
    if name != "qemu-system-x86_64":
        return Finding(name, Grade.GOOD, name if name.startswith("/") else find(name))
    try:
        version = (await run([name, "--version"], timeout=30)).partition("\n")[0]
    except (ProgramFailed, TimeoutError) as failure:
        return Finding(name, Grade.MISSING, happened(failure), f"reinstall {package.name}")
    return Finding(name, Grade.GOOD, version)


def _packages(missing: Sequence[str]) -> Finding:
    """The one command that installs all that is missing."""
    if not missing:
        return Finding("Debian packages", Grade.GOOD, "all that real guests need are installed")
    hint = _install(missing)
    if not _is_installed("apt-get"):
        hint = f"on Debian: {hint}; on other systems, the packages that hold the same"
    return Finding("Debian packages", Grade.MISSING, f"real guests need {', '.join(missing)}", hint)


def _install(missing: Sequence[str]) -> str:
    return install_command(missing, as_root=os.geteuid() == 0)


def _is_installed(name: str) -> bool:
    """Whether a program is found, or a file is there."""
    if name.startswith("/"):
        return _is_there(Path(name))
    try:
        find(name)
    except ProgramMissing:
        return False
    return True


async def _accelerator() -> Finding:
    """The accelerator that guests get, and why; it is tried, since a `/dev/kvm` that opens is no proof."""
    try:
        chosen = await probe(cache_dir())
    except ProgramMissing:
        return Finding("accelerator", Grade.MISSING, "cannot be tried without QEMU", "install it first")
    if chosen.name == "kvm":
        return Finding("accelerator", Grade.GOOD, f"kvm: {chosen.reason}")
    hint = "guests are emulated: they work the same and boot in half a minute instead of seconds"
    return Finding("accelerator", Grade.NOTE, f"{chosen.name}: {chosen.reason}", hint)


async def _disk_io() -> Finding:
    """How guests' disks are read, and why; it is tried."""
    try:
        chosen = await disk_io_here()
    except ProgramMissing:
        return Finding("guests' disks", Grade.MISSING, "cannot be tried without qemu-img", "install qemu-utils first")
    if chosen.name == "io_uring":
        return Finding("guests' disks", Grade.GOOD, f"io_uring: {chosen.reason}")
    hint = "sudo sysctl kernel.io_uring_disabled=0; in a container, a seccomp profile that allows io_uring"
    return Finding("guests' disks", Grade.NOTE, f"{chosen.name}: {chosen.reason}", hint)


def network_finding(obstacle: Refusal | None) -> Finding:
    """How guests are connected, and what keeps them from being connected as their VPC has it, if something does."""
    if obstacle is None:
        return Finding("guests' network", Grade.GOOD, "vpc: guests reach each other as their VPC has it; it was tried")
    why = obstacle.what.removesuffix(".")
    hint = "it is among the Debian packages" if isinstance(obstacle, ProgramMissing) else obstacle.way_out
    return Finding("guests' network", Grade.NOTE, f"user: each guest is alone, for {why}", hint)


def not_admitted_finding(obstacle: Refusal | None) -> Finding:
    """What becomes of clients that no security group admits, and what keeps all of them from being left unanswered."""
    subject = "ports that are not admitted"
    if obstacle is None:
        return Finding(subject, Grade.GOOD, "silent, by a table of the host's packet filter; it was tried")
    ports = ", ".join(map(str, WELL_KNOWN["tcp"][:3]))
    seen = f"silent where well-known ({ports} and so on), else refused, for {obstacle.what.removesuffix('.')}"
    return Finding(subject, Grade.NOTE, seen, obstacle.way_out)


def _low_ports() -> Finding:
    """Whether an instance's port 22 can be the host's port 22 at the instance's address: found by trying."""
    with socket.socket() as trial:
        try:
            trial.bind((_INSTANCE_ADDRESS, 22))
        except PermissionError:
            return Finding(
                "ports below 1024",
                Grade.NOTE,
                "not ours to open: instances answer on high ports instead, which kumoniwa ssh knows",
                "sudo sysctl net.ipv4.ip_unprivileged_port_start=22",
            )
        except OSError as refused:
            return Finding(
                "ports below 1024",
                Grade.NOTE,
                f"port 22 at instances' addresses (127.x.y.z) is taken: {refused.strerror}; high ports stand in",
                "let the host's sshd listen on its own address only (ListenAddress in /etc/ssh/sshd_config)",
            )
    return Finding("ports below 1024", Grade.GOOD, "instances answer on their own port 22")


def _memory() -> Finding:
    free = _available_memory()
    if free is None:
        return Finding(
            "memory", Grade.NOTE, "not known on this system", "a t3.micro takes 1 GiB: see that the host has it"
        )
    seen = f"{free / GIB:.1f} GiB free"
    if free < _ENOUGH_MEMORY:
        return Finding("memory", Grade.NOTE, seen, "a t3.micro takes 1 GiB when its guest uses all of it")
    return Finding("memory", Grade.GOOD, seen)


def equal_pages(ksm: Path) -> Finding:
    """Whether the host keeps equal pages of its guests once; QEMU offers it all of a guest's memory for that."""
    subject = "equal memory of guests"
    try:
        runs = (ksm / "run").read_text().strip() == "1"
        shared = int((ksm / "pages_sharing").read_text()) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return Finding(subject, Grade.NOTE, "kept once for each guest: this kernel has no KSM", "one with CONFIG_KSM")
    if runs:
        return Finding(subject, Grade.GOOD, f"kept once for all, by KSM: {shared / 1024**2:.0f} MiB saved now")
    return Finding(
        subject,
        Grade.NOTE,
        "kept once for each guest: KSM does not run",
        "for many guests of one image: echo 1 | sudo tee /sys/kernel/mm/ksm/run; it takes processor time, and a guest "
        "can find out which pages others have",
    )


def _room(subject: str, folder: Path, told_by: str) -> Finding:
    """Room where the folder is, or will be."""
    there = next(parent for parent in (folder, *folder.parents) if _is_there(parent))
    if not os.access(there, os.W_OK):
        return Finding(
            subject, Grade.MISSING, f"{folder}: this user may not write there", f"choose another with {told_by}"
        )
    free = shutil.disk_usage(there).free
    seen = f"{folder}, {free / GIB:.1f} GiB free"
    if free < _LEAST_DISK:
        return Finding(subject, Grade.MISSING, seen, "guests pause when the disk is full: make room")
    if free < _ENOUGH_DISK:
        return Finding(subject, Grade.NOTE, seen, "a volume takes what its guest has written, up to its size")
    return Finding(subject, Grade.GOOD, seen)


def _guest_image() -> Finding:
    path = built_path()
    if not path.exists():
        return Finding(
            "Debian 12 image", Grade.NOTE, "not built yet: takes some minutes, once", "kumoniwa ami build debian-12"
        )
    return Finding("Debian 12 image", Grade.GOOD, f"{path}, {path.stat().st_size / 1024**2:.0f} MiB")


def _cloud(data_dir: Path, port: int) -> Finding:
    """Whether a cloud runs here, or could."""
    try:
        access = find_cloud(data_dir)
    except CommandFailed:
        access = None
    if access is not None:
        return Finding("cloud", Grade.GOOD, f"runs at {access.endpoint}, process {access.pid}")
    if holders(data_dir):
        return Finding("cloud", Grade.NOTE, f"a server holds {data_dir} and does not answer yet", "wait, or stop it")
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
        except OSError as refused:
            why = "is not ours to open" if isinstance(refused, PermissionError) else "is taken"
            return Finding(
                "cloud", Grade.NOTE, f"none runs on this folder, and port {port} {why}", "kumoniwa serve --port …"
            )
    return Finding("cloud", Grade.GOOD, f"none runs on this folder; port {port} is free")


def _told(data_dir: Path) -> Iterator[Finding]:
    """What a running cloud says of its disks, and of what does not get on; nothing where none runs."""
    try:
        access = find_cloud(data_dir)
    except CommandFailed:
        return
    from kumoniwa.client.cloud import CloudClient  # it takes a while to import

    cloud = CloudClient(access)
    try:
        stored, troubles = cloud.evidence("storage"), cloud.evidence("troubles")["troubles"]
    except CommandFailed as failure:
        yield Finding("storage", Grade.NOTE, f"the cloud does not tell: {failure}", "its log says why")
        return
    yield storage_finding(stored)
    yield from (trouble_finding(one) for one in troubles)


def trouble_finding(trouble: Mapping[str, Any]) -> Finding:
    """Something in the cloud that is tried again and again, or does not end."""
    why = trouble["reason"] or "it has not ended"
    subject = trouble["instance_id"] or "cloud"
    return Finding(subject, Grade.NOTE, f"{trouble['what']}, since {trouble['since']}: {why}", trouble["hint"])


def storage_finding(report: Mapping[str, Any]) -> Finding:
    """What a running cloud says of its disks."""
    usable = report["room"]["usable_bytes"]
    seen = f"{report['layers']} layers, the longest chain has {report['longest_chain']}; {usable / GIB:.1f} GiB usable"
    if damaged := len({fault["layer"] for fault in (report["damage"] or {}).get("faults", ())}):
        return Finding("storage", Grade.NOTE, f"{seen}; {damaged} layers are damaged", "kumoniwa storage check")
    if usable == 0:
        return Finding("storage", Grade.NOTE, seen, "actions that write are refused: make room")
    return Finding("storage", Grade.GOOD, seen)


def _is_there(path: Path) -> bool:
    """Whether something is there; not, where this user may not look."""
    try:
        return path.exists()
    except PermissionError:
        return False


def _available_memory() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")), None)
