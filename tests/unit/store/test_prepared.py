"""Statements that are compiled once: they see what SQLAlchemy sees, and what they write is told."""

from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, bindparam, delete, insert, select, text, update
from sqlalchemy.exc import IntegrityError, OperationalError

from kumoniwa.model.layers import Layer
from kumoniwa.model.workflows import WorkflowState
from kumoniwa.store import rows
from kumoniwa.store.all_tables import metadata
from kumoniwa.store.engines.sqlite import make_engine
from kumoniwa.store.prepared import TOUCHED, Prepared, among, either, listed, unindexed
from kumoniwa.store.tables.layers import layers
from kumoniwa.store.tables.workflows import workflows

AT = datetime(2026, 11, 29, 12, 30, 1, 5, UTC)
LOWER, UPPER = Layer("layer-1", None, 5, AT), Layer("layer-2", "layer-1", 7, AT, made=True)

Told = list[tuple[str, Collection[str] | None]]


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    engine = make_engine(tmp_path / "cloud.db")
    metadata.create_all(engine)
    with engine.connect() as connection:
        rows.insert(connection, layers, LOWER, UPPER)
        yield connection
    engine.dispose()


@pytest.fixture
def told(connection: Connection) -> Told:
    told: Told = []
    connection.info[TOUCHED] = lambda table, ids: told.append((table, ids))
    return told


def test_values_are_converted_by_the_types_of_the_columns(connection: Connection) -> None:
    by_id = Prepared(select(layers).where(layers.c.id == bindparam("id")))
    assert by_id.value(Layer, connection, id="layer-2") == UPPER
    assert by_id.value(Layer, connection, id="layer-3") is None
    assert by_id.values(Layer, connection, id="layer-1") == [LOWER]


def test_what_sqlalchemy_executes_and_what_is_prepared_see_the_same(connection: Connection) -> None:
    every = select(layers).order_by(layers.c.id)
    assert Prepared(every).rows(connection) == [tuple(row) for row in connection.execute(every)]


def test_what_fails_after_the_first_row_is_raised_as_what_fails_before_it(connection: Connection) -> None:
    rows.insert(connection, layers, Layer("layer-3", None, 9, AT))
    json = Prepared(text("SELECT json(CASE id WHEN 'layer-3' THEN '[' ELSE '1' END) FROM layers ORDER BY id"))
    with pytest.raises(OperationalError, match="malformed JSON"):
        json.rows(connection)


def test_two_rows_where_one_was_to_be_are_a_bug(connection: Connection) -> None:
    with pytest.raises(AssertionError):
        Prepared(select(layers)).value(Layer, connection)


def test_rows_come_in_chunks_and_what_is_not_taken_is_not_read(connection: Connection) -> None:
    every = Prepared(select(layers.c.id, layers.c.created_at).order_by(layers.c.id))
    assert [*every.chunks(connection, 1)] == [[("layer-1", AT)], [("layer-2", AT)]]
    assert [*every.chunks(connection, 5)] == [[("layer-1", AT), ("layer-2", AT)]]
    first = every.chunks(connection, 1)
    assert next(first) == [("layer-1", AT)]
    first.close()
    Prepared(delete(layers)).run(connection)  # which a statement that still reads would hinder
    assert [*every.chunks(connection, 1)] == []


def test_a_value_that_is_not_looked_up_in_an_index_is_compared_all_the_same(connection: Connection) -> None:
    by_id = select(layers.c.size_bytes).where(layers.c.id == bindparam("id"))
    through = select(layers.c.size_bytes).where(unindexed(layers.c.id) == bindparam("id"))
    for statement, found in ((by_id, "SEARCH"), (through, "SCAN")):
        assert Prepared(statement).scalars(connection, id="layer-2") == [7]
        explained = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {Prepared(statement).sql(connection)}", ("x",))
        assert str(explained.one()[3]).startswith(found)


def test_lists_of_any_length_are_one_parameter(connection: Connection) -> None:
    those = Prepared(select(layers.c.id).where(among(layers.c.id, "ids")).order_by(layers.c.id))
    assert those.scalars(connection, ids=listed(["layer-2", "layer-1", "layer-9"])) == ["layer-1", "layer-2"]
    assert those.scalars(connection, ids=listed([])) == []
    assert those.scalars(connection, ids=listed(["layer-1') OR 1=1 --", 'é"\\'])) == []


def test_what_is_missing_is_refused(connection: Connection) -> None:
    with pytest.raises(KeyError):
        Prepared(select(layers).where(layers.c.id == bindparam("id"))).rows(connection, name="layer-1")


def test_words_are_part_of_the_statement(connection: Connection) -> None:
    unfinished = either(workflows.c.state, [WorkflowState.WAITING, WorkflowState.RUNNING])
    names = ("id", "kind", "arguments", "state", "created_at")
    given = dict(zip(names, ("wf-1", "x", {"a": [1, None]}, WorkflowState.RUNNING, AT), strict=True))
    written = Prepared(
        insert(workflows)
        .values({name: bindparam(name, type_=workflows.c[name].type) for name in names})
        .returning(workflows.c.sequence)
    )
    assert written.rows(connection, **given) == [(1,)]
    found = Prepared(select(*(workflows.c[name] for name in names)).where(unfinished))
    assert found.rows(connection) == [tuple(given.values())]


def test_errors_are_sqlalchemys_and_tell_no_values(connection: Connection) -> None:
    with pytest.raises(IntegrityError) as refused:
        rows.insert(connection, layers, LOWER)
    assert "layer-1" not in str(refused.value)
    with pytest.raises(IntegrityError):
        Prepared(insert(layers).values(id="layer-1", size_bytes=1, created_at=AT)).run(connection)


def test_what_is_written_is_told(connection: Connection, told: Told) -> None:
    rows.insert(connection, layers, Layer("layer-3", None, 1, AT))
    grown = Prepared(update(layers).where(layers.c.id == bindparam("layer")).values(size_bytes=layers.c.size_bytes + 1))
    assert (grown.run(connection, layer="layer-3"), grown.run(connection, layer="layer-4")) == (1, 0)
    assert Prepared(delete(layers).where(layers.c.size_bytes == 2)).run(connection) == 1
    assert told == [("layers", ["layer-3"]), ("layers", ["layer-3"]), ("layers", None)]


def test_what_is_read_is_not_told(connection: Connection, told: Told) -> None:
    Prepared(select(layers)).rows(connection)
    assert told == []
