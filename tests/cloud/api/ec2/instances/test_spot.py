"""Spot Instances: instances like any other that say so, and are interrupted on demand."""

import json
from datetime import timedelta
from typing import Any

import pytest
from asgi import Refused
from stack import Stack

from kumoniwa.imds.facts import gather
from kumoniwa.imds.tree import find, metadata
from kumoniwa.model.instance_types import INSTANCE_TYPES

pytestmark = pytest.mark.anyio

PERSISTENT = {
    "MarketType": "spot",
    "SpotOptions": {"SpotInstanceType": "persistent", "InstanceInterruptionBehavior": "stop"},
}


async def _image(stack: Stack) -> str:
    return str((await stack.call("DescribeImages", Owners=["self"]))["Images"][0]["ImageId"])


async def _request(stack: Stack, request_id: str) -> dict[str, Any]:
    found = await stack.call("DescribeSpotInstanceRequests", SpotInstanceRequestIds=[request_id])
    request: dict[str, Any] = found["SpotInstanceRequests"][0]
    return request


async def _interrupt(stack: Stack, instance_id: str) -> dict[str, Any]:
    target = f"/_kumoniwa/instances/{instance_id}/spot-interruption"
    answer = await stack.caller.post("", target=target)
    said: dict[str, Any] = json.loads(answer.body)
    return said


async def _reads(stack: Stack, instance_id: str, path: str) -> bytes | None:
    """What the guest finds in its metadata."""
    world, credentials = stack.running.cloud.world, stack.running.cloud.credentials
    assert credentials is not None
    tokens, now = credentials.tokens, world.clock.now()
    facts = await world.database.read(lambda connection: gather(connection, instance_id, tokens, now))
    assert facts is not None
    return find(metadata(facts), f"latest/meta-data/{path}")


async def test_a_launch_that_asks_for_spot_is_one_and_says_so(stack: Stack) -> None:
    tags = [{"ResourceType": "spot-instances-request", "Tags": [{"Key": "k", "Value": "v"}]}]
    options = {"MarketType": "spot", "SpotOptions": {"MaxPrice": "0.05"}}
    instance_id = await stack.launch(InstanceMarketOptions=options, TagSpecifications=tags)
    instance = await stack.instance(instance_id)
    assert (instance["InstanceLifecycle"], instance["State"]["Name"]) == ("spot", "running")
    request = await _request(stack, instance["SpotInstanceRequestId"])
    assert (request["InstanceId"], request["State"], request["Type"]) == (instance_id, "active", "one-time")
    assert (request["Status"]["Code"], request["SpotPrice"], request["InstanceInterruptionBehavior"]) == (
        "fulfilled",
        "0.050000",
        "terminate",
    )
    by_price = [{"Name": "spot-price", "Values": ["0.050000"]}]
    assert len((await stack.call("DescribeSpotInstanceRequests", Filters=by_price))["SpotInstanceRequests"]) == 1
    assert request["Tags"] == [{"Key": "k", "Value": "v"}]
    assert request["LaunchSpecification"]["InstanceType"] == "t3.micro"
    assert request["LaunchSpecification"]["SecurityGroups"] == instance["SecurityGroups"]
    by_group = [{"Name": "launch.group-id", "Values": [instance["SecurityGroups"][0]["GroupId"]]}]
    assert len((await stack.call("DescribeSpotInstanceRequests", Filters=by_group))["SpotInstanceRequests"]) == 1
    spot = [{"Name": "instance-lifecycle", "Values": ["spot"]}]
    assert len((await stack.call("DescribeInstances", Filters=spot))["Reservations"]) == 1
    assert await _reads(stack, instance_id, "instance-life-cycle") == b"spot"
    other = await stack.launch()
    assert "InstanceLifecycle" not in await stack.instance(other)
    assert await _reads(stack, other, "instance-life-cycle") == b"on-demand"


async def test_a_request_is_fulfilled_at_once_by_as_many_instances(stack: Stack) -> None:
    made = await stack.call(
        "RequestSpotInstances",
        InstanceCount=2,
        LaunchGroup="together",
        LaunchSpecification={"ImageId": await _image(stack), "InstanceType": "m5.large"},
    )
    requests = made["SpotInstanceRequests"]
    assert [(one["State"], one["LaunchGroup"]) for one in requests] == [("active", "together")] * 2
    await stack.idle()
    for one in requests:
        assert (await stack.instance(one["InstanceId"]))["State"]["Name"] == "running"
    filters = [{"Name": "launch.instance-type", "Values": ["m5.large"]}, {"Name": "state", "Values": ["active"]}]
    found = (await stack.call("DescribeSpotInstanceRequests", Filters=filters))["SpotInstanceRequests"]
    assert {one["SpotInstanceRequestId"] for one in found} == {one["SpotInstanceRequestId"] for one in requests}


async def test_a_request_shows_the_disks_and_interfaces_that_were_asked_for(stack: Stack) -> None:
    subnet = (await stack.call("DescribeSubnets"))["Subnets"][0]["SubnetId"]
    disks = [{"DeviceName": "/dev/sdf", "Ebs": {"DeleteOnTermination": True, "VolumeSize": 5, "VolumeType": "gp3"}}]
    interfaces = [{"DeviceIndex": 0, "SubnetId": subnet, "AssociatePublicIpAddress": False, "Description": "moss"}]
    asked = {"BlockDeviceMappings": disks, "NetworkInterfaces": interfaces}
    launch = {"ImageId": await _image(stack), "InstanceType": "m5.large", **asked}
    made = (await stack.call("RequestSpotInstances", LaunchSpecification=launch))["SpotInstanceRequests"][0]
    told = await _request(stack, made["SpotInstanceRequestId"])
    for shown in (made["LaunchSpecification"], told["LaunchSpecification"]):
        assert {name: shown[name] for name in asked} == asked
    for name, value in (
        ("launch.block-device-mapping.volume-size", "5"),
        ("launch.block-device-mapping.delete-on-termination", "true"),
        ("network-interface.subnet-id", subnet),
        ("network-interface.device-index", "0"),
    ):
        for values, found in (([value], 1), (["moss"], 0)):
            filters = [{"Name": name, "Values": values}]
            told = await stack.call("DescribeSpotInstanceRequests", Filters=filters)
            assert len(told["SpotInstanceRequests"]) == found, name


async def test_a_cancelled_request_leaves_its_instance_and_an_ended_instance_closes_its_request(stack: Stack) -> None:
    instance_id = await stack.launch(InstanceMarketOptions={"MarketType": "spot"})
    request_id = (await stack.instance(instance_id))["SpotInstanceRequestId"]
    answer = await stack.call("CancelSpotInstanceRequests", SpotInstanceRequestIds=[request_id])
    assert answer["CancelledSpotInstanceRequests"] == [{"SpotInstanceRequestId": request_id, "State": "cancelled"}]
    request = await _request(stack, request_id)
    assert (request["State"], request["Status"]["Code"]) == ("cancelled", "request-canceled-and-instance-running")
    assert (await stack.instance(instance_id))["State"]["Name"] == "running"
    other = await stack.launch(InstanceMarketOptions={"MarketType": "spot"})
    other_request = (await stack.instance(other))["SpotInstanceRequestId"]
    await stack.call("TerminateInstances", InstanceIds=[other])
    await stack.idle()
    request = await _request(stack, other_request)
    assert (request["State"], request["Status"]["Code"]) == ("closed", "instance-terminated-by-user")


async def test_an_interruption_is_noticed_in_the_guest_two_minutes_before_the_end(stack: Stack) -> None:
    instance_id = await stack.launch(InstanceMarketOptions={"MarketType": "spot"}, DisableApiTermination=True)
    request_id = (await stack.instance(instance_id))["SpotInstanceRequestId"]
    assert await _reads(stack, instance_id, "spot/instance-action") is None
    begun = stack.clock.now()
    said = await _interrupt(stack, instance_id)
    assert said["action"] == "terminate"
    action = json.loads(await _reads(stack, instance_id, "spot/instance-action") or b"")
    assert action["action"] == "terminate" and action["time"].endswith("Z")
    assert (await _reads(stack, instance_id, "spot/termination-time") or b"").decode() == action["time"]
    assert (await _request(stack, request_id))["Status"]["Code"] == "marked-for-termination"
    assert await _interrupt(stack, instance_id) == said, "a second notice changes nothing"
    await stack.written()
    await stack.clock.advance(60)
    await stack.idle()
    assert (await stack.instance(instance_id))["State"]["Name"] == "running"
    await stack.clock.advance(61)
    await stack.state(instance_id, "terminated")
    ended = await stack.instance(instance_id)
    assert ended["StateReason"]["Code"] == "Server.SpotInstanceTermination"
    request = await _request(stack, request_id)
    assert (request["State"], request["Status"]["Code"]) == ("closed", "instance-terminated-no-capacity")
    assert stack.clock.now() - begun == timedelta(seconds=121)


async def test_a_persistent_request_may_ask_for_a_stop(stack: Stack) -> None:
    instance_id = await stack.launch(InstanceMarketOptions=PERSISTENT)
    request_id = (await stack.instance(instance_id))["SpotInstanceRequestId"]
    assert (await _interrupt(stack, instance_id))["action"] == "stop"
    await stack.written()
    await stack.clock.advance(121)
    await stack.state(instance_id, "stopped")
    request = await _request(stack, request_id)
    assert (request["State"], request["Status"]["Code"]) == ("disabled", "instance-stopped-no-capacity")
    await stack.call("StartInstances", InstanceIds=[instance_id])
    await stack.idle()
    assert (await _request(stack, request_id))["State"] == "active"
    await stack.call("StopInstances", InstanceIds=[instance_id])


async def test_what_cannot_be_interrupted_or_stopped_is_refused(stack: Stack) -> None:
    on_demand = await stack.launch()
    assert (await _interrupt(stack, on_demand))["code"] == "UnsupportedOperation"
    assert (await _interrupt(stack, "i-0123456789abcdef0"))["code"] == "InvalidInstanceID.NotFound"
    one_time = await stack.launch(InstanceMarketOptions={"MarketType": "spot"})
    with pytest.raises(Refused, match="associated with a one-time Spot Instance request"):
        await stack.call("StopInstances", InstanceIds=[one_time])


@pytest.mark.parametrize(
    ("code", "options"),
    [
        ("UnsupportedOperation", {"MarketType": "capacity-block"}),
        ("InvalidParameterCombination", {"SpotOptions": {"MaxPrice": "1"}}),
        ("InvalidParameterValue", {"MarketType": "spot", "SpotOptions": {"MaxPrice": "cheap"}}),
        ("InvalidParameterValue", {"MarketType": "spot", "SpotOptions": {"MaxPrice": "-1"}}),
        ("InvalidParameterValue", {"MarketType": "spot", "SpotOptions": {"MaxPrice": "0.0009"}}),
        ("InvalidParameterValue", {"MarketType": "spot", "SpotOptions": {"MaxPrice": "1e400000"}}),
        (
            "InvalidParameterCombination",
            {"MarketType": "spot", "SpotOptions": {"InstanceInterruptionBehavior": "stop"}},
        ),
        ("UnsupportedOperation", {"MarketType": "spot", "SpotOptions": {"InstanceInterruptionBehavior": "hibernate"}}),
    ],
)
async def test_what_cannot_be_had_is_refused(stack: Stack, code: str, options: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        await stack.launch(InstanceMarketOptions=options)
    assert refused.value.code == code


async def test_what_a_request_pays_is_not_compared_with_prices_that_are_made_up(stack: Stack) -> None:
    options = {"MarketType": "spot", "SpotOptions": {"MaxPrice": "0.001"}}
    await stack.launch(InstanceType="m5.large", InstanceMarketOptions=options)
    specification = {"ImageId": await _image(stack), "InstanceType": "m5.large"}
    answer = await stack.call("RequestSpotInstances", SpotPrice="0.001", LaunchSpecification=specification)
    assert [one["State"] for one in answer["SpotInstanceRequests"]] == ["active"]


async def _prices(stack: Stack, **asked: Any) -> list[dict[str, Any]]:
    found = await stack.call("DescribeSpotPriceHistory", **{"ProductDescriptions": ["Linux/UNIX"], **asked})
    prices: list[dict[str, Any]] = found["SpotPriceHistory"]
    return prices


async def test_the_price_in_force_is_of_an_earlier_moment_and_stays_the_same(stack: Stack) -> None:
    now = stack.clock.now()
    asked = {"InstanceTypes": ["t3.micro"], "StartTime": now}
    prices = await _prices(stack, **asked)
    assert {one["AvailabilityZone"] for one in prices} == {"us-east-1a", "us-east-1b", "us-east-1c"}
    assert len(prices) == 3
    assert all(now - timedelta(days=3) < one["Timestamp"] <= now for one in prices)
    assert all(0 < float(one["SpotPrice"]) < 0.0104 and len(one["SpotPrice"]) == 8 for one in prices)
    await stack.clock.advance(60)
    assert await _prices(stack, **asked) == prices
    dearer = await _prices(stack, InstanceTypes=["m5.24xlarge"], StartTime=now)
    assert float(dearer[0]["SpotPrice"]) > 100 * float(prices[0]["SpotPrice"])


async def test_a_history_has_the_changes_of_its_time_and_the_price_that_was_in_force_before(stack: Stack) -> None:
    now = stack.clock.now()
    of = {"InstanceTypes": ["m5.large"], "AvailabilityZone": "us-east-1a"}
    whole = await _prices(stack, **of)
    moments = [one["Timestamp"] for one in whole]
    assert moments == [moments[0] - number * timedelta(days=3) for number in range(len(moments))], "the newest first"
    assert 30 <= len(moments) <= 31 and moments[-1] <= now - timedelta(days=87)
    assert len({one["SpotPrice"] for one in whole}) > 10
    start, end = moments[5] + timedelta(hours=1), moments[3]
    assert await _prices(stack, **of, StartTime=start, EndTime=end) == whole[3:6]
    assert await _prices(stack, **of, StartTime=moments[5], EndTime=end - timedelta(seconds=1)) == whole[4:6]
    assert await _prices(stack, **of, EndTime=now - timedelta(days=100)) == []
    assert await _prices(stack, **of, StartTime=now + timedelta(days=1)) == whole[:1]
    by_price = [{"Name": "spot-price", "Values": [whole[7]["SpotPrice"]]}]
    assert whole[7] in await _prices(stack, **of, Filters=by_price)
    assert await _prices(stack, ProductDescriptions=["Windows"]) == []


async def test_pages_of_prices_have_each_once(stack: Stack) -> None:
    asked = {"StartTime": stack.clock.now(), "MaxResults": 1000}
    seen: list[tuple[str, str]] = []
    page = await stack.call("DescribeSpotPriceHistory", **asked)
    while True:
        seen += [(one["InstanceType"], one["AvailabilityZone"]) for one in page["SpotPriceHistory"]]
        if "NextToken" not in page:
            break
        page = await stack.call("DescribeSpotPriceHistory", **asked, NextToken=page["NextToken"])
    assert len(seen) == len(set(seen)) == 3 * len(INSTANCE_TYPES)
