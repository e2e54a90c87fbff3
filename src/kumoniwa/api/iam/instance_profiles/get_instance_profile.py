"""GetInstanceProfile, ListInstanceProfiles, ListInstanceProfilesForRole."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.iam.instance_profiles.named_instance_profile import output_of, profile_of, whole_output
from kumoniwa.api.iam.names import path_prefix
from kumoniwa.api.iam.pages import page
from kumoniwa.api.iam.roles.named_role import role_of
from kumoniwa.api.registry import action
from kumoniwa.store import instance_profiles


@action("GetInstanceProfile", service="iam")
async def get_instance_profile(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """An instance profile, with its role."""

    def read(connection: Connection) -> Answer:
        return {"InstanceProfile": whole_output(connection, profile_of(connection, call, parameters))}

    return await cloud.read(read)


@action("ListInstanceProfiles", service="iam")
async def list_instance_profiles(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The instance profiles of the account, by name; those below a path, where one is given."""
    prefix = path_prefix(parameters)

    def read(connection: Connection) -> Answer:
        every = instance_profiles.of_account(connection, call.account)
        found = [profile for profile in every if profile.path.startswith(prefix)]
        return page(parameters, "InstanceProfiles", found, lambda profile: profile.name, output_of(connection))

    return await cloud.read(read)


@action("ListInstanceProfilesForRole", service="iam")
async def list_instance_profiles_for_role(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The instance profiles that have a role, by name."""

    def read(connection: Connection) -> Answer:
        found = instance_profiles.with_role(connection, role_of(connection, call, parameters).id)
        return page(parameters, "InstanceProfiles", found, lambda profile: profile.name, output_of(connection))

    return await cloud.read(read)
