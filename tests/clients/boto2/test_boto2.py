"""boto 2, which is not kept up since 2018: it names the EC2 API of 2014-10-01, and reads answers in its own way."""

from collections.abc import Callable
from pathlib import Path

import pytest
from cloud_process import Sdk
from other_clients import OtherClient

pytestmark = pytest.mark.clients


def test_boto_2_leads_an_instance_and_a_network_through_their_lives(other_client: Callable[[str], OtherClient]) -> None:
    assert other_client("boto2").python(Path(__file__).with_name("in_boto2.py")) == {
        "version": "2014-10-01",
        "zones": ["us-east-1a", "us-east-1b", "us-east-1c"],
        "image": ["debian-12-amd64-simulated", "available", "ebs", ["/dev/xvda"]],
        "key": "-----BEGIN RSA PRIVATE KEY-----",
        "authorized": True,
        "rules": [["22", ["127.0.0.0/8"]]],
        "instance": [True, "t2.micro", "boto", {"Name": "boto & co"}],
        "groups": ["boto"],
        "devices": ["/dev/xvda"],
        "interfaces": 1,
        "launched": True,
        "attaching": "attaching",
        "detaching": "detaching",
        "shared": True,
        "permissions": {"user_ids": ["210987654321"]},
        "deleted": [True, True],
        "made": ["from boto", [8]],
        "deregistered": True,
        "associated": True,
        "address": True,
        "released": [True, True],
        "modified": True,
        "type": "t2.small",
        "statuses": ["running"],
        "refused": [400, "OperationNotPermitted"],
        "unknown": [400, "InvalidInstanceID.NotFound"],
        "dry_run": [412, "DryRunOperation"],
        "gone": [True, True],
        "gateway": True,
        "route": True,
        "routes": ["0.0.0.0/0", "10.41.0.0/16"],
        "joined": [True],
        "network_gone": [True, True, True, True, True, True],
        "scaled": 0,
        "balanced": 0,
    }


def test_images_are_made_each_day_and_the_oldest_go_although_they_are_protected(
    other_client: Callable[[str], OtherClient], sdk: Sdk
) -> None:
    ec2, boto2, script = sdk.client(), other_client("boto2"), Path(__file__).with_name("in_boto2_images.py")
    tags = [{"Key": "Name", "Value": "garden"}, {"Key": "Backup", "Value": "yes"}]
    launched = ec2.run_instances(
        ImageId=sdk.starting_image(),
        MinCount=1,
        MaxCount=1,
        TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
    )
    [instance_id] = [instance["InstanceId"] for instance in launched["Instances"]]
    ec2.get_waiter("instance_running").wait(InstanceIds=[instance_id])
    others = {snapshot["SnapshotId"] for snapshot in ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]}
    first, second = (boto2.python(script, f"2026-11-{day}", 2) for day in (27, 28))
    assert first["pruned"] == second["pruned"] == []
    [protected] = first["made"]
    ec2.enable_image_deregistration_protection(ImageId=protected, WithCooldown=False)

    third = boto2.python(script, "2026-11-29", 2)

    assert third["lifted"] == third["pruned"] == [protected]
    named = [{"Name": "description", "Values": [f"nightly backup of {instance_id}, *"]}]
    left = ec2.describe_images(Owners=["self"], Filters=named)["Images"]
    assert {image["ImageId"] for image in left} == {*second["made"], *third["made"]}
    assert {image["Name"] for image in left} == {"garden 2026-11-28", "garden 2026-11-29"}
    kept = {device["Ebs"]["SnapshotId"] for image in left for device in image["BlockDeviceMappings"]}
    snapshots = {snapshot["SnapshotId"] for snapshot in ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]}
    assert snapshots == others | kept, "the snapshots of what was pruned are gone, and no others"
    ec2.terminate_instances(InstanceIds=[instance_id])
