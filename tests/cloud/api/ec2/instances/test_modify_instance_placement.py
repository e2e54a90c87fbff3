"""ModifyInstancePlacement: a stopped instance comes to a placement group, leaves it, or gets another tenancy."""

from typing import Any

import pytest
from asgi import Refused
from stack import Stack

pytestmark = pytest.mark.anyio


async def _stopped(stack: Stack, **asked: Any) -> str:
    instance = await stack.launch(InstanceType="m5.large", **asked)
    await stack.call("StopInstances", InstanceIds=[instance])
    await stack.idle()
    return instance


async def _placed(stack: Stack, instance: str) -> dict[str, Any]:
    placement: dict[str, Any] = (await stack.instance(instance))["Placement"]
    return {name: value for name, value in placement.items() if not name.startswith("AvailabilityZone")}


async def _group(stack: Stack, name: str, strategy: str = "cluster") -> str:
    made = await stack.call("CreatePlacementGroup", GroupName=name, Strategy=strategy)
    return str(made["PlacementGroup"]["GroupId"])


async def _refused(stack: Stack, code: str, **asked: Any) -> str:
    with pytest.raises(Refused) as refused:
        await stack.call("ModifyInstancePlacement", **asked)
    assert refused.value.code == code
    return refused.value.message


async def test_a_stopped_instance_comes_to_a_group_and_leaves_it(stack: Stack) -> None:
    near, other = await _group(stack, "near"), await _group(stack, "other")
    instance = await _stopped(stack)
    assert await stack.call("ModifyInstancePlacement", InstanceId=instance, GroupName="near") == {"Return": True}
    assert await _placed(stack, instance) == {"GroupName": "near", "GroupId": near, "Tenancy": "default"}
    filters = [{"Name": "placement-group-name", "Values": ["near"]}]
    [found] = (await stack.call("DescribeInstances", Filters=filters))["Reservations"]
    assert found["Instances"][0]["InstanceId"] == instance
    with pytest.raises(Refused) as refused:
        await stack.call("DeletePlacementGroup", GroupName="near")
    assert refused.value.code == "InvalidPlacementGroup.InUse"
    await stack.call("ModifyInstancePlacement", InstanceId=instance, GroupId=other)
    assert await _placed(stack, instance) == {"GroupName": "other", "GroupId": other, "Tenancy": "default"}
    await stack.call("ModifyInstancePlacement", InstanceId=instance, GroupName="")
    assert await _placed(stack, instance) == {"GroupName": "", "Tenancy": "default"}
    for name in ("near", "other"):
        await stack.call("DeletePlacementGroup", GroupName=name)
    await stack.call("StartInstances", InstanceIds=[instance])


async def test_an_instance_gets_a_partition_or_the_one_it_asks_for(stack: Stack) -> None:
    group = await _group(stack, "parted", "partition")
    first, second = await _stopped(stack), await _stopped(stack)
    for instance, partition in ((first, 1), (second, 2)):
        await stack.call("ModifyInstancePlacement", InstanceId=instance, GroupName="parted")
        assert (await _placed(stack, instance))["PartitionNumber"] == partition
    await stack.call("ModifyInstancePlacement", InstanceId=second, PartitionNumber=1)
    placed = {"GroupName": "parted", "GroupId": group, "PartitionNumber": 1, "Tenancy": "default"}
    assert await _placed(stack, second) == placed
    await stack.call("ModifyInstancePlacement", InstanceId=first, GroupId=group, PartitionNumber=2)
    assert (await _placed(stack, first))["PartitionNumber"] == 2
    assert await _refused(stack, "InvalidParameterValue", InstanceId=first, PartitionNumber=3) == (
        "Value (3) for parameter PartitionNumber is invalid."
    )


async def test_tenancy_and_group_are_changed_each_for_itself(stack: Stack) -> None:
    near = await _group(stack, "near")
    instance = await _stopped(stack)
    await stack.call("ModifyInstancePlacement", InstanceId=instance, Tenancy="dedicated")
    assert await _placed(stack, instance) == {"GroupName": "", "Tenancy": "dedicated"}
    filters = [{"Name": "tenancy", "Values": ["dedicated"]}]
    assert len((await stack.call("DescribeInstances", Filters=filters))["Reservations"]) == 1
    await stack.call("ModifyInstancePlacement", InstanceId=instance, GroupName="near")
    assert await _placed(stack, instance) == {"GroupName": "near", "GroupId": near, "Tenancy": "dedicated"}
    await stack.call("ModifyInstancePlacement", InstanceId=instance, Tenancy="default")
    assert await _placed(stack, instance) == {"GroupName": "near", "GroupId": near, "Tenancy": "default"}


async def test_instances_that_are_spread_are_not_dedicated(stack: Stack) -> None:
    await _group(stack, "apart", "spread")
    message = "Spread placement groups are not supported for instances with a tenancy of 'dedicated'."
    dedicated = await _stopped(stack, Placement={"Tenancy": "dedicated"})
    code = "InvalidParameterCombination"
    assert await _refused(stack, code, InstanceId=dedicated, GroupName="apart") == message
    await stack.call("ModifyInstancePlacement", InstanceId=dedicated, GroupName="apart", Tenancy="default")
    assert await _refused(stack, code, InstanceId=dedicated, Tenancy="dedicated") == message
    with pytest.raises(Refused) as refused:
        await stack.launch(InstanceType="m5.large", Placement={"GroupName": "apart", "Tenancy": "dedicated"})
    assert (refused.value.code, refused.value.message) == (code, message)


async def test_in_a_dedicated_vpc_an_instance_stays_dedicated(stack: Stack) -> None:
    vpc = (await stack.call("CreateVpc", CidrBlock="10.1.0.0/16", InstanceTenancy="dedicated"))["Vpc"]["VpcId"]
    subnet = (await stack.call("CreateSubnet", VpcId=vpc, CidrBlock="10.1.0.0/24"))["Subnet"]["SubnetId"]
    instance = await _stopped(stack, SubnetId=subnet)
    assert "the tenancy of its VPC is 'dedicated'" in await _refused(
        stack, "InvalidRequest", InstanceId=instance, Tenancy="default"
    )
    await stack.call("ModifyInstancePlacement", InstanceId=instance, Tenancy="dedicated")
    assert await _placed(stack, instance) == {"GroupName": "", "Tenancy": "dedicated"}


async def test_an_instance_that_runs_stays_where_it_is(stack: Stack) -> None:
    await _group(stack, "near")
    instance = await stack.launch(InstanceType="m5.large")
    assert await _refused(stack, "IncorrectInstanceState", InstanceId=instance, GroupName="near") == (
        f"The instance '{instance}' is not in the 'stopped' state."
    )


async def test_what_no_placement_can_be_is_refused(stack: Stack) -> None:
    await _group(stack, "near")
    burstable = await stack.launch(InstanceType="t3.micro")
    await stack.call("StopInstances", InstanceIds=[burstable])
    instance = await _stopped(stack)
    message = await _refused(stack, "InvalidParameterCombination", InstanceId=burstable, GroupName="near")
    assert message.startswith("Cluster placement groups are not supported by the 't3.micro' instance type.")
    assert await _refused(stack, "InvalidParameterCombination", InstanceId=instance, Affinity="default") == (
        "The parameter affinity cannot be used without specifying a tenancy of 'host'"
    )
    for code, asked in (
        ("InvalidParameterCombination", {}),
        ("InvalidParameterCombination", {"PartitionNumber": 1}),
        ("InvalidParameterCombination", {"GroupName": "near", "PartitionNumber": 1}),
        ("InvalidParameterCombination", {"GroupName": "near", "GroupId": "pg-0123456789abcdef0"}),
        ("InvalidPlacementGroup.Unknown", {"GroupName": "none"}),
        ("InvalidPlacementGroup.Unknown", {"GroupId": "pg-0123456789abcdef0"}),
        ("InvalidParameterValue", {"Tenancy": "shared"}),
        ("UnsupportedOperation", {"Tenancy": "host"}),
        ("UnsupportedOperation", {"HostId": "h-0123456789abcdef0"}),
    ):
        await _refused(stack, code, InstanceId=instance, **asked)
    await _refused(stack, "InvalidInstanceID.NotFound", InstanceId="i-0123456789abcdef0", Tenancy="default")
    assert await _placed(stack, instance) == {"GroupName": "", "Tenancy": "default"}
