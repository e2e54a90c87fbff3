"""Placement groups: records with EC2's refusals."""

import pytest
from asgi import Refused
from stack import Stack

pytestmark = pytest.mark.anyio


async def _refused(stack: Stack, code: str, action: str, **parameters: object) -> str:
    with pytest.raises(Refused) as refused:
        await stack.call(action, **parameters)
    assert refused.value.code == code
    return refused.value.message


async def test_a_group_is_made_shown_and_deleted(stack: Stack) -> None:
    tags = [{"ResourceType": "placement-group", "Tags": [{"Key": "k", "Value": "v"}]}]
    made = await stack.call("CreatePlacementGroup", GroupName="mine", Strategy="cluster", TagSpecifications=tags)
    (shown,) = (await stack.call("DescribePlacementGroups", GroupNames=["mine"]))["PlacementGroups"]
    assert shown == made["PlacementGroup"]
    assert (shown["State"], shown["Strategy"], shown["Tags"]) == (
        "available",
        "cluster",
        [{"Key": "k", "Value": "v"}],
    )
    assert shown["GroupArn"] == "arn:aws:ec2:us-east-1:123456789012:placement-group/mine"
    by_id = await stack.call("DescribePlacementGroups", GroupIds=[shown["GroupId"]])
    assert by_id["PlacementGroups"] == [shown]
    assert await _refused(stack, "InvalidPlacementGroup.Duplicate", "CreatePlacementGroup", GroupName="mine") == (
        "The placement group 'mine' already exists."
    )
    await stack.in_region("eu-west-1").call("CreatePlacementGroup", GroupName="mine")
    await stack.call("DeletePlacementGroup", GroupName="mine")
    for action, parameters in (
        ("DeletePlacementGroup", {"GroupName": "mine"}),
        ("DescribePlacementGroups", {"GroupNames": ["mine"]}),
    ):
        assert await _refused(stack, "InvalidPlacementGroup.Unknown", action, **parameters) == (
            "The Placement Group 'mine' is unknown."
        )
    assert (await stack.call("DescribeTags"))["Tags"] == []


async def test_a_name_is_of_255_characters_of_ascii(stack: Stack) -> None:
    """An index of PostgreSQL has no room for longer ones."""
    await stack.call("CreatePlacementGroup", GroupName="g" * 255)
    for name in ("g" * 256, "gruppe ä"):
        assert "at most 255 characters of ASCII" in await _refused(
            stack, "InvalidParameterValue", "CreatePlacementGroup", GroupName=name
        )


async def test_the_strategy_decides_what_else_a_group_has(stack: Stack) -> None:
    partition = await stack.call("CreatePlacementGroup", GroupName="p", Strategy="partition", PartitionCount=3)
    assert partition["PlacementGroup"]["PartitionCount"] == 3
    usual = await stack.call("CreatePlacementGroup", GroupName="q", Strategy="partition")
    assert usual["PlacementGroup"]["PartitionCount"] == 2
    spread = await stack.call("CreatePlacementGroup", GroupName="s", Strategy="spread", SpreadLevel="rack")
    assert spread["PlacementGroup"]["SpreadLevel"] == "rack"
    filters = [{"Name": "strategy", "Values": ["spread", "cluster"]}]
    assert [
        group["GroupName"]
        for group in (await stack.call("DescribePlacementGroups", Filters=filters))["PlacementGroups"]
    ] == ["s"]
    for code, parameters in (
        ("MissingParameter", {}),
        ("InvalidParameterValue", {"GroupName": "x", "Strategy": "near"}),
        ("InvalidParameterCombination", {"GroupName": "x", "PartitionCount": 2}),
        ("InvalidParameterValue", {"GroupName": "x", "Strategy": "partition", "PartitionCount": 8}),
        ("InvalidParameterCombination", {"GroupName": "x", "Strategy": "cluster", "SpreadLevel": "rack"}),
        ("UnsupportedOperation", {"GroupName": "x", "Strategy": "spread", "SpreadLevel": "host"}),
    ):
        await _refused(stack, code, "CreatePlacementGroup", **parameters)


async def test_instances_say_where_they_are_and_keep_their_group_in_use(stack: Stack) -> None:
    group = (await stack.call("CreatePlacementGroup", GroupName="p", Strategy="partition"))["PlacementGroup"]
    image = (await stack.call("DescribeImages", Owners=["self"]))["Images"][0]["ImageId"]
    asked = {"ImageId": image, "InstanceType": "m5.large", "MinCount": 3, "MaxCount": 3}
    launched = await stack.call("RunInstances", Placement={"GroupName": "p"}, **asked)
    placed = [instance["Placement"] for instance in launched["Instances"]]
    assert [(one["GroupName"], one["GroupId"], one["PartitionNumber"]) for one in placed] == [
        ("p", group["GroupId"], 1),
        ("p", group["GroupId"], 2),
        ("p", group["GroupId"], 1),
    ]
    filters = [
        {"Name": "placement-group-name", "Values": ["p"]},
        {"Name": "placement-partition-number", "Values": ["2"]},
    ]
    found = await stack.call("DescribeInstances", Filters=filters)
    assert [one["InstanceId"] for r in found["Reservations"] for one in r["Instances"]] == [
        launched["Instances"][1]["InstanceId"]
    ]
    assert await _refused(stack, "InvalidPlacementGroup.InUse", "DeletePlacementGroup", GroupName="p") == (
        "The placement group 'p' is in use and may not be deleted."
    )
    await stack.idle()
    ids = [instance["InstanceId"] for instance in launched["Instances"]]
    await stack.call("TerminateInstances", InstanceIds=ids)
    await stack.idle()
    await stack.call("DeletePlacementGroup", GroupName="p")


async def test_what_a_launch_asks_of_a_group_is_checked(stack: Stack) -> None:
    await stack.call("CreatePlacementGroup", GroupName="near")
    await stack.call("CreatePlacementGroup", GroupName="parted", Strategy="partition")
    image = (await stack.call("DescribeImages", Owners=["self"]))["Images"][0]["ImageId"]
    asked = {"ImageId": image, "MinCount": 1, "MaxCount": 1}
    for code, kind, placement in (
        ("InvalidPlacementGroup.Unknown", "m5.large", {"GroupName": "none"}),
        ("InvalidPlacementGroup.Unknown", "m5.large", {"GroupId": "pg-0123456789abcdef0"}),
        ("InvalidPlacementGroupId.Malformed", "m5.large", {"GroupId": "none"}),
        ("InvalidParameterCombination", "m5.large", {"GroupName": "near", "GroupId": "pg-0123456789abcdef0"}),
        ("InvalidParameterCombination", "m5.large", {"GroupName": "near", "PartitionNumber": 1}),
        ("InvalidParameterCombination", "m5.large", {"PartitionNumber": 1}),
        ("InvalidParameterValue", "m5.large", {"GroupName": "parted", "PartitionNumber": 3}),
    ):
        await _refused(stack, code, "RunInstances", InstanceType=kind, Placement=placement, **asked)
    message = await _refused(
        stack,
        "InvalidParameterCombination",
        "RunInstances",
        InstanceType="t3.micro",
        Placement={"GroupName": "near"},
        **asked,
    )
    assert message == (
        "Cluster placement groups are not supported by the 't3.micro' instance type. Specify a supported instance type "
        "or change the placement group strategy, and try again."
    )
