"""DeleteRole."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.iam.refusals import DeleteConflict
from kumoniwa.api.iam.roles.named_role import role_of
from kumoniwa.api.iam.without_policies import check_without_policies
from kumoniwa.api.registry import action
from kumoniwa.store import instance_profiles, roles


@action("DeleteRole", service="iam")
async def delete_role(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Delete a role that no instance profile has, and that has no policies. Its sessions sign nothing any more."""

    def delete(connection: Connection) -> Answer:
        role = role_of(connection, call, parameters)
        if instance_profiles.with_role(connection, role.id):
            raise DeleteConflict("remove roles from instance profile")
        check_without_policies(connection, role.id)
        roles.delete(connection, role.id)
        return None

    return await cloud.change(call, delete)
