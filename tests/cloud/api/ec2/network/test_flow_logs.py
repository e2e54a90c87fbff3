"""Flow logs as records: made, shown, filtered, deleted, and refused in EC2's words."""

from typing import Any

import pytest
from asgi import Refused
from stack import Stack

pytestmark = pytest.mark.anyio

_TO_S3 = {"TrafficType": "ALL", "LogDestinationType": "s3", "LogDestination": "arn:aws:s3:::bucket/logs"}
_TO_GROUP = {"TrafficType": "REJECT", "LogGroupName": "flows", "DeliverLogsPermissionArn": "arn:aws:iam::1:role/r"}


async def _vpc(stack: Stack) -> str:
    vpc_id: str = (await stack.call("DescribeVpcs"))["Vpcs"][0]["VpcId"]
    return vpc_id


async def _made(stack: Stack, **parameters: Any) -> dict[str, Any]:
    asked = {"ResourceType": "VPC", "ResourceIds": [await _vpc(stack)], **parameters}
    found: dict[str, Any] = await stack.call("CreateFlowLogs", **asked)
    return found


async def test_flow_logs_are_made_shown_and_deleted(stack: Stack) -> None:
    subnets = [one["SubnetId"] for one in (await stack.call("DescribeSubnets"))["Subnets"][:2]]
    tags = [{"ResourceType": "vpc-flow-log", "Tags": [{"Key": "k", "Value": "v"}]}]
    of_subnets = await _made(stack, ResourceType="Subnet", ResourceIds=subnets, **_TO_GROUP, TagSpecifications=tags)
    assert of_subnets["Unsuccessful"] == []
    assert of_subnets["ClientToken"], "EC2 draws one for who gives none"
    (of_vpc,) = (await _made(stack, **_TO_S3, MaxAggregationInterval=60))["FlowLogIds"]
    (shown,) = (await stack.call("DescribeFlowLogs", FlowLogIds=[of_vpc]))["FlowLogs"]
    assert (shown["ResourceId"], shown["FlowLogStatus"], shown["MaxAggregationInterval"]) == (
        await _vpc(stack),
        "ACTIVE",
        60,
    )
    assert shown["Tags"] == []
    assert shown["LogFormat"].startswith("${version} ${account-id} ")
    assert shown["DestinationOptions"]["FileFormat"] == "plain-text"
    assert "DeliverLogsStatus" not in shown, "nothing is delivered"
    filters = [{"Name": "tag:k", "Values": ["v"]}, {"Name": "traffic-type", "Values": ["REJECT"]}]
    found = (await stack.call("DescribeFlowLogs", Filter=filters))["FlowLogs"]
    assert {one["ResourceId"] for one in found} == set(subnets)
    assert {(one["LogGroupName"], one["MaxAggregationInterval"]) for one in found} == {("flows", 600)}
    await stack.call("DeleteFlowLogs", FlowLogIds=[of_vpc, *of_subnets["FlowLogIds"]])
    assert (await stack.call("DescribeFlowLogs"))["FlowLogs"] == []


async def test_the_same_flow_log_is_not_made_twice(stack: Stack) -> None:
    await _made(stack, **_TO_S3)
    with pytest.raises(Refused) as refusal:
        await _made(stack, **_TO_S3)
    assert refusal.value.code == "FlowLogAlreadyExists"
    assert (await _made(stack, **{**_TO_S3, "LogDestination": "arn:aws:s3:::other"}))["FlowLogIds"]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({**_TO_S3, "ResourceIds": ["vpc-0123456789abcdef0"]}, "InvalidVpcID.NotFound"),
        ({**_TO_S3, "ResourceType": "TransitGateway"}, "InvalidParameterValue"),
        ({**_TO_S3, "MaxAggregationInterval": 90}, "InvalidParameter"),
        ({**_TO_S3, "LogGroupName": "flows"}, "InvalidParameter"),
        ({"TrafficType": "ALL", "LogDestinationType": "s3"}, "InvalidParameter"),
        ({"TrafficType": "ALL", "LogDestinationType": "s3", "LogGroupName": "flows"}, "InvalidParameter"),
        ({"TrafficType": "ALL", "LogGroupName": "flows"}, "InvalidParameter"),
        ({"TrafficType": "ALL"}, "InvalidParameter"),
        ({"TrafficType": "MOST", "LogGroupName": "flows"}, "InvalidParameterValue"),
        ({"LogGroupName": "flows"}, "MissingParameter"),
    ],
)
async def test_what_is_no_flow_log_is_refused(stack: Stack, asked: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused) as refusal:
        await _made(stack, **asked)
    assert refusal.value.code == code
    assert (await stack.call("DescribeFlowLogs"))["FlowLogs"] == []


async def test_a_flow_log_that_does_not_exist_is_refused(stack: Stack) -> None:
    for action in ("DescribeFlowLogs", "DeleteFlowLogs"):
        with pytest.raises(Refused) as refusal:
            await stack.call(action, FlowLogIds=["fl-0123456789abcdef0"])
        assert refusal.value.code == "InvalidFlowLogId.NotFound"
