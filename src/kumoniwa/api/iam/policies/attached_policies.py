"""Policies that are attached to users, groups and roles: Attach…Policy, Detach…Policy, ListAttached…Policies."""

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.iam.policies.create_policy import NOT_EVALUATED
from kumoniwa.api.iam.policies.holders import GROUP, ROLE, USER
from kumoniwa.api.registry import Depth, action


@action("AttachRolePolicy", service="iam", depth=Depth.RECORDED, missing=NOT_EVALUATED)
async def attach_role_policy(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Attach a policy to a role."""
    return await ROLE.attach(cloud, call, parameters)


@action("DetachRolePolicy", service="iam")
async def detach_role_policy(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Detach a policy from a role."""
    return await ROLE.detach(cloud, call, parameters)


@action("ListAttachedRolePolicies", service="iam")
async def list_attached_role_policies(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The policies that are attached to a role."""
    return await ROLE.attached(cloud, call, parameters)


@action("AttachUserPolicy", service="iam", depth=Depth.RECORDED, missing=NOT_EVALUATED)
async def attach_user_policy(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Attach a policy to a user."""
    return await USER.attach(cloud, call, parameters)


@action("DetachUserPolicy", service="iam")
async def detach_user_policy(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Detach a policy from a user."""
    return await USER.detach(cloud, call, parameters)


@action("ListAttachedUserPolicies", service="iam")
async def list_attached_user_policies(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The policies that are attached to a user."""
    return await USER.attached(cloud, call, parameters)


@action("AttachGroupPolicy", service="iam", depth=Depth.RECORDED, missing=NOT_EVALUATED)
async def attach_group_policy(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Attach a policy to a group."""
    return await GROUP.attach(cloud, call, parameters)


@action("DetachGroupPolicy", service="iam")
async def detach_group_policy(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Detach a policy from a group."""
    return await GROUP.detach(cloud, call, parameters)


@action("ListAttachedGroupPolicies", service="iam")
async def list_attached_group_policies(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The policies that are attached to a group."""
    return await GROUP.attached(cloud, call, parameters)
