"""Policies inside of users, groups and roles: Put…Policy, Get…Policy, List…Policies, Delete…Policy."""

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.iam.policies.create_policy import NOT_EVALUATED
from kumoniwa.api.iam.policies.holders import GROUP, ROLE, USER
from kumoniwa.api.registry import Depth, action


@action("PutRolePolicy", service="iam", depth=Depth.RECORDED, missing=NOT_EVALUATED)
async def put_role_policy(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Put a policy inside of a role."""
    return await ROLE.put(cloud, call, parameters)


@action("GetRolePolicy", service="iam")
async def get_role_policy(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """A policy inside of a role."""
    return await ROLE.get(cloud, call, parameters)


@action("ListRolePolicies", service="iam")
async def list_role_policies(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The names of the policies inside of a role."""
    return await ROLE.names(cloud, call, parameters)


@action("DeleteRolePolicy", service="iam")
async def delete_role_policy(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Delete a policy inside of a role."""
    return await ROLE.delete(cloud, call, parameters)


@action("PutUserPolicy", service="iam", depth=Depth.RECORDED, missing=NOT_EVALUATED)
async def put_user_policy(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Put a policy inside of a user."""
    return await USER.put(cloud, call, parameters)


@action("GetUserPolicy", service="iam")
async def get_user_policy(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """A policy inside of a user."""
    return await USER.get(cloud, call, parameters)


@action("ListUserPolicies", service="iam")
async def list_user_policies(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The names of the policies inside of a user."""
    return await USER.names(cloud, call, parameters)


@action("DeleteUserPolicy", service="iam")
async def delete_user_policy(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Delete a policy inside of a user."""
    return await USER.delete(cloud, call, parameters)


@action("PutGroupPolicy", service="iam", depth=Depth.RECORDED, missing=NOT_EVALUATED)
async def put_group_policy(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Put a policy inside of a group."""
    return await GROUP.put(cloud, call, parameters)


@action("GetGroupPolicy", service="iam")
async def get_group_policy(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """A policy inside of a group."""
    return await GROUP.get(cloud, call, parameters)


@action("ListGroupPolicies", service="iam")
async def list_group_policies(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The names of the policies inside of a group."""
    return await GROUP.names(cloud, call, parameters)


@action("DeleteGroupPolicy", service="iam")
async def delete_group_policy(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Delete a policy inside of a group."""
    return await GROUP.delete(cloud, call, parameters)
