"""Workflows and their journals in the database.

Workflows on one resource run one after another in the order of their submission: the claim goes from each to the next
in the transaction that ends it, so that a finished workflow never holds one.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, exists, func, insert, select, update

from kumoniwa.ids import new_id
from kumoniwa.model.workflows import WorkflowRow, WorkflowState
from kumoniwa.store import claims, rows
from kumoniwa.store.rows import all_of, one_of
from kumoniwa.store.tables import claims as claims_table
from kumoniwa.store.tables import steps, workflows


@dataclass(frozen=True, slots=True)
class Origin:
    """The API call that began something: its action, its request id, its time, and the access key that signed it. The
    server itself has none of them but the time."""

    action: str | None
    request_id: str | None
    at: datetime
    principal: str | None = None
    called_at: datetime | None = None
    """When the call came: `at`, for what follows from it later, is when that did."""


@dataclass(frozen=True, slots=True)
class StepRow:
    """How a step ended: a result in JSON, or the sentence of its failure."""

    workflow_id: str
    number: int
    name: str
    result: Any
    error: str | None
    finished_at: datetime


def submit(
    connection: Connection, kind: str, subject: str | None, origin: Origin, arguments: Mapping[str, Any]
) -> WorkflowRow:
    """Write a new workflow. It takes the claim on its subject, or waits for its turn where another holds it."""
    columns: dict[str, Any] = {
        "id": new_id("wf"),
        "kind": kind,
        "subject": subject,
        "arguments": dict(arguments),
        "state": WorkflowState.WAITING,
        "created_at": origin.at,
        "action": origin.action,
        "request_id": origin.request_id,
        "principal": origin.principal,
    }
    written = connection.execute(insert(workflows), columns).inserted_primary_key
    assert written is not None, "the database numbers workflows"
    workflow = WorkflowRow(sequence=written.sequence, **columns)
    if subject is None or claims.take(connection, subject, workflow.id):
        _set_running(connection, workflow.id)
    return workflow


def finish(connection: Connection, workflow: WorkflowRow, error: str | None, at: datetime) -> None:
    """End a workflow and hand its claim to the next that waits for it, or let it go."""
    state = WorkflowState.SUCCEEDED if error is None else WorkflowState.FAILED
    connection.execute(
        update(workflows).where(workflows.c.id == workflow.id).values(state=state, error=error, finished_at=at)
    )
    release(connection, workflow)


def release(connection: Connection, workflow: WorkflowRow) -> None:
    """Let go of the claim, if this workflow holds it; the next in line takes it at once."""
    if workflow.subject is None:
        return
    waiting = (
        select(workflows.c.id)
        .where(workflows.c.subject == workflow.subject, workflows.c.state == WorkflowState.WAITING)
        .order_by(workflows.c.sequence)
        .limit(1)
    )
    successor: str | None = connection.execute(waiting).scalar()
    if claims.hand_over(connection, workflow.subject, workflow.id, successor) and successor is not None:
        _set_running(connection, successor)


def override(connection: Connection, by: WorkflowRow, doing: Mapping[str, str], at: datetime) -> list[WorkflowRow]:
    """Mark the workflows that have the claim which `by` waits for, or wait for it before `by`; gives all of these, the
    one that has it first; none where `by` does not wait any more.

    `doing` says at which step each is, where that is known. Those of `by`'s kind are not marked: they end by
    themselves. What is given is as it was before: not marked yet, where it was marked now.
    """
    holder = select(claims_table.c.workflow_id).where(claims_table.c.resource_id == by.subject)
    in_front = (workflows.c.sequence < by.sequence) & (workflows.c.state == WorkflowState.WAITING)
    own = workflows.alias()
    waits = exists().where(own.c.id == by.id, own.c.state == WorkflowState.WAITING)
    query = select(workflows).where(workflows.c.subject == by.subject, workflows.c.id.in_(holder) | in_front, waits)
    found = all_of(WorkflowRow, connection, query.order_by(workflows.c.sequence))
    for workflow in found:
        if workflow.kind != by.kind and workflow.overridden_at is None:
            marks = {"overridden_at": at, "overridden_by": by.id, "overridden_step": doing.get(workflow.id)}
            connection.execute(update(workflows).where(workflows.c.id == workflow.id).values(marks))
    return found


def overridden(connection: Connection, subject: str) -> list[WorkflowRow]:
    """The workflows on this resource that were overridden, in the order of their submission."""
    query = select(workflows).where(workflows.c.subject == subject, workflows.c.overridden_at.is_not(None))
    return all_of(WorkflowRow, connection, query.order_by(workflows.c.sequence))


def waiting(connection: Connection, kinds: Collection[str]) -> list[WorkflowRow]:
    """The workflows of these kinds that wait for their turn."""
    query = select(workflows).where(workflows.c.state == WorkflowState.WAITING, workflows.c.kind.in_(kinds))
    return all_of(WorkflowRow, connection, query)


def running(connection: Connection, besides: Collection[str] = ()) -> list[WorkflowRow]:
    """The workflows whose turn it is, in the order of their submission; those that are known by id are left out."""
    # Ids first: when a thousand are under way and the first ends, the rows of the others are not needed.
    ids = select(workflows.c.id).where(workflows.c.state == WorkflowState.RUNNING)
    wanted = [workflow_id for workflow_id in connection.execute(ids).scalars() if workflow_id not in besides]
    if not wanted:
        return []
    query = select(workflows).where(workflows.c.id.in_(wanted)).order_by(workflows.c.sequence)
    return all_of(WorkflowRow, connection, query)


def unfinished_kinds(connection: Connection) -> set[str]:
    """The kinds of the workflows that have not ended."""
    query = select(workflows.c.kind).where(workflows.c.state.in_((WorkflowState.WAITING, WorkflowState.RUNNING)))
    return set(connection.execute(query.distinct()).scalars())


def get(connection: Connection, workflow_id: str) -> WorkflowRow | None:
    return one_of(WorkflowRow, connection, select(workflows).where(workflows.c.id == workflow_id))


def steps_of(connection: Connection, workflow_id: str) -> list[StepRow]:
    """The steps of a workflow that have ended, in the order in which they did."""
    query = select(steps).where(steps.c.workflow_id == workflow_id).order_by(steps.c.number)
    return all_of(StepRow, connection, query)


def record(connection: Connection, step: StepRow) -> None:
    """Journal how a step ended."""
    rows.insert(connection, steps, step)


def forget(connection: Connection, before: datetime, at_most: int) -> int:
    """Forget so many of the workflows that ended before then, with their journals; gives how many there were.

    The newest workflow stays whatever its age, so that no `sequence` is given twice.
    """
    newest = select(func.max(workflows.c.sequence)).scalar_subquery()
    old = select(workflows.c.sequence).where(workflows.c.finished_at < before, workflows.c.sequence < newest)
    gone = workflows.delete().where(workflows.c.sequence.in_(old.limit(at_most)))
    return connection.execute(gone).rowcount


def _set_running(connection: Connection, workflow_id: str) -> None:
    connection.execute(update(workflows).where(workflows.c.id == workflow_id).values(state=WorkflowState.RUNNING))
