"""One workflow in progress, as its story sees it: the steps it takes, each of them journaled.

A step that ended is not done again: its result, or its failure, is replayed from the journal. A step that had not ended
runs again from its beginning, so steps are idempotent and decide from the world.

A workflow that is overridden (`workflows/overrides.py`) takes no more steps: each fails at once. It settles what it
began, as after any other failure.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Any, Concatenate, ParamSpec, TypeVar, overload

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from kumoniwa.deadlines import at_most, cut_short
from kumoniwa.hypervisor.driver import BUSY_HOST, SEE_DISK, DriverError
from kumoniwa.logs import printable
from kumoniwa.model.workflows import WorkflowRow
from kumoniwa.refusal import REPORT_IT, Refusal
from kumoniwa.run import ProgramMissing
from kumoniwa.store import journal as rows
from kumoniwa.store.database import Work
from kumoniwa.workflows.shared_commits import Rows, SharedCommits, does_begin_with_rows
from kumoniwa.workflows.world import World

log = structlog.get_logger(__name__)

P = ParamSpec("P")
T = TypeVar("T")
Step = Callable[Concatenate[World, P], Awaitable[T]]


_MOST_SHOWN = 300  # characters of an internal error; the log has all of it
_SETTLED_WITHIN = 300.0  # seconds of one attempt: powering a guest off may take two minutes


def hint(row: WorkflowRow) -> str:
    """What a person can do about a workflow that does not get on."""
    looked_up = "see the server's log; it is tried on"
    return looked_up if row.subject is None else f"{looked_up}, and TerminateInstances ends the instance all the same"


class StepFailed(Refusal):
    """A step will never work. The text is for `StateReason`: what happened, and what a person can do about it."""


class JournaledFailure(StepFailed):
    """The failure of a step, as its journal has it: what can be done is the end of that text."""

    def __init__(self, text: str) -> None:
        Exception.__init__(self, text)
        self.what, self.way_out = text, ""


def internal_error(bug: Exception) -> StepFailed:
    """The failure of what broke in a way that nobody foresaw: the host's doing, or a fault of ours."""
    match bug:
        case TimeoutError():  # an OSError too
            way_out = BUSY_HOST
        case OSError():
            way_out = SEE_DISK
        case _:
            way_out = REPORT_IT
    return StepFailed(f"Internal error: {printable(repr(bug)[:_MOST_SHOWN])}.", way_out=way_out)


class StepUnknown(Exception):
    """Whether a step was done cannot be known now: nothing is journaled, and the workflow tries again later."""


class Interrupted(BaseException):
    """The server goes down and this workflow with it: nothing more of it may be done or journaled."""


def _written(step: str | None, write: Work[object], connection: Connection) -> None:
    """Write what a step left. Where that breaks, the step did not end, and it is done again in a later life."""
    try:
        write(connection)
    except SQLAlchemyError:
        raise
    except Exception as bug:
        raise StepUnknown(f"{step}: its rows could not be written: {bug!r}") from bug


class Workflow:
    """One workflow in progress, as its story sees it."""

    def __init__(
        self,
        row: WorkflowRow,
        world: World,
        journal: list[rows.StepRow],
        let_go: Callable[[WorkflowRow | None], Awaitable[None]],
        overridden: Refusal | None = None,
        known: object = None,
    ) -> None:
        self.row = row
        self.known = known
        """What who submitted it told its first step (`story.tell_first_step`); None where nothing is known."""
        called_at = None if row.request_id is None else row.created_at
        by = (row.principal, called_at, row.principal_arn)
        self.origin = rows.Origin(row.action, row.request_id, row.created_at, *by)
        self.at: str | None = None
        """The step that it takes now, or took last."""
        self.at_since: datetime | None = None
        """When this run of it came to that step."""
        self.has_let_go = False
        """Whether it has let go of its claim."""
        self.database = SharedCommits(world.database)
        """The state as its steps see it."""
        self._world = world.seen_through(self.database)
        self._let_go = let_go
        self._journal = {step.name: step for step in journal}
        self._interrupted = False
        self._overridden = overridden
        self._scope: asyncio.Timeout | None = None  # of the step that it takes now

    @property
    def id(self) -> str:
        return self.row.id

    @property
    def has_lived(self) -> bool:
        """Whether steps of it have ended."""
        return bool(self._journal)

    @property
    def is_overridden(self) -> bool:
        """Whether the failure of a step may be that it was overridden: then how far the step came is not known."""
        return self._overridden is not None

    @property
    def told_as(self) -> str:
        """What it is and where, for a person."""
        return f"{self.row.action or self.row.kind}, workflow {self.id}, at the step “{self.at}”"

    def override(self, reason: Refusal) -> None:
        """From now on every step that it would begin fails for this reason, unless it has let its claim go."""
        if not self.has_let_go:
            self._overridden = reason

    def cut_short(self) -> None:
        """Cancel the step that it takes now; what settles something is tried again."""
        if self._scope is not None:
            cut_short(self._scope)

    @overload
    async def step(self, name: str, function: Step[P, Rows[T]], *args: P.args, **kwargs: P.kwargs) -> T: ...

    @overload
    async def step(self, name: str, function: Step[P, T], *args: P.args, **kwargs: P.kwargs) -> T: ...

    async def step(self, name: str, function: Any, *args: Any, **kwargs: Any) -> Any:
        """Do one step and journal how it ended. It may run again after a crash: idempotent functions only.

        Gives the step's result as JSON keeps it. Raises `StepFailed` where it failed, now or in an earlier life. How it
        ended is written with what the workflow writes next, at the latest before the next step touches the world.
        """
        with self._one_life():
            if (step := self._journal.get(name)) is None:
                await self._begin(name, function)
                result, error = None, self._overridden
                try:
                    if error is None:
                        async with asyncio.timeout(None) as self._scope:
                            result = self._left_by(await function(self._world, *args, **kwargs))
                except Exception as failure:
                    if isinstance(failure, SQLAlchemyError) or (
                        isinstance(failure, StepUnknown) and self._overridden is None
                    ):
                        raise  # the next life does it again
                    error = self._overridden or self._why(failure, name)
                finally:
                    self._scope = None
                step = self._journal_end(name, result, error)
        if step.error is not None:
            raise JournaledFailure(step.error)
        return step.result

    async def settle(self, name: str, function: Step[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
        """Do a step without which something would stay between two states: it commits, or rolls back.

        It never raises `StepFailed`. A fault of the host, or of ours, ends this life, and so does an attempt that takes
        five minutes; the next life tries again, until it is done: a person is told meanwhile, and a termination does
        not wait for it. A failure that says that it will never work is journaled, and the story goes on.
        """
        with self._one_life():
            if name in self._journal:
                return
            error: Refusal | None = None
            await self._begin(name, function)
            try:
                async with at_most(self._world.clock, _SETTLED_WITHIN), asyncio.timeout(None) as self._scope:
                    self._left_by(await function(self._world, *args, **kwargs))
            except StepFailed as failure:
                error = failure
                log.error("a step failed", workflow=self.id, kind=self.row.kind, step=name, error=str(error))
            except (SQLAlchemyError, StepUnknown):
                raise
            except TimeoutError as late:
                raise StepUnknown(f"{name}: it did not end in time") from late
            except Exception as failure:
                why = failure.what if isinstance(failure, Refusal) else repr(failure)
                raise StepUnknown(f"{name}: {why}") from failure
            finally:
                self._scope = None
            self._journal_end(name, None, error)

    async def _begin(self, name: str, function: Callable[..., object]) -> None:
        if not does_begin_with_rows(function):
            await self.database.flush()
        self.at, self.at_since = name, self._world.clock.now()
        if self.row.subject is not None and not self.has_let_go:  # what claims nothing may take hours
            self._world.troubles.began(self.id, self.told_as, instance=self.row.subject, hint=hint(self.row))

    def _why(self, failure: Exception, name: str) -> Refusal:
        """Why a step failed."""
        facts = {"workflow": self.id, "kind": self.row.kind, "step": name}
        if isinstance(failure, (StepFailed, DriverError, ProgramMissing)):
            log.warning("a step failed", error=str(failure), **facts)
            return failure
        # The story must go on to its own end (boot the guest, release the claim), whatever we got wrong.
        log.error("a step broke", exc_info=failure, **facts)
        return internal_error(failure)

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

    def _left_by(self, ended: Any) -> Any:
        """The result of a step's function, whose rows are left to be written."""
        if not isinstance(ended, Rows):
            return ended
        self.database.leave(partial(_written, self.at, ended.write))
        return ended.result

    def _journal_end(self, name: str, result: Any, failure: Refusal | None) -> rows.StepRow:
        error = None if failure is None else str(failure)
        step = rows.StepRow(self.id, len(self._journal) + 1, name, result, error, self._world.clock.now())
        self.database.leave(partial(rows.record, step=step))
        self._journal[name] = step
        self._world.troubles.over(self.id)
        return step

    async def release(self) -> None:
        """Let go of the claim before the story's long end, which nothing overrides. Done again it does nothing."""
        if self._interrupted:
            raise Interrupted(self.id)
        successor = await self.database.write(partial(rows.release, workflow=self.row))
        self.has_let_go, self._overridden = True, None
        await self._let_go(successor)
