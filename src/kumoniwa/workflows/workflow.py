"""One workflow in progress, as its story sees it: the steps it takes, each of them journaled.

A step that ended is not done again: its result, or its failure, is replayed from the journal. A step that had not ended
runs again from its beginning, so steps are idempotent and decide from the world.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Concatenate, ParamSpec, TypeVar

import structlog
from sqlalchemy.exc import SQLAlchemyError

from kumoniwa.hypervisor.driver import DriverError
from kumoniwa.model.workflows import WorkflowRow
from kumoniwa.store import journal as rows
from kumoniwa.workflows.world import World

log = structlog.get_logger(__name__)

P = ParamSpec("P")
T = TypeVar("T")
Step = Callable[Concatenate[World, P], Awaitable[T]]


class StepFailed(Exception):
    """A step will never work. The text is a sentence for `StateReason`."""


class StepUnknown(Exception):
    """Whether a step was done cannot be known now: nothing is journaled, and the workflow tries again later."""


class Interrupted(BaseException):
    """The server goes down and this workflow with it: nothing more of it may be done or journaled."""


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
        """Do one step and journal how it ended. It may run again after a crash: idempotent functions only.

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
                step = await self._journal_end(name, result, error)
        if step.error is not None:
            raise StepFailed(step.error)
        outcome: T = step.result
        return outcome

    async def settle(self, name: str, function: Step[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
        """Do a step without which something would stay between two states: it commits, or rolls back.

        It never raises `StepFailed`. A fault of the host, or of ours, ends this life, and the next one tries again.
        A failure that says that it will never work is journaled, and the story goes on.
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
            await self._journal_end(name, None, error)

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

    async def _journal_end(self, name: str, result: Any, error: str | None) -> rows.StepRow:
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
