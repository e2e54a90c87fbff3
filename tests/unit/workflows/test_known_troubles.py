"""What does not get on is told once it has lasted, by a clock that nobody sets."""

from datetime import timedelta

import pytest

from kumoniwa.clock import ManualClock
from kumoniwa.workflows.troubles import FAILS_AT_MOST, Troubles


@pytest.mark.anyio
async def test_a_time_that_is_set_makes_nothing_overdue_and_hides_nothing() -> None:
    clock = ManualClock()
    troubles = Troubles(clock)
    troubles.failed("a", "something", "no room", hint="make some")
    clock.set_forward(timedelta(days=1))
    assert troubles.overdue() == []
    clock.set_forward(timedelta(days=-2))
    await clock.advance(FAILS_AT_MOST)
    assert [one.key for one in troubles.overdue()] == ["a"]


class _OthersComeMeanwhile(ManualClock):
    """Asked for the time, it lets another trouble begin, as the event loop may while a thread reads them."""

    troubles: Troubles | None = None

    def monotonic(self) -> float:
        if (troubles := self.troubles) is not None:
            self.troubles = None
            troubles.began("another", "something else", hint="wait")
            self.troubles = troubles
        return super().monotonic()


def test_troubles_are_read_while_others_begin() -> None:
    clock = _OthersComeMeanwhile()
    troubles = Troubles(clock)
    troubles.failed("a", "something", "no room", hint="make some")
    troubles.failed("b", "something", "no room", hint="make some")
    clock.troubles = troubles
    assert troubles.overdue() == []
