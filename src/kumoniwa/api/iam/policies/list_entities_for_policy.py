"""ListEntitiesForPolicy."""

from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.iam.policies.named_policy import attachable
from kumoniwa.api.registry import Depth, action
from kumoniwa.store import groups, policies, roles, users


@action("ListEntitiesForPolicy", service="iam", depth=Depth.PARTLY, missing="All come on one page.")
async def list_entities_for_policy(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The users, groups and roles that a policy is attached to."""
    wanted, prefix = parameters.get("EntityFilter"), parameters.get("PathPrefix", "/")

    def read(connection: Connection) -> Answer:
        holders = set(policies.holders_of(connection, attachable(connection, call, parameters["PolicyArn"])))
        found_users: list[dict[str, Any]] = [
            {"UserName": user.name, "UserId": user.id}
            for user in users.of_account(connection, call.account)
            if user.id in holders and user.path.startswith(prefix) and wanted in (None, "User")
        ]
        found_roles: list[dict[str, Any]] = [
            {"RoleName": role.name, "RoleId": role.id}
            for role in roles.of_account(connection, call.account)
            if role.id in holders and role.path.startswith(prefix) and wanted in (None, "Role")
        ]
        found_groups: list[dict[str, Any]] = [
            {"GroupName": group.name, "GroupId": group.id}
            for group in groups.of_account(connection, call.account)
            if group.id in holders and group.path.startswith(prefix) and wanted in (None, "Group")
        ]
        return {
            "PolicyGroups": found_groups,
            "PolicyUsers": found_users,
            "PolicyRoles": found_roles,
            "IsTruncated": False,
        }

    return await cloud.read(read)
