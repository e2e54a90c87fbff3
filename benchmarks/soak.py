"""What grows in a cloud that runs for long: rows, files, memory, open files, and how long calls take.

    python benchmarks/soak.py [--days 20] [--instances 3] [--rounds 24] [--keep 24] [--every 2] [--json FILE]

A simulated cloud in this process, its time moved by its clock. Several rounds a day there is a snapshot of every
instance's root volume, and each instance keeps its last 24, as a backup plan has it: what nobody deletes cannot be
flat. Each day every instance reboots and gets another root volume, an image is made and yesterday's deregistered, and
an instance with a volume, copied and imported snapshots, a key pair and a security group come and go.

A year with a snapshot an hour of 20 instances is `--days 365 --instances 20 --every 30`: about seven seconds of
processor time a day, so three quarters of an hour on a core of its own.

The figures are to be flat once everything has its age: after eight days, but for boots, which grow until each instance
has its last hundred, after fifty.
"""

import argparse
import asyncio
import gc
import json
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from long_life import LongLife
from sqlalchemy import Connection, func, select

from kumoniwa.app.cloud import Running, running
from kumoniwa.clock import ManualClock
from kumoniwa.config import Config
from kumoniwa.hypervisor.simulated import SimulatedDriver, Timing
from kumoniwa.logs import log_warnings
from kumoniwa.store.all_tables import metadata

_DAY = 86_400.0  # seconds

Figures = dict[str, float]


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
        "Python's blocks of memory": sys.getallocatedblocks(),
        "open files": len(list(Path("/proc/self/fd").iterdir())),
    }


async def _figures(cloud: Running, driver: SimulatedDriver, life: LongLife, folder: Path) -> Figures:
    """What it weighs now, and how long calls took since this was asked last (milliseconds, median)."""
    rows = await cloud.cloud.read(_rows)
    found: Figures = {f"rows of {table}": count for table, count in rows.items()}
    found["rows"] = sum(rows.values())
    found["layers' files"] = len(await driver.disks.all_layers())
    found |= _weight(folder)
    found["tasks"] = len(asyncio.all_tasks())
    for what, times in sorted(life.took.items()):
        found[f"{what}, ms"] = 1000 * statistics.median(times)
    life.took.clear()
    return found


async def measure(asked: argparse.Namespace) -> dict[int, Figures]:
    """The figures by day."""
    found: dict[int, Figures] = {}
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="kumoniwa-soak-") as name:
        folder, clock = Path(name), ManualClock()
        driver = SimulatedDriver(clock, timing=Timing.instant(), kept_in=folder / "simulated.db")
        async with running(Config(data_dir=folder), driver, clock) as cloud:
            life = LongLife(cloud, clock, driver, folder / "imports")
            await life.begin(asked.instances)
            for day in range(1, asked.days + 1):
                for _ in range(asked.rounds):
                    await life.back_up(asked.keep)
                    await life.pass_time(_DAY / asked.rounds)
                await life.day(day)
                if day % asked.every == 0:
                    found[day] = await _figures(cloud, driver, life, folder)
                    print(f"day {day}, after {time.perf_counter() - begun:.0f} s", file=sys.stderr, flush=True)
                    if asked.json:
                        asked.json.write_text(json.dumps(found, indent=2))
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
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=20)
    parser.add_argument("--instances", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=24, help="of snapshots in a day (%(default)s)")
    parser.add_argument("--keep", type=int, default=24, help="snapshots of each instance (%(default)s)")
    parser.add_argument("--every", type=int, default=2, help="days between two looks (%(default)s)")
    parser.add_argument("--json", type=Path, help="write the figures there, after each look")
    asked = parser.parse_args()
    log_warnings()
    print(table(asyncio.run(measure(asked))))


if __name__ == "__main__":
    main()
