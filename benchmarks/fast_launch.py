"""What fast launch saves: instances of one disk that boot, and that are launched from memory, in one run.

    python benchmarks/fast_launch.py [--booted 3] [--launched 10] [--together 10] [--busy 2] [--json FILE] [--page FILE]
    python benchmarks/fast_launch.py --figures FILE --page FILE

Of the Debian AMI, and of a second AMI of the same snapshot that has fast launch, instances are launched one after
another: one that boots, some from memory, and so on, so that whatever else the machine does meets both. Of each is
measured from RunInstances on until SSH says its first words, until somebody has logged in, and until cloud-init is
done; processor time is QEMU's and the server's. Then as many as are asked for run at the same time, of either kind, and
their memory is compared.

Processes that do nothing but take time keep every core busy meanwhile (--busy): so the tenth launch from memory, beside
nine guests in which cloud-init is at work, meets what the first one meets, and what the boots meet.

With --page the table of a page, between its two marks, is written anew; with --figures, of what an earlier run, or a
part of it, has measured. Takes a quarter of an hour where guests are emulated; on a busy machine look at the ratios.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bare import banner, blueprint
from boot import OPTIONS, Launcher
from machine import machine
from measured import bound, shown, times
from processes import cpu_seconds, weight

from kumoniwa.client.commands import debian_image
from kumoniwa.client.fast_launch import enable_fast_launch
from kumoniwa.client.ssh import ssh_command
from kumoniwa.lab.cloud import OwnCloud, own_cloud
from kumoniwa.lab.narration import Narrator
from kumoniwa.logs import log_warnings

_WITHIN = 600.0  # seconds
_PATIENCE = 60.0  # seconds: nobody connects before the guest listens, and a try that is given up costs it an sshd
_BANNER, _LOGIN = 0.15, 0.25
"""What the times of a launch from memory are to be at most, as ratios to a boot's."""
_KEPT = Path(__file__).parent.parent / "build" / "bench" / "fast_launch.json"
_MARK = "<!-- {} the figures of benchmarks/fast_launch.py -->"
# A shell that waits by itself: a program each time would take more of an emulated processor than what it waits for.
_DONE = "exec 9<> <(:); until test -e /var/lib/cloud/instance/boot-finished; do read -t 0.5 -u 9; done; true"


@dataclass(frozen=True, slots=True)
class Launch:
    """Seconds from RunInstances until SSH said its first words, until somebody had logged in, until cloud-init was
    done; and of processor time until the last two. None where the end of cloud-init was not waited for."""

    banner: float
    login: float
    login_cpu: float
    done: float | None = None
    done_cpu: float | None = None


_TOLD = {
    "banner": "s until SSH answers",
    "login": "s until somebody has logged in",
    "done": "s until cloud-init is done",
    "login_cpu": "processor s until the login",
    "done_cpu": "processor s until cloud-init is done",
}
"""How the measures are called."""
_AIMS = {"banner": _BANNER, "login": _LOGIN}


@dataclass(frozen=True)
class Kind:
    """Instances of one AMI."""

    launcher: Launcher
    cloud: OwnCloud
    from_memory: bool
    running: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return "from memory" if self.from_memory else "booted"

    async def launch(self, *, to_the_end: bool) -> Launch:
        """One more, which runs on. Raises `RuntimeError` where it was not launched as it should."""
        server = self.cloud.access.pid
        begun, served = time.perf_counter(), cpu_seconds(server)
        instance_id = await asyncio.to_thread(self.launcher.launch)
        endpoint = await self.launcher.endpoint(instance_id)
        await banner(*endpoint, _WITHIN, patience=_PATIENCE)
        greeted = time.perf_counter()
        pid = blueprint(instance_id).pid
        await asyncio.to_thread(self._run, endpoint, "true")
        logged_in, login_cpu = time.perf_counter(), cpu_seconds(pid) + cpu_seconds(server)
        found = Launch(greeted - begun, logged_in - begun, login_cpu - served)
        if to_the_end:
            await asyncio.to_thread(self._run, endpoint, _DONE)
            done = time.perf_counter() - begun
            found = replace(found, done=done, done_cpu=cpu_seconds(pid) + cpu_seconds(server) - served)
        await self._check(instance_id)
        self.running.append(instance_id)
        told = "   ".join(f"{name} {value:.1f}" for name, value in asdict(found).items() if value is not None)
        print(f"{self.name:<12} {told}", flush=True)
        return found

    async def memory_of(self, count: int) -> float:
        """MB that so many hold which run at the same time, once cloud-init is done in all of them. Where fewer run,
        the others are launched at once."""
        more = [await asyncio.to_thread(self.launcher.launch) for _ in range(count - len(self.running))]
        self.running.extend(more)
        for instance_id in self.running[:count]:
            endpoint = await self.launcher.endpoint(instance_id)
            await banner(*endpoint, _WITHIN, patience=_PATIENCE)
            await asyncio.to_thread(self._run, endpoint, _DONE)
            await self._check(instance_id)
        held = sum(weight(blueprint(instance_id).pid).pss for instance_id in self.running[:count])
        print(f"{self.name:<12} {count} hold {held:.0f} MB", flush=True)
        return held

    async def _check(self, instance_id: str) -> None:
        (boot,) = await self.launcher.boots(instance_id)
        if boot.from_memory is not self.from_memory:
            raise RuntimeError(f"{instance_id} was not launched as it should: {boot.cold_because}")

    def _run(self, endpoint: tuple[str, int], command: str) -> None:
        argv = [*ssh_command(endpoint, user="admin", key=self.launcher.key, options=OPTIONS), command]
        deadline = time.monotonic() + _WITHIN
        while subprocess.run(argv, capture_output=True).returncode != 0:
            if time.monotonic() > deadline:
                raise TimeoutError(f"nobody could log in at {endpoint}")


@contextmanager
def busy(count: int) -> Iterator[None]:
    """So many processes take what processor time they get."""
    processes = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


async def measure(
    booted: int, launched: int, to_the_end: int, together: int, busy_with: int, kept: Path
) -> dict[str, Any]:
    """The figures; `kept` has them as far as they were measured, whatever ends this."""
    async with own_cloud(Narrator()) as cloud:
        image_id = await debian_image(cloud.client, lambda what, percent: None)
        cold, fast = await asyncio.to_thread(_kinds, cloud, image_id)
        begun = time.perf_counter()
        await asyncio.to_thread(enable_fast_launch, cloud.client, fast.launcher.image_id, lambda what, percent: None)
        figures: dict[str, Any] = {
            "made": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": machine(),
            "busy": busy_with,
            "prepared": time.perf_counter() - begun,
            "launches": {cold.name: [], fast.name: []},
            "memory, MB": {cold.name: {}, fast.name: {}},
        }
        with busy(busy_with):
            for number in range(booted):
                those = range(launched * number // booted, launched * (number + 1) // booted)
                for kind in (cold, *(fast for _ in those)):
                    waits = kind is cold or len(fast.running) < to_the_end
                    figures["launches"][kind.name].append(asdict(await kind.launch(to_the_end=waits)))
                    if len(kind.running) == 1:
                        figures["memory, MB"][kind.name]["1"] = await kind.memory_of(1)
                    _keep(figures, kept)
        for kind in (fast, cold):
            figures["memory, MB"][kind.name][str(together)] = await kind.memory_of(together)
            _keep(figures, kept)
    return figures


def _keep(figures: Mapping[str, Any], kept: Path) -> None:
    kept.write_text(json.dumps(figures, indent=2) + "\n")


def _kinds(cloud: OwnCloud, image_id: str) -> tuple[Kind, Kind]:
    """Instances that boot, and instances of an AMI of the same snapshot, which is to get fast launch."""
    call = cloud.client.call
    key = cloud.folder / "key.pem"
    key.touch(0o600)
    key.write_text(call("CreateKeyPair", KeyName="key")["KeyMaterial"])
    group_id = call("CreateSecurityGroup", GroupName="ssh", Description="ssh")["GroupId"]
    admitted = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    call("AuthorizeSecurityGroupIngress", GroupId=group_id, IpPermissions=[admitted])
    (image,) = call("DescribeImages", ImageIds=[image_id])["Images"]
    (root,) = image["BlockDeviceMappings"]
    device = {"DeviceName": root["DeviceName"], "Ebs": {"SnapshotId": root["Ebs"]["SnapshotId"]}}
    second = {"Name": "from memory", "RootDeviceName": root["DeviceName"], "Architecture": "x86_64"}
    other = call("RegisterImage", **second, BlockDeviceMappings=[device], VirtualizationType="hvm")["ImageId"]
    cold, fast = (Launcher(cloud.client, one, group_id, key) for one in (image_id, other))
    return Kind(cold, cloud, from_memory=False), Kind(fast, cloud, from_memory=True)


def table(figures: Mapping[str, Any]) -> Iterator[str]:
    """The lines of a table in Markdown, with a sentence of what it was measured on."""
    launches, on = figures["launches"], figures["machine"]
    booted, launched = launches["booted"], launches["from memory"]
    yield (
        f"Measured on {figures['made'][:10]} on {on['cores']} cores, kept busy by {figures['busy']} other processes:"
        f" medians of {len(booted)} instances that booted and of {len(launched)} that were launched from memory, in one"
        " run, one after another. In brackets are the least and the greatest; a ratio is that of the medians, and in"
        " its brackets that of the slowest launch. Processor time is QEMU's and the server's; memory is what all QEMUs"
        " hold together, pages that they share counted once."
    )
    yield ""
    yield "| | booted | from memory | ratio | aim | |"
    yield "|---|---|---|---|---|---|"
    for measure, what in _TOLD.items():
        ours, theirs = ([one[measure] for one in those if one[measure] is not None] for those in (launched, booted))
        usual = statistics.median(theirs)
        middle, worst = statistics.median(ours) / usual, max(ours) / usual
        aim = _AIMS.get(measure)
        judged = "" if aim is None else "met" if middle <= aim else "MISSED"
        bounded = "" if aim is None else bound(aim, None)
        ratio = f"{times(middle)} ({times(worst)})"
        yield f"| {what} | {_range(theirs)} | {_range(ours)} | {ratio} | {bounded} | {judged} |"
    memory = figures["memory, MB"]
    for count, lent in memory["from memory"].items():
        held = memory["booted"].get(count)
        who = "an instance" if count == "1" else f"{count} instances"
        beside, share = ("–", "–") if held is None else (shown(held), times(lent / held))
        yield f"| MB of memory, {who} | {beside} | {shown(lent)} | {share} | | |"
    yield ""
    yield f"Preparing the machine took {figures['prepared']:.0f} s."


def _range(values: Sequence[float]) -> str:
    return f"{shown(statistics.median(values))} ({shown(min(values))}–{shown(max(values))})"


def write_page(page: Path, lines: Sequence[str]) -> None:
    """Write the lines between the page's two marks."""
    before, begin, rest = page.read_text().partition(_MARK.format("begin"))
    _, end, after = rest.partition(_MARK.format("end"))
    if not (begin and end):
        raise RuntimeError(f"{page} has no marks to write between")
    page.write_text(before + begin + "\n" + "\n".join(lines) + "\n" + end + after)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--booted", type=int, default=3, help="instances that boot, one after another (%(default)s)")
    arguments.add_argument("--launched", type=int, default=10, help="those launched from memory (%(default)s)")
    arguments.add_argument("--to-the-end", type=int, default=3, help="of which so many until cloud-init is done")
    arguments.add_argument("--together", type=int, default=10, help="at the same time, for their memory (%(default)s)")
    arguments.add_argument("--busy", type=int, default=os.cpu_count(), help="processes that take time (%(default)s)")
    arguments.add_argument("--json", type=Path, default=_KEPT, help="where the figures are written (%(default)s)")
    arguments.add_argument("--figures", type=Path, help="measure nothing: these are what a run has measured")
    arguments.add_argument("--page", type=Path, help="write the table into this page, between its marks")
    asked = arguments.parse_args()
    log_warnings()
    if asked.figures:
        figures = json.loads(asked.figures.read_text())
    else:
        asked.json.parent.mkdir(parents=True, exist_ok=True)
        figures = asyncio.run(
            measure(asked.booted, asked.launched, asked.to_the_end, asked.together, asked.busy, asked.json)
        )
    lines = list(table(figures))
    print("\n".join(["", *lines]))
    if asked.page:
        write_page(asked.page, lines)


if __name__ == "__main__":
    main()
