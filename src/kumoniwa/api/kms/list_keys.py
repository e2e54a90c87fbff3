"""ListKeys."""

from collections.abc import Sequence

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.kms.marked_pages import most_of, paged, seen_before
from kumoniwa.api.registry import action
from kumoniwa.model.kms_keys import KmsKey, arn_of
from kumoniwa.store import kms_keys

_USUAL, _MOST = 100, 1000
_OWN = "SELF"


@action("ListKeys", service="kms")
async def list_keys(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The keys of the account in the region, in whatever state, also those that AWS manages."""
    after = seen_before(call, parameters) or ""
    most = most_of(parameters, _USUAL, _MOST)
    if _OWN not in parameters.get("ResourceOwners", (_OWN,)):
        return {"Keys": [], "Truncated": False}  # no account shares its keys with another here

    def read(connection: Connection) -> Sequence[KmsKey]:
        return kms_keys.page(connection, call.scope, after, most + 1)

    shown, left = paged(call, parameters, await cloud.read(read), most, lambda key: key.id)
    return {"Keys": [{"KeyId": key.id, "KeyArn": arn_of(key)} for key in shown], **left}
