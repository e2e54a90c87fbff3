"""ListAliases."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.kms.marked_pages import most_of, page_of
from kumoniwa.api.kms.named_keys import named_key
from kumoniwa.api.registry import action
from kumoniwa.model.kms_keys import AWS_MANAGED, KmsAlias, alias_arn
from kumoniwa.store import kms_keys

_USUAL, _MOST = 50, 100


@action("ListAliases", service="kms")
async def list_aliases(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The aliases of the account in the region, or those of one key. AWS's own have no key before their first use."""
    most = most_of(parameters, _USUAL, _MOST)

    def read(connection: Connection) -> Sequence[Mapping[str, Any]]:
        if (asked := parameters.get("KeyId")) is not None:
            return [_row(alias) for alias in kms_keys.aliases_of(connection, named_key(connection, call, asked))]
        rows = {alias.name: _row(alias) for alias in kms_keys.aliases(connection, call.scope)}
        unused = [name for name in AWS_MANAGED if name not in rows]
        rows |= {name: {"AliasName": name, "AliasArn": alias_arn(call.account, call.region, name)} for name in unused}
        return [rows[name] for name in sorted(rows)]

    shown, left = page_of(call, parameters, await cloud.read(read), most, lambda row: str(row["AliasName"]))
    return {"Aliases": shown, **left}


def _row(alias: KmsAlias) -> Mapping[str, Any]:
    return {
        "AliasName": alias.name,
        "AliasArn": alias.arn,
        "TargetKeyId": alias.key_id,
        "CreationDate": alias.created_at,
        "LastUpdatedDate": alias.updated_at,
    }
