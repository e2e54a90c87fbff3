"""What grows in a cloud that runs for long: rows, files, memory, open files, and how long calls take.

    python benchmarks/soak.py [--days 20] [--instances 3] [--keep 24] [--every 2] [--json FILE]

A simulated cloud in this process, its time moved by its clock. Each hour there is a snapshot of every instance's root
volume, and one of an earlier day is deleted; each day every instance reboots and gets another root volume, an image is
made and yesterday's deregistered, and an instance is launched and terminated. A year of 20 instances
(`--days 365 --instances 20 --every 15`) takes hours.

The figures are to be flat once everything has its age: after eight days, but for boots, which grow until each instance
has its last hundred, after fifty.
"""

import argparse
import asyncio
import gc
import json
import re
import statistics
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, select

from kumoniwa.api.call import Call, Token
from kumoniwa.api.client_tokens import ClientTokens
from kumoniwa.api.registry import ACTIONS
from kumoniwa.app.cloud import Running, running
from kumoniwa.clock import ManualClock
from kumoniwa.config import DEFAULT_REGION, Config
from kumoniwa.hypervisor.simulated import SimulatedDriver, Timing
from kumoniwa.ids import new_request_id
from kumoniwa.logs import log_warnings
from kumoniwa.store.tables import metadata

_WITHIN = 120.0  # seconds
_HOUR = 3600.0
_ZONE = f"{DEFAULT_REGION}a"

Figures = dict[str, float]


class Soak:
    """A cloud, its time, and what it is asked for."""

    def __init__(self, cloud: Running, clock: ManualClock, driver: SimulatedDriver) -> None:
        self._cloud, self._clock, self._driver = cloud, clock, driver
        self._took: dict[str, list[float]] = {}
        self._snapshots: dict[str, list[str]] = {}
        self._image: str | None = None
        self._base = ""

    async def call(self, action: str, **parameters: Any) -> Mapping[str, Any]:
        """An action, as the gateway would call it; how long it took is noted."""
        cloud, key = self._cloud.cloud, self._cloud.key
        value = parameters.pop("ClientToken", None)
        token = None if value is None else Token(value, value)
        now = self._clock.now()
        call = Call(action, key["account"], DEFAULT_REGION, new_request_id(), key["access_key_id"], now, token)
        begun = time.perf_counter()
        answer = None if token is None else await ClientTokens(cloud).find(call)
        if answer is None:
            answer = await ACTIONS["ec2"][action].function(cloud, call, parameters)
        self._took.setdefault(action, []).append(time.perf_counter() - begun)
        return answer or {}

    async def begin(self, instances: int) -> None:
        """Launch the instances that stay."""
        named = [{"Name": "name", "Values": ["debian-12-amd64-simulated"]}]
        self._base = next(iter((await self.call("DescribeImages", Filters=named))["Images"]))["ImageId"]
        for _ in range(instances):
            self._snapshots[await self._launch()] = []

    async def hour(self, keep: int) -> None:
        """One hour: a snapshot of each instance's root volume, and the end of what is older than `keep` of them."""
        begun = time.perf_counter()
        for instance_id, taken in self._snapshots.items():
            snapshot = await self.call("CreateSnapshot", VolumeId=await self._root(instance_id))
            taken.append(snapshot["SnapshotId"])
            await self._idle()
            if len(taken) > keep:
                await self.call("DeleteSnapshot", SnapshotId=taken.pop(0))
                await self._idle()
        self._took.setdefault("an hour's work", []).append(time.perf_counter() - begun)
        await self._clock.advance(_HOUR)
        await self._idle()

    async def day(self, number: int) -> None:
        """What is done once a day."""
        for instance_id in self._snapshots:
            await self.call("RebootInstances", InstanceIds=[instance_id])
            await self._idle()
            await self.call("CreateReplaceRootVolumeTask", InstanceId=instance_id, DeleteReplacedRootVolume=True)
            await self._idle()
        first = next(iter(self._snapshots))
        made = await self.call("CreateImage", InstanceId=first, Name=f"day {number}", NoReboot=True)
        await self._idle()
        if self._image is not None:
            await self.call("DeregisterImage", ImageId=self._image, DeleteAssociatedSnapshots=True)
        self._image = made["ImageId"]
        passing = await self._launch(ClientToken=f"day {number}")
        await self.call("TerminateInstances", InstanceIds=[passing])
        await self._idle()
        await self.call("DescribeInstances")
        await self.call("DescribeSnapshots", OwnerIds=["self"])

    async def figures(self, folder: Path) -> Figures:
        """What it weighs now, and how long calls took since this was asked last (milliseconds, median)."""
        rows = await self._cloud.cloud.read(_rows)
        found: Figures = {f"rows of {table}": count for table, count in rows.items() if count}
        found["rows"] = sum(rows.values())
        found["layers' files"] = len(await self._driver.disks.all_layers())
        found |= _weight(folder)
        found["tasks"] = len(asyncio.all_tasks())
        for what, times in sorted(self._took.items()):
            found[f"{what}, ms"] = 1000 * statistics.median(times)
        self._took.clear()
        return found

    async def _launch(self, **parameters: Any) -> str:
        launched = await self.call(
            "RunInstances",
            ImageId=self._base,
            InstanceType="t3.micro",
            MinCount=1,
            MaxCount=1,
            Placement={"AvailabilityZone": _ZONE},
            **parameters,
        )
        await self._idle()
        return str(next(iter(launched["Instances"]))["InstanceId"])

    async def _root(self, instance_id: str) -> str:
        answer = await self.call("DescribeInstances", InstanceIds=[instance_id])
        instance = next(iter(next(iter(answer["Reservations"]))["Instances"]))
        return str(next(iter(instance["BlockDeviceMappings"]))["Ebs"]["VolumeId"])

    async def _idle(self) -> None:
        await self._driver.followed()
        while not self._cloud.cloud.engine.is_idle:
            await self._cloud.cloud.engine.idle(timeout=_WITHIN)
            await self._driver.followed()


def _rows(connection: Connection) -> dict[str, int]:
    return {
        name: connection.execute(select(func.count()).select_from(table)).scalar_one()
        for name, table in metadata.tables.items()
    }


def _weight(folder: Path) -> Figures:
    """What the data folder and this process weigh."""
    gc.collect()
    files = [path for path in folder.rglob("*") if path.is_file()]
    status = Path("/proc/self/status").read_text()
    return {
        "files": len(files),
        "database, MB": sum(path.stat().st_size for path in files if path.name.startswith("cloud.db")) / 1e6,
        "memory, MB": int(re.findall(r"^VmRSS:\s+(\d+) kB", status, re.MULTILINE)[0]) * 1024 / 1e6,
        "open files": len(list(Path("/proc/self/fd").iterdir())),
    }


async def measure(days: int, instances: int, keep: int, every: int) -> dict[int, Figures]:
    """The figures by day."""
    found: dict[int, Figures] = {}
    with tempfile.TemporaryDirectory(prefix="kumoniwa-soak-") as name:
        folder, clock = Path(name), ManualClock()
        driver = SimulatedDriver(clock, timing=Timing.instant(), kept_in=folder / "simulated.db")
        async with running(Config(data_dir=folder), driver, clock) as cloud:
            soak = Soak(cloud, clock, driver)
            await soak.begin(instances)
            for day in range(1, days + 1):
                for _ in range(24):
                    await soak.hour(keep)
                await soak.day(day)
                if day % every == 0:
                    found[day] = await soak.figures(folder)
                    print(f"day {day}", flush=True)
    return found


def table(found: Mapping[int, Figures]) -> str:
    """The figures, one column for each day that was looked at."""
    names = list(dict.fromkeys(name for figures in found.values() for name in figures))
    lines = [f"{'day':<34}" + "".join(f"{day:>9}" for day in found)]
    for name in names:
        values = (figures.get(name, 0) for figures in found.values())
        lines.append(f"{name:<34}" + "".join(f"{value:>9.2f}" if value % 1 else f"{value:>9.0f}" for value in values))
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=20)
    parser.add_argument("--instances", type=int, default=3)
    parser.add_argument("--keep", type=int, default=24, help="snapshots of each instance (%(default)s)")
    parser.add_argument("--every", type=int, default=2, help="days between two looks (%(default)s)")
    parser.add_argument("--json", type=Path, help="write the figures there")
    told = parser.parse_args()
    log_warnings()
    found = asyncio.run(measure(told.days, told.instances, told.keep, told.every))
    print(table(found))
    if told.json:
        told.json.write_text(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
