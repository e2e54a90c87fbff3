"""UpdateGroup."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.iam.groups.create_group import check_free_name
from kumoniwa.api.iam.groups.named_group import group_of
from kumoniwa.api.iam.names import MOST_OF_A_GROUP, checked_name, checked_path
from kumoniwa.api.registry import action
from kumoniwa.store import groups


@action("UpdateGroup", service="iam")
async def update_group(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Give a group another name or path. Its id, users and policies stay."""
    columns: dict[str, str] = {}
    if "NewGroupName" in parameters:
        columns["name"] = checked_name(parameters, "NewGroupName", MOST_OF_A_GROUP)
    if "NewPath" in parameters:
        columns["path"] = checked_path(parameters, "NewPath")

    def update(connection: Connection) -> Answer:
        group = group_of(connection, call, parameters)
        if columns.get("name", group.name).lower() != group.name.lower():
            check_free_name(connection, call, columns["name"])
        if columns:
            groups.change(connection, group.id, columns)
        return None

    return await cloud.change(call, update)
