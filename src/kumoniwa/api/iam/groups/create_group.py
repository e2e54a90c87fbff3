"""CreateGroup."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.iam.groups.named_group import group_output
from kumoniwa.api.iam.names import MOST_OF_A_GROUP, checked_name, checked_path
from kumoniwa.api.iam.refusals import EntityAlreadyExists, LimitExceeded
from kumoniwa.api.registry import action
from kumoniwa.credentials.new_key import new_unique_id
from kumoniwa.model.groups import MOST_GROUPS, Group
from kumoniwa.store import groups


@action("CreateGroup", service="iam")
async def create_group(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Make a group, in which nobody is yet."""
    name, path = checked_name(parameters, "GroupName", MOST_OF_A_GROUP), checked_path(parameters)
    group = Group(new_unique_id("AGPA"), call.account, name, path, call.at)

    def add(connection: Connection) -> Answer:
        check_free_name(connection, call, name)
        if len(groups.of_account(connection, call.account)) >= MOST_GROUPS:
            raise LimitExceeded("GroupsPerAccount", MOST_GROUPS)
        groups.add(connection, group)
        return {"Group": group_output(group)}

    return await cloud.change(call, add)


def check_free_name(connection: Connection, call: Call, name: str) -> None:
    """Raises `EntityAlreadyExists` where there is a group of that name."""
    if groups.named(connection, call.account, name) is not None:
        raise EntityAlreadyExists(f"Group with name {name} already exists.")
