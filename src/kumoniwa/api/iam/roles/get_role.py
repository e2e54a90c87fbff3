"""GetRole and ListRoles."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.iam.names import path_prefix
from kumoniwa.api.iam.pages import page
from kumoniwa.api.iam.roles.named_role import role_of, role_output, whole_role_output
from kumoniwa.api.registry import Depth, action
from kumoniwa.store import roles

_MISSING = "When a role was used last is not recorded: RoleLastUsed is that of a role that was never used."


@action("GetRole", service="iam", depth=Depth.PARTLY, missing=_MISSING)
async def get_role(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """A role."""
    role = await cloud.read(lambda connection: role_of(connection, call, parameters))
    return {"Role": {**whole_role_output(role), "RoleLastUsed": {}}}


@action("ListRoles", service="iam")
async def list_roles(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The roles of the account, by name; those below a path, where one is given."""
    prefix = path_prefix(parameters)

    def read(connection: Connection) -> Answer:
        found = [role for role in roles.of_account(connection, call.account) if role.path.startswith(prefix)]
        return page(parameters, "Roles", found, lambda role: role.name, role_output)

    return await cloud.read(read)
