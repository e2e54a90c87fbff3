"""Network interfaces are those of the instances, and are found by all of their addresses."""

from collections.abc import Collection
from dataclasses import replace

import pytest
from asgi import Refused
from every_listing import LISTINGS
from sqlalchemy import Connection
from stack import Stack

from kumoniwa.api.ec2.network import describe_network_interfaces
from kumoniwa.model.network_interfaces import NetworkInterface
from kumoniwa.model.scope import Scope
from kumoniwa.store import network_interfaces

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


async def _led_to(stack: Stack) -> list[str]:
    """Interfaces with addresses of all kinds; gives the public addresses that lead to them, and what these are called.

    A guest with a public address for its primary interface, another with an Elastic IP address for it, and interfaces
    of their own, one of which has Elastic IP addresses at its further addresses alone.
    """
    await stack.launch()
    second = await stack.launch()
    subnet = (await stack.call("DescribeSubnets"))["Subnets"][0]["SubnetId"]
    made = await stack.call("CreateNetworkInterface", SubnetId=subnet, SecondaryPrivateIpAddressCount=2)
    interface = made["NetworkInterface"]
    await stack.call("CreateNetworkInterface", SubnetId=subnet)
    further = [one["PrivateIpAddress"] for one in interface["PrivateIpAddresses"] if not one["Primary"]]
    ends = [
        {"InstanceId": second},
        *({"NetworkInterfaceId": interface["NetworkInterfaceId"], "PrivateIpAddress": one} for one in further),
    ]
    told = []
    for end in ends:
        elastic = await stack.call("AllocateAddress")
        association = await stack.call("AssociateAddress", AllocationId=elastic["AllocationId"], **end)
        told += [elastic["PublicIp"], elastic["AllocationId"], association["AssociationId"]]
    await stack.call("AllocateAddress")
    return told


async def test_interfaces_are_found_by_each_of_their_addresses(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database finds those that every interface's description would be searched for, and alone reads them."""
    told = await _led_to(stack)
    everything = (await stack.call("DescribeNetworkInterfaces"))["NetworkInterfaces"]
    private = [one["PrivateIpAddress"] for shown in everything for one in shown["PrivateIpAddresses"]]
    public = [shown["Association"]["PublicIp"] for shown in everything if "Association" in shown]
    assert len(private) == 6
    assert len(public) == 2

    async def found(name: str, *values: str, **more: int) -> list[str]:
        asked = [{"Name": name, "Values": [*values]}]
        answer = await stack.call("DescribeNetworkInterfaces", Filters=asked, **more)
        return [shown["NetworkInterfaceId"] for shown in answer["NetworkInterfaces"]]

    values = [*told, *private, *public, "172.31.*", "127.*", "*", "10.0.0.1", "eip*"]
    questions = [
        (name, value)
        for name in (
            "addresses.private-ip-address",
            "addresses.association.public-ip",
            "addresses.association.allocation-id",
            "addresses.association.association-id",
            "association.public-ip",
        )
        for value in values
    ]
    selected = [await found(*question) for question in questions]
    paged = [await found(*question, MaxResults=100) for question in questions]
    whole = await found("addresses.private-ip-address", *private, "nothing")
    read: list[int] = []
    in_scope = network_interfaces.in_scope

    def counted(connection: Connection, scope: Scope, ids: Collection[str] | None = None) -> list[NetworkInterface]:
        rows = in_scope(connection, scope, ids)
        read.append(len(rows))
        return rows

    monkeypatch.setattr(network_interfaces, "in_scope", counted)
    await found("addresses.private-ip-address", private[-1])
    assert read == [1]
    listing = LISTINGS["DescribeNetworkInterfaces"]
    monkeypatch.setattr(describe_network_interfaces, "_INTERFACES", replace(listing, selection=None))
    assert selected == paged == [await found(*question) for question in questions]
    assert sum(map(len, selected)) == 46
    assert whole == [shown["NetworkInterfaceId"] for shown in everything]
