"""How much later a guest is there, and how much longer it is down, than it need be.

    python benchmarks/boot.py [--rounds 3] [--json FILE]

RunInstances until SSH answers (its first words, and a login), beside the same image booted by QEMU alone with the same
options, in turns. Then, on one instance with two volumes: how long CreateImage keeps the guest down, beside its plain
reboots before and after. Takes some minutes where guests are emulated; on a busy machine look at the ratios.
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bare import banner, bare_guest, blueprint, make_overlays, metadata_of
from measured import ratio
from processes import cpu_seconds, free_port

from kumoniwa.client.boots import Boot, Downtime, downtimes, read_boots
from kumoniwa.client.cloud import CloudClient
from kumoniwa.client.commands import debian_image
from kumoniwa.client.ssh import ssh_command, ssh_endpoint
from kumoniwa.lab.cloud import OwnCloud, own_cloud
from kumoniwa.lab.narration import Narrator
from kumoniwa.logs import log_warnings

_WITHIN = 300.0  # seconds
OPTIONS = {"StrictHostKeyChecking": "no", "UserKnownHostsFile": "/dev/null", "BatchMode": "yes", "LogLevel": "ERROR"}
"""Of SSH: nobody is asked anything."""


@dataclass
class Times:
    """Seconds until SSH said its first words, until somebody had logged in, and of processor time until then."""

    banner: list[float] = field(default_factory=list)
    login: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Launcher:
    """What every launch has in common."""

    cloud: CloudClient
    image_id: str
    group_id: str
    key: Path

    def launch(self, **parameters: Any) -> str:
        asked = {"ImageId": self.image_id, "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1, "KeyName": "key"}
        found = self.cloud.call("RunInstances", **asked, SecurityGroupIds=[self.group_id], **parameters)
        return str(found["Instances"][0]["InstanceId"])

    async def until(self, instance_id: str, state: str) -> None:
        async with asyncio.timeout(_WITHIN):
            while await asyncio.to_thread(self._state, instance_id) != state:  # noqa: ASYNC110 - EC2 has no call that waits
                await asyncio.sleep(0.1)

    async def until_reachable(self, instance_id: str) -> None:
        """Wait for what the cloud itself sees as the end of the boot: downtimes are counted until there."""
        async with asyncio.timeout(_WITHIN):
            while (await self.boots(instance_id))[-1].reachable_at is None:  # noqa: ASYNC110 - nor has this
                await asyncio.sleep(0.5)

    async def boots(self, instance_id: str) -> list[Boot]:
        found = await asyncio.to_thread(self.cloud.evidence, f"instances/{instance_id}/boots")
        return read_boots(found["boots"])

    def _state(self, instance_id: str) -> str:
        return str(self.cloud.instance(instance_id)["State"]["Name"])

    async def endpoint(self, instance_id: str) -> tuple[str, int]:
        await self.until(instance_id, "running")
        return await asyncio.to_thread(ssh_endpoint, self.cloud, instance_id)


async def _until_login(host: str, port: int, key: Path, begun: float, times: Times) -> None:
    await banner(host, port, _WITHIN)
    times.banner.append(time.perf_counter() - begun)
    await asyncio.to_thread(_login, host, port, key)
    times.login.append(time.perf_counter() - begun)


def _login(host: str, port: int, key: Path) -> None:
    argv = [*ssh_command((host, port), user="admin", key=key, options=OPTIONS), "true"]
    deadline = time.monotonic() + _WITHIN
    while subprocess.run(argv, capture_output=True).returncode != 0:
        if time.monotonic() > deadline:
            raise TimeoutError(f"nobody could log in at {host} port {port}")


async def one_round(launcher: Launcher, cloud: OwnCloud, ours: Times, bare: Times) -> None:
    """The same first boot twice: ours, then QEMU alone. Our processor time is QEMU's and the server's."""
    folder, server = cloud.folder / "bare", cloud.access.pid
    begun, served = time.perf_counter(), cpu_seconds(server)
    instance_id = await asyncio.to_thread(launcher.launch)
    host, port = await launcher.endpoint(instance_id)
    await _until_login(host, port, launcher.key, begun, ours)
    plan = blueprint(instance_id)
    ours.cpu.append(cpu_seconds(plan.pid) + cpu_seconds(server) - served)
    call = launcher.cloud.call
    await asyncio.to_thread(call, "StopInstances", InstanceIds=[instance_id], SkipOsShutdown=True)
    await launcher.until(instance_id, "stopped")
    make_overlays(plan, folder)
    async with metadata_of(instance_id, cloud.access.data_dir, folder):
        port, begun = free_port(), time.perf_counter()
        with bare_guest(plan, folder, port) as pid:
            await _until_login("127.0.0.1", port, launcher.key, begun, bare)
            bare.cpu.append(cpu_seconds(pid))
    await asyncio.to_thread(call, "TerminateInstances", InstanceIds=[instance_id])
    for name, times in (("kumoniwa", ours), ("bare", bare)):
        words, login, cpu = times.banner[-1], times.login[-1], times.cpu[-1]
        print(f"{name}: first words after {words:.1f} s, login after {login:.1f} s, of {cpu:.1f} s of CPU", flush=True)


async def downtime(launcher: Launcher, instance_id: str, action: str, seen: int, **parameters: Any) -> Downtime:
    """How long the guest is down for an action: the one after those `seen`."""
    await asyncio.to_thread(launcher.cloud.call, action, **parameters)
    async with asyncio.timeout(_WITHIN):
        while True:
            if len(found := downtimes(await launcher.boots(instance_id))) > seen:
                print(f"{found[-1].why}: down for {found[-1].whole:.1f} s", flush=True)
                return found[-1]
            await asyncio.sleep(0.5)


async def images_and_reboots(launcher: Launcher, rounds: int) -> tuple[list[Downtime], list[Downtime]]:
    """Reboots and images of one instance with two volumes, in turns; reboots first and last."""
    volume = {"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 1, "DeleteOnTermination": True}}
    instance_id = await asyncio.to_thread(launcher.launch, BlockDeviceMappings=[volume])
    host, port = await launcher.endpoint(instance_id)
    await _until_login(host, port, launcher.key, time.perf_counter(), Times())
    await launcher.until_reachable(instance_id)
    reboots: list[Downtime] = []
    images: list[Downtime] = []
    for number in range(rounds):
        seen = len(reboots) + len(images)
        reboots.append(await downtime(launcher, instance_id, "RebootInstances", seen, InstanceIds=[instance_id]))
        named = {"InstanceId": instance_id, "Name": f"benchmark {number}"}
        images.append(await downtime(launcher, instance_id, "CreateImage", seen + 1, **named))
    reboots.append(await downtime(launcher, instance_id, "RebootInstances", 2 * rounds, InstanceIds=[instance_id]))
    return reboots, images


async def measure(rounds: int) -> dict[str, Any]:
    ours, bare = Times(), Times()
    async with own_cloud(Narrator()) as cloud:
        image_id = await debian_image(cloud.client, lambda what, percent: None)
        call = cloud.client.call
        key = cloud.folder / "key.pem"
        key.touch(0o600)
        key.write_text(call("CreateKeyPair", KeyName="key")["KeyMaterial"])
        group_id = call("CreateSecurityGroup", GroupName="ssh", Description="ssh")["GroupId"]
        admitted = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
        call("AuthorizeSecurityGroupIngress", GroupId=group_id, IpPermissions=[admitted])
        launcher = Launcher(cloud.client, image_id, group_id, key)
        for _ in range(rounds):
            await one_round(launcher, cloud, ours, bare)
        reboots, images = await images_and_reboots(launcher, max(1, rounds - 1))
    figures: dict[str, dict[str, Any]] = {
        "first words of SSH": {"kumoniwa": ours.banner, "bare QEMU": bare.banner},
        "login by SSH": {"kumoniwa": ours.login, "bare QEMU": bare.login},
        "login by SSH, processor": {"kumoniwa": ours.cpu, "bare QEMU": bare.cpu},
        "down": {"CreateImage": [asdict(each) for each in images], "plain reboot": [asdict(each) for each in reboots]},
    }
    print()
    for what in ("first words of SSH", "login by SSH", "login by SSH, processor"):
        mine, theirs = figures[what]["kumoniwa"], figures[what]["bare QEMU"]
        found = ratio(mine, theirs)
        print(
            f"{what:<24} kumoniwa {statistics.median(mine):6.1f} s   bare QEMU {statistics.median(theirs):6.1f} s"
            f"   ratio {found.median:.2f} ({found.low:.2f} to {found.high:.2f})"
        )
    whole = {name: _median(downs, "whole") for name, downs in (("CreateImage", images), ("reboot", reboots))}
    print(f"{'down':<24} " + "   ".join(f"{name} {seconds:6.1f} s" for name, seconds in whole.items()), end="   ")
    print(f"ratio {whole['CreateImage'] / whole['reboot']:.2f}")
    for name, downs in (("plain reboot", reboots), ("CreateImage", images)):
        shutdown, at_rest, boot = (_median(downs, part) for part in ("shutdown", "at_rest", "boot"))
        print(f"{name:<24} shutdown {shutdown:.1f} s, at rest {at_rest:.2f} s, boot {boot:.1f} s")
    print(f"{'cut of two volumes':<24} {1000 * _median(images, 'cut'):.0f} ms")
    return figures


def _median(downs: list[Downtime], part: str) -> float:
    return float(statistics.median(getattr(down, part) for down in downs))


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--json", type=Path, help="write the figures there")
    found = arguments.parse_args()
    log_warnings()
    figures = asyncio.run(measure(found.rounds))
    if found.json:
        found.json.write_text(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
