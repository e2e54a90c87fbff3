"""Instances are found by filters, on pages and by ids."""

from typing import Any

import pytest
from asgi import Refused
from stack import Stack

pytestmark = pytest.mark.anyio

NOBODY = "i-0123456789abcdef0"


async def _found(stack: Stack, name: str, *values: str) -> set[str]:
    told = await stack.call("DescribeInstances", Filters=[{"Name": name, "Values": list(values)}])
    return {one["InstanceId"] for reservation in told["Reservations"] for one in reservation["Instances"]}


async def test_filters_find_the_instance_by_what_is_told_of_it(stack: Stack) -> None:
    group = (await stack.call("CreateSecurityGroup", GroupName="web", Description="web"))["GroupId"]
    await stack.call("CreateKeyPair", KeyName="mine")
    instance_id = await stack.launch(
        KeyName="mine",
        SecurityGroupIds=[group],
        InstanceType="t3.small",
        Placement={"AvailabilityZone": "us-east-1b"},
        MetadataOptions={"HttpTokens": "required"},
        TagSpecifications=[
            {"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "web-1"}]},
            {"ResourceType": "network-interface", "Tags": [{"Key": "wire", "Value": "red"}]},
        ],
    )
    other = await stack.launch()
    instance = await stack.instance(instance_id)
    interface, device = instance["NetworkInterfaces"][0], instance["BlockDeviceMappings"][0]["Ebs"]
    asked = {
        "availability-zone-id": "use1-az2",
        "block-device-mapping.volume-id": device["VolumeId"],
        "instance.group-name": "w?b",
        "ip-address": instance["PublicIpAddress"],
        "key-name": "mine",
        "metadata-options.http-tokens": "required",
        "network-interface.addresses.association.public-ip": instance["PublicIpAddress"],
        "network-interface.attachment.instance-id": instance_id,
        "network-interface.group-id": group,
        "network-interface.mac-address": interface["MacAddress"],
        "network-interface.tag-key": "wi*",
        "network-interface.tag-value": "red",
        "private-dns-name": instance["PrivateDnsName"],
        "private-ip-address": instance["PrivateIpAddress"],
        "tag:Name": "web-*",
        "tag-key": "Name",
    }
    for name, value in asked.items():
        assert await _found(stack, name, value) == {instance_id}, name
    both = {
        "block-device-mapping.delete-on-termination": "true",
        "instance-state-name": "running",
        "instance-state-code": "16",
        "maintenance-options.auto-recovery": "default",
        "network-interface.addresses.primary": "true",
        "network-interface.attachment.device-index": "0",
        "operator.managed": "false",
        "private-dns-name-options.hostname-type": "ip-name",
        "root-device-type": "ebs",
        "launch-time": "20*T*Z",
    }
    for name, value in both.items():
        assert await _found(stack, name, value) == {instance_id, other}, name


async def test_pages_hold_every_instance_once(stack: Stack) -> None:
    image = (await stack.call("DescribeImages", Owners=["self"]))["Images"][0]["ImageId"]
    await stack.call("RunInstances", ImageId=image, MinCount=12, MaxCount=12)
    await stack.idle()
    seen: list[str] = []
    token: dict[str, Any] = {}
    while True:
        page = await stack.call("DescribeInstances", MaxResults=5, **token)
        seen += [one["InstanceId"] for reservation in page["Reservations"] for one in reservation["Instances"]]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert len(seen) == len(set(seen)) == 12
    with pytest.raises(Refused) as refused:
        await stack.call("DescribeInstances", InstanceIds=seen[:1], MaxResults=5)
    assert refused.value.message == "The parameter instancesSet cannot be used with the parameter maxResults"
    with pytest.raises(Refused) as refused:
        await stack.call("DescribeInstances", MaxResults=4)
    assert refused.value.message == (
        "Value ( 4 ) for parameter maxResults is invalid. Expecting a value greater than 5."
    )


async def test_one_id_of_nobody_refuses_them_all(stack: Stack) -> None:
    instance_id = await stack.launch()
    for action in ("DescribeInstances", "DescribeInstanceStatus", "DescribeInstanceCreditSpecifications"):
        with pytest.raises(Refused) as refused:
            await stack.call(action, InstanceIds=[instance_id, NOBODY])
        assert refused.value.message == f"The instance ID '{NOBODY}' does not exist"


async def test_a_terminated_instance_has_its_tags_and_no_address_volume_group_or_interface(stack: Stack) -> None:
    instance_id = await stack.launch(
        TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "web"}]}]
    )
    await stack.call("TerminateInstances", InstanceIds=[instance_id])
    await stack.idle()
    told = await stack.instance(instance_id)
    assert told["Tags"] == [{"Key": "Name", "Value": "web"}]
    assert told["StateReason"]["Code"] == "Client.UserInitiatedShutdown"
    assert told["StateTransitionReason"].startswith("User initiated (")
    assert told["PublicDnsName"] == told["PrivateDnsName"] == ""
    assert not told["BlockDeviceMappings"] + told["NetworkInterfaces"] + told["SecurityGroups"]
    assert told.keys().isdisjoint({"PrivateIpAddress", "PublicIpAddress", "SubnetId", "VpcId", "SourceDestCheck"})
    assert (await stack.call("DescribeNetworkInterfaces"))["NetworkInterfaces"] == []
    assert await _found(stack, "instance-state-name", "terminated") == {instance_id}
