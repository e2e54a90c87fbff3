"""GetAccessKeyLastUsed."""

from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.iam.refusals import NoSuchEntity
from kumoniwa.api.registry import Depth, action
from kumoniwa.store import trail_events, users

_NOWHERE = "N/A"  # what IAM answers of a key that signed nothing


@action(
    "GetAccessKeyLastUsed",
    service="iam",
    depth=Depth.PARTLY,
    missing="It is read from CloudTrail's events: a use that is no longer among these is not found.",
)
async def get_access_key_last_used(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Whose key it is, and when, where and for what it signed last."""
    key_id: str = parameters["AccessKeyId"]

    def read(connection: Connection) -> Answer:
        owner = users.owner_of_key(connection, call.account, key_id)
        is_clouds_own = cloud.credentials is not None and key_id == cloud.credentials.own_key_id
        if owner is None and not is_clouds_own:
            raise NoSuchEntity(f"The Access Key with id {key_id[:128]} cannot be found.")
        used = trail_events.last_of_key(connection, call.account, key_id)
        last: dict[str, Any] = {"ServiceName": _NOWHERE, "Region": _NOWHERE}
        if used is not None:
            last = {"LastUsedDate": used.at, "ServiceName": used.service, "Region": used.region}
        return {"UserName": None if owner is None else owner.name, "AccessKeyLastUsed": last}

    return await cloud.read(read)
