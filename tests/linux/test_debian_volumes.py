"""A real Linux and its volumes: one comes while it runs, is cut with its file systems frozen, grows, and goes again."""

import base64
from functools import partial

import pytest
from debian_guest import image_of, until, volume_of
from shared_guest import MADE, SharedGuest

pytestmark = [pytest.mark.linux, pytest.mark.timeout(1200)]

DATA = f"{MADE}/data"
_GIB = 1 << 30
_UNFROZEN_WITHIN = 60.0  # seconds: the agent has fifteen to answer, and the rest is what every image takes
_FROZEN = [{"ResourceType": "image", "Tags": [{"Key": "kumoniwa:freeze", "Value": "true"}]}]


@pytest.mark.some_of("tests of the shared guest", 2)
def test_a_volume_comes_to_a_real_guest_is_cut_grows_and_goes(shared_guest: SharedGuest) -> None:
    cloud, login, instance_id = shared_guest.cloud, shared_guest.login, shared_guest.instance_id
    boots = len(shared_guest.boots())
    volume_id = shared_guest.attach("/dev/sdg")
    device = login.device(volume_id)
    assert device.startswith("/dev/nvme")
    login.run(f"sudo mkfs.ext4 -q {device} && mkdir {DATA} && sudo mount {device} {DATA}")
    login.run(f"echo kept | sudo tee {DATA}/file && sync")

    picture = base64.b64decode(cloud.call("GetConsoleScreenshot", InstanceId=instance_id)["ImageData"])
    assert picture.startswith(b"\xff\xd8\xff"), "a JPG"

    made = cloud.call("CreateImage", InstanceId=instance_id, Name="live", NoReboot=True, TagSpecifications=_FROZEN)
    image = until(lambda: image_of(cloud, made["ImageId"]), "State", "available", 120)
    truth = cloud.evidence(f"images/{made['ImageId']}")
    assert (truth["consistency"], 0 < truth["frozen_ms"] < 45_000) == ("frozen", True), truth
    assert len(shared_guest.boots()) == boots, "it was not rebooted"

    _is_cut_without_an_agent_that_answers(shared_guest)

    cloud.call("ModifyVolume", VolumeId=volume_id, Size=2)
    until(lambda: volume_of(cloud, volume_id), "Size", 2, 60)
    login.run(f"echo while it was longer than it looked | sudo tee {DATA}/later && sync")
    cloud.call("RebootInstances", InstanceIds=[instance_id])
    shared_guest.until_booted(boots + 1)
    device = login.device(volume_id)
    assert login.run(f"sudo blockdev --getsize64 {device}") == str(2 * _GIB)
    login.run(f"sudo mount {device} {DATA} && sudo resize2fs {device} 2>/dev/null; cat {DATA}/later")
    login.run(f"sudo umount {DATA}")

    shared_guest.detach(volume_id)
    assert login.run(f"lsblk -dno SERIAL | grep -c {volume_id.replace('-', '')} || true") == "0"

    [data] = [one["Ebs"]["SnapshotId"] for one in image["BlockDeviceMappings"] if one["DeviceName"] == "/dev/sdg"]
    restored = shared_guest.attach("/dev/sdh", SnapshotId=data)
    device = login.device(restored)
    assert "needs_recovery" not in login.run(f"sudo dumpe2fs -h {device} 2>/dev/null"), "frozen: nothing to replay"
    login.run(f"sudo e2fsck -fn {device}")
    assert login.run(f"sudo mount -o ro {device} {DATA} && ls {DATA} && cat {DATA}/file") == "file\nlost+found\nkept"


def _is_cut_without_an_agent_that_answers(shared_guest: SharedGuest) -> None:
    """Where the guest's agent is hung or gone, the cut is made nevertheless, soon, and says why it is not frozen."""
    cloud, login = shared_guest.cloud, shared_guest.login
    for name, before, after, why in (
        ("its agent hangs", "pkill -STOP qemu-ga", "pkill -CONT qemu-ga", "did not answer"),
        ("its agent is stopped", "systemctl stop qemu-guest-agent", "true", "the guest runs no agent"),
    ):
        login.run(f"sudo {before}")
        asked = {"InstanceId": login.instance_id, "Name": name, "NoReboot": True, "TagSpecifications": _FROZEN}
        made = cloud.call("CreateImage", **asked)["ImageId"]
        until(partial(image_of, cloud, made), "State", "available", _UNFROZEN_WITHIN)
        login.run(f"sudo {after}; echo {name} | sudo tee {DATA}/{before.split()[0]} && sync")
        truth = cloud.evidence(f"images/{made}")
        assert (truth["consistency"], truth["frozen_ms"]) == ("crash-consistent", None), truth
        assert truth["detail"].startswith("the guest went on running, its file systems not frozen: ")
        assert why in truth["detail"]
    login.run(f"sudo rm {DATA}/pkill {DATA}/systemctl && sudo systemctl start qemu-guest-agent")
