"""`kumoniwa demo`: the experiment on a cloud of its own, its verdicts, its times, and nothing left behind."""

import asyncio
import json
from pathlib import Path
from typing import Any

from kumoniwa import __version__
from kumoniwa.client.boots import Downtime
from kumoniwa.client.commands import debian_image
from kumoniwa.client.terminal import progress, table
from kumoniwa.clock import SystemClock, precise
from kumoniwa.guest_image import debian12
from kumoniwa.lab.actions import Actions
from kumoniwa.lab.claims import ratio
from kumoniwa.lab.cloud import keep_log, own_cloud
from kumoniwa.lab.experiment import Experiment, Findings
from kumoniwa.lab.narration import Narrator
from kumoniwa.lab.shell import LabFailed, Shell
from kumoniwa.lab.verdict import all_hold, as_data, verdict_table


async def demonstrate(*, keep: bool, json_file: Path | None) -> bool:
    """Run the experiment; whether every verdict is as EC2 has it. Clears up, also when it is cancelled."""
    narrator = Narrator()
    clock = SystemClock()
    started_at, begun = clock.now(), clock.monotonic()
    narrator.heading("Kumoniwa: will creating an AMI reboot an instance that has stop protection?")
    with progress("Building Debian 12") as on_progress:
        await debian12.ensure_built(on_progress)
    async with own_cloud(narrator) as cloud:
        with progress("Making the AMI") as on_progress:
            image_id = await debian_image(cloud.client, on_progress)
        narrator.remark(f"{image_id} is the AMI to launch from")
        shell = Shell(cloud.access, cloud.folder, narrator)
        actions = Actions(cloud.client, shell, narrator, clock, cloud.folder)
        experiment = Experiment(actions, shell, narrator, clock, cloud.folder)
        stopped_at = await _run(experiment, image_id)
        findings = experiment.findings
        holds = stopped_at is None and all_hold(findings.verdicts)
        _report(findings, narrator, stopped_at)
        seconds = clock.monotonic() - begun
        narrator.remark(f"{seconds:.0f} s for all of it")
        if json_file is not None:
            data = {
                "holds": holds,
                "started_at": precise(started_at),
                "seconds": seconds,
                **_data(findings, stopped_at),
            }
            await asyncio.to_thread(json_file.write_text, json.dumps(data, indent=2) + "\n")
        if not holds:
            keep_log(cloud.log, narrator)
        if keep:
            narrator.remark("the cloud runs on until Ctrl-C; to use it, in another terminal:")
            narrator.answer(f'eval "$(kumoniwa env --data-dir {cloud.access.data_dir})"')
            await asyncio.Event().wait()
    return holds


async def _run(experiment: Experiment, image_id: str) -> str | None:
    """Run the protocol; where it could not go on, why."""
    try:
        await experiment.run(image_id)
    except LabFailed as failure:
        return str(failure)
    return None


def _report(findings: Findings, narrator: Narrator, stopped_at: str | None) -> None:
    narrator.table(verdict_table(findings.verdicts))
    if rows := _downtime_rows(findings):
        columns = ("how long the guest was down", "shutdown", "at rest", "boot", "whole", "the cut in it")
        narrator.table(table(columns, rows))
    if (by := ratio(findings.image, findings.reboot)) is not None:
        narrator.remark(f"CreateImage kept the guest down {by:.2f} times as long as its own plain reboot")
    if stopped_at is not None:
        narrator.heading(f"The experiment could not go on: {stopped_at}")
    elif all_hold(findings.verdicts):
        narrator.heading(
            "Every verdict is as EC2 does it: an AMI in the making reboots it, and stop protection has no say."
        )
    else:
        narrator.heading("Not every verdict is as EC2 does it.")


def _downtime_rows(findings: Findings) -> list[tuple[str, ...]]:
    return [(down.why, *_parts(down)) for down in (findings.reboot, findings.image) if down is not None]


def _parts(down: Downtime) -> tuple[str, ...]:
    cut = f"{down.cut * 1000:.0f} ms" if down.cut is not None else ""
    return (f"{down.shutdown:.1f} s", f"{down.at_rest:.2f} s", f"{down.boot:.1f} s", f"{down.whole:.1f} s", cut)


def _data(findings: Findings, stopped_at: str | None) -> dict[str, Any]:
    """The findings for programs; times in seconds."""
    downtimes = {
        down.why: {
            "shutdown": down.shutdown,
            "at_rest": down.at_rest,
            "boot": down.boot,
            "whole": down.whole,
            "cut": down.cut,
        }
        for down in (findings.reboot, findings.image)
        if down is not None
    }
    return {
        "kumoniwa": __version__,
        "verdicts": as_data(findings.verdicts),
        "downtimes": downtimes,
        "downtime_ratio": ratio(findings.image, findings.reboot),
        "launch_until_ssh": findings.launch_until_ssh,
        "stopped_at": stopped_at,
    }
