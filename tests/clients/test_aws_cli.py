"""A day with the AWS CLI: what a person types, what is answered, and what is told when something is refused."""

import json
from pathlib import Path
from typing import Any

import pytest
from cloud_process import AwsCli

pytestmark = pytest.mark.clients


@pytest.fixture(scope="module")
def image(aws: AwsCli) -> str:
    found: str = aws(
        "ec2", "describe-images", "--owners", "self", "--filters", "Name=name,Values=debian-12-*",
        "--query", "Images[0].ImageId", "--output", "text",
    )  # fmt: skip
    return found


@pytest.fixture(scope="module")
def group(aws: AwsCli) -> str:
    """A security group that admits SSH."""
    group: str = aws("ec2", "create-security-group", "--group-name", "web", "--description", "for the web")["GroupId"]
    allowed = aws(
        "ec2", "authorize-security-group-ingress", "--group-id", group,
        "--protocol", "tcp", "--port", 22, "--cidr", "127.0.0.0/8",
    )  # fmt: skip
    assert allowed["Return"] is True
    assert allowed["SecurityGroupRules"][0]["CidrIpv4"] == "127.0.0.0/8"
    return group


@pytest.fixture(scope="module")
def launched(aws: AwsCli, image: str, group: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Three instances `web` with all that a person gives them, running and reachable."""
    folder = tmp_path_factory.mktemp("launch")
    (folder / "user-data.sh").write_text("#!/bin/sh\nmkfs.ext4 -L data /dev/sdf\n")
    devices = [
        {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 12}},
        {"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 3, "VolumeType": "gp3", "DeleteOnTermination": True}},
    ]
    (folder / "devices.json").write_text(json.dumps(devices))
    key = aws("ec2", "create-key-pair", "--key-name", "laptop", "--key-type", "ed25519")
    assert key["KeyMaterial"].startswith("-----BEGIN OPENSSH PRIVATE KEY-----")
    reservation: dict[str, Any] = aws(
        "ec2", "run-instances", "--image-id", image, "--instance-type", "t3.small", "--count", 3,
        "--key-name", "laptop", "--security-group-ids", group,
        "--user-data", f"file://{folder}/user-data.sh", "--block-device-mappings", f"file://{folder}/devices.json",
        "--tag-specifications", "ResourceType=instance,Tags=[{Key=Name,Value=web},{Key=Team,Value=gärtnerei}]",
        "ResourceType=volume,Tags=[{Key=Name,Value=web}]",
    )  # fmt: skip
    ids = [instance["InstanceId"] for instance in reservation["Instances"]]
    assert {instance["State"]["Name"] for instance in reservation["Instances"]} == {"pending"}
    aws("ec2", "wait", "instance-running", "--instance-ids", *ids)
    aws("ec2", "wait", "instance-status-ok", "--instance-ids", *ids)
    return {"ids": ids, **reservation}


def test_sts_says_who_is_asking(aws: AwsCli) -> None:
    assert aws("sts", "get-caller-identity") == {
        "UserId": "123456789012",
        "Account": "123456789012",
        "Arn": "arn:aws:iam::123456789012:root",
    }


def test_a_launch_is_described_with_all_that_was_asked_for(aws: AwsCli, launched: dict[str, Any], group: str) -> None:
    found = aws(
        "ec2", "describe-instances", "--filters", "Name=tag:Name,Values=w*b", "Name=instance-state-name,Values=running",
        "--query", "Reservations[].Instances[]",
    )  # fmt: skip
    assert sorted(instance["InstanceId"] for instance in found) == sorted(launched["ids"])
    one = found[0]
    assert {(tag["Key"], tag["Value"]) for tag in one["Tags"]} == {("Name", "web"), ("Team", "gärtnerei")}
    assert one["KeyName"] == "laptop" and one["SecurityGroups"] == [{"GroupId": group, "GroupName": "web"}]
    assert [mapping["DeviceName"] for mapping in one["BlockDeviceMappings"]] == ["/dev/xvda", "/dev/sdf"]
    sizes = aws(
        "ec2", "describe-volumes", "--filters", f"Name=attachment.instance-id,Values={one['InstanceId']}",
        "--query", "Volumes[].Size",
    )  # fmt: skip
    assert sorted(sizes) == [3, 12]
    user_data = aws(
        "ec2", "describe-instance-attribute", "--instance-id", one["InstanceId"], "--attribute", "userData",
        "--query", "UserData.Value", "--output", "text",
    )  # fmt: skip
    assert user_data == "IyEvYmluL3NoCm1rZnMuZXh0NCAtTCBkYXRhIC9kZXYvc2RmCg=="
    table = aws("ec2", "describe-instances", "--output", "table", "--instance-ids", one["InstanceId"])
    assert one["PublicIpAddress"] in table


def test_a_listing_comes_in_pages(aws: AwsCli, launched: dict[str, Any]) -> None:
    listing = ["ec2", "describe-volumes", "--filters", "Name=tag:Name,Values=web", "--page-size", 5]
    volumes = aws(*listing, "--query", "Volumes[].VolumeId")
    assert len(set(volumes)) == 6
    first = aws(*listing, "--max-items", 2)
    rest = aws(*listing, "--starting-token", first["NextToken"])
    assert [volume["VolumeId"] for page in (first, rest) for volume in page["Volumes"]] == volumes


def test_an_instance_stops_and_starts_again_with_a_new_public_address(aws: AwsCli, launched: dict[str, Any]) -> None:
    instance = launched["ids"][0]
    described = ["ec2", "describe-instances", "--instance-ids", instance, "--query", "Reservations[0].Instances[0]"]
    before = aws(*described)
    change = aws("ec2", "stop-instances", "--instance-ids", instance)["StoppingInstances"][0]
    assert (change["PreviousState"]["Name"], change["CurrentState"]["Name"]) == ("running", "stopping")
    aws("ec2", "wait", "instance-stopped", "--instance-ids", instance)
    stopped = aws(*described)
    assert stopped["StateReason"]["Code"] == "Client.UserInitiatedShutdown"
    assert "PublicIpAddress" not in stopped
    aws("ec2", "start-instances", "--instance-ids", instance)
    aws("ec2", "wait", "instance-running", "--instance-ids", instance)
    after = aws(*described)
    assert after["PrivateIpAddress"] == before["PrivateIpAddress"]
    assert after["PublicIpAddress"] and after["LaunchTime"] > before["LaunchTime"]


def test_protections_are_refused_in_ec2s_words(aws: AwsCli, launched: dict[str, Any]) -> None:
    instance = launched["ids"][1]
    modify = ["ec2", "modify-instance-attribute", "--instance-id", instance]
    aws(*modify, "--disable-api-stop", "Value=true")
    refusal = (
        "An error occurred (OperationNotPermitted) when calling the {} operation: The instance '{}' may not be {}. "
        "Modify its '{}' instance attribute and try again."
    )
    assert aws.refused("ec2", "stop-instances", "--instance-ids", instance) == refusal.format(
        "StopInstances", instance, "stopped", "disableApiStop"
    )
    assert aws.refused("ec2", "terminate-instances", "--instance-ids", instance) == refusal.format(
        "TerminateInstances", instance, "terminated", "disableApiStop"
    )
    aws(*modify, "--disable-api-termination")
    assert aws.refused("ec2", "terminate-instances", "--instance-ids", instance) == refusal.format(
        "TerminateInstances", instance, "terminated", "disableApiTermination"
    )
    assert aws("ec2", "reboot-instances", "--instance-ids", instance) == ""
    aws(*modify, "--disable-api-stop", "Value=false")
    aws(*modify, "--no-disable-api-termination")


def test_an_image_is_made_launched_and_given_up(aws: AwsCli, launched: dict[str, Any], tmp_path: Path) -> None:
    source = launched["ids"][2]
    image = aws("ec2", "create-image", "--instance-id", source, "--name", "golden (v1)", "--description", "a & b <c>")[
        "ImageId"
    ]
    aws("ec2", "wait", "image-available", "--image-ids", image)
    described = aws("ec2", "describe-images", "--image-ids", image)["Images"][0]
    assert described["Description"] == "a & b <c>" and described["SourceInstanceId"] == source
    snapshots = [mapping["Ebs"]["SnapshotId"] for mapping in described["BlockDeviceMappings"]]
    assert len(snapshots) == 2
    assert aws.refused("ec2", "create-image", "--instance-id", source, "--name", "golden (v1)") == (
        "An error occurred (InvalidAMIName.Duplicate) when calling the CreateImage operation: "
        f"AMI name golden (v1) is already in use by AMI {image}"
    )
    aws("ec2", "create-tags", "--resources", image, *snapshots, "--tags", "Key=Release,Value=1", "Key=Old,Value=")
    aws("ec2", "delete-tags", "--resources", image, *snapshots, "--tags", "Key=Old")
    tagged = aws("ec2", "describe-tags", "--filters", "Name=key,Values=Release,Old", "--query", "Tags[].ResourceId")
    assert sorted(tagged) == sorted([image, *snapshots])
    copy = aws("ec2", "run-instances", "--image-id", image, "--query", "Instances[0].InstanceId", "--output", "text")
    aws("ec2", "wait", "instance-status-ok", "--instance-ids", copy)
    console = aws("ec2", "get-console-output", "--instance-id", copy, "--output", "text")
    assert "Linux version" in console
    assert aws.refused("ec2", "delete-snapshot", "--snapshot-id", snapshots[0]) == (
        "An error occurred (InvalidSnapshot.InUse) when calling the DeleteSnapshot operation: "
        f"The snapshot {snapshots[0]} is currently in use by {image}"
    )
    aws("ec2", "deregister-image", "--image-id", image)
    for snapshot in snapshots:
        aws("ec2", "delete-snapshot", "--snapshot-id", snapshot)
    assert "InvalidAMIID" in aws.refused("ec2", "run-instances", "--image-id", image)
    aws("ec2", "terminate-instances", "--instance-ids", copy)
    aws("ec2", "wait", "instance-terminated", "--instance-ids", copy)


def test_a_dry_run_says_what_would_happen_and_does_nothing(aws: AwsCli, launched: dict[str, Any]) -> None:
    instance = launched["ids"][0]
    told = aws.refused("ec2", "terminate-instances", "--dry-run", "--instance-ids", instance)
    assert told == (
        "An error occurred (DryRunOperation) when calling the TerminateInstances operation: "
        "Request would have succeeded, but DryRun flag is set."
    )
    aws("ec2", "wait", "instance-running", "--instance-ids", instance)


def test_every_region_is_a_place_of_its_own(aws: AwsCli, launched: dict[str, Any]) -> None:
    elsewhere = ["--region", "eu-central-1", "--endpoint-url", aws.endpoint]
    assert aws("ec2", "describe-instances", *elsewhere)["Reservations"] == []
    instance = launched["ids"][0]
    assert aws.refused("ec2", "describe-instances", "--instance-ids", instance, *elsewhere) == (
        "An error occurred (InvalidInstanceID.NotFound) when calling the DescribeInstances operation: "
        f"The instance ID '{instance}' does not exist"
    )
    zones = aws("ec2", "describe-availability-zones", *elsewhere, "--query", "AvailabilityZones[].ZoneName")
    assert zones and all(zone.startswith("eu-central-1") for zone in zones)


def test_a_wrong_key_or_secret_is_refused(aws: AwsCli) -> None:
    told = (
        "An error occurred (AuthFailure) when calling the DescribeInstances operation: "
        "AWS was not able to validate the provided access credentials"
    )
    assert aws.refused("ec2", "describe-instances", AWS_ACCESS_KEY_ID="AKIAIOSFODNN7EXAMPLE") == told
    assert aws.refused("ec2", "describe-instances", AWS_SECRET_ACCESS_KEY="a guess") == told
    assert "InvalidClientTokenId" in aws.refused("sts", "get-caller-identity", AWS_ACCESS_KEY_ID="AKIAIOSFODNN7EXAMPLE")


def test_what_was_made_can_all_be_cleared_away(aws: AwsCli, launched: dict[str, Any], group: str) -> None:
    in_use = aws.refused("ec2", "delete-security-group", "--group-id", group)
    assert "(DependencyViolation)" in in_use
    aws("ec2", "terminate-instances", "--instance-ids", *launched["ids"])
    aws("ec2", "wait", "instance-terminated", "--instance-ids", *launched["ids"])
    aws("ec2", "delete-security-group", "--group-id", group)
    aws("ec2", "delete-key-pair", "--key-name", "laptop")
    left = "Volumes[].VolumeId"
    assert aws("ec2", "describe-volumes", "--query", left) == []
    ended = aws("ec2", "describe-instances", "--instance-ids", *launched["ids"])["Reservations"][0]["Instances"]
    assert {instance["State"]["Name"] for instance in ended} == {"terminated"}
