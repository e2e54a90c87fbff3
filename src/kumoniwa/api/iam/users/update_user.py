"""UpdateUser."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.iam.names import MOST_OF_A_USER, checked_name, checked_path
from kumoniwa.api.iam.users.create_user import check_free_name
from kumoniwa.api.iam.users.named_user import user_named
from kumoniwa.api.registry import action
from kumoniwa.store import users


@action("UpdateUser", service="iam")
async def update_user(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Give a user another name or path. Its id stays, and its keys sign as the one of the new name."""
    columns: dict[str, str] = {}
    if "NewUserName" in parameters:
        columns["name"] = checked_name(parameters, "NewUserName", MOST_OF_A_USER)
    if "NewPath" in parameters:
        columns["path"] = checked_path(parameters, "NewPath")

    def update(connection: Connection) -> Answer:
        user = user_named(connection, call, parameters["UserName"])
        if columns.get("name", user.name).lower() != user.name.lower():
            check_free_name(connection, call, columns["name"])
        if columns:
            users.change(connection, user.id, columns)
        return None

    return await cloud.change(call, update)
