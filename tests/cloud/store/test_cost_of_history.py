"""What is over costs nothing: no statement on the way of a workflow, and none that forgets, reads through a table."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text

from kumoniwa.ids import new_id
from kumoniwa.model.layers import Layer
from kumoniwa.reconcile.time import BATCH, forgetting
from kumoniwa.store import journal, layers, schema, volume_modifications
from kumoniwa.store.engines.sqlite import make_engine

AT = datetime(2026, 1, 1, tzinfo=UTC)
ORIGIN = journal.Origin("RebootInstances", "request", AT)
GROWING = ("workflows", "steps", "boots", "client_tokens")
"""The tables that grow with every call."""


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = make_engine(tmp_path / "cloud.db")
    schema.ensure_schema(made)
    yield made
    made.dispose()


@contextmanager
def statements(connection: Connection) -> Iterator[list[str]]:
    """What is asked of the database in the block, with its values."""
    heard: list[str] = []
    driver: Any = connection.connection.driver_connection
    driver.set_trace_callback(heard.append)
    try:
        yield heard
    finally:
        driver.set_trace_callback(None)


def plan(connection: Connection, statement: str) -> list[str]:
    """How SQLite does it, line by line."""
    driver: Any = connection.connection.driver_connection
    return [str(row[3]) for row in driver.execute(f"EXPLAIN QUERY PLAN {statement}")]


def check_searched(connection: Connection, heard: list[str]) -> None:
    """Every statement finds the rows of growing tables by an index."""
    asked = [one for one in heard if one.split()[0] in ("SELECT", "UPDATE", "DELETE")]
    assert asked
    for statement in asked:
        for line in plan(connection, statement):
            if line.endswith(" boots_of_many"):
                continue  # an index of those boots alone of which some are forgotten
            scanned = line.split()[1] if line.startswith("SCAN") else ""
            assert scanned not in GROWING, f"{line}\n{statement}"


def test_a_workflow_goes_its_way_without_a_look_at_those_that_ended(engine: Engine) -> None:
    with engine.connect() as connection, connection.begin():
        with statements(connection) as heard:
            first, second = (journal.submit(connection, "reboot", "i-1", ORIGIN, {}) for _ in range(2))
            journal.running(connection)
            journal.record(connection, journal.StepRow(first.id, 1, "reboot", None, None, AT))
            journal.steps_of(connection, first.id)
            journal.finish(connection, first, None, AT)
            journal.finish(connection, second, None, AT)
            volume_modifications.count_since(connection, "modify_volume", "vol-1", AT)
        check_searched(connection, heard)
        turns = [line for one in heard for line in plan(connection, one) if "workflows_turn" in line]
        assert turns == ["SEARCH workflows USING INDEX workflows_turn (subject=? AND state=?)"] * 2


def test_what_is_old_is_found_by_its_age(engine: Engine) -> None:
    with engine.connect() as connection, connection.begin():
        with statements(connection) as heard:
            for forget in forgetting(AT):
                forget(connection, at_most=BATCH)
        check_searched(connection, heard)


def test_a_chain_of_layers_is_read_without_a_look_at_others(engine: Engine) -> None:
    chain = [Layer(f"layer-{number}", f"layer-{number - 1}" if number else None, 1, AT) for number in range(5)]
    with engine.connect() as connection, connection.begin():
        layers.add(connection, *chain, Layer("layer-other", "layer-1", 1, AT))
        with statements(connection) as heard:
            assert layers.standing(connection, "layer-3") == chain[3::-1]
        (asked,) = heard
        assert not [line for line in plan(connection, asked) if line.startswith("SCAN layers")]
        assert layers.standing(connection, "layer-none") == []


def test_a_number_of_a_workflow_is_never_given_twice(engine: Engine) -> None:
    with engine.connect() as connection, connection.begin():
        ended = [journal.submit(connection, "reboot", None, ORIGIN, {}) for _ in range(3)]
        for workflow in ended:
            journal.finish(connection, workflow, None, AT)
        assert journal.forget(connection, datetime(2027, 1, 1, tzinfo=UTC), at_most=100) == 2
        assert journal.submit(connection, "reboot", None, ORIGIN, {}).sequence > ended[-1].sequence


def test_a_batch_forgets_the_journals_of_its_workflows_and_no_more(engine: Engine) -> None:
    with engine.connect() as connection, connection.begin():
        for _ in range(10):
            workflow = journal.submit(connection, "reboot", new_id("i"), ORIGIN, {})
            journal.record(connection, journal.StepRow(workflow.id, 1, "reboot", None, None, AT))
            journal.finish(connection, workflow, None, AT)
        assert journal.forget(connection, datetime(2027, 1, 1, tzinfo=UTC), at_most=4) == 4
        left = [connection.execute(text(f"SELECT count(*) FROM {table}")).scalar() for table in ("workflows", "steps")]
        assert left == [6, 6]
