"""The host's disk becomes full, really: the data folder lies on a small file system of its own."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from debian_guest import launch, until
from server import Server

from kumoniwa.client.cloud import CloudClient
from kumoniwa.hypervisor.qemu.space import FLOOR, free_bytes

pytestmark = [
    pytest.mark.vm,
    pytest.mark.timeout(1200),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a file system"),
]

_MIB = 1 << 20
_WRITTEN = 1200 * _MIB
_PATTERN = f"yes kumoniwa | head -c {_WRITTEN}"


class SmallDisk:
    """A file system of its own, as large as a test says."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def mount(self, mib: int) -> None:
        _run("mount", "-t", "tmpfs", "-o", f"size={mib}m", "kumoniwa-test", str(self.path))

    def resize(self, mib: int) -> None:
        _run("mount", "-o", f"remount,size={mib}m", str(self.path))

    def unmount(self) -> None:
        _run("umount", "--lazy", str(self.path))


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    disk = SmallDisk(tmp_path / "small")
    disk.path.mkdir()
    disk.mount(1400)
    try:
        yield disk
    finally:
        disk.unmount()


@pytest.fixture
def server(disk: SmallDisk) -> Iterator[Server]:
    server = Server(disk.path / "cloud", "qemu")
    try:
        yield server
    finally:
        server.end()


def test_a_guest_that_fills_the_hosts_disk_pauses_and_goes_on_and_loses_nothing(
    server: Server, disk: SmallDisk, tmp_path: Path
) -> None:
    cloud = server.start()
    login = launch(cloud, tmp_path, data_gib=2)
    instance_id = login.instance_id
    serial = cloud.instance(instance_id)["BlockDeviceMappings"][1]["Ebs"]["VolumeId"].replace("-", "")
    device = login.run(f"lsblk -dnpo NAME,SERIAL | awk '$2 == \"{serial}\" {{print $1}}'")
    write = f"{_PATTERN} | dd of={device} bs=1M iflag=fullblock oflag=direct && touch /written"
    login.run(f"sudo setsid sh -c '{write}' >/dev/null 2>&1 </dev/null &")
    server.wait_for(lambda line: line.get("kind") == "out-of-space", 300)
    until(lambda: _status(cloud, instance_id), "Status", "impaired", 60)
    assert 0 < free_bytes(disk.path) < FLOOR, "it paused before there was nothing left"
    disk.resize(3000)
    server.wait_for(lambda line: line.get("kind") == "resumed", 60)
    login.run("timeout 240 sh -c 'until [ -e /written ]; do sleep 1; done'")
    assert login.run(f"{_PATTERN} | sudo cmp -n {_WRITTEN} - {device} && echo same") == "same"
    boots = cloud.told(f"instances/{instance_id}/boots")["boots"]
    assert len(boots) == 1, "it went on where it stood"


def _status(cloud: CloudClient, instance_id: str) -> dict[str, Any]:
    told: dict[str, Any] = cloud.call("DescribeInstanceStatus", InstanceIds=[instance_id])["InstanceStatuses"][0]
    return dict(told["InstanceStatus"])


def _run(*argv: str) -> None:
    subprocess.run(argv, check=True, capture_output=True, timeout=60)
