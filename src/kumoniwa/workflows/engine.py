"""The engine: runs workflows, journals their steps, and resumes them after a crash.

A workflow is a coroutine of steps. A step that ended is not done again: its journaled result, or failure, is told
again. A step that had not ended runs again from its beginning; steps are idempotent and decide from the world.
Step names and the shapes of their results are an on-disk format: `tests/workflows/test_formats.py` pins them.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, Concatenate, ParamSpec, TypeVar

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from kumoniwa.hypervisor.driver import DriverError
from kumoniwa.model.workflows import WorkflowRow
from kumoniwa.store import journal as rows
from kumoniwa.tasks import Tasks
from kumoniwa.workflows.world import World

log = structlog.get_logger(__name__)

P = ParamSpec("P")
T = TypeVar("T")
Step = Callable[Concatenate[World, P], Awaitable[T]]
Story = Callable[..., Awaitable[None]]

_SUBMITTED = "kumoniwa: a workflow was submitted"  # a note on a connection
_NEXT_LIFE = 5.0  # seconds until a workflow that cannot go on tries again

STORIES: dict[str, Story] = {}


class StepFailed(Exception):
    """A step will never work. The text is a sentence for `StateReason`."""


class StepUnknown(Exception):
    """Whether a step was done cannot be known now: nothing is journaled, and the workflow tries again later."""


class Interrupted(BaseException):
    """The server goes down and this workflow with it: nothing more of it may be done or journaled."""


def story(kind: str) -> Callable[[Story], Story]:
    """Register the coroutine that tells a kind of workflow: `async def create_image(wf, **arguments)`."""

    def register(told: Story) -> Story:
        assert kind not in STORIES, f"two stories are called {kind}"
        STORIES[kind] = told
        return told

    return register


class Workflow:
    """One workflow in progress, as its story sees it."""

    def __init__(
        self, row: WorkflowRow, world: World, journal: list[rows.StepRow], wake: Callable[[], Awaitable[None]]
    ) -> None:
        self.row = row
        self.origin = rows.Origin(row.action, row.request_id, row.created_at)
        self._world = world
        self._wake = wake
        self._journal = {step.name: step for step in journal}
        self._interrupted = False

    @property
    def id(self) -> str:
        return self.row.id

    async def step(self, name: str, function: Step[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do one step and remember how it ended. It may run again after a crash: idempotent functions only.

        Gives the step's result as JSON keeps it. Raises `StepFailed` where it failed, now or in an earlier life.
        """
        with self._one_life():
            if (step := self._journal.get(name)) is None:
                try:
                    result, error = await function(self._world, *args, **kwargs), None
                except (StepFailed, DriverError) as failure:
                    result, error = None, str(failure)
                    log.warning("a step failed", workflow=self.id, kind=self.row.kind, step=name, error=error)
                except (SQLAlchemyError, StepUnknown):
                    raise  # the next life does it again
                except Exception as bug:
                    # The story must go on to its own end (boot the guest, release the claim), whatever we got wrong.
                    result, error = None, f"Internal error: {bug!r}"
                    log.exception("a step broke", workflow=self.id, kind=self.row.kind, step=name)
                step = await self._remember(name, result, error)
        if step.error is not None:
            raise StepFailed(step.error)
        outcome: T = step.result
        return outcome

    async def settle(self, name: str, function: Step[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
        """Do a step without which something would stay between two states: it publishes an end, or undoes.

        It never raises `StepFailed`. A fault of the host, or of ours, ends this life, and the next one tries again.
        What says that it will never work is remembered, and the story goes on.
        """
        with self._one_life():
            if name in self._journal:
                return
            error: str | None = None
            try:
                await function(self._world, *args, **kwargs)
            except StepFailed as failure:
                error = str(failure)
                log.error("a step failed", workflow=self.id, kind=self.row.kind, step=name, error=error)
            except (SQLAlchemyError, StepUnknown):
                raise
            except Exception as failure:
                raise StepUnknown(f"{name}: {failure!r}") from failure
            await self._remember(name, None, error)

    @contextmanager
    def _one_life(self) -> Iterator[None]:
        """What breaks out of a step ends this life: what was done in the world, or written, is not known."""
        if self._interrupted:
            raise Interrupted(self.id)
        try:
            yield
        except BaseException:
            self._interrupted = True
            raise

    async def _remember(self, name: str, result: Any, error: str | None) -> rows.StepRow:
        step = rows.StepRow(self.id, len(self._journal) + 1, name, result, error, self._world.clock.now())
        await self._world.database.write(partial(rows.record, step=step))
        self._journal[name] = step
        return step

    async def release(self) -> None:
        """Let go of the claim before the story's long end. Done again it does nothing."""
        if self._interrupted:
            raise Interrupted(self.id)
        await self._world.database.write(partial(rows.release, workflow=self.row))
        await self._wake()


class Engine:
    """Runs the workflows whose turn it is. One engine per database."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.after: Callable[[WorkflowRow, str | None], Awaitable[None]] | None = None
        """Told of each workflow that ended, with its failure: what befell its subject meanwhile was nobody else's."""
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
        """Tell one story to its end, in as many lives as the database makes it take."""
        facts = {"workflow": row.id, "kind": row.kind, "subject": row.subject, "request": row.request_id}
        while True:
            try:
                error = await self._live_once(row, facts)
                break
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
        """Tell a story from where its journal ends, and write how it ended; gives its failure."""
        database = self._world.database
        journal = await database.read(partial(rows.steps_of, workflow_id=row.id))
        log.info("workflow resumed" if journal else "workflow started", **facts)
        error: str | None = None
        try:
            await STORIES[row.kind](Workflow(row, self._world, journal, self.wake), **row.arguments)
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


def submit(
    connection: Connection, kind: str, subject: str | None, origin: rows.Origin, **arguments: Any
) -> WorkflowRow:
    """Write a workflow with the rows it is about; `Engine.wake` after the commit starts it."""
    assert kind in STORIES, f"nobody tells the story {kind}"
    connection.info[_SUBMITTED] = True
    return rows.submit(connection, kind, subject, origin, arguments)


def has_submitted(connection: Connection) -> bool:
    """Whether a workflow was submitted on this connection since this was asked last: if not, `wake` would find none.

    May be true where the transaction that submitted it was rolled back.
    """
    return bool(connection.info.pop(_SUBMITTED, False))
