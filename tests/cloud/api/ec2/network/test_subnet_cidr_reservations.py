"""Reservations in subnets: what is reserved is given to who names it, and to nobody else."""

from collections.abc import AsyncIterator
from ipaddress import IPv4Address, IPv6Address, IPv6Network
from pathlib import Path
from typing import Any

import pytest
from bare_cloud import BareCloud, bare_cloud, refused
from networks import make_subnet, make_vpc, subnet, tagged, vpc

pytestmark = pytest.mark.anyio


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[BareCloud]:
    async with bare_cloud(tmp_path) as made:
        yield made


async def _reserve(cloud: BareCloud, subnet_id: str, block: str, **parameters: Any) -> dict[str, Any]:
    asked = {"SubnetId": subnet_id, "Cidr": block, "ReservationType": "explicit", **parameters}
    made: dict[str, Any] = (await cloud.ask("CreateSubnetCidrReservation", **asked))["SubnetCidrReservation"]
    return made


async def _interface(cloud: BareCloud, subnet_id: str, **parameters: Any) -> dict[str, Any]:
    made: dict[str, Any] = (await cloud.ask("CreateNetworkInterface", SubnetId=subnet_id, **parameters))[
        "NetworkInterface"
    ]
    return made


async def test_what_is_reserved_is_not_drawn_and_does_not_count_as_free(cloud: BareCloud) -> None:
    subnet_id = await make_subnet(cloud, await make_vpc(cloud), "10.0.0.0/28")
    free = {str(IPv4Address("10.0.0.0") + number) for number in (4, 5, 6, 7, 12, 13, 14)}
    inside = (await _interface(cloud, subnet_id, PrivateIpAddress="10.0.0.8"))["NetworkInterfaceId"]
    assert (await subnet(cloud, subnet_id))["AvailableIpAddressCount"] == 10
    reservation = await _reserve(cloud, subnet_id, "10.0.0.8/30")
    assert (await subnet(cloud, subnet_id))["AvailableIpAddressCount"] == 7
    drawn = {(await _interface(cloud, subnet_id))["PrivateIpAddress"] for _ in range(7)}
    assert drawn == free
    assert (await subnet(cloud, subnet_id))["AvailableIpAddressCount"] == 0
    with refused("InsufficientFreeAddressesInSubnet"):
        await _interface(cloud, subnet_id)
    named = await _interface(cloud, subnet_id, PrivateIpAddress="10.0.0.9")
    assert named["PrivateIpAddress"] == "10.0.0.9"
    deleted = await cloud.ask(
        "DeleteSubnetCidrReservation", SubnetCidrReservationId=reservation["SubnetCidrReservationId"]
    )
    assert deleted["DeletedSubnetCidrReservation"] == reservation
    assert (await subnet(cloud, subnet_id))["AvailableIpAddressCount"] == 2
    assert (await _interface(cloud, subnet_id))["PrivateIpAddress"] in ("10.0.0.10", "10.0.0.11")
    await cloud.ask("DeleteNetworkInterface", NetworkInterfaceId=inside)
    with refused("InvalidSubnetCidrReservationID.NotFound"):
        await cloud.ask("DeleteSubnetCidrReservation", SubnetCidrReservationId=reservation["SubnetCidrReservationId"])


async def test_ipv6_addresses_are_reserved_too(cloud: BareCloud) -> None:
    vpc_id = await make_vpc(cloud, AmazonProvidedIpv6CidrBlock=True)
    of_vpc = IPv6Network((await vpc(cloud, vpc_id))["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"])
    block = next(of_vpc.subnets(new_prefix=64))
    subnet_id = await make_subnet(cloud, vpc_id, Ipv6CidrBlock=str(block))
    halves = list(block.subnets(new_prefix=65))
    made = await _reserve(cloud, subnet_id, str(halves[0]), ReservationType="prefix")
    drawn = (await _interface(cloud, subnet_id, Ipv6AddressCount=20))["Ipv6Addresses"]
    assert all(IPv6Address(one["Ipv6Address"]) in halves[1] for one in drawn)
    named = str(halves[0][0x10])
    await _interface(cloud, subnet_id, Ipv6Addresses=[{"Ipv6Address": named}])
    found = await cloud.ask("GetSubnetCidrReservations", SubnetId=subnet_id)
    assert found == {"SubnetIpv4CidrReservations": [], "SubnetIpv6CidrReservations": [made]}
    await _reserve(cloud, subnet_id, str(halves[1]))
    with refused("InsufficientFreeAddressesInSubnet"):
        await _interface(cloud, subnet_id, Ipv6AddressCount=1)


async def test_reservations_are_listed(cloud: BareCloud) -> None:
    subnet_id = await make_subnet(cloud, await make_vpc(cloud))
    tags = tagged("subnet-cidr-reservation")
    one = await _reserve(cloud, subnet_id, "10.0.0.16/28", Description="moss", TagSpecifications=tags)
    other = await _reserve(cloud, subnet_id, "10.0.0.32/28", ReservationType="prefix")
    assert (one["Description"], one["Tags"], one["Cidr"]) == ("moss", tags[0]["Tags"], "10.0.0.16/28")
    for name, value, expected in (
        ("reservationType", "prefix", [other]),
        ("subnet-id", subnet_id, [one, other]),
        ("tag:Name", "moss", [one]),
        ("tag-key", "Name", [one]),
    ):
        filters = [{"Name": name, "Values": [value]}]
        found = await cloud.ask("GetSubnetCidrReservations", SubnetId=subnet_id, Filters=filters)
        assert found["SubnetIpv4CidrReservations"] == expected
    for number in range(4, 9):
        await _reserve(cloud, subnet_id, f"10.0.0.{16 * number}/28")
    page = await cloud.ask("GetSubnetCidrReservations", SubnetId=subnet_id, MaxResults=5)
    rest = await cloud.ask("GetSubnetCidrReservations", SubnetId=subnet_id, MaxResults=5, NextToken=page["NextToken"])
    shown = [*page["SubnetIpv4CidrReservations"], *rest["SubnetIpv4CidrReservations"]]
    assert [each["Cidr"] for each in shown] == [f"10.0.0.{16 * number}/28" for number in (1, 2, 4, 5, 6, 7, 8)]
    assert "NextToken" not in rest


async def test_a_block_is_the_subnets_and_of_no_other_reservation(cloud: BareCloud) -> None:
    subnet_id = await make_subnet(cloud, await make_vpc(cloud))
    await _reserve(cloud, subnet_id, "10.0.0.16/28")
    for block in ("10.0.0.16/30", "10.0.0.0/24", "10.0.1.0/28", "10.0.0.0/16", "2001:db8::/80", "moss"):
        with refused("InvalidParameterValue"):
            await _reserve(cloud, subnet_id, block)
    with refused("InvalidParameterValue"):
        await _reserve(cloud, subnet_id, "10.0.0.32/28", ReservationType="none")


async def test_a_deleted_subnet_takes_its_reservations_along(cloud: BareCloud) -> None:
    subnet_id = await make_subnet(cloud, await make_vpc(cloud))
    await _reserve(cloud, subnet_id, "10.0.0.16/28", TagSpecifications=tagged("subnet-cidr-reservation"))
    await cloud.ask("DeleteSubnet", SubnetId=subnet_id)
    assert (await cloud.ask("DescribeTags"))["Tags"] == []
