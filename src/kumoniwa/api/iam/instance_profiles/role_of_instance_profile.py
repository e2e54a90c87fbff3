"""AddRoleToInstanceProfile and RemoveRoleFromInstanceProfile."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.iam.instance_profiles.named_instance_profile import profile_of
from kumoniwa.api.iam.refusals import LimitExceeded, NoSuchEntity
from kumoniwa.api.iam.roles.named_role import role_of
from kumoniwa.api.registry import action
from kumoniwa.store import instance_profiles


@action("AddRoleToInstanceProfile", service="iam")
async def add_role_to_instance_profile(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Give an instance profile its role: instances that have the profile find its credentials from then on."""

    def add(connection: Connection) -> Answer:
        profile, role = profile_of(connection, call, parameters), role_of(connection, call, parameters)
        if profile.role_id is not None:
            raise LimitExceeded("InstanceSessionsPerInstanceProfile", 1)
        instance_profiles.change(connection, profile.id, {"role_id": role.id})
        return None

    return await cloud.change(call, add)


@action("RemoveRoleFromInstanceProfile", service="iam")
async def remove_role_from_instance_profile(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Take the role from an instance profile: instances find no credentials any more."""

    def remove(connection: Connection) -> Answer:
        profile, role = profile_of(connection, call, parameters), role_of(connection, call, parameters)
        if profile.role_id != role.id:
            raise NoSuchEntity(f"The role with name {role.name} cannot be found in Instance Profile {profile.name}.")
        instance_profiles.change(connection, profile.id, {"role_id": None})
        return None

    return await cloud.change(call, remove)
