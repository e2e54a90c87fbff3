"""A cloud of an experiment's own: a server as a child process in a temporary folder, with nothing left afterwards."""

import asyncio
import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from kumoniwa.app.own_folder import end_processes_of
from kumoniwa.client.access import Access, CommandFailed, NoCloud, find_cloud
from kumoniwa.client.cloud import CloudClient
from kumoniwa.config import environment_of_a_cloud
from kumoniwa.lab.narration import Narrator
from kumoniwa.lab.shell import LabFailed
from kumoniwa.run import child
from kumoniwa.values import dataclass

_START_DEADLINE = 60.0
_STOP_GRACE = 30.0
_TERMINATION_DEADLINE = 60.0
_BETWEEN_LOOKS = 0.1


@dataclass(frozen=True, slots=True)
class OwnCloud:
    """A running cloud and its folder; `folder` also is where an experiment keeps its files."""

    access: Access
    client: CloudClient
    folder: Path
    log: Path


@asynccontextmanager
async def own_cloud(narrator: Narrator, *, driver: str = "qemu") -> AsyncIterator[OwnCloud]:
    """A cloud that exists as long as the block: server, guests and folder are gone afterwards, whatever happened.

    When the block ends with an error, the server's log is kept, and it is said where.
    """
    folder = Path(tempfile.mkdtemp(prefix="kumoniwa-lab-"))
    log = folder / "server.log"
    try:
        with log.open("wb") as output:
            command = _serve_command(folder / "cloud", driver)
            narrator.remark(f"a cloud of its own in {folder}")
            narrator.command(["kumoniwa", *command[3:]])
            async with child(command, output=output, grace=_STOP_GRACE, environment=environment_of_a_cloud()) as server:
                access = await _until_it_answers(folder / "cloud", server, log)
                cloud = OwnCloud(access, CloudClient(access), folder, log)
                narrator.remark(f"it answers at {access.endpoint}")
                try:
                    yield cloud
                finally:
                    narrator.remark("clearing up")
                    await _terminate_all(cloud.client, narrator)
    except BaseException as failure:
        if not isinstance(failure, asyncio.CancelledError):
            keep_log(log, narrator)
        raise
    finally:
        await end_processes_of(folder)  # the guests that outlived the server; it is dead by now, so none comes after
        shutil.rmtree(folder, ignore_errors=True)


def keep_log(log: Path, narrator: Narrator) -> None:
    """Keep a server's log beyond its folder, and say where."""
    if not log.exists():
        return
    handle, kept = tempfile.mkstemp(prefix="kumoniwa-lab-", suffix=".log")
    os.close(handle)
    shutil.copyfile(log, kept)
    narrator.remark(f"the server's log is kept at {kept}")


def _serve_command(data_dir: Path, driver: str) -> list[str]:
    options = ["--data-dir", str(data_dir), "--port", "0", "--driver", driver]  # port 0: any that is free
    return [sys.executable, "-m", "kumoniwa", "serve", *options]


async def _until_it_answers(data_dir: Path, server: asyncio.subprocess.Process, log: Path) -> Access:
    """Wait until the server has said where it listens, and answers there."""
    try:
        async with asyncio.timeout(_START_DEADLINE):
            while server.returncode is None:
                with contextlib.suppress(NoCloud):
                    access = find_cloud(data_dir)
                    await asyncio.to_thread(CloudClient(access).call, "DescribeRegions")
                    return access
                await asyncio.sleep(_BETWEEN_LOOKS)  # its own file is the only sign it gives
    except TimeoutError:
        raise LabFailed(f"The server did not answer within {_START_DEADLINE:.0f} s. {_tail(log)}") from None
    raise LabFailed(f"The server ended with status {server.returncode}. {_tail(log)}")


async def _terminate_all(client: CloudClient, narrator: Narrator) -> None:
    """End every instance as its owner would. What does not end so is ended with the folder's processes."""
    try:
        async with asyncio.timeout(_TERMINATION_DEADLINE):
            await asyncio.to_thread(_terminate_through_api, client)
            while await asyncio.to_thread(_not_in, client, "terminated"):  # noqa: ASYNC110 -- EC2 has no call that waits
                await asyncio.sleep(_BETWEEN_LOOKS)
    except (CommandFailed, TimeoutError) as failure:
        narrator.remark(f"not every instance could be terminated in order ({str(failure) or 'it took too long'})")


def _terminate_through_api(client: CloudClient) -> None:
    for instance_id in _not_in(client, "shutting-down", "terminated"):
        client.call("ModifyInstanceAttribute", InstanceId=instance_id, DisableApiStop={"Value": False})
        client.call("ModifyInstanceAttribute", InstanceId=instance_id, DisableApiTermination={"Value": False})
        client.call("TerminateInstances", InstanceIds=[instance_id], SkipOsShutdown=True)


def _not_in(client: CloudClient, *states: str) -> list[str]:
    reservations = client.pages("DescribeInstances", "Reservations")
    instances = [instance for reservation in reservations for instance in reservation["Instances"]]
    return [instance["InstanceId"] for instance in instances if instance["State"]["Name"] not in states]


def _tail(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines()[-15:]
    return "Its log ends so:\n" + "\n".join(lines)
