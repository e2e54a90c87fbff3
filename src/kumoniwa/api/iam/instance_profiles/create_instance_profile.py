"""CreateInstanceProfile."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.iam.instance_profiles.named_instance_profile import whole_output
from kumoniwa.api.iam.names import MOST_OF_A_PROFILE, checked_name, checked_path
from kumoniwa.api.iam.refusals import EntityAlreadyExists, LimitExceeded
from kumoniwa.api.iam.tags import given_tags, with_tags
from kumoniwa.api.registry import action
from kumoniwa.credentials.new_key import new_unique_id
from kumoniwa.model.roles import InstanceProfile
from kumoniwa.store import instance_profiles

MOST_PROFILES = 1000
"""AWS's quota of an account."""


@action("CreateInstanceProfile", service="iam")
async def create_instance_profile(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Make an instance profile, which has no role yet."""
    name, path = checked_name(parameters, "InstanceProfileName", MOST_OF_A_PROFILE), checked_path(parameters)
    tags = with_tags({}, given_tags(parameters), "TagsPerInstanceProfile")
    profile = InstanceProfile(new_unique_id("AIPA"), call.account, name, path, None, call.at, tags)

    def add(connection: Connection) -> Answer:
        if instance_profiles.named(connection, call.account, name) is not None:
            raise EntityAlreadyExists(f"Instance Profile {name} already exists.")
        if len(instance_profiles.of_account(connection, call.account)) >= MOST_PROFILES:
            raise LimitExceeded("InstanceProfilesPerAccount", MOST_PROFILES)
        instance_profiles.add(connection, profile)
        return {"InstanceProfile": whole_output(connection, profile)}

    return await cloud.change(call, add)
