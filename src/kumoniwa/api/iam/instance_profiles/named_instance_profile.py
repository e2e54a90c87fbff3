"""The instance profile that a request names, and instance profiles as IAM answers them."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Call, Parameters
from kumoniwa.api.iam.refusals import NoSuchEntity
from kumoniwa.api.iam.roles.named_role import role_output
from kumoniwa.api.iam.tags import tag_list
from kumoniwa.model.roles import InstanceProfile
from kumoniwa.store import instance_profiles, roles


def profile_of(connection: Connection, call: Call, parameters: Parameters) -> InstanceProfile:
    """The instance profile that a request names. Raises `NoSuchEntity`."""
    name: str = parameters["InstanceProfileName"]
    if (profile := instance_profiles.named(connection, call.account, name)) is None:
        raise NoSuchEntity(f"Instance Profile {name[:128]} cannot be found.")
    return profile


def output_of(connection: Connection) -> Callable[[InstanceProfile], dict[str, Any]]:
    """What makes of a profile what a listing answers, with its role; single ones are answered with tags too."""

    def output(profile: InstanceProfile) -> dict[str, Any]:
        role = None if profile.role_id is None else roles.with_id(connection, profile.role_id)
        return {
            "Path": profile.path,
            "InstanceProfileName": profile.name,
            "InstanceProfileId": profile.id,
            "Arn": profile.arn,
            "CreateDate": profile.created_at,
            "Roles": [] if role is None else [role_output(role)],
        }

    return output


def whole_output(connection: Connection, profile: InstanceProfile) -> dict[str, Any]:
    """A profile with its role and tags."""
    return {**output_of(connection)(profile), "Tags": tag_list(profile.tags)}
