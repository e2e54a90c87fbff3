"""Network interfaces are those of the instances."""

import pytest
from asgi import Refused
from stack import Stack

pytestmark = pytest.mark.anyio


async def test_network_interfaces_are_those_of_the_instances(stack: Stack) -> None:
    instance_id = await stack.launch()
    await stack.launch()
    instance = await stack.instance(instance_id)
    interface_id = instance["NetworkInterfaces"][0]["NetworkInterfaceId"]
    by_id = await stack.call("DescribeNetworkInterfaces", NetworkInterfaceIds=[interface_id])
    by_instance = await stack.call(
        "DescribeNetworkInterfaces", Filters=[{"Name": "attachment.instance-id", "Values": [instance_id]}]
    )
    assert by_id["NetworkInterfaces"] == by_instance["NetworkInterfaces"]
    told = by_id["NetworkInterfaces"][0]
    assert told["PrivateIpAddress"] == instance["PrivateIpAddress"]
    assert told["Attachment"]["InstanceId"] == instance_id
    assert told["TagSet"] == []
    with pytest.raises(Refused) as refused:
        await stack.call("DescribeNetworkInterfaces", NetworkInterfaceIds=["eni-0123456789abcdef0"])
    assert refused.value.code == "InvalidNetworkInterfaceID.NotFound"
