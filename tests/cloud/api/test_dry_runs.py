"""The answer to a dry run is what the call would answer, but for doing it: of every action."""

from typing import Any

import pytest
from asgi import Refused
from sqlalchemy import Connection, select
from stack import Stack

from kumoniwa.api import ec2
from kumoniwa.api.registry import ACTIONS
from kumoniwa.gateway.protocols.codec import service_model
from kumoniwa.modules import import_all
from kumoniwa.store.tables import metadata

import_all(ec2)
pytestmark = pytest.mark.anyio

_MODEL = service_model("ec2", "2016-11-15")
DRY = sorted(name for name in ACTIONS["ec2"] if "DryRun" in _MODEL.operation_model(name).input_shape.members)
_LAST = {"TerminateInstances": 2, "DeleteVolume": 1, "DeregisterImage": 1, "DeleteSecurityGroup": 1}  # they end things


async def _code(stack: Stack, name: str, parameters: dict[str, Any]) -> str:
    try:
        await stack.call(name, **parameters)
    except Refused as refused:
        return refused.code
    return "DryRunOperation"


def _rows(connection: Connection) -> dict[str, Any]:
    return {table.name: connection.execute(select(table)).fetchall() for table in metadata.sorted_tables}


async def _parameters(stack: Stack) -> dict[str, Any]:
    """Of every name that actions require, a value of something that is there."""
    instance_id = await stack.launch()
    root = (await stack.instance(instance_id))["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
    image_id = (await stack.call("DescribeImages"))["Images"][0]["ImageId"]
    snapshot_id = (await stack.call("CreateSnapshot", VolumeId=root))["SnapshotId"]
    volume_id = (await stack.call("CreateVolume", AvailabilityZone="us-east-1a", Size=1))["VolumeId"]
    group_id = (await stack.call("CreateSecurityGroup", GroupName="g", Description="d"))["GroupId"]
    vpc_id = (await stack.call("DescribeVpcs"))["Vpcs"][0]["VpcId"]
    of_group = [{"Name": "group-id", "Values": [group_id]}]
    (rule,) = (await stack.call("DescribeSecurityGroupRules", Filters=of_group))["SecurityGroupRules"]
    await stack.idle()
    return {
        "InstanceId": instance_id, "InstanceIds": [instance_id], "ImageId": image_id, "SourceImageId": image_id,
        "SnapshotId": snapshot_id, "SourceSnapshotId": snapshot_id, "VolumeId": volume_id, "GroupId": group_id,
        "Device": "/dev/sdf", "MinCount": 1, "MaxCount": 1, "Resources": [volume_id],
        "VpcId": vpc_id, "Tags": [{"Key": "k", "Value": ""}], "SecurityGroupRules": [{
            "SecurityGroupRuleId": rule["SecurityGroupRuleId"],
            "SecurityGroupRule": {"IpProtocol": "-1", "CidrIpv4": "10.0.0.0/8"}}],
        "KeyName": "key", "GroupName": "new", "Description": "d", "Name": "name", "SourceRegion": "us-east-1",
        "AvailabilityZone": "us-east-1a", "DeprecateAt": "2030-01-01T00:00:00Z", "InstanceSpecification": {
            "InstanceId": instance_id}, "PublicKeyMaterial": b"x", "Attribute": "description", "CpuCredits": "standard",
        "InstanceCreditSpecifications": [{"InstanceId": instance_id, "CpuCredits": "standard"}],
    }  # fmt: skip


async def test_a_dry_run_answers_as_the_call_does_and_leaves_nothing(stack: Stack) -> None:
    known = await _parameters(stack)
    database, answers = stack.running.cloud.world.database, {}
    for name in sorted(DRY, key=lambda name: (_LAST.get(name, 0), name)):
        shape = _MODEL.operation_model(name).input_shape
        wanted = {one: known[one] for one in shape.required_members if one in known}
        wanted |= {"AvailabilityZone": "us-east-1a", "Size": 1} if name == "CreateVolume" else {}
        wanted |= {"ImageId": known["ImageId"]} if name == "RunInstances" else {}
        wanted |= {"GroupId": known["GroupId"]} if name == "DeleteSecurityGroup" else {}
        wanted |= {"Name": name} if "Name" in wanted else {}
        before = await database.read(_rows)
        dry = await _code(stack, name, {**wanted, "DryRun": True})
        assert await database.read(_rows) == before, name
        assert await _code(stack, name, wanted) == dry, name
        answers[name] = dry
        await stack.idle()
    done = {name for name, code in answers.items() if code == "DryRunOperation"}
    assert {"RunInstances", "CreateVolume", "CreateSnapshot", "CreateImage", "TerminateInstances"} <= done, answers


@pytest.mark.parametrize(
    ("name", "parameters", "code"),
    [
        ("RunInstances", {"ImageId": "ami-1234567890abcdef0", "MinCount": 1, "MaxCount": 1}, "InvalidAMIID.NotFound"),
        ("StopInstances", {"InstanceIds": ["nonsense"]}, "InvalidInstanceID.Malformed"),
        ("CreateVolume", {"AvailabilityZone": "us-east-1a", "Size": -1}, "InvalidParameterValue"),
        ("DescribeVolumes", {"VolumeIds": ["vol-1234567890abcdef0"]}, "InvalidVolume.NotFound"),
    ],
)
async def test_a_dry_run_is_checked(stack: Stack, name: str, parameters: dict[str, Any], code: str) -> None:
    assert await _code(stack, name, {**parameters, "DryRun": True}) == code
