"""Which resources a statement names, as the writer of the database asks it."""

from typing import Any

import pytest
from sqlalchemy import insert as sql_insert
from sqlalchemy import select, update

from kumoniwa.store.all_tables import metadata
from kumoniwa.store.tables.cloud import facts
from kumoniwa.store.tables.instances import instances
from kumoniwa.store.tables.tags import tags
from kumoniwa.store.tables.volumes import attachments, volumes
from kumoniwa.store.tables.workflows import steps
from kumoniwa.store.written_rows import naming_column, written_rows

_ONE = volumes.c.id == "vol-1"
_OLD = select(volumes.c.id).where(volumes.c.size_gib > 8)


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        (update(volumes).where(_ONE).values(size_gib=9), ["vol-1"]),
        (update(volumes).where(_ONE, volumes.c.state.in_(["in-use"])).values(size_gib=9), ["vol-1"]),
        (update(volumes).where((volumes.c.size_gib == 8) & _ONE).values(size_gib=9), ["vol-1"]),
        (volumes.delete().where(volumes.c.id.in_(["vol-1", "vol-2"])), ["vol-1", "vol-2"]),
        (tags.delete().where(tags.c.resource_id == "i-1", tags.c.key == "Name"), ["i-1"]),
        (attachments.delete().where(attachments.c.volume_id == "vol-1"), ["vol-1"]),
        (attachments.delete().where(attachments.c.instance_id == "i-1"), None),
        (update(volumes).where(_ONE | (volumes.c.size_gib == 8)).values(size_gib=9), None),
        (update(volumes).where(~_ONE).values(size_gib=9), None),
        (update(volumes).where(volumes.c.id != "vol-1").values(size_gib=9), None),
        (update(volumes).where(volumes.c.id > "vol-1").values(size_gib=9), None),
        (volumes.delete().where(volumes.c.id.in_(_OLD)), None),
        (volumes.delete().where(volumes.c.id.not_in(["vol-1"])), None),
        (update(instances).where(instances.c.image_id == "i-1").values(version=1), None),
        (update(volumes).values(size_gib=9), None),
        (facts.insert().values(name="one", value=1), None),
    ],
)
def test_a_statement_names_its_resources_or_any(statement: Any, named: list[str] | None) -> None:
    assert written_rows(statement, [{}]) == named


def test_new_rows_name_their_resources() -> None:
    rows: list[dict[str, Any]] = [{"resource_id": "i-1", "key": "a"}, {"resource_id": "i-2", "key": "a"}]
    assert written_rows(sql_insert(tags), rows) == ["i-1", "i-2"]
    assert written_rows(sql_insert(tags), [{"key": "a"}]) is None


def test_the_rows_of_every_resource_say_whose_they_are() -> None:
    unnamed = {table.name for table in metadata.tables.values() if naming_column(table) is None}
    assert unnamed == {"account_settings", "client_tokens", "iam_memberships", facts.name, steps.name}
