"""DeleteInstanceProfile."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.iam.instance_profiles.named_instance_profile import profile_of
from kumoniwa.api.iam.refusals import DeleteConflict
from kumoniwa.api.registry import action
from kumoniwa.store import instance_profiles


@action("DeleteInstanceProfile", service="iam")
async def delete_instance_profile(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Delete an instance profile without a role. Instances that have it find no credentials from then on."""

    def delete(connection: Connection) -> Answer:
        profile = profile_of(connection, call, parameters)
        if profile.role_id is not None:
            raise DeleteConflict("remove roles from instance profile")
        instance_profiles.delete(connection, profile.id)
        return None

    return await cloud.change(call, delete)
