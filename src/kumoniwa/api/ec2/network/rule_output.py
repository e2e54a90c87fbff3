"""A rule of a security group as EC2 describes it."""

from collections.abc import Mapping, Sequence
from typing import Any

from kumoniwa.api.ec2.network.group_arns import rule_arn
from kumoniwa.api.ec2.network.group_references import pair_output
from kumoniwa.api.ec2.tags import tag_set
from kumoniwa.model.peerings import Peering
from kumoniwa.model.security_groups import SecurityGroup, SecurityGroupRule


def rule_output(
    rule: SecurityGroupRule,
    groups: Mapping[str, SecurityGroup],
    tags: Mapping[str, str] | None,
    peerings: Sequence[Peering] = (),
) -> dict[str, Any]:
    """A rule under EC2's member names; `groups` are those that rules may name as their sources, by id, `peerings` the
    connections between their VPCs."""
    return {
        **_ports_and_source(rule),
        "GroupOwnerId": rule.account,
        "ReferencedGroupInfo": None if rule.source_group_id is None else pair_output(rule, groups, peerings),
        "Tags": tag_set(tags) or [],
        "SecurityGroupRuleArn": rule_arn(rule),
    }


def revoked_rule_output(rule: SecurityGroupRule) -> dict[str, Any]:
    """A rule that was revoked, under EC2's member names."""
    return {**_ports_and_source(rule), "ReferencedGroupId": rule.source_group_id}


def _ports_and_source(rule: SecurityGroupRule) -> dict[str, Any]:
    return {
        "SecurityGroupRuleId": rule.id,
        "GroupId": rule.group_id,
        "IsEgress": rule.egress,
        "IpProtocol": rule.protocol,
        "FromPort": rule.from_port,
        "ToPort": rule.to_port,
        "CidrIpv4": rule.cidr_ipv4,
        "CidrIpv6": rule.cidr_ipv6,
        "PrefixListId": rule.prefix_list_id,
        "Description": rule.description,
    }
