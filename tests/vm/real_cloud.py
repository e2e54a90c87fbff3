"""A whole cloud in the test's process over the driver `qemu`: its guests are boot sectors, up in a tenth of a second.

Whatever happens to the test, no guest outlives it.
"""

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from string import ascii_lowercase
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import boot_sector
from asgi import Caller
from qemu_bench import kill
from waiting import eventually_async

from kumoniwa import run
from kumoniwa.app.cloud import Running, running
from kumoniwa.clock import SystemClock
from kumoniwa.config import Config
from kumoniwa.hypervisor.driver import GuestId
from kumoniwa.hypervisor.qemu.guest.process import record
from kumoniwa.hypervisor.qemu.guest.process.command_line import Accelerator
from kumoniwa.hypervisor.qemu.guest.process.disk_devices import disk_id
from kumoniwa.hypervisor.qemu.guest.process.host_process import Identity
from kumoniwa.hypervisor.qemu.guest.qemu_guest import QemuGuest
from kumoniwa.hypervisor.qemu.qemu_driver import QemuDriver
from kumoniwa.reconcile.shorten_chains import Compaction
from kumoniwa.store import snapshots, volumes
from kumoniwa.workflows.steps.instances.guests import disk_of

T = TypeVar("T")
WITHIN = 60.0  # seconds for whatever a test waits for
_MIB = 1 << 20


@dataclass
class RealCloud:
    """A cloud that runs, somebody who calls it, and hands on its guests."""

    folder: Path
    running: Running
    driver: QemuDriver
    caller: Caller

    async def call(self, action: str, **parameters: Any) -> dict[str, Any]:
        """One call, answered as boto3 would give it. Raises `asgi.Refused`."""
        return await self.caller.call(action, **parameters)

    async def evidence(self, path: str) -> dict[str, Any]:
        """An answer of Kumoniwa's own surface."""
        answer = await self.caller.get(f"/_kumoniwa/{path}")
        assert answer.status == 200, answer.text
        told: dict[str, Any] = json.loads(answer.body)
        return told

    async def idle(self) -> None:
        """Wait until no workflow goes on."""
        await self.running.cloud.engine.idle(timeout=WITHIN)

    async def compaction(self) -> Compaction:
        """The cloud's compaction: it brings chains of more than three layers to two, when the test says so."""
        compaction = self.running.cloud.compaction
        assert compaction is not None
        await compaction.close()
        compaction._longest, compaction._left = 3, 2
        return compaction

    async def faults(self) -> list[dict[str, Any]]:
        """What a thorough look at the storage finds: rows and files say the same, of every byte. The tables of a file
        that a guest writes to are not looked at."""
        found: list[dict[str, Any]] = []
        at: str | None = ""
        while at is not None:
            part = await self.evidence(f"storage/check?from={at}" if at else "storage/check")
            found += part["faults"]
            at = part["next"]
        return found

    async def boot_sector_image(self) -> str:
        """An AMI of the boot sector: imported, registered."""
        source = self.folder / "boot-sector.raw"
        source.write_bytes(boot_sector.disk_image(8 * _MIB))
        container = {"Format": "RAW", "Url": source.as_uri()}
        task = (await self.call("ImportSnapshot", DiskContainer=container))["ImportTaskId"]
        await self.idle()
        told = await self.call("DescribeImportSnapshotTasks", ImportTaskIds=[task])
        snapshot = told["ImportSnapshotTasks"][0]["SnapshotTaskDetail"]["SnapshotId"]
        registered = await self.call(
            "RegisterImage",
            Name="boot sector",
            Architecture="x86_64",
            VirtualizationType="hvm",
            RootDeviceName="/dev/xvda",
            BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": snapshot}}],
        )
        return str(registered["ImageId"])

    async def launch(self, image_id: str, **parameters: Any) -> str:
        """An instance whose guest reacts."""
        asked = {"ImageId": image_id, "InstanceType": "t3.nano", "MinCount": 1, "MaxCount": 1, **parameters}
        launched = await self.call("RunInstances", **asked)
        instance_id = str(launched["Instances"][0]["InstanceId"])
        await self.idle()
        await self.booted(instance_id, 1)
        return instance_id

    async def instance(self, instance_id: str) -> dict[str, Any]:
        told = await self.call("DescribeInstances", InstanceIds=[instance_id])
        instance: dict[str, Any] = told["Reservations"][0]["Instances"][0]
        return instance

    async def booted(self, instance_id: str, count: int) -> list[dict[str, Any]]:
        """The instance's boots, once there are so many and the last one's kernel has spoken."""

        async def look() -> list[dict[str, Any]] | None:
            boots: list[dict[str, Any]] = (await self.evidence(f"instances/{instance_id}/boots"))["boots"]
            return boots if len(boots) >= count and boots[-1]["kernel_started_at"] is not None else None

        boots: list[dict[str, Any]] = await until(look)
        return boots

    def guest(self, instance_id: str) -> QemuGuest:
        return self.driver.guest(GuestId(instance_id))

    def process(self, instance_id: str) -> Identity:
        """The guest's QEMU, as its folder tells."""
        noted = record.read(self.folder / "guests" / instance_id)
        assert noted is not None and noted.process is not None
        return noted.process

    def kill_guest(self, instance_id: str) -> None:
        """`kill -9` of the guest's QEMU, this instant."""
        os.kill(self.process(instance_id).pid, signal.SIGKILL)

    async def press(self, instance_id: str, key: str, *, answered: bool = True) -> None:
        """Press a key of the guest's keyboard (see `boot_sector`), and wait until it answers."""
        machine = self.guest(instance_id)._machine
        assert machine is not None
        answer = asyncio.Event()
        with machine.listening(lambda event: answer.set() if event.name == "RTC_CHANGE" else None):
            await machine.execute("send-key", keys=[{"type": "qcode", "data": key}], hold_time=1)
            if answered:
                async with asyncio.timeout(WITHIN):
                    await answer.wait()

    async def press_until_heard(self, instance_id: str, key: str) -> None:
        """Press it again and again until the guest answers: one that boots, or stands still, does not hear its keys.

        It has to answer twice: QEMU tells of one answer in a second at most, and of the last one later, so that what is
        heard first may be the answer to a key that was pressed before.
        """
        async with asyncio.timeout(WITHIN):
            answers = 0
            while answers < 2:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(2):
                        await self.press(instance_id, key)
                        answers += 1

    async def fill(self, instance_id: str, number: int) -> None:
        """Fill the n-th MiB of the guest's disk with n, as the guest would: more than the letters' one cluster."""
        machine = self.guest(instance_id)._machine
        assert machine is not None
        [(_, volume), *_] = await self.running.cloud.read(lambda rows: volumes.of_instance(rows, instance_id))
        disk = disk_id(disk_of(volume).serial)  # only the device itself may write to its node
        assert await machine.human(f'qemu-io -d {disk} "write -P {number} {number}M 1M"') == ""

    async def flush(self, instance_id: str) -> None:
        """Have what the guest wrote on the host's disk, as a guest's own flush does; a boot sector has none."""
        machine = self.guest(instance_id)._machine
        assert machine is not None
        assert await machine.human(f'qemu-io {await self.head(instance_id)} "flush"') == ""

    async def head(self, instance_id: str) -> str:
        """The layer that the instance's root volume is written to."""
        found = await self.running.cloud.read(lambda connection: volumes.of_instance(connection, instance_id))
        return found[0][1].head

    async def snapshot_holds(self, snapshot_id: str, letter: str) -> bool:
        """Whether the guest had written this letter's sector when the snapshot was cut."""
        return letter in await self.snapshot_letters(snapshot_id)

    async def snapshot_letters(self, snapshot_id: str) -> str:
        """The letters that the guest had written when the snapshot was cut."""
        snapshot = await self.running.cloud.read(lambda connection: snapshots.get(connection, snapshot_id))
        assert snapshot is not None and snapshot.layer_id is not None
        return await letters(self.folder, snapshot.layer_id)


async def layer_holds(folder: Path, layer: str, letter: str) -> bool:
    """Whether a letter's sector can be read through this layer."""
    return letter in await letters(folder, layer)


async def letters(folder: Path, layer: str) -> str:
    """The letters whose sectors can be read through this layer."""
    content = await _start_of(folder, layer, 16 * 512)
    return "".join(letter for letter in ascii_lowercase if letter.encode() * 512 in content)


async def numbers(folder: Path, layer: str) -> list[int]:
    """The numbers that fill their MiB, as read through this layer."""
    content = await _start_of(folder, layer, 8 * _MIB)
    pieces = [content[at : at + _MIB] for at in range(0, len(content), _MIB)]
    return [number for number, piece in enumerate(pieces) if number and piece == bytes([number]) * _MIB]


async def _start_of(folder: Path, layer: str, length: int) -> bytes:
    source = folder / "layers" / f"{layer}.qcow2"
    with TemporaryDirectory() as beside:  # the data folder's own file system may be full
        raw = Path(beside) / "raw"
        ends = ["bs=512", f"count={length // 512}", f"if={source}", f"of={raw}"]
        await run.run(["qemu-img", "dd", "-U", "-f", "qcow2", "-O", "raw", *ends], timeout=WITHIN)
        return raw.read_bytes()


async def until(look: Callable[[], Awaitable[T | None]]) -> T:
    """Look again and again, as a waiter does, until there is something to see."""
    return await eventually_async(look, within=WITHIN)


@asynccontextmanager
async def real_cloud(folder: Path, **config: Any) -> AsyncIterator[RealCloud]:
    """A cloud on this folder. Its guests go on when the block ends; `end_guests` ends them."""
    driver = QemuDriver(folder, clock=SystemClock(), accelerator=Accelerator("tcg", "tests run everywhere"))
    async with running(Config(data_dir=folder, import_from=(folder,), **config), driver) as cloud:
        yield RealCloud(
            folder, cloud, driver, Caller(cloud.gateway, cloud.key["access_key_id"], cloud.key["secret_access_key"])
        )


def end_guests(folder: Path) -> None:
    """Afterwards no guest of this data folder runs."""
    for guest in (folder / "guests").glob("*"):
        if (noted := record.read(guest)) is not None and noted.process is not None:
            kill(noted.process)
