"""The engine: runs workflows, and resumes them after a crash.

Story kinds, their arguments, the names of their steps and the shapes of their results are an on-disk format:
`tests/workflows/test_formats.py` pins them.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from kumoniwa.model.workflows import WorkflowRow
from kumoniwa.store import journal as rows
from kumoniwa.store.database import DatabaseUnavailable
from kumoniwa.tasks import Tasks
from kumoniwa.workflows.story import STORIES
from kumoniwa.workflows.workflow import StepFailed, StepUnknown, Workflow
from kumoniwa.workflows.world import World

log = structlog.get_logger(__name__)

_NEXT_LIFE = 5.0  # seconds until a workflow that cannot go on tries again


class Engine:
    """Runs the workflows whose turn it is. One engine per database."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.after: Callable[[WorkflowRow, str | None], Awaitable[None]] | None = None
        """Called with each workflow that ended and its failure: nothing else followed its instance meanwhile."""
        self._tasks = Tasks("workflows")
        self._live: set[str] = set()
        self._stirred = asyncio.Condition()
        self._waking = asyncio.Lock()

    async def wake(self) -> None:
        """Start every workflow whose turn it is and that is not live: after a commit that submitted one, and first."""
        async with self._waking:
            for row in await self._world.database.read(partial(rows.running, besides=frozenset(self._live))):
                self._live.add(row.id)
                self._tasks.start(self._run(row), row.kind)

    @property
    def is_idle(self) -> bool:
        """Whether no workflow is live."""
        return not self._live

    async def idle(self, timeout: float) -> None:
        """Return when no workflow is live. For tests and for a shutdown that lets work finish."""
        async with asyncio.timeout(timeout), self._stirred:
            await self._stirred.wait_for(lambda: not self._live)

    async def close(self) -> None:
        """Interrupt every workflow where it is; the next start resumes them."""
        await self._tasks.close()

    async def _run(self, row: WorkflowRow) -> None:
        """Run one workflow to its end, in as many lives as faults of the host make it take."""
        facts = {"workflow": row.id, "kind": row.kind, "subject": row.subject, "request": row.request_id}
        while True:
            try:
                error = await self._live_once(row, facts)
                break
            except DatabaseUnavailable as hindered:
                log.warning("a workflow waits for the database; it tries again", reason=str(hindered), **facts)
                await self._world.clock.sleep(_NEXT_LIFE)
            except (SQLAlchemyError, StepUnknown):
                log.exception("a workflow cannot go on now; it tries again", **facts)
                await self._world.clock.sleep(_NEXT_LIFE)
        log.info("workflow finished", error=error, **facts)
        try:
            # The successor is live before this one is not, so that `idle` sees no gap between them.
            await self.wake()
            if self.after is not None:
                await self.after(row, error)
        finally:
            async with self._stirred:
                self._live.discard(row.id)
                self._stirred.notify_all()

    async def _live_once(self, row: WorkflowRow, facts: Mapping[str, Any]) -> str | None:
        """Run a story, its journal replayed first, and write how it ended; gives its failure."""
        database = self._world.database
        journal = await database.read(partial(rows.steps_of, workflow_id=row.id))
        log.info("workflow resumed" if journal else "workflow started", **facts)
        error: str | None = None
        try:
            await STORIES[row.kind].run(Workflow(row, self._world, journal, self.wake), **row.arguments)
        except StepFailed as failure:
            error = str(failure)
        except (SQLAlchemyError, StepUnknown):
            raise
        except Exception as bug:
            # Deciding went wrong, not doing: the claim must not stay with a story that has no end.
            log.exception("a workflow broke", **facts)
            error = f"Internal error: {bug!r}"
        await database.write(partial(rows.finish, workflow=row, error=error, at=self._world.clock.now()))
        return error
