"""Launch templates and their versions in the database."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Integer, bindparam, delete, func, select

from kumoniwa.model.launch_templates import LaunchTemplate, LaunchTemplateVersion
from kumoniwa.model.scope import Scope
from kumoniwa.store import rows
from kumoniwa.store.frozen_times import frozen, thawed
from kumoniwa.store.prepared import Prepared, among, listed
from kumoniwa.store.rows import InScope, insert
from kumoniwa.store.tables.launch_templates import launch_template_versions, launch_templates

_IN_SCOPE = InScope(LaunchTemplate, launch_templates, launch_templates.c.id)
_OWN, _VERSION = launch_templates.c, launch_template_versions.c


def add(connection: Connection, template: LaunchTemplate) -> None:
    """Write a new launch template, whose name is free."""
    insert(connection, launch_templates, template)


def change(connection: Connection, template_id: str, **columns: Any) -> None:
    """Change columns of a launch template."""
    rows.change(connection, launch_templates, template_id, columns)


_DELETED = Prepared(delete(launch_templates).where(_OWN.id == bindparam("id")))


def remove(connection: Connection, template_id: str) -> None:
    """Delete a launch template with all its versions."""
    _DELETED.run(connection, id=template_id)


def in_scope(connection: Connection, scope: Scope, ids: Collection[str] | None = None) -> list[LaunchTemplate]:
    """The launch templates of an account in a region; only these, where `ids` are given."""
    return _IN_SCOPE.of(connection, scope, ids)


_SCOPED = (_OWN.account == bindparam("account")) & (_OWN.region == bindparam("region"))
_NAMED = Prepared(select(launch_templates).where(_SCOPED, among(_OWN.name, "names")).order_by(_OWN.id))


def named(connection: Connection, scope: Scope, names: Collection[str]) -> list[LaunchTemplate]:
    """Those with these names, of an account in a region."""
    return _NAMED.values(
        LaunchTemplate, connection, account=scope.account, region=scope.region, names=listed(set(names))
    )


def count(connection: Connection, scope: Scope) -> int:
    """How many an account has in a region."""
    return rows.count(connection, launch_templates, {"account": scope.account, "region": scope.region})


# Versions.


def add_version(connection: Connection, version: LaunchTemplateVersion) -> None:
    """Write a new version."""
    insert(connection, launch_template_versions, replace(version, data=frozen(version.data)))


_OF_TEMPLATE = _VERSION.template_id == bindparam("template")
_ONE = Prepared(select(launch_template_versions).where(_OF_TEMPLATE, _VERSION.number == bindparam("number")))
_BETWEEN = Prepared(
    select(launch_template_versions)
    .where(
        _OF_TEMPLATE,
        _VERSION.number >= bindparam("least", type_=Integer),
        _VERSION.number <= bindparam("most", type_=Integer),
    )
    .order_by(_VERSION.number)
)
_POINTED_AT = Prepared(
    select(launch_template_versions)
    .select_from(launch_templates.join(launch_template_versions, _VERSION.template_id == _OWN.id))
    .where(_SCOPED, (_VERSION.number == _OWN.latest_version) | (_VERSION.number == _OWN.default_version))
    .order_by(_VERSION.template_id, _VERSION.number)
)
_MOST = (1 << 31) - 1


def version(connection: Connection, template_id: str, number: int) -> LaunchTemplateVersion | None:
    """The version of a template that has this number."""
    found = _ONE.value(LaunchTemplateVersion, connection, template=template_id, number=number)
    return None if found is None else _thawed(found)


def versions_of(
    connection: Connection, template_id: str, least: int | None = None, most: int | None = None
) -> list[LaunchTemplateVersion]:
    """The versions of a template by number, those from `least` to `most`."""
    limits = {"least": 0 if least is None else least, "most": _MOST if most is None else most}
    found = _BETWEEN.values(LaunchTemplateVersion, connection, template=template_id, **limits)
    return [_thawed(one) for one in found]


def pointed_at(connection: Connection, scope: Scope) -> list[LaunchTemplateVersion]:
    """The latest and the default versions of all templates of an account in a region, each once."""
    found = _POINTED_AT.values(LaunchTemplateVersion, connection, account=scope.account, region=scope.region)
    return [_thawed(one) for one in found]


_COUNTED = Prepared(select(func.count().label("count")).select_from(launch_template_versions).where(_OF_TEMPLATE))


def count_versions(connection: Connection, template_id: str) -> int:
    """How many versions a template has."""
    found: int = _COUNTED.scalar(connection, template=template_id)
    return found


_REMOVED = Prepared(delete(launch_template_versions).where(_OF_TEMPLATE, _VERSION.number == bindparam("number")))
_LATEST = Prepared(select(func.max(_VERSION.number).label("latest")).where(_OF_TEMPLATE))


def remove_versions(connection: Connection, template_id: str, numbers: Sequence[int]) -> int:
    """Delete these versions of a template, not its only ones; gives the number of the latest that is left."""
    _REMOVED.run_each(connection, [{"template": template_id, "number": number} for number in numbers])
    latest: int = _LATEST.scalar(connection, template=template_id)
    return latest


def _thawed(found: LaunchTemplateVersion) -> LaunchTemplateVersion:
    return replace(found, data=thawed(found.data))
