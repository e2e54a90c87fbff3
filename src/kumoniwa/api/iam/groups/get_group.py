"""GetGroup, ListGroups and ListGroupsForUser."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.iam.groups.named_group import group_of, group_output
from kumoniwa.api.iam.names import path_prefix
from kumoniwa.api.iam.pages import page
from kumoniwa.api.iam.users.named_user import user_of, user_output
from kumoniwa.api.registry import action
from kumoniwa.store import groups


@action("GetGroup", service="iam")
async def get_group(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """A group with its users, by name."""

    def read(connection: Connection) -> Answer:
        group = group_of(connection, call, parameters)
        users = groups.members(connection, group.id)
        return {"Group": group_output(group), **page(parameters, "Users", users, lambda user: user.name, user_output)}

    return await cloud.read(read)


@action("ListGroups", service="iam")
async def list_groups(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The groups of the account, by name; those below a path, where one is given."""
    prefix = path_prefix(parameters)

    def read(connection: Connection) -> Answer:
        found = [group for group in groups.of_account(connection, call.account) if group.path.startswith(prefix)]
        return page(parameters, "Groups", found, lambda group: group.name, group_output)

    return await cloud.read(read)


@action("ListGroupsForUser", service="iam")
async def list_groups_for_user(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The groups that a user is in, by name."""

    def read(connection: Connection) -> Answer:
        found = groups.of_user(connection, user_of(connection, call, parameters).id)
        return page(parameters, "Groups", found, lambda group: group.name, group_output)

    return await cloud.read(read)
