"""Network ACLs: their entries, and the subnets that have them."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from bare_cloud import BareCloud, bare_cloud, refused
from networks import found, make_subnet, make_vpc, only, tagged

pytestmark = pytest.mark.anyio

HTTPS: dict[str, Any] = {
    "Protocol": "6",
    "PortRange": {"From": 443, "To": 443},
    "RuleAction": "allow",
    "CidrBlock": "0.0.0.0/0",
}


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[BareCloud]:
    async with bare_cloud(tmp_path) as made:
        yield made


async def make_acl(cloud: BareCloud, vpc_id: str, **parameters: Any) -> str:
    made: str = (await cloud.ask("CreateNetworkAcl", VpcId=vpc_id, **parameters))["NetworkAcl"]["NetworkAclId"]
    return made


async def entries(cloud: BareCloud, acl_id: str) -> list[dict[str, Any]]:
    shown = await only(cloud, "DescribeNetworkAcls", "NetworkAcls", NetworkAclIds=[acl_id])
    listed: list[dict[str, Any]] = shown["Entries"]
    return listed


def _short(entry: dict[str, Any]) -> tuple[Any, ...]:
    block = entry.get("CidrBlock", entry.get("Ipv6CidrBlock"))
    return entry["Egress"], entry["RuleNumber"], entry["Protocol"], entry["RuleAction"], block


async def test_the_default_acl_admits_all_and_a_new_one_nothing(cloud: BareCloud) -> None:
    vpc_id = await make_vpc(cloud)
    (default,) = await found(cloud, "DescribeNetworkAcls", "NetworkAcls", vpc_id=vpc_id)
    assert [_short(entry) for entry in default["Entries"]] == [
        (True, 100, "-1", "allow", "0.0.0.0/0"),
        (True, 32767, "-1", "deny", "0.0.0.0/0"),
        (False, 100, "-1", "allow", "0.0.0.0/0"),
        (False, 32767, "-1", "deny", "0.0.0.0/0"),
    ]
    asked: dict[str, Any] = {"VpcId": vpc_id, "TagSpecifications": tagged("network-acl")}
    made = (await cloud.ask("CreateNetworkAcl", **asked))["NetworkAcl"]
    assert made == await only(cloud, "DescribeNetworkAcls", "NetworkAcls", NetworkAclIds=[made["NetworkAclId"]])
    assert (made["IsDefault"], made["Associations"]) == (False, [])
    assert [_short(entry) for entry in made["Entries"]] == [
        (True, 32767, "-1", "deny", "0.0.0.0/0"),
        (False, 32767, "-1", "deny", "0.0.0.0/0"),
    ]


async def test_an_ipv6_block_adds_its_own_entries(cloud: BareCloud) -> None:
    vpc_id = await make_vpc(cloud)
    other = await make_acl(cloud, vpc_id)
    await cloud.ask("AssociateVpcCidrBlock", VpcId=vpc_id, AmazonProvidedIpv6CidrBlock=True)
    (default,) = await found(cloud, "DescribeNetworkAcls", "NetworkAcls", vpc_id=vpc_id, default="true")
    assert [_short(entry)[1:] for entry in default["Entries"] if entry["Egress"]] == [
        (100, "-1", "allow", "0.0.0.0/0"),
        (101, "-1", "allow", "::/0"),
        (32767, "-1", "deny", "0.0.0.0/0"),
        (32768, "-1", "deny", "::/0"),
    ]
    assert [entry["RuleNumber"] for entry in await entries(cloud, other)] == [32767, 32768] * 2


async def test_entries_are_made_replaced_and_deleted(cloud: BareCloud) -> None:
    acl_id = await make_acl(cloud, await make_vpc(cloud))
    where: dict[str, Any] = {"NetworkAclId": acl_id, "RuleNumber": 200, "Egress": False}
    await cloud.ask("CreateNetworkAclEntry", **where, **HTTPS)
    (made, _) = [entry for entry in await entries(cloud, acl_id) if not entry["Egress"]]
    assert made == {**HTTPS, "RuleNumber": 200, "Egress": False}
    with refused("NetworkAclEntryAlreadyExists", "The network acl entry identified by 200 already exists."):
        await cloud.ask("CreateNetworkAclEntry", **where, **HTTPS)
    await cloud.ask("CreateNetworkAclEntry", **{**where, "Egress": True}, **HTTPS)
    ping: dict[str, Any] = {"Protocol": "icmp", "IcmpTypeCode": {"Type": 8, "Code": -1}, "RuleAction": "deny"}
    await cloud.ask("ReplaceNetworkAclEntry", **where, **ping, CidrBlock="10.1.2.3/8")
    (replaced, _) = [entry for entry in await entries(cloud, acl_id) if not entry["Egress"]]
    assert replaced == {**ping, "Protocol": "1", "CidrBlock": "10.0.0.0/8", "RuleNumber": 200, "Egress": False}
    for filters in (
        {"entry__protocol": "icmp"},
        {"entry__protocol": "1"},
        {"entry__icmp__type": "8"},
        {"entry__cidr": "10.0.0.0/8"},
        {"entry__port_range__from": "443"},
        {"entry__rule_number": "200", "entry__egress": "true"},
    ):
        (by_entry,) = await found(cloud, "DescribeNetworkAcls", "NetworkAcls", **filters)
        assert by_entry["NetworkAclId"] == acl_id
    await cloud.ask("DeleteNetworkAclEntry", **where)
    assert [entry["RuleNumber"] for entry in await entries(cloud, acl_id)] == [200, 32767, 32767]
    for action, more in (("DeleteNetworkAclEntry", {}), ("ReplaceNetworkAclEntry", HTTPS)):
        with refused("InvalidNetworkAclEntry.NotFound"):
            await cloud.ask(action, **where, **more)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"RuleNumber": 0}, "InvalidParameterValue"),
        ({"RuleNumber": 32767}, "InvalidParameterValue"),
        ({"Protocol": "256"}, "InvalidParameterValue"),
        ({"Protocol": "tls"}, "InvalidParameterValue"),
        ({"CidrBlock": "everywhere"}, "InvalidParameterValue"),
        ({"CidrBlock": None}, "MissingParameter"),
        ({"Ipv6CidrBlock": "::/0"}, "InvalidParameterCombination"),
        ({"PortRange": None}, "MissingParameter"),
        ({"PortRange": {"From": 2, "To": 1}}, "InvalidParameterValue"),
        ({"PortRange": {"From": 0, "To": 65536}}, "InvalidParameterValue"),
        ({"Protocol": "1"}, "MissingParameter"),
        ({"Protocol": "1", "IcmpTypeCode": {"Type": 256, "Code": 0}}, "InvalidParameterValue"),
        ({"NetworkAclId": "acl-00000000"}, "InvalidNetworkAclID.NotFound"),
    ],
)
async def test_a_bad_entry_is_refused(cloud: BareCloud, asked: dict[str, Any], code: str) -> None:
    acl_id = await make_acl(cloud, await make_vpc(cloud))
    every = {"NetworkAclId": acl_id, "RuleNumber": 1, "Egress": True, **HTTPS, **asked}
    with refused(code):
        await cloud.ask("CreateNetworkAclEntry", **{name: each for name, each in every.items() if each is not None})


async def test_an_acl_has_twenty_entries_each_way_with_ec2s_own(cloud: BareCloud) -> None:
    acl_id = await make_acl(cloud, await make_vpc(cloud))
    for number in range(1, 20):
        await cloud.ask("CreateNetworkAclEntry", NetworkAclId=acl_id, RuleNumber=number, Egress=False, **HTTPS)
    with refused("NetworkAclEntryLimitExceeded"):
        await cloud.ask("CreateNetworkAclEntry", NetworkAclId=acl_id, RuleNumber=20, Egress=False, **HTTPS)
    await cloud.ask("CreateNetworkAclEntry", NetworkAclId=acl_id, RuleNumber=20, Egress=True, **HTTPS)
    ipv6 = {name: value for name, value in HTTPS.items() if name != "CidrBlock"} | {"Ipv6CidrBlock": "::/0"}
    await cloud.ask("CreateNetworkAclEntry", NetworkAclId=acl_id, RuleNumber=20, Egress=False, **ipv6)


async def test_a_subnet_gets_another_acl(cloud: BareCloud) -> None:
    vpc_id = await make_vpc(cloud)
    subnet_id, acl_id = await make_subnet(cloud, vpc_id), await make_acl(cloud, vpc_id)
    of_subnet = {"association__subnet_id": subnet_id}
    (default,) = await found(cloud, "DescribeNetworkAcls", "NetworkAcls", **of_subnet)
    (association,) = default["Associations"]
    assert (association["NetworkAclId"], association["SubnetId"]) == (default["NetworkAclId"], subnet_id)
    asked: dict[str, Any] = {"AssociationId": association["NetworkAclAssociationId"], "NetworkAclId": acl_id}
    new = (await cloud.ask("ReplaceNetworkAclAssociation", **asked))["NewAssociationId"]
    (other,) = await found(cloud, "DescribeNetworkAcls", "NetworkAcls", association__association_id=new)
    assert other["Associations"] == [{"NetworkAclAssociationId": new, "NetworkAclId": acl_id, "SubnetId": subnet_id}]
    with refused("InvalidAssociationID.NotFound"):
        await cloud.ask("ReplaceNetworkAclAssociation", **asked)
    with refused("DependencyViolation", f"The network ACL '{acl_id}' has dependencies and cannot be deleted."):
        await cloud.ask("DeleteNetworkAcl", NetworkAclId=acl_id)
    foreign = await make_acl(cloud, await make_vpc(cloud))
    with refused("InvalidParameterValue"):
        await cloud.ask("ReplaceNetworkAclAssociation", AssociationId=new, NetworkAclId=foreign)
    await cloud.ask("ReplaceNetworkAclAssociation", AssociationId=new, NetworkAclId=default["NetworkAclId"])
    await cloud.ask("DeleteNetworkAcl", NetworkAclId=acl_id)
    with refused("InvalidNetworkAclID.NotFound", f"The networkAcl ID '{acl_id}' does not exist"):
        await cloud.ask("DeleteNetworkAcl", NetworkAclId=acl_id)
    with refused("InvalidParameterValue"):
        await cloud.ask("DeleteNetworkAcl", NetworkAclId=default["NetworkAclId"])


@pytest.mark.parametrize("acl_id", ["acl-000000000000", "acl-moss"])
async def test_an_id_that_no_acl_can_have_is_of_none(cloud: BareCloud, acl_id: str) -> None:
    with refused("InvalidNetworkAclID.NotFound", f"The networkAcl ID '{acl_id}' does not exist"):
        await cloud.ask("DescribeNetworkAcls", NetworkAclIds=[acl_id])
