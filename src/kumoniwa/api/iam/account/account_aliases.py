"""CreateAccountAlias, DeleteAccountAlias and ListAccountAliases.

An account has one alias at most; a new one takes the place of the old one (observed: floci pull request 2103).
Clean-up tools refuse accounts without an alias, and ask whoever runs them to type it.
"""

import re

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.iam.refusals import EntityAlreadyExists, NoSuchEntity, ValidationError
from kumoniwa.api.registry import action
from kumoniwa.model.account_settings import Setting
from kumoniwa.model.scope import Scope
from kumoniwa.store import account_settings

_EVERY_REGION = "aws-global"
_PATTERN = "^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$"


@action("CreateAccountAlias", service="iam")
async def create_account_alias(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Give the account this alias, whichever it had."""
    alias = _checked(parameters)

    def create(connection: Connection) -> Answer:
        if _alias(connection, call) == alias:
            raise EntityAlreadyExists(f"The account alias {alias} already exists.")
        account_settings.put(connection, _scope(call), Setting.ACCOUNT_ALIAS, alias)
        return None

    return await cloud.change(call, create)


@action("DeleteAccountAlias", service="iam")
async def delete_account_alias(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Take the account's alias away, which is named."""
    alias = _checked(parameters)

    def remove(connection: Connection) -> Answer:
        if _alias(connection, call) != alias:
            raise NoSuchEntity(f"The account alias with name {alias} cannot be found.")
        account_settings.put(connection, _scope(call), Setting.ACCOUNT_ALIAS, None)
        return None

    return await cloud.change(call, remove)


@action("ListAccountAliases", service="iam")
async def list_account_aliases(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The account's alias, or none."""
    alias = await cloud.read(lambda connection: _alias(connection, call))
    return {"AccountAliases": [] if alias is None else [alias], "IsTruncated": False}


def _alias(connection: Connection, call: Call) -> str | None:
    alias: str | None = account_settings.get(connection, _scope(call), Setting.ACCOUNT_ALIAS)
    return alias


def _scope(call: Call) -> Scope:
    """An account's alias is the same wherever it is asked for."""
    return Scope(call.account, _EVERY_REGION)


def _checked(parameters: Parameters) -> str:
    alias: str = parameters["AccountAlias"]
    if re.fullmatch(_PATTERN, alias) is None:
        raise ValidationError(
            f"1 validation error detected: Value '{alias[:200]}' at 'accountAlias' failed to satisfy constraint: "
            f"Member must satisfy regular expression pattern: {_PATTERN}"
        )
    return alias
