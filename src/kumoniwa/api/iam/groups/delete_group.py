"""DeleteGroup."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.iam.groups.named_group import group_of
from kumoniwa.api.iam.refusals import DeleteConflict
from kumoniwa.api.iam.without_policies import check_without_policies
from kumoniwa.api.registry import action
from kumoniwa.store import groups


@action("DeleteGroup", service="iam")
async def delete_group(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Delete a group without users and policies."""

    def delete(connection: Connection) -> Answer:
        group = group_of(connection, call, parameters)
        if groups.members(connection, group.id):
            raise DeleteConflict("remove users from group")
        check_without_policies(connection, group.id)
        groups.delete(connection, group.id)
        return None

    return await cloud.change(call, delete)
