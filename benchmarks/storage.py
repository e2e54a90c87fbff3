"""What snapshots cost: the cut, the guest that goes on meanwhile, the chain of layers that they leave.

    python benchmarks/storage.py [--rounds 3] [--json FILE]

One emulated guest and its volumes, in one run: the time of a cut at 1, 10 and 100 GiB; how long a guest's writes wait
for one; 4k random writes and sequential reads with 1 and with 30 snapshots in a volume's history, beside a plain qcow2
file under the same QEMU; and how long writes take while a chain is being shortened, beside the same writes before and
after. Takes some minutes; on a busy machine look at the ratios.
"""

import argparse
import asyncio
import json
import sqlite3
import statistics
import subprocess
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from aims import Rounds
from boot import Launcher
from guest_disk import WRITES
from guest_login import Guest, launched_guest
from measured import ratio

from kumoniwa.lab.cloud import OwnCloud, own_cloud
from kumoniwa.lab.narration import Narrator
from kumoniwa.logs import log_warnings

_WITHIN = 1800.0  # seconds; the digest of a file of 100 GiB takes minutes where much else is done
_MIB = 256  # of a volume that are written and read
_PLAIN = ("create", "-q", "-f", "qcow2")
_FULL = (*_PLAIN, "-o", "extended_l2=on,cluster_size=128k,preallocation=metadata")
_HISTORY = 30
_PASSES = 8
_WRITE_PASSES = 40
_TURNS = 3  # of reading and writing each volume, in a round


@dataclass(frozen=True)
class Write:
    """One write of the guest: when it was asked for (the host's time) and how long it took, in seconds."""

    at: float
    took: float


class Bench:
    """A cloud, its one guest, and hands on both."""

    def __init__(self, cloud: OwnCloud, launcher: Launcher, guest: Guest) -> None:
        self.cloud, self.launcher, self.guest = cloud, launcher, guest
        self.call = cloud.client.call
        self._devices = iter("ghijklmnop")

    def volume(self, gib: int, made_by: tuple[str, ...] | None = None) -> str:
        """A volume that the guest has; its file is made as this call of qemu-img makes it, where one is given."""
        zone = self.cloud.client.instance(self.guest.instance_id)["Placement"]["AvailabilityZone"]
        volume_id = str(self.call("CreateVolume", AvailabilityZone=zone, Size=gib)["VolumeId"])
        self._until(f"{volume_id} is made", lambda: self._volume(volume_id)["State"] == "available")
        if made_by is not None:
            path = (
                self.cloud.access.data_dir
                / "layers"
                / f"{self._one('SELECT head FROM volumes WHERE id = ?', volume_id)}.qcow2"
            )
            path.unlink()
            subprocess.run(["qemu-img", *made_by, str(path), f"{gib}G"], check=True)
        device = f"/dev/sd{next(self._devices)}"
        self.call("AttachVolume", VolumeId=volume_id, InstanceId=self.guest.instance_id, Device=device)
        attached = f"{volume_id} is attached"
        self._until(attached, lambda: [one["State"] for one in self._volume(volume_id)["Attachments"]] == ["attached"])
        return volume_id

    def snapshot(self, volume_id: str) -> tuple[float, float]:
        """Cut the volume; gives the seconds of the switch, and when it was made."""
        snapshot_id = self.call("CreateSnapshot", VolumeId=volume_id)["SnapshotId"]
        self._until(f"{snapshot_id} is completed", lambda: self._snapshot(snapshot_id)["State"] == "completed")
        query = (
            "SELECT steps.result, steps.finished_at FROM steps JOIN workflows ON workflows.id = steps.workflow_id"
            " WHERE steps.name = 'cut the volumes' AND workflows.arguments LIKE ?"
        )
        with self._database() as database:
            result, at = database.execute(query, (f"%{snapshot_id}%",)).fetchone()
        return float(result), at / 1e6

    def compaction(self) -> dict[str, Any]:
        told: dict[str, Any] = self.cloud.client.evidence("storage")["compaction"]
        return told

    def until_compacted(self) -> None:
        """Wait until no chain is being shortened."""
        self._until("no chain is being shortened", lambda: self.compaction()["running"] is None)

    def terminate(self) -> None:
        self.call("TerminateInstances", InstanceIds=[self.guest.instance_id], SkipOsShutdown=True)

    def _volume(self, volume_id: str) -> dict[str, Any]:
        volume: dict[str, Any] = self.call("DescribeVolumes", VolumeIds=[volume_id])["Volumes"][0]
        return volume

    def _snapshot(self, snapshot_id: str) -> dict[str, Any]:
        snapshot: dict[str, Any] = self.call("DescribeSnapshots", SnapshotIds=[snapshot_id])["Snapshots"][0]
        assert snapshot["State"] != "error", snapshot
        return snapshot

    def _one(self, query: str, *values: str) -> Any:
        with self._database() as database:
            return database.execute(query, values).fetchone()[0]

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        database = sqlite3.connect(f"file:{self.cloud.access.data_dir / 'cloud.db'}?mode=ro", uri=True)
        try:
            yield database
        finally:
            database.close()

    @staticmethod
    def _until(what: str, look: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _WITHIN
        while not look():
            if time.monotonic() > deadline:
                raise TimeoutError(f"after {_WITHIN:.0f} s it does not hold that {what}")
            time.sleep(0.05)


def cuts(bench: Bench, rounds: int) -> dict[int, float]:
    """Milliseconds of a cut, by the volume's GiB; the disks' tables are all there, as if they were full."""
    volumes = {gib: bench.volume(gib, _FULL) for gib in (1, 10, 100)}
    taken: dict[int, list[float]] = {gib: [] for gib in volumes}
    for _ in range(rounds * 2):
        for gib, volume_id in volumes.items():
            taken[gib].append(1000 * bench.snapshot(volume_id)[0])
    return {gib: statistics.median(each) for gib, each in taken.items()}


def pauses(bench: Bench, rounds: int) -> dict[str, float]:
    """How long the slowest write around a cut waited, in ms, and the slowest of as long a time without one."""
    volume_id = bench.volume(1)
    bench.guest.fill(volume_id, _MIB)
    at: list[float] = []

    def cut_now_and_then() -> None:
        time.sleep(3)
        for _ in range(rounds):
            at.append(bench.snapshot(volume_id)[1])
            time.sleep(3)

    writes = _while_writing(bench, volume_id, 6 + 8 * rounds, cut_now_and_then)
    around = [max(_took(writes, moment - 1, moment + 0.5)) for moment in at]
    without = [max(_took(writes, moment - 2.75, moment - 1.25)) for moment in at]
    return {"around a cut": 1000 * statistics.median(around), "without one": 1000 * statistics.median(without)}


def throughput(bench: Bench, rounds: int) -> dict[str, Rounds]:
    """How quick volumes are, by their history: 4k random writes and MiB of sequential reads, each a second of time and
    a second of QEMU's processor. In turns, the first of each round another, so that what else goes on meets all alike.
    """
    volumes = {"plain qcow2": bench.volume(1, _PLAIN), "1 snapshot": bench.volume(1), "30 snapshots": bench.volume(1)}
    for volume_id in volumes.values():
        bench.guest.fill(volume_id, _MIB)
    bench.snapshot(volumes["1 snapshot"])

    def cut_each_second() -> None:
        for _ in range(_HISTORY):
            time.sleep(1)
            bench.snapshot(volumes["30 snapshots"])

    _while_writing(bench, volumes["30 snapshots"], _HISTORY + 15, cut_each_second)
    bench.until_compacted()
    turns, found = list(volumes), {name: defaultdict[str, list[float]](list) for name in volumes}
    for _ in range(_TURNS * rounds):
        ids = [volumes[name] for name in turns]
        for what, each, passes in (
            ("reads", _MIB, list(bench.guest.read(ids, _MIB, _PASSES))),
            ("writes", WRITES, list(bench.guest.write_in_turns(ids, _MIB, _WRITE_PASSES))),
        ):
            for name in turns:
                of = [(seconds, cpu) for volume_id, seconds, cpu in passes if volume_id == volumes[name]]
                found[name][what].append(each / statistics.median(seconds for seconds, _ in of))
                found[name][f"{what}, of processor time"].append(each * len(of) / sum(cpu for _, cpu in of))
        turns.append(turns.pop(0))
    return {name: dict(speeds) for name, speeds in found.items()}


def compaction(bench: Bench) -> dict[str, float]:
    """The 99th percentile of a write's time, in ms, while a chain is shortened, and before and after."""
    volume_id = bench.volume(1)
    bench.guest.fill(volume_id, _MIB)
    longest = 16
    for _ in range(longest - 1):
        bench.guest.write(volume_id, 2, _MIB)
        bench.snapshot(volume_id)
    seen: dict[str, Any] = {}

    def shorten() -> None:
        time.sleep(8)
        before = bench.compaction()["last"]
        while bench.compaction()["last"] == before:
            bench.snapshot(volume_id)
            bench.until_compacted()
            time.sleep(0.2)
        seen.update(bench.compaction()["last"])

    writes = _while_writing(bench, volume_id, 30, shorten)
    began, ended = (datetime.fromisoformat(seen[each]).timestamp() for each in ("began_at", "ended_at"))
    during = _took(writes, began, ended)
    besides = _took(writes, 0, began - 1) + _took(writes, ended + 0.5, ended + 1e6)
    return {
        "seconds": ended - began,
        "MiB": seen["copied_bytes"] / 2**20,
        "writes during": float(len(during)),
        "p99 during": 1000 * _percentile(during, 99),
        "p99 besides": 1000 * _percentile(besides, 99),
    }


def _while_writing(bench: Bench, volume_id: str, seconds: int, act: Callable[[], None]) -> list[Write]:
    acting = threading.Thread(target=act)
    wrote = bench.guest.write(volume_id, seconds, _MIB, on_begun=acting.start)
    acting.join()
    return [Write(wrote.begun + at, took) for at, took in json.loads(wrote.told)]


def _took(writes: list[Write], since: float, until: float) -> list[float]:
    """How long the writes took that were under way then."""
    return [write.took for write in writes if write.at + write.took >= since and write.at <= until]


def _percentile(taken: list[float], percent: int) -> float:
    return statistics.quantiles(taken, n=100)[percent - 1] if len(taken) > 1 else float("nan")


async def measure(rounds: int) -> dict[str, Any]:
    async with own_cloud(Narrator()) as cloud:
        launcher, guest = await launched_guest(cloud)
        bench = Bench(cloud, launcher, guest)
        figures: dict[str, Any] = {}
        for name, part in (
            ("cut, ms by GiB", lambda: cuts(bench, rounds)),
            ("slowest write, ms", lambda: pauses(bench, rounds)),
            ("a second", lambda: throughput(bench, rounds)),
            ("compaction", lambda: compaction(bench)),
        ):
            figures[name] = await asyncio.to_thread(part)
            print(f"{name}: {json.dumps(figures[name])}", flush=True)
        await asyncio.to_thread(bench.terminate)
    _print(figures)
    return figures


def _print(figures: dict[str, Any]) -> None:
    by_size = figures["cut, ms by GiB"]
    print()
    print("a cut           " + "   ".join(f"{gib} GiB {ms:.1f} ms" for gib, ms in by_size.items()), end="   ")
    print(f"largest / smallest {max(by_size.values()) / min(by_size.values()):.2f}")
    pause = figures["slowest write, ms"]
    print(f"slowest write   around a cut {pause['around a cut']:.1f} ms   without one {pause['without one']:.1f} ms")
    by_history = figures["a second"]
    for name, measures in by_history.items():
        for measure, rounds in measures.items():
            to_plain = ratio(rounds, by_history["plain qcow2"][measure])
            spread = f"{to_plain.median:.2f} ({to_plain.low:.2f} to {to_plain.high:.2f})"
            print(f"{name:<15} {measure:<26} {statistics.median(rounds):7.0f} a second, to plain {spread}")
    shortened = figures["compaction"]
    print(
        f"compaction      {shortened['MiB']:.0f} MiB in {shortened['seconds']:.2f} s   write p99"
        f" {shortened['p99 during']:.2f} ms during, {shortened['p99 besides']:.2f} ms besides,"
        f" ratio {shortened['p99 during'] / shortened['p99 besides']:.2f}"
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--json", type=Path, help="write the figures there")
    told = arguments.parse_args()
    log_warnings()
    figures = asyncio.run(measure(told.rounds))
    if told.json:
        told.json.write_text(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
