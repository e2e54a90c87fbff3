"""CreateAlias, UpdateAlias and DeleteAlias."""

import re

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.kms.kms_refusals import (
    AliasExists,
    InvalidKmsParameters,
    KmsLimitExceeded,
    NotAuthorized,
    no_such_alias,
)
from kumoniwa.api.kms.named_keys import check_stays, own_key
from kumoniwa.api.registry import action
from kumoniwa.errors import Ec2Error
from kumoniwa.model.kms_keys import ALIAS, KmsAlias, KmsKey, arn_of
from kumoniwa.store import kms_keys

_NAME = re.compile(r"[a-zA-Z0-9:/_-]+")
_AWS = "alias/aws/"
_MOST_OF_A_KEY = 50


@action("CreateAlias", service="kms")
async def create_alias(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Give a key of the account's own another name."""
    name: str = parameters["AliasName"]
    _check_name(name)

    def create(connection: Connection) -> Answer:
        key = _target(connection, call, parameters)
        if kms_keys.alias_named(connection, call.account, call.region, name) is not None:
            raise AliasExists(call.account, call.region, name)
        _check_room(connection, key)
        kms_keys.add_alias(connection, KmsAlias(call.account, call.region, name, key.id, call.at, call.at))
        return None

    return await cloud.change(call, create)


@action("UpdateAlias", service="kms")
async def update_alias(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Let an alias name another key of the account's own."""

    def update(connection: Connection) -> Answer:
        alias = _own_alias(connection, call, parameters["AliasName"])
        key = _target(connection, call, parameters)
        if key.id != alias.key_id:
            _check_room(connection, key)
        kms_keys.move_alias(connection, alias, key, call.at)
        return None

    return await cloud.change(call, update)


@action("DeleteAlias", service="kms")
async def delete_alias(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Delete a name of a key; the key stays."""

    def delete(connection: Connection) -> Answer:
        kms_keys.delete_alias(connection, _own_alias(connection, call, parameters["AliasName"]))
        return None

    return await cloud.change(call, delete)


def _target(connection: Connection, call: Call, parameters: Parameters) -> KmsKey:
    """The key that the alias is to name. Raises KMS's refusals."""
    asked: str = parameters["TargetKeyId"]
    if asked.startswith(ALIAS) or f":{ALIAS}" in asked:
        raise InvalidKmsParameters("Aliases must refer to keys. Not aliases")
    key = own_key(connection, call, asked)
    check_stays(key)
    return key


def _own_alias(connection: Connection, call: Call, name: str) -> KmsAlias:
    """An alias of the account's own. Raises KMS's refusals."""
    _check_prefix(name)
    found = kms_keys.alias_named(connection, call.account, call.region, name)
    if found is None:
        raise no_such_alias(call.account, call.region, name)
    return found


def _check_name(name: str) -> None:
    """Raises KMS's refusals of a name that no alias can be given."""
    _check_prefix(name)
    if _NAME.fullmatch(name) is None:
        raise InvalidKmsParameters(
            f"1 validation error detected: Value '{name}' at 'aliasName' failed to satisfy constraint: Member must "
            "satisfy regular expression pattern: ^[a-zA-Z0-9:/_-]+$"
        )
    if ":" in name or name == ALIAS:
        raise Ec2Error("InvalidAliasNameException", f"{name} contains invalid characters for an alias")


def _check_prefix(name: str) -> None:
    if not name.startswith(ALIAS):
        raise InvalidKmsParameters(
            'Alias must start with the prefix "alias/". Please see '
            "https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html"
        )
    if name.startswith(_AWS):
        raise NotAuthorized


def _check_room(connection: Connection, key: KmsKey) -> None:
    if len(kms_keys.aliases_of(connection, key)) >= _MOST_OF_A_KEY:
        raise KmsLimitExceeded(f"{arn_of(key)} has {_MOST_OF_A_KEY} aliases, the most that a key can have.")
