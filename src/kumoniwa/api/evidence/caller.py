"""Who calls, and what is not looked at: that policies are stored is no sign that anybody evaluates them."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Call
from kumoniwa.api.cloud import Cloud
from kumoniwa.store import policies, roles, users

_NOT_EVALUATED = "Policies are stored as they were given. No call is permitted or refused because of one."


async def caller(cloud: Cloud, call: Call, _path: Mapping[str, str]) -> Mapping[str, Any]:
    """Whose key signed this request, since when where it is temporary, and how many identities there are."""

    def read(connection: Connection) -> Mapping[str, Any]:
        return {
            "users": len(users.of_account(connection, call.account)),
            "roles": len(roles.of_account(connection, call.account)),
            "policies": len(policies.of_account(connection, call.account)),
        }

    return {
        "access_key": call.principal,
        "arn": call.caller.arn,
        "kind": call.caller.kind,
        "session_since": call.caller.since,
        "there_are": await cloud.read(read),
        "policies_evaluated": False,
        "policies_note": _NOT_EVALUATED,
    }
