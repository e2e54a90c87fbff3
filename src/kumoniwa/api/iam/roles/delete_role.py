"""DeleteRole."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.iam.refusals import DeleteConflict
from kumoniwa.api.iam.roles.named_role import role_of
from kumoniwa.api.registry import action
from kumoniwa.store import instance_profiles, policies, roles


@action("DeleteRole", service="iam")
async def delete_role(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Delete a role that no instance profile has, and that has no policies. Its sessions sign nothing any more."""

    def delete(connection: Connection) -> Answer:
        role = role_of(connection, call, parameters)
        if instance_profiles.with_role(connection, role.id):
            raise DeleteConflict("remove roles from instance profile")
        if policies.attached_to(connection, role.id):
            raise DeleteConflict("detach all policies")
        if policies.inline_of(connection, role.id):
            raise DeleteConflict("delete policies")
        roles.delete(connection, role.id)
        return None

    return await cloud.change(call, delete)
