"""The ARNs of security groups and of their rules."""

from kumoniwa.api.ec2.kinds import SECURITY_GROUP, SECURITY_GROUP_RULE
from kumoniwa.model.security_groups import SecurityGroup, SecurityGroupRule


def group_arn(group: SecurityGroup) -> str:
    return f"arn:aws:ec2:{group.region}:{group.account}:{SECURITY_GROUP.resource_type}/{group.id}"


def rule_arn(rule: SecurityGroupRule) -> str:
    return f"arn:aws:ec2:{rule.region}:{rule.account}:{SECURITY_GROUP_RULE.resource_type}/{rule.id}"
