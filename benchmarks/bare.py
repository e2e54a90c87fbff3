"""A guest without Kumoniwa: the same QEMU with the same options on a fresh overlay of the same disks, started by hand,
in QEMU's own user-mode network: a person who starts one has no other. It needs `socat`.

Its metadata is answered too, as its image's cloud-init waits for it: by a metadata service in this process, which reads
the cloud's own database for an instance that is stopped meanwhile.
"""

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from kumoniwa.clock import SystemClock
from kumoniwa.imds.server import MetadataService
from kumoniwa.store.engines import open_database

_CONNECTS_WITHIN = 1.0  # seconds
_DISK = '{"driver": "qcow2"'
# A guestfwd leads only from inside the network, which therefore holds 169.254.169.254 too.
_USER_NETWORK = (
    "user,id=n0,net=160.0.0.0/4,host=172.31.0.1,dns=172.31.0.2,dhcpstart=172.31.0.10,ipv6=off,domainname=ec2.internal,"
    "guestfwd=tcp:169.254.169.254:80-cmd:socat - UNIX-CONNECT:imds.sock"
)


@dataclass(frozen=True, slots=True)
class Blueprint:
    """What Kumoniwa started QEMU with: its arguments, and of each disk the layer that the overlay stands on."""

    pid: int
    arguments: tuple[str, ...]
    bases: dict[str, Path | None]


def blueprint(instance_id: str) -> Blueprint:
    """That of a guest that runs."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            arguments = (entry / "cmdline").read_bytes().decode().split("\0")[:-1]
            if f"guest={instance_id}" in arguments:
                return Blueprint(int(entry.name), tuple(arguments), _bases(arguments, (entry / "cwd").readlink()))
        except OSError:
            continue
    raise RuntimeError(f"no QEMU runs {instance_id}")


def _bases(arguments: list[str], folder: Path) -> dict[str, Path | None]:
    bases: dict[str, Path | None] = {}
    for text in arguments:
        if text.startswith(_DISK):
            named = Path(json.loads(text)["file"]["filename"])
            told = json.loads(_output("qemu-img", "info", "-U", "--output=json", str((folder / named).resolve())))
            backing = told.get("full-backing-filename")
            bases[named.name] = Path(backing) if backing else None
    return bases


@contextmanager
def bare_guest(plan: Blueprint, folder: Path, ssh_port: int) -> Iterator[int]:
    """A guest that boots as long as the block, its port 22 forwarded to `ssh_port` of 127.0.0.1; gives its process."""
    home, layers = folder / "guests" / "bare", folder / "layers"
    arguments = []
    for argument in plan.arguments:
        if argument == "-S":
            continue
        if argument.startswith(_DISK):  # what it stands on is in the overlay's header, and elsewhere for this guest
            arguments.append(
                json.dumps({name: value for name, value in json.loads(argument).items() if name != "backing"})
            )
            continue
        if argument.startswith(("tap,id=", "stream,id=")):
            arguments.append(f"{_USER_NETWORK},hostfwd=tcp:127.0.0.1:{ssh_port}-:22")
            continue
        changed = re.sub(r"id=(\w+),fd=\d+", r"id=\1,path=\1.sock", argument)
        for of_a_tap in (r",spawn=deny,elevateprivileges=deny$", r",host_mtu=\d+"):
            changed = re.sub(of_a_tap, "", changed)
        arguments.append(changed)
    process = subprocess.Popen(arguments, cwd=home, stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        yield process.pid
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        shutil.rmtree(layers)


def make_overlays(plan: Blueprint, folder: Path) -> None:
    """New overlays for a guest that has never booted, as qemu-img makes them where nothing else is asked for."""
    (folder / "guests" / "bare").mkdir(parents=True, exist_ok=True)
    (folder / "layers").mkdir()
    for name, base in plan.bases.items():
        assert base is not None, "the guest has a disk that stands on nothing"
        _output(
            "qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", str(base), str(folder / "layers" / name)
        )


@asynccontextmanager
async def metadata_of(instance_id: str, data_dir: Path, folder: Path) -> AsyncIterator[None]:
    """What the instance's own guest would be told, for the bare one, as long as the block."""
    database = open_database(data_dir, upgrade=False)
    service = MetadataService(database, SystemClock())
    try:
        await service.open()
        await service.ensure_open(instance_id, folder / "guests" / "bare" / "imds.sock")
        yield
    finally:
        await service.close()
        await database.close()


async def banner(host: str, port: int, within: float, *, patience: float = 4.0) -> None:
    """Return as soon as an SSH server says who it is.

    One try at a time, which is given up after `patience` seconds: each costs the guest a process, and several at once
    keep an emulated one from ever answering.
    """
    async with asyncio.timeout(within):
        while not await _speaks(host, port, patience):  # noqa: ASYNC110 - nothing outside the guest tells when its sshd is there
            await asyncio.sleep(0.1)


async def _speaks(host: str, port: int, patience: float) -> bool:
    """Whether it does, within so many seconds. Nobody answers before the guest has its address: the next try to connect
    is sooner than the kernel's."""
    try:
        async with asyncio.timeout(_CONNECTS_WITHIN):
            reader, writer = await asyncio.open_connection(host, port)
        async with asyncio.timeout(patience):
            try:
                return await reader.read(4) == b"SSH-"
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return False


def _output(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
