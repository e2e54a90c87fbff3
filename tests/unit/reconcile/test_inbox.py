"""Events of guests are followed in each guest's own order and at its own pace."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from waiting import let_others_run, turns_until

from kumoniwa.hypervisor.driver import EventKind, GuestEvent, GuestId
from kumoniwa.reconcile import inbox
from kumoniwa.reconcile.inbox import AT_ONCE, Inbox
from kumoniwa.tasks import Tasks

pytestmark = pytest.mark.anyio

SILENT, OTHER = GuestId("i-silent"), GuestId("i-other")


class Following:
    """What was followed; that of the silent guest waits until it is let go on."""

    def __init__(self) -> None:
        self.followed: list[tuple[str, EventKind]] = []
        self.answers = asyncio.Event()
        self.tasks = Tasks("test")
        self.inbox = Inbox(self._follow, self.tasks)

    async def _follow(self, event: GuestEvent) -> None:
        if event.guest == SILENT:
            await self.answers.wait()
        self.followed.append((event.guest, event.kind))

    def hear(self, guest: GuestId, *kinds: EventKind, detail: str = "") -> None:
        for kind in kinds:
            self.inbox.put(GuestEvent(guest, kind, datetime(2026, 1, 1, tzinfo=UTC), detail))


@pytest.fixture
async def following() -> AsyncIterator[Following]:
    made = Following()
    yield made
    await made.tasks.close()


async def test_a_guest_whose_qemu_is_silent_keeps_no_other_waiting(following: Following) -> None:
    following.hear(SILENT, EventKind.PANICKED, EventKind.RESET)
    following.hear(OTHER, EventKind.RESET, EventKind.KERNEL_STARTED)
    await turns_until(lambda: len(following.followed) == 2)
    assert following.followed == [(OTHER, EventKind.RESET), (OTHER, EventKind.KERNEL_STARTED)]


async def test_what_is_said_again_while_it_waits_is_followed_once_and_last(following: Following) -> None:
    following.hear(SILENT, EventKind.KERNEL_STARTED)
    await let_others_run(3)
    for _ in range(100):
        following.hear(SILENT, EventKind.OUT_OF_SPACE, EventKind.RESUMED)
    following.hear(SILENT, EventKind.OUT_OF_SPACE)
    following.answers.set()
    async with asyncio.timeout(10):
        await following.inbox.empty()
    kinds = [kind for _, kind in following.followed]
    assert kinds == [EventKind.KERNEL_STARTED, EventKind.RESUMED, EventKind.OUT_OF_SPACE]


async def test_a_guest_that_makes_disks_up_is_bounded(following: Following) -> None:
    for number in range(10_000):
        following.hear(SILENT, EventKind.DISK_LET_GO, detail=f"vol{number}")
    assert len(following.inbox._waiting[SILENT]) == inbox._MOST_WAITING


async def test_a_guest_that_is_never_done_is_followed_seldom(following: Following) -> None:
    for _ in range(AT_ONCE * 3):
        following.hear(OTHER, EventKind.RESET)
        await let_others_run(5)
    assert AT_ONCE <= len(following.followed) <= AT_ONCE + 2
