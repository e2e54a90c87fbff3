"""Cloud Custodian: policies over instances, volumes, snapshots and images, run as its users run them."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from cloud_process import CloudProcess, Sdk
from other_clients import OtherClient

pytestmark = [pytest.mark.clients, pytest.mark.every_client]

_POLICIES = Path(__file__).with_name("policies.yml")


def _launched(ec2: Any, image: str, *names: str) -> dict[str, str]:
    """Running instances, by their names."""
    ids = {}
    for name in names:
        tags = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": name}]}]
        made = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, TagSpecifications=tags)
        ids[name] = made["Instances"][0]["InstanceId"]
    ec2.get_waiter("instance_running").wait(InstanceIds=list(ids.values()))
    return ids


def _instance(ec2: Any, instance_id: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = ec2.describe_instances(InstanceIds=[instance_id])["Reservations"][0]["Instances"][0]
    return found


def _tags(resource: Mapping[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in resource["Tags"]}


def _ran(client: OtherClient, output: Path) -> dict[str, int]:
    """How many resources each policy has found. No policy failed."""
    words = ("run", "--output-dir", output, "--cache-period", 0, _POLICIES)
    ran = client.run(client.folder / "bin" / "custodian", *words, seconds=100)
    assert ran.returncode == 0, ran.stderr
    assert "ERROR" not in ran.stderr, ran.stderr
    return {path.parent.name: len(json.loads(path.read_text())) for path in output.glob("*/resources.json")}


def test_custodian_cleans_up_a_cloud_by_its_policies(
    cloud: CloudProcess, sdk: Sdk, other_client: Callable[[str], OtherClient], tmp_path: Path
) -> None:
    client, ec2 = other_client("custodian"), sdk.client()
    ids = _launched(ec2, sdk.starting_image(), "nobodys", "idle", "wanted", "protected")
    ec2.stop_instances(InstanceIds=[ids["wanted"]])
    ec2.get_waiter("instance_stopped").wait(InstanceIds=[ids["wanted"]])
    ec2.modify_instance_attribute(InstanceId=ids["protected"], DisableApiTermination={"Value": True})
    root = _instance(ec2, ids["idle"])["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
    ec2.create_tags(Resources=[root], Tags=[{"Key": "Backup", "Value": "yes"}])
    zone = _instance(ec2, ids["idle"])["Placement"]["AvailabilityZone"]
    free = ec2.create_volume(AvailabilityZone=zone, Size=1)["VolumeId"]
    ec2.get_waiter("volume_available").wait(VolumeIds=[free])
    old = ec2.create_snapshot(
        VolumeId=free, TagSpecifications=[{"ResourceType": "snapshot", "Tags": [{"Key": "Old", "Value": "yes"}]}]
    )["SnapshotId"]
    stale = ec2.create_image(InstanceId=ids["idle"], Name="stale", NoReboot=True)["ImageId"]
    ec2.get_waiter("image_available").wait(ImageIds=[stale])
    ec2.get_waiter("snapshot_completed").wait(SnapshotIds=[old])
    behind = ec2.describe_images(ImageIds=[stale])["Images"][0]["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]

    found = _ran(client, tmp_path)

    assert found == {
        "mark-what-nobody-owns": 1,
        "stop-what-is-idle": 1,
        "start-what-is-wanted": 1,
        "protect-what-is-precious": 1,
        "terminate-although-it-is-protected": 1,
        "snapshot-what-is-attached": 1,
        "delete-what-is-not-attached": 1,
        "deregister-what-is-not-used": 1,
        "delete-old-snapshots": 1,
    }
    assert _tags(_instance(ec2, ids["nobodys"]))["maid_status"].startswith("Resource does not meet policy: stop@")
    ec2.get_waiter("instance_stopped").wait(InstanceIds=[ids["idle"]])
    assert _tags(_instance(ec2, ids["idle"]))["Stopped"] == "custodian"
    ec2.get_waiter("instance_running").wait(InstanceIds=[ids["wanted"]])
    ec2.get_waiter("instance_terminated").wait(InstanceIds=[ids["protected"]])
    assert _tags(_instance(ec2, ids["protected"]))["Seen"] == "protected"
    kept = ec2.describe_snapshots(OwnerIds=["self"], Filters=[{"Name": "volume-id", "Values": [root]}])["Snapshots"]
    assert [_tags(snapshot)["Backup"] for snapshot in kept if snapshot["SnapshotId"] != behind] == ["yes"]
    assert ec2.describe_images(Filters=[{"Name": "name", "Values": ["stale"]}])["Images"] == []
    left = {snapshot["SnapshotId"] for snapshot in ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]}
    assert left.isdisjoint({behind, old})
    ec2.get_waiter("volume_deleted").wait(VolumeIds=[free])
