"""A termination that has waited long enough takes the claim on its instance from whoever has it.

Its patience over, the workflows before it are marked as overridden; the guest is ended, so that what hangs for it
comes back; a step that does not is cancelled; and a claim that is not let go even then, because something cannot be
settled, is taken. What remains to be settled is tried on without it. Marks are rows: a new server goes on where the
old one died.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from functools import partial

import structlog

from kumoniwa.deadlines import at_most
from kumoniwa.hypervisor.driver import GuestId
from kumoniwa.model.workflows import WorkflowRow
from kumoniwa.refusal import Refusal
from kumoniwa.store import claims
from kumoniwa.store import journal as rows
from kumoniwa.tasks import Tasks
from kumoniwa.workflows.workflow import Workflow
from kumoniwa.workflows.world import World

log = structlog.get_logger(__name__)

PATIENCE = timedelta(minutes=10)
"""Longer than what is done before it takes where all is well: a shutdown that is not followed has four minutes."""
PATIENCE_HURRIED = timedelta(minutes=1)
"""With Force or SkipOsShutdown: the caller does not want to wait, and most of what works ends within seconds."""
GUEST_ENDS_WITHIN = 20.0  # seconds, politely and then not
LETS_GO_WITHIN = 10.0  # once its guest has ended; who asks a guest asks again each second
SETTLES_WITHIN = 60.0  # what is settled are rows and a file or two, with some attempts
_AGAIN = 5.0


class Overrides:
    """Watches the terminations that wait for their turn."""

    def __init__(
        self,
        world: World,
        live: Mapping[str, Workflow | None],
        stirred: asyncio.Condition,
        begin: Callable[[Iterable[WorkflowRow]], None],
    ) -> None:
        self._world = world
        self._live = live
        self._stirred = stirred
        self._begin = begin
        self._tasks = Tasks("overrides")
        self._watched: set[str] = set()

    def look(self, waiting: Iterable[WorkflowRow]) -> None:
        """Watch each of these terminations that is not watched."""
        for row in waiting:
            if row.id not in self._watched:
                self._watched.add(row.id)
                self._tasks.start(self._watch(row), row.id)

    async def close(self) -> None:
        await self._tasks.close()

    async def _watch(self, row: WorkflowRow) -> None:
        clock = self._world.clock
        patience = PATIENCE_HURRIED if _is_hurried(row) else PATIENCE
        left = patience - (clock.now() - row.created_at)
        # A new server, which may have been away for long, has just resumed those before it; and time may be set back.
        await clock.sleep(min(max(left, PATIENCE_HURRIED), patience).total_seconds())
        while True:
            try:
                await self._override(row)
                break
            except Exception:
                # Whatever it is, the termination must not wait for ever.
                log.exception("an override was not finished; it is tried again", workflow=row.id)
                await clock.sleep(_AGAIN)
        self._watched.discard(row.id)

    async def _override(self, row: WorkflowRow) -> None:
        """Afterwards it is this termination's turn."""
        assert row.subject is not None, "a termination is one of an instance"
        while in_front := await self._mark(row):
            holder = in_front[0]
            if holder.kind != row.kind:
                await self._end_guest(row.subject)
                await self._take(holder)
            elif not await self._lets_go(holder, SETTLES_WITHIN):
                await self._world.clock.sleep(_AGAIN)  # an earlier termination ends by itself, however long it takes

    async def _mark(self, row: WorkflowRow) -> list[WorkflowRow]:
        """Mark who is in front of it but earlier terminations, and let them know; the first of all has the claim."""
        doing = {id: live.at for id, live in self._live.items() if live is not None and live.at is not None}
        now = self._world.clock.now()
        in_front = await self._world.database.write(partial(rows.override, by=row, doing=doing, at=now))
        for one in in_front:
            if one.kind == row.kind:
                continue
            if one.overridden_at is None:
                facts = {"workflow": one.id, "kind": one.kind, "subject": one.subject, "step": doing.get(one.id)}
                log.warning("a workflow is overridden", by=row.id, request=row.request_id, **facts)
            if (live := self._live.get(one.id)) is not None:
                live.override(overridden(row))
        return in_front

    async def _end_guest(self, instance_id: str) -> None:
        """End the guest, if that can be had now; the termination itself sees to it again."""
        guest = self._world.driver.guest(GuestId(instance_id))
        for end in (partial(guest.ensure_off, deadline=0, skip_os_shutdown=True), guest.ensure_forgotten):
            try:
                async with at_most(self._world.clock, GUEST_ENDS_WITHIN):
                    await end()
                return
            except Exception:
                log.exception("a guest could not be ended", instance=instance_id, within=GUEST_ENDS_WITHIN)

    async def _take(self, holder: WorkflowRow) -> None:
        """Afterwards this workflow does not have the claim."""
        if await self._lets_go(holder, LETS_GO_WITHIN):
            return
        if (live := self._live.get(holder.id)) is not None:
            live.cut_short()
        if await self._lets_go(holder, SETTLES_WITHIN):
            return
        log.error("a claim is taken from a workflow that does not end", workflow=holder.id, kind=holder.kind)
        if (successor := await self._world.database.write(partial(rows.release, workflow=holder))) is not None:
            self._begin([successor])
        async with self._stirred:
            self._stirred.notify_all()

    async def _lets_go(self, holder: WorkflowRow, seconds: float) -> bool:
        """Wait until it has let the claim go; False where it has not in time, or nobody runs it."""
        try:
            async with at_most(self._world.clock, seconds), self._stirred:
                await self._stirred.wait_for(lambda: not self._has_claim(holder))
        except TimeoutError:
            return False
        found = await self._world.database.read(partial(claims.holder, resource_id=str(holder.subject)))
        return found is None or found.id != holder.id

    def _has_claim(self, holder: WorkflowRow) -> bool:
        if holder.id not in self._live:
            return False
        live = self._live[holder.id]
        return live is None or not live.has_let_go


def overridden(by: WorkflowRow | None) -> Refusal:
    """Why what is overridden by this termination failed; None: the termination is forgotten."""
    who = "the termination of the instance" if by is None or by.action is None else f"{by.action} {by.request_id}"
    return Refusal(f"Overridden by {who}.", way_out="Ask for it on another instance: this one is terminated.")


def _is_hurried(row: WorkflowRow) -> bool:
    return bool(row.arguments.get("skip_os_shutdown") or row.arguments.get("force"))
