"""A cloud image of somebody else's: partitioned, with its own boot loader, booted by it, imaged and booted again."""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import somebodys_disk
from debian_guest import Login, image_of, until
from sampling import Sampling
from server import Server

from kumoniwa.client.cloud import CloudClient
from kumoniwa.guest_image import debian12

pytestmark = [pytest.mark.linux, pytest.mark.timeout(1800)]

_IMPORT_DEADLINE = 300  # seconds


@dataclass(frozen=True)
class Way:
    """How somebody else's disk boots."""

    boot_mode: str
    make: Callable[[Path, Path], Path]
    table: str
    again: tuple[str, ...]
    """What is waited for after its image: each is a boot, by the menu that the guest has made anew."""


RESET, LAUNCHED = "the guest itself, which is reset", "a guest that is launched of the image"
WAYS = [
    Way("uefi", somebodys_disk.as_it_is, "gpt", (RESET, LAUNCHED)),
    # How a guest is reset that boots by BIOS, tests of the Debian image see.
    Way("legacy-bios", somebodys_disk.by_master_boot_record, "dos", (LAUNCHED,)),
]


@pytest.mark.some_of("long guests", 1)
@pytest.mark.anyio
async def test_an_imported_disk_boots_is_imaged_and_boots_again(
    server: Server, tmp_path: Path, sampling: Sampling
) -> None:
    built = await debian12.ensure_built(lambda what, percent: None)
    cloud = server.start()
    key = _key_and_group(cloud, tmp_path)
    for way in sampling.of(WAYS, 1):
        disk = way.make(built, tmp_path)
        imported = _import(server.data_dir, disk, way.boot_mode)
        disk.unlink()
        _boots_is_imaged_and_boots_again(cloud, imported, way, key, sampling.of(way.again, 1))


def _boots_is_imaged_and_boots_again(
    cloud: CloudClient, imported: str, way: Way, key: Path, again: Sequence[str]
) -> None:
    boot_mode = way.boot_mode
    assert image_of(cloud, imported)["BootMode"] == boot_mode
    efi = "test -d /sys/firmware/efi" if boot_mode == "uefi" else "test ! -e /sys/firmware/efi"

    first = _launch(cloud, imported, key)
    assert first.run(f"{efi} && lsblk -dno PTTYPE /dev/nvme0n1") == way.table
    assert cloud.instance(first.instance_id)["CurrentInstanceBootMode"] == boot_mode
    assert int(first.run("df --output=size --block-size=1G / | tail -1")) >= 11, "the root grew with its volume"
    first.run("echo mine | sudo tee /marker && sudo update-grub && sync")

    golden = cloud.call("CreateImage", InstanceId=first.instance_id, Name=f"golden-{boot_mode}")["ImageId"]
    until(lambda: image_of(cloud, golden), "State", "available", 300)
    first.reconnect()
    assert image_of(cloud, golden)["BootMode"] == boot_mode
    assert cloud.evidence(f"images/{golden}")["consistency"] == "at-rest"
    if RESET in again:
        assert first.run(f"{efi} && cat /marker") == "mine", "by the menu of update-grub"
    _terminate(cloud, first)
    if LAUNCHED not in again:
        return

    second = _launch(cloud, golden, key)
    assert second.run(f"{efi} && cat /marker") == "mine", "by the menu of update-grub"
    assert cloud.instance(second.instance_id)["CurrentInstanceBootMode"] == boot_mode
    assert second.run("sudo dmesg | grep -c 'EXT4-fs.*recovery' || true") == "0"
    _terminate(cloud, second)


def _import(data_dir: Path, disk: Path, boot_mode: str) -> str:
    """Make an AMI of a disk by the command line; gives its id."""
    command = ["ami", "import", str(disk), "--name", f"somebody else's ({boot_mode})", "--boot-mode", boot_mode]
    ended = subprocess.run(
        [sys.executable, "-m", "kumoniwa", *command, "--data-dir", str(data_dir), "--json"],
        check=True,
        capture_output=True,
        text=True,
        timeout=_IMPORT_DEADLINE,
    )
    return str(json.loads(ended.stdout)["ImageId"])


def _key_and_group(cloud: CloudClient, folder: Path) -> Path:
    """The file of a key named `test`; the default group lets SSH in."""
    key = folder / "key.pem"
    key.write_text(cloud.call("CreateKeyPair", KeyName="test", KeyType="ed25519")["KeyMaterial"])
    key.chmod(0o600)
    cloud.call(
        "AuthorizeSecurityGroupIngress",
        GroupName="default",
        IpProtocol="tcp",
        FromPort=22,
        ToPort=22,
        CidrIp="0.0.0.0/0",
    )
    return key


def _launch(cloud: CloudClient, image_id: str, key: Path) -> Login:
    """An instance of the image with a root volume that is larger than the image."""
    launched = cloud.call(
        "RunInstances",
        ImageId=image_id,
        InstanceType="t3.micro",
        MinCount=1,
        MaxCount=1,
        KeyName="test",
        BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 12}}],
    )["Instances"][0]
    until(lambda: cloud.instance(launched["InstanceId"])["State"], "Name", "running", 120)
    return Login(launched["InstanceId"], launched["PublicIpAddress"], key)


def _terminate(cloud: CloudClient, login: Login) -> None:
    cloud.call("TerminateInstances", InstanceIds=[login.instance_id], SkipOsShutdown=True)
    until(lambda: cloud.instance(login.instance_id)["State"], "Name", "terminated", 120)
