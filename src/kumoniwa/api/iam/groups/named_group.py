"""The group that a request names, and groups as IAM answers them."""

from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Call, Parameters
from kumoniwa.api.iam.refusals import NoSuchEntity
from kumoniwa.model.groups import Group
from kumoniwa.store import groups


def group_of(connection: Connection, call: Call, parameters: Parameters) -> Group:
    """The group that a request names, which it must. Raises `NoSuchEntity`."""
    name: str = parameters["GroupName"]
    if (group := groups.named(connection, call.account, name)) is None:
        raise NoSuchEntity(f"The group with name {name[:128]} cannot be found.")
    return group


def group_output(group: Group) -> dict[str, Any]:
    """A group under IAM's member names."""
    return {
        "Path": group.path,
        "GroupName": group.name,
        "GroupId": group.id,
        "Arn": group.arn,
        "CreateDate": group.created_at,
    }
