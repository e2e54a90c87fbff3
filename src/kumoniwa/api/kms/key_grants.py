"""CreateGrant, ListGrants, ListRetirableGrants, RevokeGrant and RetireGrant."""

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.kms.kms_refusals import InvalidKmsParameters, NotFound
from kumoniwa.api.kms.marked_pages import most_of, page_of
from kumoniwa.api.kms.named_keys import check_enabled, named_key, own_key
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import Ec2Error
from kumoniwa.model.kms_keys import KmsGrant, key_arn
from kumoniwa.store import kms_grants

_MISSING = "Grants are stored, and nobody evaluates them."
_USUAL, _MOST = 50, 100


@action("CreateGrant", service="kms", depth=Depth.RECORDED, missing=_MISSING)
async def create_grant(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Grant somebody the use of a key. The same one again, under the same name, is that which is there."""
    if not (parameters.get("GranteePrincipal") or parameters.get("GranteeServicePrincipal")):
        raise InvalidKmsParameters("A grant must have a GranteePrincipal or a GranteeServicePrincipal.")
    if not parameters["Operations"]:
        raise InvalidKmsParameters("A grant must have at least one operation.")

    def create(connection: Connection) -> Answer:
        key = own_key(connection, call, parameters["KeyId"])
        check_enabled(key)
        new = _new(call, key.id, parameters)
        earlier = [grant for grant in kms_grants.of_key(connection, key) if new.name and _is_same(grant, new)]
        if earlier:
            return {"GrantId": earlier[0].id, "GrantToken": _token(earlier[0])}
        kms_grants.add(connection, new)
        return {"GrantId": new.id, "GrantToken": _token(new)}

    return await cloud.change(call, create)


@action("ListGrants", service="kms", depth=Depth.RECORDED, missing=_MISSING)
async def list_grants(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The grants on a key: all, one of them, or those of a grantee."""
    most = most_of(parameters, _USUAL, _MOST)

    def read(connection: Connection) -> Sequence[KmsGrant]:
        key = named_key(connection, call, parameters["KeyId"])
        return [grant for grant in kms_grants.of_key(connection, key) if _is_asked_for(grant, parameters)]

    return _page(call, parameters, await cloud.read(read), most)


@action("ListRetirableGrants", service="kms", depth=Depth.RECORDED, missing=_MISSING)
async def list_retirable_grants(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The grants on all keys of the account in the region that somebody may retire."""
    most = most_of(parameters, _USUAL, _MOST)
    principal, service = parameters.get("RetiringPrincipal"), parameters.get("RetiringServicePrincipal")
    if not principal and not service:
        raise InvalidKmsParameters("Give a RetiringPrincipal or a RetiringServicePrincipal.")

    def read(connection: Connection) -> Sequence[KmsGrant]:
        return [
            grant
            for grant in kms_grants.in_scope(connection, call.scope)
            if principal in (None, grant.retiring) and service in (None, grant.retiring_service)
        ]

    return _page(call, parameters, await cloud.read(read), most)


@action("RevokeGrant", service="kms", depth=Depth.RECORDED, missing=_MISSING)
async def revoke_grant(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Delete a grant on a key."""
    return await _removed(cloud, call, parameters["KeyId"], parameters["GrantId"])


@action("RetireGrant", service="kms", depth=Depth.RECORDED, missing=f"{_MISSING} Whoever calls may retire one.")
async def retire_grant(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Delete a grant, named by its token, or by its id and its key's ARN."""
    if (token := parameters.get("GrantToken")) is not None:
        return await _removed(cloud, call, *_of_token(token))
    if not (parameters.get("KeyId") and parameters.get("GrantId")):
        raise InvalidKmsParameters("Give a GrantToken, or a KeyId and a GrantId.")
    return await _removed(cloud, call, parameters["KeyId"], parameters["GrantId"])


async def _removed(cloud: Cloud, call: Call, key_id: str, grant_id: str) -> Answer:
    def remove(connection: Connection) -> Answer:
        key = named_key(connection, call, key_id)
        found = [grant for grant in kms_grants.of_key(connection, key) if grant.id == grant_id]
        if not found:
            raise NotFound(f"Grant ID {grant_id[:128]} not found")
        kms_grants.remove(connection, found[0])
        return None

    return await cloud.change(call, remove)


def _new(call: Call, key_id: str, parameters: Parameters) -> KmsGrant:
    return KmsGrant(
        secrets.token_hex(32),
        call.account,
        call.region,
        key_id,
        call.at,
        parameters.get("GranteePrincipal"),
        parameters.get("RetiringPrincipal"),
        parameters.get("GranteeServicePrincipal"),
        parameters.get("RetiringServicePrincipal"),
        parameters["Operations"],
        parameters.get("Constraints") or {},
        parameters.get("Name"),
    )


def _is_same(one: KmsGrant, other: KmsGrant) -> bool:
    return replace(one, id=other.id, created_at=other.created_at) == other


def _is_asked_for(grant: KmsGrant, parameters: Parameters) -> bool:
    return (
        parameters.get("GrantId") in (None, grant.id)
        and parameters.get("GranteePrincipal") in (None, grant.grantee)
        and parameters.get("GranteeServicePrincipal") in (None, grant.grantee_service)
    )


def _page(call: Call, parameters: Parameters, found: Sequence[KmsGrant], most: int) -> Answer:
    shown, left = page_of(call, parameters, found, most, lambda grant: grant.id)
    return {"Grants": [_row(grant) for grant in shown], **left}


def _row(grant: KmsGrant) -> Mapping[str, Any]:
    return {
        "KeyId": key_arn(grant.account, grant.region, grant.key_id),
        "GrantId": grant.id,
        "Name": grant.name or "",
        "CreationDate": grant.created_at,
        "GranteePrincipal": grant.grantee,
        "RetiringPrincipal": grant.retiring,
        "GranteeServicePrincipal": grant.grantee_service,
        "RetiringServicePrincipal": grant.retiring_service,
        "IssuingAccount": f"arn:aws:iam::{grant.account}:root",
        "Operations": list(grant.operations),
        "Constraints": grant.constraints or None,
    }


def _token(grant: KmsGrant) -> str:
    """What names a grant by itself."""
    return urlsafe_b64encode(f"{grant.key_id}/{grant.id}".encode()).decode()


def _of_token(token: str) -> tuple[str, str]:
    """The ids of the key and of the grant that a token names. Raises KMS's refusal."""
    try:
        key_id, slash, grant_id = urlsafe_b64decode(token).decode().partition("/")
    except ValueError:
        slash = ""
    if not slash:
        raise Ec2Error("InvalidGrantTokenException", "The grant token is not valid.")
    return key_id, grant_id
