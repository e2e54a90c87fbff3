"""DeleteUser."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.iam.refusals import DeleteConflict
from kumoniwa.api.iam.users.named_user import user_named
from kumoniwa.api.iam.without_policies import check_without_policies
from kumoniwa.api.registry import action
from kumoniwa.store import groups, users


@action("DeleteUser", service="iam")
async def delete_user(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Delete a user without keys and policies who is in no group.

    Sessions that were begun with its keys sign nothing any more.
    """

    def delete(connection: Connection) -> Answer:
        user = user_named(connection, call, parameters["UserName"])
        if users.keys_of(connection, user.id):
            raise DeleteConflict("delete access keys")
        if groups.of_user(connection, user.id):
            raise DeleteConflict("remove users from group")
        check_without_policies(connection, user.id)
        users.delete(connection, user.id)
        return None

    return await cloud.change(call, delete)
