"""A real Linux on encrypted disks: it reads what it wrote, and no file of the cloud tells what that was."""

import secrets
from pathlib import Path
from typing import Any

import pytest
from debian_guest import Login, image_of, login_to, until, volume_of
from shared_guest import MADE, SharedGuest

from kumoniwa.client.cloud import CloudClient

pytestmark = [pytest.mark.linux, pytest.mark.timeout(1200)]

_PIECE = 1 << 24  # bytes


def _tells(folder: Path, said: str) -> list[str]:
    """The files below this folder that hold this text."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as file:
                before = b""
                while piece := file.read(_PIECE):
                    if said.encode() in before + piece:
                        found.append(path.name)
                        break
                    before = piece[-len(said) :]
    return found


def _write(login: Login, volume_id: str, said: str) -> None:
    device, where = login.device(volume_id), f"{MADE}/{volume_id}"
    login.run(f"sudo mkfs.ext4 -q {device} && mkdir {where} && sudo mount {device} {where}")
    _say(login, f"{where}/said", said)


def _say(login: Login, path: str, said: str) -> None:
    """Have the guest write this text, which nothing but the file has as it is."""
    login.run(f"printf %s {said[::-1]} | rev | sudo tee {path} >/dev/null && sync")


def _snapshot(cloud: CloudClient, made: dict[str, Any]) -> dict[str, Any]:
    def told() -> dict[str, Any]:
        found: dict[str, Any] = cloud.call("DescribeSnapshots", SnapshotIds=[made["SnapshotId"]])["Snapshots"][0]
        return found

    return until(told, "State", "completed", 300)


@pytest.mark.some_of("tests of the shared guest", 2)
def test_no_file_tells_what_is_on_an_encrypted_volume_or_copy(shared_guest: SharedGuest) -> None:
    cloud, login, folder = shared_guest.cloud, shared_guest.login, shared_guest.data_dir
    sealed, plain = secrets.token_hex(16), secrets.token_hex(16)
    encrypted = shared_guest.attach("/dev/sdf", Size=1, Encrypted=True)
    unencrypted = shared_guest.attach("/dev/sdg", Size=1)
    _write(login, encrypted, sealed)
    _write(login, unencrypted, plain)
    assert _tells(folder, sealed) == []
    assert _tells(folder, plain) != [], "it is seen where it is not encrypted"

    cut = _snapshot(cloud, cloud.call("CreateSnapshot", VolumeId=encrypted))
    assert (cut["Encrypted"], cut["KmsKeyId"]) == (True, volume_of(cloud, encrypted)["KmsKeyId"])
    of_plain = _snapshot(cloud, cloud.call("CreateSnapshot", VolumeId=unencrypted))
    source = {"SourceRegion": "us-east-1", "SourceSnapshotId": of_plain["SnapshotId"]}
    copied = _snapshot(cloud, cloud.call("CopySnapshot", Encrypted=True, **source))
    login.run(f"sudo umount {MADE}/{unencrypted}")
    shared_guest.detach(unencrypted)
    cloud.call("DeleteVolume", VolumeId=unencrypted)
    cloud.call("DeleteSnapshot", SnapshotId=of_plain["SnapshotId"])
    until(lambda: {"tell": _tells(folder, plain)}, "tell", [], 120)

    for number, (snapshot, said) in enumerate(((cut, sealed), (copied, plain))):
        restored = shared_guest.attach(f"/dev/sd{'hi'[number]}", SnapshotId=snapshot["SnapshotId"])
        where = f"{MADE}/{restored}"
        login.run(f"mkdir {where} && sudo mount -o ro {login.device(restored)} {where}")
        assert login.run(f"cat {where}/said") == said
    assert (_tells(folder, sealed), _tells(folder, plain)) == ([], [])


@pytest.mark.some_of("long guests", 1)
def test_a_guest_whose_root_is_encrypted_boots_is_imaged_and_tells_nothing(shared_guest: SharedGuest) -> None:
    cloud, folder = shared_guest.cloud, shared_guest.data_dir
    own = shared_guest.instance()
    launched = cloud.call(
        "RunInstances",
        MinCount=1,
        MaxCount=1,
        ImageId=own["ImageId"],
        InstanceType="t3.nano",
        CpuOptions={"CoreCount": 1, "ThreadsPerCore": 1},
        KeyName=own["KeyName"],
        SecurityGroupIds=[group["GroupId"] for group in own["SecurityGroups"]],
        BlockDeviceMappings=[{"DeviceName": own["RootDeviceName"], "Ebs": {"Encrypted": True}}],
    )["Instances"][0]["InstanceId"]
    try:
        until(lambda: cloud.instance(launched)["State"], "Name", "running", 240)
        login = login_to(cloud, launched, shared_guest.data_dir.parent.parent / "key.pem")
        said = secrets.token_hex(16)
        _say(login, "/root/said", said)
        made = cloud.call("CreateImage", InstanceId=launched, Name="sealed")
        image = until(lambda: image_of(cloud, made["ImageId"]), "State", "available", 400)
        assert image["BlockDeviceMappings"][0]["Ebs"]["Encrypted"]
        login.reconnect()
        assert login.run("sudo cat /root/said") == said, "it was rebooted, and reads what it wrote"
        assert _tells(folder, said) == []
    finally:
        cloud.call("TerminateInstances", InstanceIds=[launched])
        until(lambda: cloud.instance(launched)["State"], "Name", "terminated", 120)
