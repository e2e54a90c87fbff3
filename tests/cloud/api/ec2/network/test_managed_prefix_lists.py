"""Managed prefix lists: their versions and entries, what names them, and those that AWS provides."""

from collections.abc import AsyncIterator
from functools import partial
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest
from bare_cloud import BareCloud, bare_cloud, refused
from networks import make_gateway, make_vpc, only, tagged

from kumoniwa.api.ec2.network import managed_prefix_lists, modify_managed_prefix_list
from kumoniwa.network.vpc.gather import gather
from kumoniwa.network.vpc.plan import PrefixList

pytestmark = pytest.mark.anyio

FIRST, SECOND, THIRD = ({"Cidr": f"10.{number}.0.0/16"} for number in (1, 2, 3))


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[BareCloud]:
    async with bare_cloud(tmp_path) as bare:
        yield bare


async def _made(cloud: BareCloud, **parameters: Any) -> str:
    asked = {"PrefixListName": "moss", "AddressFamily": "IPv4", "MaxEntries": 5, "Entries": [FIRST], **parameters}
    made = (await cloud.ask("CreateManagedPrefixList", **asked))["PrefixList"]
    assert (made["State"], made["Version"]) == ("create-complete", 1)
    prefix_list_id: str = made["PrefixListId"]
    return prefix_list_id


async def _modified(cloud: BareCloud, prefix_list_id: str, **parameters: Any) -> dict[str, Any]:
    answer = await cloud.ask("ModifyManagedPrefixList", PrefixListId=prefix_list_id, **parameters)
    shown: dict[str, Any] = answer["PrefixList"]
    assert shown == await only(cloud, "DescribeManagedPrefixLists", "PrefixLists", PrefixListIds=[prefix_list_id])
    return shown


async def _entries(cloud: BareCloud, prefix_list_id: str, **parameters: Any) -> list[tuple[str, str | None]]:
    found = await cloud.ask("GetManagedPrefixListEntries", PrefixListId=prefix_list_id, **parameters)
    return [(entry["Cidr"], entry.get("Description")) for entry in found["Entries"]]


async def test_a_list_is_made_and_described(cloud: BareCloud) -> None:
    described = [{"Cidr": "10.9.8.7/16", "Description": "meadow"}, FIRST]
    prefix_list_id = await _made(cloud, Entries=described, TagSpecifications=tagged("prefix-list"))
    found = await only(cloud, "DescribeManagedPrefixLists", "PrefixLists", PrefixListIds=[prefix_list_id])
    owner = found["OwnerId"]
    assert found == {
        "PrefixListId": prefix_list_id,
        "PrefixListName": "moss",
        "PrefixListArn": f"arn:aws:ec2:us-east-1:{owner}:prefix-list/{prefix_list_id}",
        "OwnerId": owner,
        "AddressFamily": "IPv4",
        "State": "create-complete",
        "MaxEntries": 5,
        "Version": 1,
        "Tags": [{"Key": "Name", "Value": "moss"}],
    }
    assert await _entries(cloud, prefix_list_id) == [("10.1.0.0/16", None), ("10.9.0.0/16", "meadow")]


async def test_each_modification_of_entries_is_a_version(cloud: BareCloud) -> None:
    prefix_list_id = await _made(cloud)
    added = await _modified(cloud, prefix_list_id, CurrentVersion=1, AddEntries=[SECOND], RemoveEntries=[FIRST])
    assert (added["Version"], added["State"]) == (2, "modify-complete")
    described = await _modified(cloud, prefix_list_id, AddEntries=[{**SECOND, "Description": "heath"}])
    assert described["Version"] == 3
    named = await _modified(cloud, prefix_list_id, PrefixListName="heath", MaxEntries=7)
    assert (named["Version"], named["PrefixListName"], named["MaxEntries"]) == (3, "heath", 7)
    versions = [await _entries(cloud, prefix_list_id, TargetVersion=version) for version in (1, 2, 3)]
    assert versions == [[("10.1.0.0/16", None)], [("10.2.0.0/16", None)], [("10.2.0.0/16", "heath")]]
    asked: dict[str, Any] = {"PrefixListId": prefix_list_id, "CurrentVersion": 3, "PreviousVersion": 1}
    restored = (await cloud.ask("RestoreManagedPrefixListVersion", **asked))["PrefixList"]
    assert (restored["Version"], restored["State"]) == (4, "restore-complete")
    assert await _entries(cloud, prefix_list_id) == [("10.1.0.0/16", None)]
    assert await _entries(cloud, prefix_list_id, TargetVersion=3) == [("10.2.0.0/16", "heath")]
    with refused("PrefixListVersionMismatch", "The prefix list has the incorrect version number."):
        await cloud.ask("RestoreManagedPrefixListVersion", **asked)


@pytest.mark.parametrize(
    ("parameters", "code", "message"),
    [
        ({"CurrentVersion": 2, "AddEntries": [SECOND]}, "PrefixListVersionMismatch", None),
        (
            {"CurrentVersion": 0, "AddEntries": [SECOND]},
            "InvalidParameterValue",
            "The specified value for version is not valid. The value must be greater than (1).",
        ),
        (
            {"AddEntries": [SECOND], "MaxEntries": 9},
            "InvalidParameterCombination",
            "You cannot modify the entries and the maximum entries for the prefix list in the same request.",
        ),
        (
            {"AddEntries": [FIRST], "RemoveEntries": [FIRST]},
            "InvalidParameterValue",
            "Request cannot contain Cidr 10.1.0.0/16 in both AddPrefixListEntries and RemovePrefixListEntries",
        ),
        (
            {"AddEntries": [FIRST]},
            "InvalidPrefixListModification",
            "An entry with the CIDR (10.1.0.0/16) already exists.",
        ),
        (
            {"RemoveEntries": [SECOND]},
            "InvalidPrefixListModification",
            "An entry with the CIDR (10.2.0.0/16) does not exist.",
        ),
        ({"AddEntries": [{"Cidr": f"10.{one}.0.0/16"} for one in range(20, 25)]}, "PrefixListMaxEntriesExceeded", None),
        ({"AddEntries": [SECOND, SECOND]}, "InvalidParameterValue", None),
        ({"AddEntries": [{"Cidr": "2001:db8::/32"}]}, "InvalidParameterValue", None),
        ({"MaxEntries": 1001}, "InvalidParameterValue", "Must specify a max size between 1 and 1000"),
        ({"PrefixListName": "com.amazonaws.mine"}, "InvalidParameterValue", None),
        ({"IpamPrefixListResolverSyncEnabled": True}, "UnsupportedOperation", None),
    ],
)
async def test_what_no_modification_can_be_is_refused(
    cloud: BareCloud, parameters: dict[str, Any], code: str, message: str | None
) -> None:
    prefix_list_id = await _made(cloud)
    with refused(code, message):
        await cloud.ask("ModifyManagedPrefixList", PrefixListId=prefix_list_id, **parameters)
    assert await _entries(cloud, prefix_list_id) == [("10.1.0.0/16", None)]


@pytest.mark.parametrize(
    "parameters",
    [
        {"AddressFamily": "IPv5"},
        {"MaxEntries": 0},
        {"PrefixListName": "com.amazonaws.mine"},
        {"Entries": [{"Cidr": "moss"}]},
        {"Entries": [{"Cidr": f"10.0.{number}.0/24"} for number in range(101)], "MaxEntries": 200},
    ],
)
async def test_what_no_list_can_be_is_refused(cloud: BareCloud, parameters: dict[str, Any]) -> None:
    with refused("InvalidParameterValue"):
        await _made(cloud, **parameters)


async def test_entries_of_ipv6_are_canonical_and_paged(cloud: BareCloud) -> None:
    entries = [{"Cidr": f"2001:DB8:{number}::/48"} for number in (1, 2, 3)]
    prefix_list_id = await _made(cloud, AddressFamily="IPv6", Entries=entries)
    first = await cloud.ask("GetManagedPrefixListEntries", PrefixListId=prefix_list_id, MaxResults=2)
    assert [entry["Cidr"] for entry in first["Entries"]] == ["2001:db8:1::/48", "2001:db8:2::/48"]
    asked = {"PrefixListId": prefix_list_id, "NextToken": first["NextToken"]}
    assert (await cloud.ask("GetManagedPrefixListEntries", **asked))["Entries"] == [{"Cidr": "2001:db8:3::/48"}]


async def test_old_versions_are_forgotten(cloud: BareCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (managed_prefix_lists, modify_managed_prefix_list):
        monkeypatch.setattr(module, "VERSIONS_KEPT", 2)
    prefix_list_id = await _made(cloud)
    await _modified(cloud, prefix_list_id, AddEntries=[SECOND], RemoveEntries=[FIRST])
    await _modified(cloud, prefix_list_id, AddEntries=[THIRD], RemoveEntries=[SECOND])
    assert await _entries(cloud, prefix_list_id, TargetVersion=2) == [("10.2.0.0/16", None)]
    for version in (1, 4):
        with refused("InvalidParameterValue"):
            await _entries(cloud, prefix_list_id, TargetVersion=version)


async def _named(cloud: BareCloud) -> tuple[str, str, str, str]:
    """A prefix list that a rule and a route name, the group and the route table of these, and their VPC."""
    prefix_list_id, vpc_id = await _made(cloud), await make_vpc(cloud, "10.50.0.0/16")
    gateway_id = await make_gateway(cloud, vpc_id)
    of_vpc = [{"Name": "vpc-id", "Values": [vpc_id]}]
    table = await only(cloud, "DescribeRouteTables", "RouteTables", Filters=of_vpc)
    group = await only(cloud, "DescribeSecurityGroups", "SecurityGroups", Filters=of_vpc)
    to = {"DestinationPrefixListId": prefix_list_id, "GatewayId": gateway_id}
    await cloud.ask("CreateRoute", RouteTableId=table["RouteTableId"], **to)
    await cloud.ask(
        "AuthorizeSecurityGroupIngress", GroupId=group["GroupId"], IpPermissions=_permission(prefix_list_id)
    )
    return prefix_list_id, group["GroupId"], table["RouteTableId"], vpc_id


def _permission(prefix_list_id: str) -> list[dict[str, Any]]:
    lists = [{"PrefixListId": prefix_list_id, "Description": "meadow"}]
    return [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "PrefixListIds": lists}]


async def test_rules_and_routes_name_a_list_and_follow_it(cloud: BareCloud) -> None:
    prefix_list_id, group_id, table_id, vpc_id = await _named(cloud)
    (group,) = (await cloud.ask("DescribeSecurityGroups", GroupIds=[group_id]))["SecurityGroups"]
    shown = [one["PrefixListIds"] for one in group["IpPermissions"] if one["PrefixListIds"]]
    assert shown == [[{"PrefixListId": prefix_list_id, "Description": "meadow"}]]
    owner = group["OwnerId"]
    found = await cloud.ask("GetManagedPrefixListAssociations", PrefixListId=prefix_list_id)
    assert found["PrefixListAssociations"] == [
        {"ResourceId": resource, "ResourceOwner": owner} for resource in sorted((group_id, table_id))
    ]
    await _modified(cloud, prefix_list_id, AddEntries=[SECOND])
    plan = await cloud.database.read(partial(gather, vpc_id=vpc_id))
    blocks = (IPv4Network("10.1.0.0/16"), IPv4Network("10.2.0.0/16"))
    assert plan.prefix_lists == {prefix_list_id: PrefixList(prefix_list_id, blocks)}


async def test_a_list_that_is_named_is_not_deleted(cloud: BareCloud) -> None:
    prefix_list_id, group_id, table_id, _ = await _named(cloud)
    kept = (await cloud.ask("DeleteManagedPrefixList", PrefixListId=prefix_list_id))["PrefixList"]
    assert kept["State"] == "delete-failed"
    assert all(resource in kept["StateMessage"] for resource in (group_id, table_id))
    assert kept == await only(cloud, "DescribeManagedPrefixLists", "PrefixLists", PrefixListIds=[prefix_list_id])
    await cloud.ask("RevokeSecurityGroupIngress", GroupId=group_id, IpPermissions=_permission(prefix_list_id))
    await cloud.ask("DeleteRoute", RouteTableId=table_id, DestinationPrefixListId=prefix_list_id)
    gone = (await cloud.ask("DeleteManagedPrefixList", PrefixListId=prefix_list_id))["PrefixList"]
    assert gone["State"] == "delete-complete"
    assert "StateMessage" not in gone
    with refused("InvalidPrefixListID.NotFound", f"The prefix list ID '{prefix_list_id}' does not exist"):
        await _entries(cloud, prefix_list_id)


async def test_a_list_counts_for_as_many_rules_as_it_may_have_entries(cloud: BareCloud) -> None:
    group_id = (await cloud.ask("CreateSecurityGroup", GroupName="g", Description="d"))["GroupId"]
    large, fitting = await _made(cloud, MaxEntries=61), await _made(cloud, MaxEntries=60)
    asked = {"GroupId": group_id, "IpPermissions": _permission(large)}
    with refused("RulesPerSecurityGroupLimitExceeded"):
        await cloud.ask("AuthorizeSecurityGroupIngress", **asked)
    await cloud.ask("AuthorizeSecurityGroupIngress", **{**asked, "IpPermissions": _permission(fitting)})


async def test_a_size_that_what_names_a_list_cannot_bear_is_not_taken(cloud: BareCloud) -> None:
    prefix_list_id, group_id, table_id, _ = await _named(cloud)
    fitting = await _modified(cloud, prefix_list_id, MaxEntries=59)
    assert (fitting["State"], fitting["MaxEntries"]) == ("modify-complete", 59)
    for most, unable in ((61, [group_id]), (501, sorted((group_id, table_id)))):
        failed = await _modified(cloud, prefix_list_id, MaxEntries=most)
        assert (failed["State"], failed["MaxEntries"]) == ("modify-failed", 59)
        assert failed["StateMessage"].endswith(f": {', '.join(unable)}")
    repaired = await _modified(cloud, prefix_list_id, PrefixListName="heath")
    assert repaired["State"] == "modify-complete"
    assert "StateMessage" not in repaired


async def test_a_rule_is_not_of_a_list_that_is_not_there(cloud: BareCloud) -> None:
    group_id = (await cloud.ask("CreateSecurityGroup", GroupName="g", Description="d"))["GroupId"]
    missing = "pl-0123456789abcdef0"
    with refused("InvalidPrefixListID.NotFound", f"The prefix list ID '{missing}' does not exist"):
        await cloud.ask("AuthorizeSecurityGroupIngress", GroupId=group_id, IpPermissions=_permission(missing))
    made = await cloud.ask(
        "AuthorizeSecurityGroupIngress", GroupId=group_id, IpPermissions=_permission(await _made(cloud))
    )
    (rule,) = made["SecurityGroupRules"]
    update = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "PrefixListId": missing}
    updates = [{"SecurityGroupRuleId": rule["SecurityGroupRuleId"], "SecurityGroupRule": update}]
    with refused("InvalidPrefixListID.NotFound"):
        await cloud.ask("ModifySecurityGroupRules", GroupId=group_id, SecurityGroupRules=updates)


async def test_lists_that_aws_provides_are_shown_and_cannot_be_changed(cloud: BareCloud) -> None:
    await _made(cloud)
    names = ["com.amazonaws.us-east-1.dynamodb", "com.amazonaws.us-east-1.s3"]
    by_aws = [{"Name": "owner-id", "Values": ["AWS"]}]
    lists = (await cloud.ask("DescribeManagedPrefixLists", Filters=by_aws))["PrefixLists"]
    assert sorted(one["PrefixListName"] for one in lists) == names
    assert {one["State"] for one in lists} == {"create-complete"}
    assert not any({"Version", "MaxEntries"} & one.keys() for one in lists)
    described = (await cloud.ask("DescribePrefixLists"))["PrefixLists"]
    assert sorted((one["PrefixListName"], one["PrefixListId"], tuple(one["Cidrs"])) for one in described) == sorted(
        (one["PrefixListName"], one["PrefixListId"], ()) for one in lists
    )
    provided = lists[0]["PrefixListId"]
    assert await _entries(cloud, provided) == []
    for action, parameters in (
        ("ModifyManagedPrefixList", {"PrefixListName": "mine"}),
        ("DeleteManagedPrefixList", {}),
    ):
        with refused("OperationNotPermitted"):
            await cloud.ask(action, PrefixListId=provided, **parameters)
    group_id = (await cloud.ask("CreateSecurityGroup", GroupName="g", Description="d"))["GroupId"]
    await cloud.ask("AuthorizeSecurityGroupEgress", GroupId=group_id, IpPermissions=_permission(provided))


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [("prefix-list-name", "mo*", "moss"), ("prefix-list-name", "heath", "heath"), ("tag:Name", "moss", "heath")],
)
async def test_filters_compare_what_is_shown(cloud: BareCloud, name: str, value: str, shown: str) -> None:
    await _made(cloud)
    await _made(cloud, PrefixListName="heath", TagSpecifications=tagged("prefix-list"))
    asked = [{"Name": name, "Values": [value]}]
    assert (await only(cloud, "DescribeManagedPrefixLists", "PrefixLists", Filters=asked))["PrefixListName"] == shown
