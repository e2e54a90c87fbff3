"""What AWS sells and this host does not: there is none of it, and none to be had."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from bare_cloud import BareCloud, bare_cloud, refused

from kumoniwa.errors import Ec2Error

pytestmark = pytest.mark.anyio


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[BareCloud]:
    async with bare_cloud(tmp_path) as made:
        yield made


@pytest.mark.parametrize(
    ("action", "member"),
    [
        ("DescribeReservedInstances", "ReservedInstances"),
        ("DescribeReservedInstancesOfferings", "ReservedInstancesOfferings"),
        ("DescribeHosts", "Hosts"),
        ("DescribeCapacityReservations", "CapacityReservations"),
        ("DescribeSpotFleetRequests", "SpotFleetRequestConfigs"),
    ],
)
async def test_lists_are_empty(cloud: BareCloud, action: str, member: str) -> None:
    assert (await cloud.ask(action)) == {member: []}


async def test_offerings_of_a_zone_of_another_region_are_refused(cloud: BareCloud) -> None:
    with refused("InvalidParameterValue", "Invalid value 'us-west-1a' for AvailabilityZone."):
        await cloud.ask("DescribeReservedInstancesOfferings", AvailabilityZone="us-west-1a")
    asked = await cloud.ask("DescribeReservedInstancesOfferings", AvailabilityZone="us-east-1a")
    assert asked == {"ReservedInstancesOfferings": []}


@pytest.mark.parametrize(
    ("action", "parameters", "what"),
    [
        ("AllocateHosts", {"AvailabilityZone": "us-east-1a"}, "Dedicated Hosts"),
        (
            "CreateCapacityReservation",
            {"InstanceType": "m5.large", "InstancePlatform": "Linux/UNIX", "InstanceCount": 1},
            "Capacity Reservations",
        ),
        (
            "PurchaseReservedInstancesOffering",
            {"InstanceCount": 1, "ReservedInstancesOfferingId": "438012d3-4052-4cc7-b2e3-8d3372e0e706"},
            "Reserved Instances",
        ),
        (
            "RequestSpotFleet",
            {"SpotFleetRequestConfig": {"IamFleetRole": "arn:aws:iam::123456789012:role/f", "TargetCapacity": 1}},
            "Spot Fleets",
        ),
    ],
)
async def test_none_is_to_be_had(cloud: BareCloud, action: str, parameters: dict[str, Any], what: str) -> None:
    with pytest.raises(Ec2Error) as caught:
        await cloud.ask(action, **parameters)
    assert caught.value.code == "Unsupported"
    assert caught.value.message.startswith(f"Kumoniwa offers no {what}. ")


async def test_what_is_named_does_not_exist(cloud: BareCloud) -> None:
    with refused("InvalidHostID.NotFound", "The Dedicated host ID 'h-0123456789abcdef0' does not exist."):
        await cloud.ask("DescribeHosts", HostIds=["h-0123456789abcdef0"])
    released = await cloud.ask("ReleaseHosts", HostIds=["h-0123456789abcdef0"])
    assert [one["Error"]["Code"] for one in released["Unsuccessful"]] == ["InvalidHostID.NotFound"]
    with refused(
        "InvalidCapacityReservationId.NotFound", "The capacity reservation 'cr-0123456789abcdef0' does not exist."
    ):
        await cloud.ask("CancelCapacityReservation", CapacityReservationId="cr-0123456789abcdef0")
    with refused("InvalidCapacityReservationId.Malformed"):
        await cloud.ask("DescribeCapacityReservations", CapacityReservationIds=["none"])
    fleet = "sfr-73fbd2ce-aa30-494c-8788-1cee4ec0cfe4"
    with refused("InvalidSpotFleetRequestId.NotFound", f"The spot fleet request ID '{fleet}' does not exist"):
        await cloud.ask("DescribeSpotFleetRequests", SpotFleetRequestIds=[fleet])
