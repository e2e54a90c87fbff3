"""CreateUser."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.iam.names import MOST_OF_A_USER, checked_name, checked_path
from kumoniwa.api.iam.refusals import EntityAlreadyExists, LimitExceeded
from kumoniwa.api.iam.tags import given_tags, with_tags
from kumoniwa.api.iam.users.named_user import whole_user_output
from kumoniwa.api.not_built import NotBuiltParameter, refuse
from kumoniwa.api.registry import Depth, action
from kumoniwa.credentials.new_key import new_unique_id
from kumoniwa.model.users import User
from kumoniwa.store import users

MOST_USERS = 5000
"""AWS's quota of an account."""
_NOT_BUILT = (NotBuiltParameter("PermissionsBoundary", "permissions boundaries"),)


@action("CreateUser", service="iam", depth=Depth.PARTLY, not_built=_NOT_BUILT)
async def create_user(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Make a user, who has no access key yet."""
    refuse(parameters, _NOT_BUILT)
    name, path = checked_name(parameters, "UserName", MOST_OF_A_USER), checked_path(parameters)
    tags = with_tags({}, given_tags(parameters), "TagsPerUser")
    user = User(new_unique_id("AIDA"), call.account, name, path, call.at, tags)

    def add(connection: Connection) -> Answer:
        check_free_name(connection, call, name)
        if len(users.of_account(connection, call.account)) >= MOST_USERS:
            raise LimitExceeded("UsersPerAccount", MOST_USERS)
        users.add(connection, user)
        return {"User": whole_user_output(user)}

    return await cloud.change(call, add)


def check_free_name(connection: Connection, call: Call, name: str) -> None:
    """Raises `EntityAlreadyExists` where there is a user of that name."""
    if users.named(connection, call.account, name) is not None:
        raise EntityAlreadyExists(f"User with name {name} already exists.")
