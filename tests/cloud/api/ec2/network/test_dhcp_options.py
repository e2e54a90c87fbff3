"""DHCP options, and the VPCs that have them."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from bare_cloud import BareCloud, bare_cloud, refused
from networks import found, make_vpc, only, tagged, vpc

pytestmark = pytest.mark.anyio


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[BareCloud]:
    async with bare_cloud(tmp_path) as made:
        yield made


async def make_options(cloud: BareCloud, **options: list[str]) -> dict[str, Any]:
    asked = [{"Key": key.replace("_", "-"), "Values": values} for key, values in options.items()]
    made: dict[str, Any] = (await cloud.ask("CreateDhcpOptions", DhcpConfigurations=asked))["DhcpOptions"]
    return made


async def test_options_without_tags_have_an_empty_set_of_them(cloud: BareCloud) -> None:
    made = await make_options(cloud, domain_name=["example.com"])
    assert made["Tags"] == []
    assert [one["Tags"] for one in await found(cloud, "DescribeDhcpOptions", "DhcpOptions")] == [[], []]


async def test_options_are_made_given_and_deleted(cloud: BareCloud) -> None:
    asked = [
        {"Key": "domain-name", "Values": ["example.com"]},
        {"Key": "domain-name-servers", "Values": ["10.0.0.6,10.0.0.7"]},
        {"Key": "netbios-node-type", "Values": ["2"]},
    ]
    tags = tagged("dhcp-options")
    made = (await cloud.ask("CreateDhcpOptions", DhcpConfigurations=asked, TagSpecifications=tags))["DhcpOptions"]
    options_id = made["DhcpOptionsId"]
    assert made["DhcpConfigurations"][1]["Values"] == [{"Value": "10.0.0.6"}, {"Value": "10.0.0.7"}]
    assert await only(cloud, "DescribeDhcpOptions", "DhcpOptions", DhcpOptionsIds=[options_id]) == made
    for filters in ({"key": "netbios-node-type"}, {"value": "10.0.0.7"}, {"dhcp_options_id": options_id}):
        assert await found(cloud, "DescribeDhcpOptions", "DhcpOptions", **filters) == [made]
    vpc_id = await make_vpc(cloud)
    await cloud.ask("AssociateDhcpOptions", DhcpOptionsId=options_id, VpcId=vpc_id)
    assert (await vpc(cloud, vpc_id))["DhcpOptionsId"] == options_id
    with refused("DependencyViolation", f"The dhcpOptions '{options_id}' has dependencies and cannot be deleted."):
        await cloud.ask("DeleteDhcpOptions", DhcpOptionsId=options_id)
    (by_options,) = await found(cloud, "DescribeVpcs", "Vpcs", dhcp_options_id=options_id)
    assert by_options["VpcId"] == vpc_id
    await cloud.ask("AssociateDhcpOptions", DhcpOptionsId="default", VpcId=vpc_id)
    assert (await vpc(cloud, vpc_id))["DhcpOptionsId"] == "default"
    await cloud.ask("DeleteDhcpOptions", DhcpOptionsId=options_id)
    with refused("InvalidDhcpOptionID.NotFound", f"The dhcpOption ID '{options_id}' does not exist"):
        await cloud.ask("DescribeDhcpOptions", DhcpOptionsIds=[options_id])
    with refused("InvalidDhcpOptionID.NotFound"):
        await cloud.ask("AssociateDhcpOptions", DhcpOptionsId=options_id, VpcId=vpc_id)
    with refused("InvalidDhcpOptionsId.Malformed", 'Invalid id: "foo-abcd1234" (expecting "dopt-...")'):
        await cloud.ask("DeleteDhcpOptions", DhcpOptionsId="foo-abcd1234")


@pytest.mark.parametrize(
    "options",
    [
        {"ntp_servers": ["f", "f"]},
        {"ntp_servers": [f"10.0.0.{number}" for number in range(5)]},
        {"domain_name_servers": ["AmazonProvidedDNS", "AmazonProvidedDNS"]},
        {"domain_name_servers": ["ns.example.com"]},
        {"domain_name_servers": ["fe80::1%eth0"]},
        {"netbios_node_type": ["0"]},
        {"netbios_name_servers": ["::1"]},
        {"domain_name": ["example.com", "bad\nname"]},
        {"domain_name": ["a" * 250] * 5},
        {"domain_name": ["bad\nname"]},
        {"domain_name": []},
        {"ipv6_address_preferred_lease_time": ["139"]},
        {"colour": ["red"]},
    ],
)
async def test_bad_options_are_refused(cloud: BareCloud, options: dict[str, list[str]]) -> None:
    with refused("InvalidParameterValue"):
        await make_options(cloud, **options)


async def test_an_option_that_there_is_not_is_named(cloud: BareCloud) -> None:
    with refused("InvalidParameterValue", "Value (colour) for parameter name is invalid. Unknown DHCP option"):
        await make_options(cloud, colour=["red"])


async def test_a_domain_name_may_have_several_values(cloud: BareCloud) -> None:
    made = await make_options(cloud, domain_name=["my.example", "it.example"])
    assert made["DhcpConfigurations"] == [
        {"Key": "domain-name", "Values": [{"Value": "my.example"}, {"Value": "it.example"}]}
    ]


async def test_all_kinds_of_options_are_taken(cloud: BareCloud) -> None:
    made = await make_options(
        cloud,
        domain_name=["example.com example.org"],
        domain_name_servers=["AmazonProvidedDNS", "10.0.0.2", "fd00::2"],
        ntp_servers=["169.254.169.123"],
        netbios_name_servers=["10.0.0.9"],
        netbios_node_type=["8"],
        ipv6_address_preferred_lease_time=["3600"],
    )
    assert len(made["DhcpConfigurations"]) == 6
