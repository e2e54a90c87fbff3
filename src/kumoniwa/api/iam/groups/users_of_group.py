"""AddUserToGroup and RemoveUserFromGroup."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.iam.groups.named_group import group_of
from kumoniwa.api.iam.refusals import LimitExceeded
from kumoniwa.api.iam.users.named_user import user_of
from kumoniwa.api.registry import Depth, action
from kumoniwa.model.groups import MOST_GROUPS_OF_A_USER, Membership
from kumoniwa.store import groups


@action(
    "AddUserToGroup",
    service="iam",
    depth=Depth.RECORDED,
    missing="No policy is evaluated, so a user may no more in a group than outside of it.",
)
async def add_user_to_group(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Put a user into a group; one that is in it stays so."""

    def join(connection: Connection) -> Answer:
        membership = _membership(connection, call, parameters)
        own = groups.of_user(connection, membership.user_id)
        if any(group.id == membership.group_id for group in own):
            return None
        if len(own) >= MOST_GROUPS_OF_A_USER:
            raise LimitExceeded("GroupsPerUser", MOST_GROUPS_OF_A_USER)
        groups.join(connection, membership)
        return None

    return await cloud.change(call, join)


@action("RemoveUserFromGroup", service="iam")
async def remove_user_from_group(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Take a user out of a group."""

    def leave(connection: Connection) -> Answer:
        groups.leave(connection, _membership(connection, call, parameters))
        return None

    return await cloud.change(call, leave)


def _membership(connection: Connection, call: Call, parameters: Parameters) -> Membership:
    """The group and the user that are named. Raises `NoSuchEntity`."""
    return Membership(group_of(connection, call, parameters).id, user_of(connection, call, parameters).id)
