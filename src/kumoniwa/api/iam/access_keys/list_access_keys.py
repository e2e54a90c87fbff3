"""ListAccessKeys."""

from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.iam.pages import page
from kumoniwa.api.iam.users.named_user import user_meant
from kumoniwa.api.registry import action
from kumoniwa.model.principals import PrincipalKind
from kumoniwa.model.users import KeyStatus, User
from kumoniwa.store import users


@action("ListAccessKeys", service="iam")
async def list_access_keys(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The access keys of a user, or of the caller, without their secrets."""
    if "UserName" not in parameters and call.caller.kind is PrincipalKind.ROOT:
        assert cloud.credentials is not None
        own = {"AccessKeyId": cloud.credentials.own_key_id, "Status": KeyStatus.ACTIVE}
        return {"AccessKeyMetadata": [own], "IsTruncated": False}

    def read(connection: Connection) -> Answer:
        user = user_meant(connection, call, parameters)
        keys = sorted(_output(connection, user), key=lambda key: str(key["AccessKeyId"]))
        return page(parameters, "AccessKeyMetadata", keys, lambda key: key["AccessKeyId"], lambda key: key)

    return await cloud.read(read)


def _output(connection: Connection, user: User) -> list[dict[str, Any]]:
    return [
        {"UserName": user.name, "AccessKeyId": key.id, "Status": key.status, "CreateDate": key.created_at}
        for key in users.keys_of(connection, user.id)
    ]
