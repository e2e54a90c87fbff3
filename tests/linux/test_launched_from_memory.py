"""Debian guests launched from one prepared machine: each has an identity of its own, and is a guest like any other.

Two that have no cloud-init are compared in each run (`test_vpc.py`).
"""

import json
from pathlib import Path
from typing import Any

import identities
import pytest
from debian_guest import KEY, access, image_of, login_to, until, volume_of
from hibernated_guest import goes_on_where_it_stood
from prepared_cloud import PreparedCloud
from sampling import Sampling
from server import Server

from kumoniwa.client.cloud import CloudClient

pytestmark = [pytest.mark.linux, pytest.mark.timeout(3600)]  # twenty guests on a busy machine

TYPE = "t3.micro"
MOST = 20  # guests that are compared: as many where the run is exhaustive
TOGETHER = 4


@pytest.fixture
def cloud(prepared_cloud: PreparedCloud, cloud_folder: Path, server: Server) -> CloudClient:
    """Of a server that did not prepare the machine itself."""
    prepared_cloud.copied(cloud_folder)
    return server.start()


@pytest.mark.some_of("long guests", 1)
def test_guests_launched_from_memory_share_no_identity_and_do_what_their_user_data_says(
    prepared_cloud: PreparedCloud, cloud: CloudClient, tmp_path: Path, sampling: Sampling
) -> None:
    image = prepared_cloud.image
    key, group = access(cloud, tmp_path)
    clones = len(sampling.of(range(MOST), 1))  # and one that is configured, which is compared with them
    told: list[dict[str, Any]] = []
    for begun in range(0, clones, TOGETHER):  # each works for a minute after its launch, and has no need to
        several = _launched(cloud, image, group, count=min(TOGETHER, clones - begun))
        told += [identities.facts_of(login_to(cloud, each, key)) for each in several]
        for facts, each in zip(told[begun:], several, strict=True):
            identities.is_as_told(cloud, facts, each)
        cloud.call("TerminateInstances", InstanceIds=several)
    [configured] = _launched(
        cloud,
        image,
        group,
        count=1,
        UserData="#cloud-config\nbootcmd: [touch /run/early]\nwrite_files: [{path: /etc/told, content: so}]\n",
        BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 11}}],
    )
    login = login_to(cloud, configured, key)
    told.append(identities.facts_of(login))
    identities.is_as_told(cloud, told[-1], configured)
    identities.are_all_others(told)

    login.run("sudo cloud-init status --wait")
    assert json.loads(login.run("hostnamectl --json=short"))["HardwareModel"] == TYPE
    assert login.run("cat /etc/told /run/early /var/lib/cloud/data/instance-id") == f"so{configured}"
    assert int(login.run("df --output=size -BM / | tail -1").strip("M ")) > 10_000, "it has grown"


@pytest.mark.some_of("long guests", 1)
def test_a_guest_launched_from_memory_hibernates_and_lives_on_like_others(
    prepared_cloud: PreparedCloud, cloud: CloudClient, cloud_folder: Path, tmp_path: Path
) -> None:
    """A disk comes, an image is made at rest, and the guest is who it was after its reboot."""
    key, group = access(cloud, tmp_path)
    [launched] = _launched(cloud, prepared_cloud.image, group, count=1, HibernationOptions={"Configured": True})
    login = login_to(cloud, launched, key)
    before = identities.facts_of(login)
    login = goes_on_where_it_stood(cloud, cloud_folder, login, key)
    zone = cloud.instance(login.instance_id)["Placement"]["AvailabilityZone"]
    volume = cloud.call("CreateVolume", AvailabilityZone=zone, Size=1)["VolumeId"]
    until(lambda: volume_of(cloud, volume), "State", "available", 60)
    cloud.call("AttachVolume", InstanceId=login.instance_id, VolumeId=volume, Device="/dev/sdf")
    assert login.device(volume) == "/dev/vdb"
    made = cloud.call("CreateImage", InstanceId=login.instance_id, Name="of a launched guest")["ImageId"]
    until(lambda: image_of(cloud, made), "State", "available", 300)
    assert cloud.evidence(f"images/{made}")["consistency"] == "at-rest"
    login.reconnect()
    after = identities.facts_of(login)
    same = ("machine id", "uuid", "tag", "hostname", "host keys", "mac", "lease", "journals")
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
    first, second = _boots(cloud, login.instance_id)
    assert (first["from_memory"], first["cold_because"], second["from_memory"]) == (True, None, False)
    assert second["cold_because"], "it is said why the reboot was a boot"


def _launched(cloud: CloudClient, image: str, group: str, *, count: int, **more: Any) -> list[str]:
    wanted = {"ImageId": image, "InstanceType": TYPE, "KeyName": KEY, "SecurityGroupIds": [group], **more}
    launched = cloud.call("RunInstances", MinCount=count, MaxCount=count, **wanted)["Instances"]
    ids = [each["InstanceId"] for each in launched]
    for each in ids:
        until(lambda id=each: cloud.instance(id)["State"], "Name", "running", 120)  # type: ignore[misc]
        [boot] = _boots(cloud, each)
        assert boot["from_memory"], boot
    return ids


def _boots(cloud: CloudClient, instance_id: str) -> list[dict[str, Any]]:
    boots: list[dict[str, Any]] = cloud.evidence(f"instances/{instance_id}/boots")["boots"]
    return boots
