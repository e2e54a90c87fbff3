"""Claims: one workflow has a resource at a time, in the order of submission, and none that has ended."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from quick_database import lay_schema
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from kumoniwa.model.workflows import WorkflowRow, WorkflowState
from kumoniwa.store import claims, journal
from kumoniwa.store.database import Database
from kumoniwa.store.engines import open_database
from kumoniwa.store.new_state import DATABASE_FILE

pytestmark = pytest.mark.anyio
AT = datetime(2026, 1, 1, tzinfo=UTC)
ORIGIN = journal.Origin("CreateImage", "request", AT)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = open_database(tmp_path, lay_schema(tmp_path / DATABASE_FILE))
    yield database
    await database.close()


def _submit(connection: Connection, subject: str | None) -> WorkflowRow:
    return journal.submit(connection, "create_image", subject, ORIGIN, {})


def _state(connection: Connection, workflow: WorkflowRow) -> WorkflowState:
    row = journal.get(connection, workflow.id)
    assert row is not None
    return row.state


async def test_a_claim_goes_from_each_workflow_to_the_next_in_the_order_of_submission(database: Database) -> None:
    def work(connection: Connection) -> None:
        line = [_submit(connection, "i-1") for _ in range(3)]
        other = _submit(connection, "vol-1")
        assert [row.sequence for row in [*line, other]] == sorted(row.sequence for row in [*line, other])
        assert claims.held(connection, ["i-1", "vol-1", "i-2"]) == {"i-1", "vol-1"}
        for position, workflow in enumerate(line):
            assert claims.holder(connection, "i-1") == journal.get(connection, workflow.id)
            assert [_state(connection, row) for row in line[position:]] == ["running", *["waiting"] * (2 - position)]
            journal.finish(connection, workflow, None, AT)
        assert claims.holder(connection, "i-1") is None
        assert claims.held(connection, ["i-1", "vol-1"]) == {"vol-1"}

    await database.write(work)


async def test_a_claim_is_taken_once_and_left_by_its_holder_alone(database: Database) -> None:
    def work(connection: Connection) -> None:
        first, second = (_submit(connection, None) for _ in range(2))
        assert [claims.take(connection, "i-1", row.id) for row in (first, second, first)] == [True, False, False]
        assert not claims.hand_over(connection, "i-1", second.id, None)
        assert claims.hand_over(connection, "i-1", first.id, second.id)
        assert not claims.hand_over(connection, "i-1", first.id, None)
        assert claims.take(connection, "vol-1", second.id), "a workflow may have several"
        assert claims.hand_over(connection, "i-1", second.id, None)
        assert claims.held(connection, ["i-1", "vol-1"]) == {"vol-1"}

    await database.write(work)


async def test_a_workflow_that_has_a_claim_is_not_forgotten(database: Database) -> None:
    def work(connection: Connection) -> None:
        workflow = _submit(connection, None)
        journal.finish(connection, workflow, None, AT)
        claims.take(connection, "i-1", workflow.id)
        _submit(connection, None)  # the newest workflow stays in any case
        journal.forget(connection, datetime(2027, 1, 1, tzinfo=UTC), at_most=100)

    with pytest.raises(IntegrityError):
        await database.write(work)
