"""What a guest that does nothing costs the host: processor time and memory, beside the same guest on QEMU alone.

    python benchmarks/idle.py [--seconds 60] [--ksm] [--json FILE]

One Debian guest of the cloud and one on QEMU alone, with the same options and disks, run at the same time: what the
machine does besides meets both. Processor time is that of each QEMU; of the cloud's, also what its server takes beyond
what it took before it had a guest. With --ksm (as root) the host merges equal pages of the two for some time, and what
that saves is shown; the host's settings are put back.
"""

import argparse
import asyncio
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bare import banner, bare_guest, blueprint, make_overlays, metadata_of
from guest_login import launched_guest
from processes import cpu_seconds, free_port, weight

from kumoniwa.lab.cloud import own_cloud
from kumoniwa.lab.narration import Narrator
from kumoniwa.logs import log_warnings

_WITHIN = 600.0  # seconds
_SETTLED = 60.0  # seconds after SSH answers: units of the boot still run until then
_KSM = Path("/sys/kernel/mm/ksm")
_EAGER = {"pages_to_scan": "20000", "sleep_millisecs": "20", "run": "1"}
_SCANS = 4  # until a page that did not change in between is merged, and what it is equal to as well


@dataclass(frozen=True)
class Cost:
    """Of some processes: seconds of processor time a minute, and MB of memory."""

    cpu: float
    memory: float


async def measure(seconds: float, *, ksm: bool) -> dict[str, Any]:
    async with own_cloud(Narrator()) as cloud:
        server = cloud.access.pid
        alone = await _per_minute(seconds, server)
        _, guest = await launched_guest(cloud)
        plan, port = blueprint(guest.instance_id), free_port()
        folder = cloud.folder / "bare"
        make_overlays(plan, folder)
        async with metadata_of(guest.instance_id, cloud.access.data_dir, folder):
            with bare_guest(plan, folder, port) as bare:
                await banner("127.0.0.1", port, _WITHIN)
                await asyncio.sleep(_SETTLED)
                with_server, ours, theirs = await _per_minute(seconds, server, guest.pid, bare)
                served = Cost(with_server.cpu - alone[0].cpu, with_server.memory - alone[0].memory)
                figures: dict[str, Any] = {
                    "processor seconds a minute": {"kumoniwa": ours.cpu, "bare QEMU": theirs.cpu, "server": served.cpu},
                    "memory, MB": {"kumoniwa": ours.memory, "bare QEMU": theirs.memory, "server": served.memory},
                    "ratio": {
                        "processor": (ours.cpu + max(0.0, served.cpu)) / theirs.cpu,
                        "memory": ours.memory / theirs.memory,
                    },
                }
                if ksm:
                    figures["merged"] = await _merged(guest.pid, bare)
    _print(figures)
    return figures


async def _per_minute(seconds: float, *pids: int) -> list[Cost]:
    began, before = time.monotonic(), [cpu_seconds(pid) for pid in pids]
    await asyncio.sleep(seconds)
    minutes = (time.monotonic() - began) / 60
    return [Cost((cpu_seconds(pid) - was) / minutes, weight(pid).pss) for pid, was in zip(pids, before, strict=True)]


async def _merged(*pids: int) -> dict[str, float]:
    """The memory of the processes, in MB, before the host merges equal pages and while it does."""
    before = sum(weight(pid).pss for pid in pids)
    with _merging():
        until = _scans() + _SCANS
        async with asyncio.timeout(_WITHIN):
            while _scans() < until:  # noqa: ASYNC110 - the kernel tells nobody
                await asyncio.sleep(0.5)
        saved = int((_KSM / "pages_sharing").read_text()) * os.sysconf("SC_PAGE_SIZE") / 1e6
        return {"before": before, "after": sum(weight(pid).pss for pid in pids), "pages saved": saved}


@contextmanager
def _merging() -> Iterator[None]:
    """The host merges equal pages, eagerly, as long as the block runs; then all is as it was, what was merged too."""
    was = {name: (_KSM / name).read_text() for name in _EAGER}
    try:
        for name, value in _EAGER.items():
            (_KSM / name).write_text(value)
        yield
    finally:
        if was["run"].strip() != "1":
            (_KSM / "run").write_text("2")  # pages that were merged are told apart again
        for name, value in was.items():
            (_KSM / name).write_text(value)


def _scans() -> int:
    return int((_KSM / "full_scans").read_text())


def _print(figures: dict[str, Any]) -> None:
    print()
    for what in ("processor seconds a minute", "memory, MB"):
        told = "   ".join(f"{who} {value:.2f}" for who, value in figures[what].items())
        print(f"{what:<28} {told}")
    ratio = figures["ratio"]
    print(f"{'ratio to bare QEMU':<28} processor {ratio['processor']:.2f}   memory {ratio['memory']:.2f}")
    if (merged := figures.get("merged")) is not None:
        print(f"{'two equal guests, MB':<28} {merged['before']:.0f}   with KSM {merged['after']:.0f}")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--seconds", type=float, default=60.0)
    arguments.add_argument("--ksm", action="store_true", help="also let the host merge equal pages, as root")
    arguments.add_argument("--json", type=Path, help="write the figures there")
    told = arguments.parse_args()
    log_warnings()
    figures = asyncio.run(measure(told.seconds, ksm=told.ksm))
    if told.json:
        told.json.write_text(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
