"""A real Linux and its volumes: one comes while it runs, is cut with its file systems frozen, grows, and goes again."""

import base64
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from debian_guest import Login, image_of, launch, status_of, until, volume_of
from server import Server

from kumoniwa.client.cloud import CloudClient

pytestmark = [pytest.mark.vm, pytest.mark.timeout(1200)]

_GIB = 1 << 30
_UNFROZEN_WITHIN = 60.0  # seconds: the agent has five to answer, and the rest is what every image takes
_FROZEN = [{"ResourceType": "image", "Tags": [{"Key": "kumoniwa:freeze", "Value": "true"}]}]


def test_a_volume_comes_to_a_real_guest_is_cut_grows_and_goes(server: Server, tmp_path: Path) -> None:
    cloud = server.start()
    login = launch(cloud, tmp_path)
    instance_id = login.instance_id
    zone = cloud.instance(instance_id)["Placement"]["AvailabilityZone"]
    volume_id = cloud.call("CreateVolume", AvailabilityZone=zone, Size=1)["VolumeId"]
    until(lambda: volume_of(cloud, volume_id), "State", "available", 60)
    cloud.call("AttachVolume", VolumeId=volume_id, InstanceId=instance_id, Device="/dev/sdg")
    until(lambda: _attachment(cloud, volume_id), "State", "attached", 60)
    device = login.device(volume_id)
    assert device.startswith("/dev/nvme")
    login.run(f"sudo mkfs.ext4 -q {device} && sudo mkdir -p /data && sudo mount {device} /data")
    login.run("echo kept | sudo tee /data/file && sync")

    picture = base64.b64decode(cloud.call("GetConsoleScreenshot", InstanceId=instance_id)["ImageData"])
    assert picture.startswith(b"\xff\xd8\xff"), "a JPG"

    until(lambda: status_of(cloud, instance_id), "Status", "ok", 120)  # its agent answers
    made = cloud.call("CreateImage", InstanceId=instance_id, Name="live", NoReboot=True, TagSpecifications=_FROZEN)
    image = until(lambda: image_of(cloud, made["ImageId"]), "State", "available", 120)
    truth = cloud.told(f"images/{made['ImageId']}")
    assert (truth["consistency"], 0 < truth["frozen_ms"] < 15_000) == ("frozen", True), truth
    assert len(cloud.told(f"instances/{instance_id}/boots")["boots"]) == 1, "it was not rebooted"

    _is_cut_without_an_agent_that_answers(cloud, login)

    cloud.call("ModifyVolume", VolumeId=volume_id, Size=2)
    until(lambda: volume_of(cloud, volume_id), "Size", 2, 60)
    login.run("echo while it was longer than it looked | sudo tee /data/later && sync")
    cloud.call("RebootInstances", InstanceIds=[instance_id])
    until(lambda: {"boots": len(cloud.told(f"instances/{instance_id}/boots")["boots"])}, "boots", 2, 120)
    device = login.device(volume_id)
    assert login.run(f"sudo blockdev --getsize64 {device}") == str(2 * _GIB)
    login.run(f"sudo mount {device} /data && sudo resize2fs {device} 2>/dev/null; cat /data/later && sudo umount /data")

    cloud.call("DetachVolume", VolumeId=volume_id)
    until(lambda: volume_of(cloud, volume_id), "State", "available", 120)
    assert login.run(f"lsblk -dno SERIAL | grep -c {volume_id.replace('-', '')} || true") == "0"

    [data] = [one["Ebs"]["SnapshotId"] for one in image["BlockDeviceMappings"] if one["DeviceName"] == "/dev/sdg"]
    restored = cloud.call("CreateVolume", AvailabilityZone=zone, SnapshotId=data)["VolumeId"]
    until(lambda: volume_of(cloud, restored), "State", "available", 60)
    cloud.call("AttachVolume", VolumeId=restored, InstanceId=instance_id, Device="/dev/sdh")
    until(lambda: _attachment(cloud, restored), "State", "attached", 60)
    device = login.device(restored)
    assert "needs_recovery" not in login.run(f"sudo dumpe2fs -h {device} 2>/dev/null"), "frozen: nothing to replay"
    login.run(f"sudo e2fsck -fn {device}")
    assert login.run(f"sudo mount -o ro {device} /data && ls /data && cat /data/file") == "file\nlost+found\nkept"


def _is_cut_without_an_agent_that_answers(cloud: CloudClient, login: Login) -> None:
    """Where the guest's agent is hung or gone, the cut is made nevertheless, soon, and says why it is not frozen."""
    for name, before, after, why in (
        ("its agent hangs", "pkill -STOP qemu-ga", "pkill -CONT qemu-ga", "did not answer"),
        ("its agent is stopped", "systemctl stop qemu-guest-agent", "true", "the guest runs no agent"),
    ):
        login.run(f"sudo {before}")
        asked = {"InstanceId": login.instance_id, "Name": name, "NoReboot": True, "TagSpecifications": _FROZEN}
        made = cloud.call("CreateImage", **asked)["ImageId"]
        until(partial(image_of, cloud, made), "State", "available", _UNFROZEN_WITHIN)
        login.run(f"sudo {after}; echo {name} | sudo tee /data/{before.split()[0]} && sync")
        truth = cloud.told(f"images/{made}")
        assert (truth["consistency"], truth["frozen_ms"]) == ("crash-consistent", None), truth
        assert truth["detail"].startswith("the guest went on running, its file systems not frozen: ")
        assert why in truth["detail"]
    login.run("sudo rm /data/pkill /data/systemctl && sudo systemctl start qemu-guest-agent")


def _attachment(cloud: CloudClient, volume_id: str) -> dict[str, Any]:
    attachments: list[dict[str, Any]] = volume_of(cloud, volume_id)["Attachments"]
    assert attachments, "it could not be attached"
    return attachments[0]
