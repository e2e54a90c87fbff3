"""Which key a request means, and whether it may do with it what it wants."""

import re

from sqlalchemy import Connection

from kumoniwa.api.call import Call
from kumoniwa.api.kms.kms_refusals import (
    Disabled,
    InvalidArn,
    KmsAccessDenied,
    NotFound,
    no_such_alias,
    no_such_key,
    pending_deletion,
)
from kumoniwa.ids import is_uuid
from kumoniwa.model.kms_keys import ALIAS, KeyState, KmsKey, arn_of
from kumoniwa.store import kms_keys

_KEY = "key/"
_MULTI_REGION = re.compile(r"mrk-[0-9a-f]{32}")


def named_key(connection: Connection, call: Call, asked: str) -> KmsKey:
    """The key of this id or ARN. Raises KMS's refusals, that of an alias among them."""
    resource = _resource(call, asked)
    if resource.startswith(ALIAS):
        if resource == asked:
            raise NotFound(f"Invalid keyId '{asked[:300]}'")
        raise InvalidArn("Key Aliases are not supported for this operation.")
    return _of_id(connection, call, resource.removeprefix(_KEY))


def key_or_alias(connection: Connection, call: Call, asked: str, *, make: bool = False) -> KmsKey:
    """The key of this id or ARN, or of an alias's name or ARN. Raises KMS's refusals.

    `make`: an alias of AWS's own gets its key where it has none yet; for that the connection must be a writer's.
    """
    resource = _resource(call, asked)
    if not resource.startswith(ALIAS):
        return _of_id(connection, call, resource.removeprefix(_KEY))
    if make:
        found = kms_keys.find_or_make(connection, call.account, call.region, resource, call.at)
    else:
        found = kms_keys.find(connection, call.account, call.region, resource)
    if found is None:
        raise no_such_alias(call.account, call.region, resource)
    return found


def own_key(connection: Connection, call: Call, asked: str) -> KmsKey:
    """The key of this id or ARN, which the account manages itself. Raises KMS's refusals."""
    key = named_key(connection, call, asked)
    check_managed_by_customer(call, key)
    return key


def check_managed_by_customer(call: Call, key: KmsKey) -> None:
    """Raises KMS's refusal of a key that AWS manages: its policy lets nobody do what the call asks for."""
    if not key.is_customers:
        raise KmsAccessDenied(
            f"User: {call.caller.arn} is not authorized to perform: kms:{call.action} on resource: {arn_of(key)} "
            f"because no resource-based policy allows the kms:{call.action} action"
        )


def check_stays(key: KmsKey) -> None:
    """Raises KMS's refusal of a key that is to be deleted."""
    if key.state is KeyState.PENDING_DELETION:
        raise pending_deletion(key)


def check_enabled(key: KmsKey) -> None:
    """Raises KMS's refusals of a key that is to be deleted, or is disabled."""
    check_stays(key)
    if not key.is_enabled:
        raise Disabled(key)


def _resource(call: Call, asked: str) -> str:
    """What is asked for without what stands before it in an ARN: `alias/…`, `key/…`, or an id as it was given."""
    if not asked.startswith("arn:"):
        return asked
    parts = asked.split(":", 5)
    if len(parts) != 6 or parts[2] != "kms" or not parts[5].startswith((_KEY, ALIAS)):
        raise InvalidArn(f"Invalid arn {asked[:300]}")
    region, account, resource = parts[3:]
    if region != call.region:
        raise NotFound(f"Invalid arn {region[:64]}")
    if account != call.account:
        raise KmsAccessDenied(
            f"User: {call.caller.arn} is not authorized to perform: kms:{call.action} on this resource because the "
            "resource does not exist in this Region, no resource-based policies allow access, or a resource-based "
            "policy explicitly denies access"
        )
    return resource


def _of_id(connection: Connection, call: Call, key_id: str) -> KmsKey:
    if not is_uuid(key_id) and _MULTI_REGION.fullmatch(key_id) is None:
        raise NotFound(f"Invalid keyId '{key_id[:300]}'")
    found = kms_keys.of_id(connection, call.account, call.region, key_id)
    if found is None:
        raise no_such_key(call.account, call.region, key_id)
    return found
