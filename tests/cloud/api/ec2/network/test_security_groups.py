"""Security groups and their rules, and the ports that follow them."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from functools import partial
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from bare_cloud import BareCloud, bare_cloud, refused
from example_guest import INSTANCE, INTERFACE
from sqlalchemy import Connection

from kumoniwa.hypervisor.driver import DiskBus, Forward, GuestDisk, GuestId, GuestNic, GuestSpec, LayerId
from kumoniwa.model.instances import Instance, InstanceState
from kumoniwa.model.scope import Scope
from kumoniwa.store import instances, network_interfaces, vpcs
from kumoniwa.workflows.steps.instances import instance_ports
from kumoniwa.workflows.steps.instances.instance_ports import ensure_forwards
from kumoniwa.workflows.steps.instances.publish_instances import ensure_published_terminated

pytestmark = pytest.mark.anyio

ANYWHERE = [{"CidrIp": "0.0.0.0/0"}]
SSH = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": ANYWHERE}
HTTPS = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": ANYWHERE}


@pytest.fixture
async def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[BareCloud]:
    """A cloud on a host that lets us bind ports from 1024 on."""
    monkeypatch.setattr(instance_ports, "lowest_unprivileged_port", lambda: 1024)
    async with bare_cloud(tmp_path) as made:
        yield made


async def group(cloud: BareCloud, name: str = "web", **parameters: Any) -> str:
    made = await cloud.ask("CreateSecurityGroup", GroupName=name, Description="a group", **parameters)
    identifier: str = made["GroupId"]
    return identifier


async def described(cloud: BareCloud, group_id: str) -> dict[str, Any]:
    (found,) = (await cloud.ask("DescribeSecurityGroups", GroupIds=[group_id]))["SecurityGroups"]
    shown: dict[str, Any] = found
    return shown


async def start_instance(cloud: BareCloud, *group_ids: str, **columns: Any) -> None:
    """Write an instance that is in these groups, and start its guest."""
    instance = replace(INSTANCE, **columns)
    await cloud.database.write(partial(_write, instance=instance, group_ids=group_ids))
    await cloud.driver.disks.ensure_empty(LayerId("disk"), 1 << 30)
    spec = GuestSpec(
        id=GuestId(instance.id),
        uuid=instance.guest_uuid,
        product="t3.micro",
        vcpus=1,
        memory_mib=512,
        disks=(GuestDisk(LayerId("disk"), "vol01"),),
        nics=(GuestNic(INTERFACE.mac, IPv4Address(INTERFACE.private_ip)),),
        bus=DiskBus.NVME,
    )
    await cloud.driver.guest(spec.id).ensure_running(spec)
    await ensure_forwards(cloud.cloud.world, [instance.id])


def _write(connection: Connection, instance: Instance, group_ids: Sequence[str]) -> None:
    """Its interface is in the VPC that the groups are in."""
    [vpc] = vpcs.in_scope(connection, Scope.of(instance))
    subnet = vpcs.default_subnet(connection, Scope.of(instance), instance.zone)
    assert subnet is not None
    instances.add(connection, instance)
    network_interfaces.add(connection, [replace(INTERFACE, vpc_id=vpc.id, subnet_id=subnet.id)], group_ids)


def open_ports(cloud: BareCloud) -> list[tuple[int, int]]:
    return [(forward.guest_port, forward.host_port) for forward in cloud.driver.world.ports.of(GuestId(INSTANCE.id))]


async def test_a_new_group_reaches_all_and_is_reached_by_nobody(cloud: BareCloud) -> None:
    tags = [{"ResourceType": "security-group", "Tags": [{"Key": "Team", "Value": "blue"}]}]
    shown = await described(cloud, await group(cloud, TagSpecifications=tags))
    assert shown["GroupName"] == "web"
    assert shown["IpPermissions"] == []
    assert shown["IpPermissionsEgress"][0]["IpRanges"] == ANYWHERE
    assert shown["Tags"] == [{"Key": "Team", "Value": "blue"}]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("sg-mine", "Value (sg-mine) for parameter GroupName is invalid. Group names may not be in the format sg-*."),
        ("default", "Cannot use reserved security group name: default"),
        ("x" * 256, None),
        ("группа", None),
    ],
)
async def test_a_bad_name_is_refused(cloud: BareCloud, name: str, message: str | None) -> None:
    with refused("InvalidParameterValue", message):
        await group(cloud, name)


async def test_a_name_is_taken_once_in_a_vpc(cloud: BareCloud) -> None:
    vpc_id = (await described(cloud, await group(cloud)))["VpcId"]
    with refused("InvalidGroup.Duplicate", f"The security group 'web' already exists for VPC '{vpc_id}'"):
        await group(cloud)
    with refused("InvalidGroup.NotFound", f"The security group 'other' does not exist in default VPC '{vpc_id}'"):
        await cloud.ask("DescribeSecurityGroups", GroupNames=["other"])
    with refused("InvalidVpcID.NotFound", "The vpc ID 'vpc-00000000' does not exist"):
        await group(cloud, "other", VpcId="vpc-00000000")


async def test_groups_named_by_id_and_by_name_in_one_request_have_their_tags(cloud: BareCloud) -> None:
    ids = {}
    for name in ("web", "database"):
        tags = [{"Key": "of", "Value": name}]
        ids[name] = await group(cloud, name, TagSpecifications=[{"ResourceType": "security-group", "Tags": tags}])
    asked: dict[str, Any] = {"GroupIds": [ids["web"]], "GroupNames": ["database"]}
    found = (await cloud.ask("DescribeSecurityGroups", **asked))["SecurityGroups"]
    assert {each["GroupName"]: each["Tags"] for each in found} == {
        name: [{"Key": "of", "Value": name}] for name in ("web", "database")
    }
    of_database = [{"Name": "tag:of", "Values": ["database"]}]
    (tagged,) = (await cloud.ask("DescribeSecurityGroups", **asked, Filters=of_database))["SecurityGroups"]
    assert tagged["GroupId"] == ids["database"]


async def test_a_permission_becomes_one_rule_for_each_source(cloud: BareCloud) -> None:
    web, other = await group(cloud), await group(cloud, "other")
    answer = await cloud.ask(
        "AuthorizeSecurityGroupIngress",
        GroupId=web,
        IpPermissions=[
            {
                **SSH,
                "IpRanges": [{"CidrIp": "10.1.2.3/8", "Description": "the office"}, *ANYWHERE],
                "Ipv6Ranges": [{"CidrIpv6": "::/0"}],
                "UserIdGroupPairs": [{"GroupId": other}],
            }
        ],
        TagSpecifications=[{"ResourceType": "security-group-rule", "Tags": [{"Key": "a", "Value": "b"}]}],
    )
    assert answer["Return"] is True
    rules = answer["SecurityGroupRules"]
    assert {rule.get("CidrIpv4") for rule in rules} == {"10.0.0.0/8", "0.0.0.0/0", None}
    told = [rule["ReferencedGroupInfo"] for rule in rules if "ReferencedGroupInfo" in rule]
    assert told == [{"GroupId": other, "UserId": "123456789012"}], "its VPC is that of the rule"
    assert all(rule["Tags"] == [{"Key": "a", "Value": "b"}] for rule in rules)
    assert all(rule["GroupOwnerId"] == "123456789012" and rule["IsEgress"] is False for rule in rules)
    (permission,) = (await described(cloud, web))["IpPermissions"]
    assert permission["IpRanges"] == [{"CidrIp": "10.0.0.0/8", "Description": "the office"}, *ANYWHERE]
    assert permission["UserIdGroupPairs"] == [{"GroupId": other, "UserId": "123456789012"}]
    described_rules = await cloud.ask("DescribeSecurityGroupRules", Filters=[{"Name": "group-id", "Values": [web]}])
    ways = [rule["IsEgress"] for rule in described_rules["SecurityGroupRules"]]
    assert ways == [True, False, False, False, False], "the way out, which was there first"


async def test_groups_are_found_by_the_name_that_their_rules_mean_in_the_default_vpc_alone(cloud: BareCloud) -> None:
    vpc_id = (await cloud.ask("CreateVpc", CidrBlock="10.0.0.0/16"))["Vpc"]["VpcId"]
    source, elsewhere = await group(cloud, "source"), await group(cloud, "source", VpcId=vpc_id)
    web, other = await group(cloud), await group(cloud, VpcId=vpc_id)
    for group_id, named in ((web, source), (other, elsewhere)):
        permission = {**SSH, "IpRanges": [], "UserIdGroupPairs": [{"GroupId": named}]}
        await cloud.ask("AuthorizeSecurityGroupIngress", GroupId=group_id, IpPermissions=[permission])
    by_name = [{"Name": "ip-permission.group-name", "Values": ["source"]}]
    (found,) = (await cloud.ask("DescribeSecurityGroups", Filters=by_name))["SecurityGroups"]
    assert found["GroupId"] == web


@pytest.mark.parametrize("value", ["", "nonsense", "sgr-0123456789abcdef0"])
async def test_rules_are_not_looked_for_by_what_is_no_groups_id(cloud: BareCloud, value: str) -> None:
    asked = [{"Name": "group-id", "Values": [await group(cloud), value]}]
    with refused("InvalidGroupId.Malformed", f"The security group ID '{value}' is malformed"):
        await cloud.ask("DescribeSecurityGroupRules", Filters=asked)


async def test_rules_are_looked_for_by_ids_of_groups_and_patterns_of_them(cloud: BareCloud) -> None:
    web = await group(cloud)
    for value, found in ((web, 1), (f"{web[:-1]}?", 1), ("sg-0123456789abcdef0", 0)):
        asked = [{"Name": "group-id", "Values": [value]}]
        rules = (await cloud.ask("DescribeSecurityGroupRules", Filters=asked))["SecurityGroupRules"]
        assert len(rules) == found


async def test_groups_are_found_by_their_rules(cloud: BareCloud) -> None:
    web = await group(cloud)
    await group(cloud, "other")
    await cloud.ask("AuthorizeSecurityGroupIngress", GroupId=web, IpPermissions=[SSH])

    async def found(**filters: str) -> list[str]:
        asked = [
            {"Name": name.replace("__", ".").replace("_", "-"), "Values": [value]} for name, value in filters.items()
        ]
        return [
            one["GroupName"] for one in (await cloud.ask("DescribeSecurityGroups", Filters=asked))["SecurityGroups"]
        ]

    assert await found(ip_permission__to_port="22", ip_permission__protocol="tcp") == ["web"]
    assert await found(ip_permission__protocol="6") == ["web"]
    assert await found(ip_permission__protocol="17") == []
    assert sorted(await found(egress__ip_permission__protocol="all")) == ["default", "other", "web"]
    assert sorted(await found(egress__ip_permission__cidr="0.0.0.0/0")) == ["default", "other", "web"]
    assert await found(ip_permission__group_name="default") == ["default"]


@pytest.mark.parametrize(
    ("permission", "words"),
    [
        (SSH, "peer: 0.0.0.0/0, TCP, from port: 22, to port: 22, ALLOW"),
        ({"IpProtocol": "-1", "IpRanges": ANYWHERE}, "peer: 0.0.0.0/0, ALL, ALLOW"),
        (
            {"IpProtocol": "icmp", "FromPort": 8, "ToPort": -1, "IpRanges": ANYWHERE},
            "peer: 0.0.0.0/0, ICMP, type: 8, code: ALL, ALLOW",
        ),
        ({"IpProtocol": "50", "IpRanges": ANYWHERE}, "peer: 0.0.0.0/0, protocol: 50, ALLOW"),
    ],
)
async def test_a_rule_that_is_there_is_refused_with_all_that_came_with_it(
    cloud: BareCloud, permission: dict[str, Any], words: str
) -> None:
    web = await group(cloud)
    await cloud.ask("AuthorizeSecurityGroupIngress", GroupId=web, IpPermissions=[permission])
    with refused("InvalidPermission.Duplicate", f'the specified rule "{words}" already exists'):
        await cloud.ask("AuthorizeSecurityGroupIngress", GroupId=web, IpPermissions=[HTTPS, permission])
    assert len((await described(cloud, web))["IpPermissions"]) == 1


@pytest.mark.parametrize(
    ("permission", "message"),
    [
        ({**SSH, "IpRanges": [{"CidrIp": "10.0.0.1"}]}, "CIDR block 10.0.0.1 is malformed"),
        ({**SSH, "IpRanges": [{"CidrIp": "::/0"}]}, "CIDR block ::/0 is malformed"),
        ({**SSH, "IpRanges": [{"CidrIp": "10.0.0.0/33"}]}, "CIDR block 10.0.0.0/33 is malformed"),
        ({**SSH, "ToPort": 21}, "Invalid TCP/UDP port range (22:21)"),
        ({**SSH, "ToPort": 65536}, "TCP/UDP port (65536) out of range"),
        (
            {"IpProtocol": "tcp", "IpRanges": ANYWHERE},
            "Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.",
        ),
        (
            {"FromPort": 22, "ToPort": 22, "IpRanges": ANYWHERE},
            "Invalid value 'null' for protocol. VPC security group rules must specify protocols explicitly.",
        ),
        ({**SSH, "IpProtocol": "carrier pigeon"}, "Invalid value 'carrier pigeon' for IP protocol. Unknown protocol."),
        ({**SSH, "IpProtocol": "256"}, "Invalid value '256' for IP protocol. Unknown protocol."),
        ({**SSH, "IpProtocol": "006"}, "Invalid value '006' for IP protocol. Unknown protocol."),
        ({**SSH, "IpProtocol": "9" * 5000}, f"Invalid value '{'9' * 200}' for IP protocol. Unknown protocol."),
        ({**SSH, "IpRanges": [*ANYWHERE, *ANYWHERE]}, "The same permission must not appear multiple times"),
        ({**SSH, "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "<b>"}]}, None),
    ],
)
async def test_a_bad_permission_is_refused(cloud: BareCloud, permission: dict[str, Any], message: str | None) -> None:
    web = await group(cloud)
    with refused("InvalidParameterValue", message):
        await cloud.ask("AuthorizeSecurityGroupIngress", GroupId=web, IpPermissions=[permission])


async def test_a_permission_without_a_source_is_refused(cloud: BareCloud) -> None:
    with refused("MissingParameter", "Missing source specification: include source security group or CIDR information"):
        await cloud.ask(
            "AuthorizeSecurityGroupIngress", GroupId=await group(cloud), IpProtocol="tcp", FromPort=1, ToPort=1
        )


async def test_the_older_flat_form_grants_the_same(cloud: BareCloud) -> None:
    web = await group(cloud)
    flat: dict[str, Any] = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0"}
    await cloud.ask("AuthorizeSecurityGroupIngress", GroupName="web", **flat)
    with refused("InvalidPermission.Duplicate"):
        await cloud.ask("AuthorizeSecurityGroupIngress", GroupId=web, IpPermissions=[SSH])
    await cloud.ask("RevokeSecurityGroupIngress", GroupId=web, **flat)
    await cloud.ask("AuthorizeSecurityGroupIngress", GroupId=web, SourceSecurityGroupName="default")
    granted = {one["IpProtocol"] for one in (await described(cloud, web))["IpPermissions"]}
    assert granted == {"tcp", "udp", "icmp"}


async def test_rules_are_revoked_by_what_they_say_or_by_id(cloud: BareCloud) -> None:
    web = await group(cloud)
    answer = await cloud.ask("AuthorizeSecurityGroupIngress", GroupId=web, IpPermissions=[SSH, HTTPS])
    ids = {rule["FromPort"]: rule["SecurityGroupRuleId"] for rule in answer["SecurityGroupRules"]}
    revoked = await cloud.ask("RevokeSecurityGroupIngress", GroupId=web, IpPermissions=[SSH])
    assert [rule["SecurityGroupRuleId"] for rule in revoked["RevokedSecurityGroupRules"]] == [ids[22]]
    await cloud.ask("RevokeSecurityGroupIngress", GroupId=web, SecurityGroupRuleIds=[ids[443]])
    assert (await described(cloud, web))["IpPermissions"] == []
    with refused("InvalidSecurityGroupRuleId.NotFound", f"The security group rule ID '{ids[443]}' does not exist"):
        await cloud.ask("RevokeSecurityGroupIngress", GroupId=web, SecurityGroupRuleIds=[ids[443]])


async def test_in_the_default_vpc_a_rule_that_is_not_there_is_told_and_not_refused(cloud: BareCloud) -> None:
    answer = await cloud.ask("RevokeSecurityGroupIngress", GroupId=await group(cloud), IpPermissions=[SSH])
    assert answer["Return"] is True
    (unknown,) = answer["UnknownIpPermissions"]
    assert (unknown["FromPort"], unknown["IpRanges"]) == (22, ANYWHERE)


async def test_egress_is_kept_as_terraform_needs_it(cloud: BareCloud) -> None:
    web = await group(cloud)
    everything = {"IpProtocol": "-1", "IpRanges": ANYWHERE, "FromPort": 0, "ToPort": 0}
    await cloud.ask("RevokeSecurityGroupEgress", GroupId=web, IpPermissions=[everything])
    assert (await described(cloud, web))["IpPermissionsEgress"] == []
    await cloud.ask("AuthorizeSecurityGroupEgress", GroupId=web, IpPermissions=[HTTPS])
    assert (await described(cloud, web))["IpPermissionsEgress"][0]["FromPort"] == 443


async def test_a_group_in_use_stays(cloud: BareCloud) -> None:
    web, other = await group(cloud), await group(cloud, "other")
    pair = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": web}]}
    await cloud.ask("AuthorizeSecurityGroupIngress", GroupId=other, IpPermissions=[pair])
    with refused("DependencyViolation", f"resource {web} has a dependent object"):
        await cloud.ask("DeleteSecurityGroup", GroupId=web)
    await cloud.ask("DeleteSecurityGroup", GroupId=other)
    assert await cloud.ask("DeleteSecurityGroup", GroupId=web) == {"Return": True, "GroupId": web}
    with refused("InvalidGroup.NotFound", f"The security group '{web}' does not exist"):
        await cloud.ask("DeleteSecurityGroup", GroupId=web)


async def test_the_default_group_stays(cloud: BareCloud) -> None:
    (default,) = (await cloud.ask("DescribeSecurityGroups", GroupNames=["default"]))["SecurityGroups"]
    with refused(
        "CannotDelete",
        f'the specified group: "{default["GroupId"]}" name: "default" cannot be deleted by a user',
    ):
        await cloud.ask("DeleteSecurityGroup", GroupName="default")


async def test_members_hold_a_group_until_they_are_terminated(cloud: BareCloud) -> None:
    web = await group(cloud)
    await start_instance(cloud, web)
    with refused("DependencyViolation"):
        await cloud.ask("DeleteSecurityGroup", GroupId=web)

    ending = ([InstanceState.RUNNING], InstanceState.SHUTTING_DOWN)
    now = cloud.cloud.world.clock.now()
    await cloud.database.write(lambda connection: instances.move(connection, INSTANCE.id, *ending, at=now))
    published = await ensure_published_terminated(cloud.cloud.world, INSTANCE.id)
    await cloud.database.write(published.write)
    await cloud.ask("DeleteSecurityGroup", GroupId=web)


async def test_a_running_members_ports_follow_the_rules_at_once(cloud: BareCloud) -> None:
    web = await group(cloud)
    await start_instance(cloud, web)
    assert open_ports(cloud) == []
    await cloud.ask("AuthorizeSecurityGroupIngress", GroupId=web, IpPermissions=[SSH])
    assert open_ports(cloud) == [(22, 1046)]
    (forward,) = cloud.driver.world.ports.of(GuestId(INSTANCE.id))
    assert str(forward.host_address) == INSTANCE.public_ip
    await cloud.ask("AuthorizeSecurityGroupIngress", GroupName="web", IpPermissions=[{**HTTPS, "FromPort": 442}])
    assert open_ports(cloud) == [(22, 1046), (442, 1466), (443, 1467)]
    await cloud.ask("RevokeSecurityGroupIngress", GroupId=web, IpPermissions=[SSH])
    assert open_ports(cloud) == [(442, 1466), (443, 1467)]


async def test_a_port_that_cannot_be_opened_is_told_and_stops_nothing(cloud: BareCloud) -> None:
    cloud.driver.world.ports.refused[1046] = "somebody has it."
    web = await group(cloud)
    await start_instance(cloud, web)
    await cloud.ask("AuthorizeSecurityGroupIngress", GroupId=web, IpPermissions=[SSH, HTTPS])
    assert open_ports(cloud) == [(443, 1467)]
    refusals = await ensure_forwards(cloud.cloud.world, [INSTANCE.id])
    address = IPv4Address(str(INSTANCE.public_ip))
    assert refusals == {INSTANCE.id: {Forward("tcp", address, 1046, 22): "somebody has it."}}


@pytest.mark.parametrize("columns", [{"state": InstanceState.STOPPED}, {"public_ip": None}])
async def test_an_instance_that_is_stopped_or_not_public_is_left_alone(
    cloud: BareCloud, columns: dict[str, Any]
) -> None:
    web = await group(cloud)
    await start_instance(cloud, web, **columns)
    await cloud.ask("AuthorizeSecurityGroupIngress", GroupId=web, IpPermissions=[SSH])
    assert open_ports(cloud) == []
