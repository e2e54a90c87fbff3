"""`kill -9` of the server in the middle of CreateImage, a real guest being down: nothing that was promised is lost."""

import asyncio
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from server import Server

from kumoniwa.client.cloud import CloudClient
from kumoniwa.client.commands import debian_image
from kumoniwa.lab.cloud import processes_of

pytestmark = [pytest.mark.vm, pytest.mark.timeout(1200)]

BOOT_DEADLINE = 300.0  # seconds; without KVM a first boot takes most of a minute on a quiet machine


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "cloud", "qemu")
    try:
        yield server
    finally:
        server.end()


def test_a_server_killed_while_the_guest_is_down_for_an_image_boots_it_again_after_its_restart(
    server: Server, tmp_path: Path
) -> None:
    cloud = server.start()
    login = _launch(cloud, tmp_path)
    instance_id = login.instance_id
    before, first_boot = cloud.instance(instance_id), login.run("cat /proc/sys/kernel/random/boot_id")
    login.run("echo at rest | sudo tee /marker")

    image_id = cloud.call("CreateImage", InstanceId=instance_id, Name="golden")["ImageId"]
    server.wait_for(lambda line: line.get("kind") == "shut-down", 120)
    server.kill()
    [guest] = _guests(server)

    cloud = server.start()
    assert _guests(server) == [guest], "the guest's process outlived the server and was adopted"
    image = _until(lambda: cloud.call("DescribeImages", ImageIds=[image_id])["Images"][0], "State", "available", 120)
    assert [device["DeviceName"] for device in image["BlockDeviceMappings"]] == ["/dev/xvda", "/dev/sdf"]
    after = cloud.instance(instance_id)
    assert {key: after[key] for key in _KEPT} == {key: before[key] for key in _KEPT}
    second_boot = login.run("cat /proc/sys/kernel/random/boot_id")
    assert second_boot != first_boot
    assert login.run("cat /marker") == "at rest"
    boots = cloud.told(f"instances/{instance_id}/boots")["boots"]
    assert [boot["action"] for boot in boots] == ["RunInstances", "CreateImage"]
    assert boots[0]["end_clean"] is True
    assert cloud.told(f"images/{image_id}")["consistency"] == "at-rest"
    _until(lambda: {"seen": login.run("sudo grep -c 'Syncing filesystems' /var/log/messages")}, "seen", "1", 60)

    cloud.call("TerminateInstances", InstanceIds=[instance_id])
    _until(lambda: cloud.instance(instance_id)["State"], "Name", "terminated", 120)
    assert _guests(server) == []


_KEPT = ("State", "LaunchTime", "PublicIpAddress", "PrivateIpAddress", "BlockDeviceMappings", "StateTransitionReason")


class _Login:
    """SSH into an instance, tried until the deadline of a boot."""

    def __init__(self, instance_id: str, address: str, key: Path) -> None:
        self.instance_id = instance_id
        options = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR", "ConnectTimeout=10"]
        self._ssh = ["ssh", "-i", str(key), *(word for one in options for word in ("-o", one)), f"admin@{address}"]

    def run(self, command: str) -> str:
        deadline = time.monotonic() + BOOT_DEADLINE
        while True:
            ended = subprocess.run(
                [*self._ssh, command],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
            if ended.returncode == 0:
                return ended.stdout.strip()
            if ended.returncode != 255 or time.monotonic() > deadline:
                raise AssertionError(f"{command}: {ended.returncode} {ended.stdout} {ended.stderr}")
            time.sleep(1)  # a connection refused says nothing about when to come back


def _launch(cloud: CloudClient, folder: Path) -> _Login:
    """An instance of the Debian AMI with a second volume, reached by SSH."""
    image = asyncio.run(debian_image(cloud, lambda what, percent: None))
    key = folder / "key.pem"
    key.write_text(cloud.call("CreateKeyPair", KeyName="test", KeyType="ed25519")["KeyMaterial"])
    key.chmod(0o600)
    group = cloud.call("CreateSecurityGroup", GroupName="ssh", Description="ssh")["GroupId"]
    cloud.call(
        "AuthorizeSecurityGroupIngress", GroupId=group, IpProtocol="tcp", FromPort=22, ToPort=22, CidrIp="0.0.0.0/0"
    )
    launched = cloud.call(
        "RunInstances",
        ImageId=image,
        InstanceType="t3.micro",
        MinCount=1,
        MaxCount=1,
        KeyName="test",
        SecurityGroupIds=[group],
        BlockDeviceMappings=[{"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 1, "DeleteOnTermination": True}}],
    )["Instances"][0]
    _until(lambda: cloud.instance(launched["InstanceId"])["State"], "Name", "running", 120)
    return _Login(launched["InstanceId"], launched["PublicIpAddress"], key)


def _guests(server: Server) -> list[int]:
    """The guests' processes of this cloud."""
    return [pid for pid in processes_of(server.data_dir) if b"qemu-system" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def _until(look: Any, member: str, wanted: str, seconds: float) -> dict[str, Any]:
    """Look again and again, as a waiter does, until the member is as wanted."""
    deadline = time.monotonic() + seconds
    while (seen := look())[member] != wanted:
        assert time.monotonic() < deadline, f"{member} is {seen[member]}, not {wanted}"
        time.sleep(0.5)
    found: dict[str, Any] = seen
    return found
