"""Workflows and their journals in the database.

Workflows on one resource run one after another in the order of their submission: the claim goes from each to the next
in the transaction that ends it, so that a finished workflow never holds one.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, exists, func, insert, select, text, update

from kumoniwa.ids import new_id
from kumoniwa.model.workflows import WorkflowRow, WorkflowState
from kumoniwa.store import claims, rows
from kumoniwa.store.prepared import Prepared, among, listed
from kumoniwa.store.rows import all_of
from kumoniwa.store.tables.claims import claims as claims_table
from kumoniwa.store.tables.workflows import steps, workflows
from kumoniwa.values import dataclass


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
    principal_arn: str | None = None
    """Whose access key it was."""


@dataclass(frozen=True, slots=True)
class StepRow:
    """How a step ended: a result in JSON, or the sentence of its failure."""

    workflow_id: str
    number: int
    name: str
    result: Any
    error: str | None
    finished_at: datetime


_SUBMITTED = (
    *("id", "kind", "subject", "arguments", "state", "created_at"),
    *("action", "request_id", "principal", "principal_arn"),
)
_NEW = Prepared(
    insert(workflows)
    .values({name: bindparam(name, type_=workflows.c[name].type) for name in _SUBMITTED})
    .returning(workflows.c.sequence)
)


def submit(
    connection: Connection, kind: str, subject: str | None, origin: Origin, arguments: Mapping[str, Any]
) -> WorkflowRow:
    """Write a new workflow. It takes the claim on its subject, or waits for its turn where another holds it."""
    workflow_id = new_id("wf")
    columns: dict[str, Any] = {
        "id": workflow_id,
        "kind": kind,
        "subject": subject,
        "arguments": dict(arguments),
        "state": WorkflowState.RUNNING,
        "created_at": origin.at,
        "action": origin.action,
        "request_id": origin.request_id,
        "principal": origin.principal,
        "principal_arn": origin.principal_arn,
    }
    sequence: int = _NEW.scalar(connection, **columns)
    if subject is not None and not claims.take(connection, subject, workflow_id):
        columns["state"] = WorkflowState.WAITING
        rows.change(connection, workflows, workflow_id, {"state": WorkflowState.WAITING})
    return WorkflowRow(sequence=sequence, **columns)


def finish(connection: Connection, workflow: WorkflowRow, error: str | None, at: datetime) -> WorkflowRow | None:
    """End a workflow and hand its claim to the next that waits for it, which is given, or let it go."""
    state = WorkflowState.SUCCEEDED if error is None else WorkflowState.FAILED
    rows.change(connection, workflows, workflow.id, {"state": state, "error": error, "finished_at": at})
    return release(connection, workflow)


_NEXT = Prepared(
    select(workflows.c.id)
    .where(workflows.c.subject == bindparam("subject"), workflows.c.state == WorkflowState.WAITING)
    .order_by(workflows.c.sequence)
    .limit(1)
)


def release(connection: Connection, workflow: WorkflowRow) -> WorkflowRow | None:
    """Let go of the claim, if this workflow holds it; the next in line, which is given, takes it at once."""
    if workflow.subject is None:
        return None
    successor: str | None = _NEXT.scalar(connection, subject=workflow.subject)
    if claims.hand_over(connection, workflow.subject, workflow.id, successor) and successor is not None:
        return _set_running(connection, successor)
    return None


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


_WAITING = Prepared(
    select(workflows).where(workflows.c.state == WorkflowState.WAITING, among(workflows.c.kind, "kinds"))
)


def waiting(connection: Connection, kinds: Collection[str]) -> list[WorkflowRow]:
    """The workflows of these kinds that wait for their turn."""
    return _WAITING.values(WorkflowRow, connection, kinds=listed(kinds))


_RUNNING = Prepared(select(workflows.c.id).where(workflows.c.state == WorkflowState.RUNNING))
_THOSE = Prepared(select(workflows).where(among(workflows.c.id, "ids")).order_by(workflows.c.sequence))


def running(connection: Connection, besides: Collection[str] = ()) -> list[WorkflowRow]:
    """The workflows whose turn it is, in the order of their submission; those that are known by id are left out."""
    # Ids first: when a thousand are under way and the first ends, the rows of the others are not needed.
    wanted = [workflow_id for workflow_id in _RUNNING.scalars(connection) if workflow_id not in besides]
    return _THOSE.values(WorkflowRow, connection, ids=listed(wanted)) if wanted else []


def unfinished_kinds(connection: Connection) -> set[str]:
    """The kinds of the workflows that have not ended."""
    query = select(workflows.c.kind).where(workflows.c.state.in_((WorkflowState.WAITING, WorkflowState.RUNNING)))
    return set(connection.execute(query.distinct()).scalars())


_BY_ID = Prepared(select(workflows).where(workflows.c.id == bindparam("id")))


def get(connection: Connection, workflow_id: str) -> WorkflowRow | None:
    return _BY_ID.value(WorkflowRow, connection, id=workflow_id)


_STEPS = Prepared(select(steps).where(steps.c.workflow_id == bindparam("workflow")).order_by(steps.c.number))


def steps_of(connection: Connection, workflow_id: str) -> list[StepRow]:
    """The steps of a workflow that have ended, in the order in which they did."""
    return _STEPS.values(StepRow, connection, workflow=workflow_id)


_RECORDED = Prepared(
    text(
        "INSERT INTO steps (workflow_id, number, name, result, error, finished_at)"
        " VALUES (:workflow_id, :number, :name, :result, :error, :finished_at) ON CONFLICT DO NOTHING"
    ).bindparams(*(bindparam(column.name, type_=column.type) for column in steps.c))
)


def record(connection: Connection, step: StepRow) -> None:
    """Journal how a step ended. Done again it does nothing."""
    _RECORDED.run(connection, **rows.as_row(step))


_NEWEST = select(func.max(workflows.c.sequence)).scalar_subquery()
_OLD = select(workflows.c.sequence).where(workflows.c.finished_at < bindparam("before"), workflows.c.sequence < _NEWEST)
_FORGOTTEN = Prepared(workflows.delete().where(workflows.c.sequence.in_(_OLD.limit(bindparam("at_most")))))


def forget(connection: Connection, before: datetime, at_most: int) -> int:
    """Forget so many of the workflows that ended before then, with their journals; gives how many there were.

    The newest workflow stays whatever its age, so that no `sequence` is given twice.
    """
    return _FORGOTTEN.run(connection, before=before, at_most=at_most)


_BEGUN = Prepared(
    update(workflows)
    .where(workflows.c.id == bindparam("of"))
    .values(state=WorkflowState.RUNNING)
    .returning(*workflows.c)
)


def _set_running(connection: Connection, workflow_id: str) -> WorkflowRow:
    begun = _BEGUN.value(WorkflowRow, connection, of=workflow_id)
    assert begun is not None, f"{workflow_id} waits"
    return begun
