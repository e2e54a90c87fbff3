"""The role that a request names, and roles as IAM answers them."""

from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Call, Parameters
from kumoniwa.api.iam.documents import written
from kumoniwa.api.iam.refusals import NoSuchEntity
from kumoniwa.api.iam.tags import tag_list
from kumoniwa.model.roles import Role
from kumoniwa.store import roles


def role_of(connection: Connection, call: Call, parameters: Parameters) -> Role:
    """The role that a request names. Raises `NoSuchEntity`."""
    name: str = parameters["RoleName"]
    if (role := roles.named(connection, call.account, name)) is None:
        raise NoSuchEntity(f"The role with name {name[:128]} cannot be found.")
    return role


def role_output(role: Role) -> dict[str, Any]:
    """A role in a listing; single ones are answered with tags too."""
    return {
        "Path": role.path,
        "RoleName": role.name,
        "RoleId": role.id,
        "Arn": role.arn,
        "CreateDate": role.created_at,
        "AssumeRolePolicyDocument": written(role.trust_policy),
        "Description": role.description,
        "MaxSessionDuration": role.max_session,
    }


def whole_role_output(role: Role) -> dict[str, Any]:
    """A role with tags."""
    return {**role_output(role), "Tags": tag_list(role.tags) if role.tags else None}
