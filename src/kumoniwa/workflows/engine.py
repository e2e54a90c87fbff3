"""The engine: runs workflows, and resumes them after a crash.

Story kinds, their arguments, the names of their steps and the shapes of their results are an on-disk format:
`tests/workflows/test_formats.py` pins them.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from kumoniwa.model.workflows import WorkflowRow, WorkflowState
from kumoniwa.refusal import Refusal
from kumoniwa.store import journal as rows
from kumoniwa.store.database import DatabaseUnavailable, OutcomeUnknown, Work
from kumoniwa.tasks import Tasks
from kumoniwa.workflows.overrides import Overrides, overridden
from kumoniwa.workflows.story import STORIES, with_submitted
from kumoniwa.workflows.workflow import StepFailed, StepUnknown, Workflow, hint, internal_error
from kumoniwa.workflows.world import World

log = structlog.get_logger(__name__)

T = TypeVar("T")

MOST_AT_ONCE = 1000
"""Workflows that are on their way. More wait, for each takes memory, and the first would end no sooner."""
_NOTHING: Mapping[str, object] = {}
_NEXT_LIFE = 5.0  # seconds until a workflow that cannot go on tries again
_OVERDUE_NEXT_LIFE = 60.0  # once a person has been told


class Engine:
    """Runs the workflows whose turn it is. One engine per database."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.after: Callable[[WorkflowRow, str | None], Awaitable[None]] | None = None
        """Called with each workflow that ended and its failure: nothing else followed its instance meanwhile."""
        self._tasks = Tasks("workflows")
        self._live: dict[str, Workflow | None] = {}  # None: it has not begun its first life
        self._on_their_way = 0
        self._to_begin: deque[WorkflowRow] = deque()
        """Live too, and not on their way: there were too many."""
        self._stirred = asyncio.Condition()
        self._waking = asyncio.Lock()
        self._is_unsure = False  # whether something may have been submitted that nobody knows of
        self._overrides = Overrides(world, self._live, self._stirred, self._begin)

    async def wake(self) -> None:
        """Start every workflow whose turn it is and that is not live: at the start of a server, and now and then."""
        async with self._waking:
            due, terminations = await self._world.database.read(partial(_turns, besides=frozenset(self._live)))
            for row in due:
                if row.id not in self._live:  # it may have begun while the rows were read
                    self._start(row, is_new=False)
            self._overrides.look(terminations)
        await self._stir()

    async def change(self, work: Work[T]) -> T:
        """Run `work` in one transaction, then start the workflows that it submitted, as soon as it is their turn."""
        try:
            given, submitted = await self._world.database.write(partial(with_submitted, work=work))
        except OutcomeUnknown:
            if not self._is_unsure:
                self._is_unsure = True
                self._tasks.start(self._wake_when_sure(), "begin what may have been submitted")
            raise
        self._begin(submitted.rows, submitted.known)
        return given

    async def _wake_when_sure(self) -> None:
        """Start what a commit submitted whose outcome is unknown, if it was done, once the database can be written."""
        try:
            while True:
                with suppress(DatabaseUnavailable):
                    await self._world.database.write(_look)  # else it may have been done on one side only
                    return await self.wake()
                await self._world.clock.sleep(_NEXT_LIFE)
        finally:
            self._is_unsure = False

    def _begin(self, rows: Iterable[WorkflowRow], known: Mapping[str, object] = _NOTHING) -> None:
        """Start those of these workflows whose turn has just come: none has taken a step yet."""
        for row in rows:
            if row.state is WorkflowState.RUNNING and row.id not in self._live:
                self._start(row, is_new=row.overridden_by is None, known=known.get(row.id))
            elif row.state is WorkflowState.WAITING and STORIES[row.kind].overrides:
                self._overrides.look([row])

    def _start(self, row: WorkflowRow, *, is_new: bool, known: object = None) -> None:
        """Start it, or have it wait until fewer are on their way. A termination does not wait: it ends what hangs."""
        self._live[row.id] = None
        if self._on_their_way >= MOST_AT_ONCE and not STORIES[row.kind].overrides:
            self._to_begin.append(row)
            return
        if is_new:
            self._live[row.id] = Workflow(row, self._world, [], self._let_go, known=known)
        self._on_their_way += 1
        self._tasks.start(self._run(row), row.kind)

    def _ended(self, row: WorkflowRow) -> None:
        """It is on its way no more: the next that waits for that begins."""
        del self._live[row.id]
        self._on_their_way -= 1
        if self._to_begin and self._on_their_way < MOST_AT_ONCE:
            self._start(self._to_begin.popleft(), is_new=False)

    async def fewer_than(self, count: int) -> None:
        """Return when so few workflows are live."""
        async with self._stirred:
            await self._stirred.wait_for(lambda: len(self._live) < count)

    async def _let_go(self, successor: WorkflowRow | None) -> None:
        """A workflow let go of its claim: the next in line begins."""
        self._begin([] if successor is None else [successor])
        await self._stir()

    async def _stir(self) -> None:
        async with self._stirred:
            self._stirred.notify_all()

    @property
    def is_idle(self) -> bool:
        """Whether no workflow is live."""
        return not self._live

    async def idle(self, timeout: float) -> None:
        """Return when no workflow is live. For tests and for a shutdown that lets work finish."""
        async with asyncio.timeout(timeout), self._stirred:
            await self._stirred.wait_for(lambda: not self._live)

    def step_of(self, workflow_id: str) -> tuple[str, datetime] | None:
        """The step that a live workflow takes, and since when; None where it takes none yet."""
        live = self._live.get(workflow_id)
        return None if live is None or live.at is None or live.at_since is None else (live.at, live.at_since)

    async def close(self) -> None:
        """Interrupt every workflow where it is; the next start resumes them."""
        self._to_begin.clear()
        await self._overrides.close()
        await self._tasks.close()

    async def _run(self, row: WorkflowRow) -> None:
        """Run one workflow to its end, in as many lives as faults of the host make it take."""
        facts = {"workflow": row.id, "kind": row.kind, "subject": row.subject, "request": row.request_id}
        while True:
            try:
                error, successor = await self._live_once(row, facts)
                break
            except DatabaseUnavailable as hindered:
                log.warning("a workflow waits for the database; it tries again", reason=str(hindered), **facts)
                await self._until_next_life(row, hindered)
            except (SQLAlchemyError, StepUnknown) as hindered:
                log.exception("a workflow cannot go on now; it tries again", **facts)
                await self._until_next_life(row, hindered)
        self._world.troubles.over(row.id)
        log.info("workflow finished", error=error, **facts)
        try:
            # The successor is live before this one is not, so that `idle` sees no gap between them.
            self._begin([] if successor is None else [successor])
            if self.after is not None:
                await self.after(row, error)
        finally:
            async with self._stirred:
                self._ended(row)
                self._stirred.notify_all()

    async def _until_next_life(self, row: WorkflowRow, hindered: Exception) -> None:
        troubles, workflow = self._world.troubles, self._live[row.id]
        what = row.kind if workflow is None else workflow.told_as
        troubles.failed(row.id, what, str(hindered), instance=row.subject, hint=hint(row))
        await self._world.clock.sleep(_OVERDUE_NEXT_LIFE if troubles.is_overdue(row.id) else _NEXT_LIFE)

    async def _live_once(self, row: WorkflowRow, facts: Mapping[str, Any]) -> tuple[str | None, WorkflowRow | None]:
        """Run a story, its journal replayed first, and write how it ended; gives its failure, and whose turn it is."""
        workflow = self._live[row.id]
        if workflow is None or workflow.at is not None:
            journal, reason = await self._world.database.read(partial(_found, workflow_id=row.id))
            workflow = self._live[row.id] = Workflow(row, self._world, journal, self._let_go, reason)
        log.info("workflow resumed" if workflow.has_lived else "workflow started", **facts)
        error: str | None = None
        try:
            await STORIES[row.kind].run(workflow, **row.arguments)
        except StepFailed as failure:
            error = str(failure)
        except (SQLAlchemyError, StepUnknown):
            raise
        except Exception as bug:
            # Deciding went wrong, not doing: the claim must not stay with a story that has no end.
            log.exception("a workflow broke", **facts)
            error = str(internal_error(bug))
        finish = partial(rows.finish, workflow=row, error=error, at=self._world.clock.now())
        return error, await workflow.database.write(finish)


def _look(_: Connection) -> None:
    """Change nothing."""


def _turns(connection: Connection, besides: frozenset[str]) -> tuple[list[WorkflowRow], list[WorkflowRow]]:
    """The workflows whose turn it is, but those known by id; and those that wait, and override what they wait for."""
    overriding = [story.kind for story in STORIES.values() if story.overrides]
    return rows.running(connection, besides), rows.waiting(connection, overriding)


def _found(connection: Connection, workflow_id: str) -> tuple[list[rows.StepRow], Refusal | None]:
    """The steps that ended in earlier lives, and why others fail, where it is overridden."""
    row, reason = rows.get(connection, workflow_id), None
    if row is not None and row.overridden_by is not None:
        reason = overridden(rows.get(connection, row.overridden_by))
    return rows.steps_of(connection, workflow_id), reason
