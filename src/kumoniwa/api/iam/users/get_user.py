"""GetUser and ListUsers."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.iam.names import path_prefix
from kumoniwa.api.iam.pages import page
from kumoniwa.api.iam.users.named_user import user_meant, user_output, whole_user_output
from kumoniwa.api.registry import action
from kumoniwa.model.principals import PrincipalKind
from kumoniwa.store import users


@action("GetUser", service="iam")
async def get_user(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """A user, or the caller: tools read the account's number out of the caller's ARN."""
    caller = call.caller
    if "UserName" not in parameters and caller.kind is PrincipalKind.ROOT:
        return {"User": {"UserId": caller.id, "Arn": caller.arn}}
    user = await cloud.read(lambda connection: user_meant(connection, call, parameters))
    return {"User": whole_user_output(user)}


@action("ListUsers", service="iam")
async def list_users(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The users of the account, by name; those below a path, where one is given."""
    prefix = path_prefix(parameters)

    def read(connection: Connection) -> Answer:
        found = [user for user in users.of_account(connection, call.account) if user.path.startswith(prefix)]
        return page(parameters, "Users", found, lambda user: user.name, user_output)

    return await cloud.read(read)
