"""What accounts have decided for regions, in the database."""

from typing import Any

from sqlalchemy import Connection, bindparam, delete, select

from kumoniwa.model.account_settings import AccountSetting, Setting
from kumoniwa.model.scope import Scope
from kumoniwa.store.prepared import Prepared
from kumoniwa.store.rows import insert
from kumoniwa.store.tables.account_settings import account_settings

_COLUMNS = account_settings.c
_OF = (
    (_COLUMNS.account == bindparam("account"))
    & (_COLUMNS.region == bindparam("region"))
    & (_COLUMNS.name == bindparam("name", type_=_COLUMNS.name.type))
)
_VALUE = Prepared(select(_COLUMNS.value).where(_OF), kept=True)
_FORGOTTEN = Prepared(delete(account_settings).where(_OF))


def get(connection: Connection, scope: Scope, name: Setting) -> Any:
    """What was decided; None where nothing was."""
    return _VALUE.scalar(connection, account=scope.account, region=scope.region, name=name)


def put(connection: Connection, scope: Scope, name: Setting, value: Any) -> None:
    """Decide, whatever was decided before."""
    _FORGOTTEN.run(connection, account=scope.account, region=scope.region, name=name)
    insert(connection, account_settings, AccountSetting(scope.account, scope.region, name, value))
