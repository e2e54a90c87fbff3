"""GetKeyPolicy, PutKeyPolicy and ListKeyPolicies."""

import json
import re

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.kms.kms_refusals import InvalidKmsParameters, KmsLimitExceeded, MalformedKeyPolicy, NotFound
from kumoniwa.api.kms.named_keys import named_key, own_key
from kumoniwa.api.registry import Depth, action
from kumoniwa.model.kms_keys import policy_of
from kumoniwa.store import kms_keys

_DEFAULT = "default"
_MOST_BYTES = 32 * 1024
_TEXT = re.compile("[\t\n\r\x20-\xff]+")


@action("GetKeyPolicy", service="kms")
async def get_key_policy(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """A key's policy: the one that was put, or the one that KMS gives."""

    def read(connection: Connection) -> Answer:
        key = named_key(connection, call, parameters["KeyId"])
        _check_policy_name(parameters)
        return {"Policy": policy_of(key), "PolicyName": _DEFAULT}

    return await cloud.read(read)


@action(
    "PutKeyPolicy",
    service="kms",
    depth=Depth.RECORDED,
    missing="It is stored, and nobody evaluates it: not whether its caller could still change it, either.",
)
async def put_key_policy(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Give a key another policy."""
    policy = checked_policy(parameters["Policy"])

    def put(connection: Connection) -> Answer:
        key = own_key(connection, call, parameters["KeyId"])
        _check_policy_name(parameters)
        kms_keys.change(connection, key, policy=policy)
        return None

    return await cloud.change(call, put)


@action("ListKeyPolicies", service="kms")
async def list_key_policies(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The names of a key's policies, of which there is one."""

    def read(connection: Connection) -> Answer:
        named_key(connection, call, parameters["KeyId"])
        return {"PolicyNames": [_DEFAULT], "Truncated": False}

    return await cloud.read(read)


def checked_policy(document: str) -> str:
    """A key policy, as far as its form goes. Raises KMS's refusals."""
    if len(document.encode()) > _MOST_BYTES:
        raise KmsLimitExceeded(f"A key policy can have a maximum of {_MOST_BYTES} bytes.")
    if _TEXT.fullmatch(document) is None:
        raise InvalidKmsParameters(
            "1 validation error detected: Value at 'policy' failed to satisfy constraint: Member must satisfy regular "
            "expression pattern: [\\u0009\\u000A\\u000D\\u0020-\\u00FF]+"
        )
    try:
        read = json.loads(document)
    except (ValueError, RecursionError):
        raise MalformedKeyPolicy from None
    statements = read.get("Statement") if isinstance(read, dict) else None
    if isinstance(statements, dict):
        statements = [statements]
    if not isinstance(statements, list) or not statements:
        raise MalformedKeyPolicy
    for statement in statements:
        if not isinstance(statement, dict) or statement.get("Effect") not in ("Allow", "Deny"):
            raise MalformedKeyPolicy
        if statement.keys().isdisjoint({"Principal", "NotPrincipal"}):
            raise MalformedKeyPolicy
    return document


def _check_policy_name(parameters: Parameters) -> None:
    if parameters.get("PolicyName") not in (None, _DEFAULT):
        raise NotFound("No such policy exists")
