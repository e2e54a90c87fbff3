"""Rules that say something else, or are described otherwise, and stay the same rules."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from bare_cloud import BareCloud, bare_cloud, refused
from example_guest import INSTANCE
from test_security_groups import HTTPS, SSH, group, open_ports, start_instance

from kumoniwa.workflows.steps.instances import instance_ports

pytestmark = pytest.mark.anyio

UNKNOWN = "sgr-0123456789abcdef0"
ANYWHERE = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIpv4": "0.0.0.0/0"}


@pytest.fixture
async def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[BareCloud]:
    """A cloud on a host that lets us bind ports from 1024 on."""
    monkeypatch.setattr(instance_ports, "lowest_unprivileged_port", lambda: 1024)
    async with bare_cloud(tmp_path) as made:
        yield made


async def rules(cloud: BareCloud, group_id: str, *, egress: bool = False) -> dict[str, dict[str, Any]]:
    """The rules of a group, one way, by id."""
    asked = [{"Name": "group-id", "Values": [group_id]}]
    found = (await cloud.ask("DescribeSecurityGroupRules", Filters=asked))["SecurityGroupRules"]
    return {rule["SecurityGroupRuleId"]: rule for rule in found if rule["IsEgress"] is egress}


async def granted(cloud: BareCloud, group_id: str, *permissions: dict[str, Any]) -> list[str]:
    """Rules of a group that are new; gives their ids."""
    answer = await cloud.ask("AuthorizeSecurityGroupIngress", GroupId=group_id, IpPermissions=list(permissions))
    return [rule["SecurityGroupRuleId"] for rule in answer["SecurityGroupRules"]]


async def modify(cloud: BareCloud, group_id: str, **wanted: dict[str, Any]) -> dict[str, Any]:
    updates = [{"SecurityGroupRuleId": one, "SecurityGroupRule": rule} for one, rule in wanted.items()]
    return await cloud.ask("ModifySecurityGroupRules", GroupId=group_id, SecurityGroupRules=updates)


async def test_a_rule_says_something_else_and_keeps_its_id_and_tags(cloud: BareCloud) -> None:
    web = await group(cloud)
    (ssh,) = await granted(cloud, web, {**SSH, "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "old"}]})
    await cloud.ask("CreateTags", Resources=[ssh], Tags=[{"Key": "a", "Value": "b"}])
    wanted = {"IpProtocol": "tcp", "FromPort": 8080, "ToPort": 8081, "CidrIpv4": "10.1.2.3/8", "Description": "new"}
    assert await modify(cloud, web, **{ssh: wanted}) == {"Return": True}
    (rule,) = (await rules(cloud, web)).values()
    assert rule["SecurityGroupRuleId"] == ssh
    assert (rule["FromPort"], rule["ToPort"], rule["CidrIpv4"]) == (8080, 8081, "10.0.0.0/8")
    assert (rule["Description"], rule["Tags"]) == ("new", [{"Key": "a", "Value": "b"}])
    del wanted["Description"]
    await modify(cloud, web, **{ssh: wanted})
    assert "Description" not in (await rules(cloud, web))[ssh]


async def test_rules_of_both_ways_are_modified_at_once_and_may_change_places(cloud: BareCloud) -> None:
    web = await group(cloud)
    ssh, https = await granted(cloud, web, SSH, HTTPS)
    (out,) = await rules(cloud, web, egress=True)
    there = {**ANYWHERE, "FromPort": 443, "ToPort": 443}
    await modify(cloud, web, **{ssh: there, https: ANYWHERE, out: ANYWHERE})
    assert {one: rule["FromPort"] for one, rule in (await rules(cloud, web)).items()} == {ssh: 443, https: 22}
    assert (await rules(cloud, web, egress=True))[out]["IpProtocol"] == "tcp"


async def test_a_rule_for_a_group_names_another_group(cloud: BareCloud) -> None:
    web, other = await group(cloud), await group(cloud, "other")
    pair = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": web}]}
    (rule,) = await granted(cloud, web, pair)
    await modify(cloud, web, **{rule: {"IpProtocol": "-1", "ReferencedGroupId": other}})
    assert (await rules(cloud, web))[rule]["ReferencedGroupInfo"]["GroupId"] == other
    with refused("InvalidGroup.NotFound"):
        await modify(cloud, web, **{rule: {"IpProtocol": "-1", "ReferencedGroupId": "sg-0123456789abcdef0"}})


async def test_a_running_members_ports_follow_a_modified_rule(cloud: BareCloud) -> None:
    web = await group(cloud)
    (ssh,) = await granted(cloud, web, SSH)
    await start_instance(cloud, web)
    assert open_ports(cloud) == [(22, 1046)]
    await modify(cloud, web, **{ssh: {**ANYWHERE, "FromPort": 443, "ToPort": 443}})
    assert open_ports(cloud) == [(443, 1467)]
    assert INSTANCE.public_ip is not None


@pytest.mark.parametrize(
    ("wanted", "code", "message"),
    [
        (
            {**ANYWHERE, "FromPort": 443, "ToPort": 443},
            "InvalidPermission.Duplicate",
            'the specified rule "peer: 0.0.0.0/0, TCP, from port: 443, to port: 443, ALLOW" already exists',
        ),
        ({"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "CidrIpv6": "::/0"}, "InvalidParameterValue", None),
        (
            {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1},
            "MissingParameter",
            "The request must contain exactly one of: cidrIp, cidrIpv6, prefixListId, or referencedGroupId",
        ),
        (
            {**ANYWHERE, "CidrIpv6": "::/0"},
            "InvalidParameterCombination",
            "Only one of cidrIp, cidrIpv6, prefixListId, or referencedGroupId can be specified",
        ),
        ({**ANYWHERE, "CidrIpv4": "10.0.0.0"}, "InvalidParameterValue", "CIDR block 10.0.0.0 is malformed"),
        (
            {"CidrIpv4": "0.0.0.0/0"},
            "InvalidParameterValue",
            "Invalid value 'null' for protocol. VPC security group rules must specify protocols explicitly.",
        ),
        (
            {"IpProtocol": "udp", "ToPort": 1, "CidrIpv4": "0.0.0.0/0"},
            "InvalidParameterValue",
            "Invalid value for portRange. Must specify both from and to ports with TCP/UDP.",
        ),
        ({**ANYWHERE, "FromPort": 70000}, "InvalidParameterValue", "TCP/UDP port (70000) out of range"),
        ({**ANYWHERE, "Description": "\u82d4"}, "InvalidParameterValue", None),
    ],
)
async def test_a_rule_that_cannot_be_is_refused_and_the_others_stay(
    cloud: BareCloud, wanted: dict[str, Any], code: str, message: str | None
) -> None:
    web = await group(cloud)
    ssh, _, mail = await granted(cloud, web, SSH, HTTPS, {**SSH, "FromPort": 25, "ToPort": 25})
    before = await rules(cloud, web)
    with refused(code, message):
        await modify(cloud, web, **{mail: {**ANYWHERE, "FromPort": 26, "ToPort": 26}, ssh: wanted})
    assert await rules(cloud, web) == before


async def test_a_rule_of_no_group_or_of_another_one_is_refused(cloud: BareCloud) -> None:
    web, other = await group(cloud), await group(cloud, "other")
    (ssh,) = await granted(cloud, web, SSH)
    for group_id, rule in ((web, UNKNOWN), (other, ssh)):
        with refused("InvalidSecurityGroupRuleId.NotFound", f"The security group rule ID '{rule}' does not exist"):
            await modify(cloud, group_id, **{rule: ANYWHERE})
        with refused("InvalidSecurityGroupRuleId.NotFound"):
            await cloud.ask(
                "UpdateSecurityGroupRuleDescriptionsIngress",
                GroupId=group_id,
                SecurityGroupRuleDescriptions=[{"SecurityGroupRuleId": rule, "Description": "x"}],
            )
    with refused("InvalidSecurityGroupRuleId.Malformed"):
        await modify(cloud, web, nonsense=ANYWHERE)


async def test_rules_are_described_by_what_they_say_or_by_id(cloud: BareCloud) -> None:
    web = await group(cloud)
    ssh, https = await granted(cloud, web, SSH, HTTPS)
    described = {**SSH, "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "from anywhere"}]}
    action = "UpdateSecurityGroupRuleDescriptionsIngress"
    assert await cloud.ask(action, GroupId=web, IpPermissions=[described]) == {"Return": True}
    named = [{"SecurityGroupRuleId": https, "Description": "the site"}]
    await cloud.ask(action, GroupName="web", SecurityGroupRuleDescriptions=named)
    found = await rules(cloud, web)
    assert (found[ssh]["Description"], found[https]["Description"]) == ("from anywhere", "the site")
    await cloud.ask(action, GroupId=web, IpPermissions=[SSH])
    await cloud.ask(action, GroupId=web, SecurityGroupRuleDescriptions=[{"SecurityGroupRuleId": https}])
    assert ["Description" in rule for rule in (await rules(cloud, web)).values()] == [False, False]


async def test_each_way_describes_its_own_rules(cloud: BareCloud) -> None:
    web = await group(cloud)
    out = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "all"}]}
    unknown = "The specified rule does not exist in this security group."
    with refused("InvalidPermission.NotFound", unknown):
        await cloud.ask("UpdateSecurityGroupRuleDescriptionsIngress", GroupId=web, IpPermissions=[out])
    await cloud.ask("UpdateSecurityGroupRuleDescriptionsEgress", GroupId=web, IpPermissions=[out])
    (rule,) = (await rules(cloud, web, egress=True)).values()
    assert rule["Description"] == "all"


async def test_a_description_names_its_rules_in_one_way(cloud: BareCloud) -> None:
    web = await group(cloud)
    (ssh,) = await granted(cloud, web, SSH)
    action, by_id = "UpdateSecurityGroupRuleDescriptionsIngress", [{"SecurityGroupRuleId": ssh}]
    with refused("MissingParameter"):
        await cloud.ask(action, GroupId=web)
    with refused("InvalidParameterCombination"):
        await cloud.ask(action, GroupId=web, IpPermissions=[SSH], SecurityGroupRuleDescriptions=by_id)
    with refused("MissingParameter", "The request must contain the parameter securityGroupRuleId"):
        await cloud.ask(action, GroupId=web, SecurityGroupRuleDescriptions=[{"Description": "x"}])
    with refused("InvalidParameterValue"):
        await cloud.ask(action, GroupId=web, SecurityGroupRuleDescriptions=by_id * 2)
