"""The locks of a cloud: one for a guest's ports as long as it is used, none kept after that."""

import gc

import pytest

from kumoniwa.workflows.turns import Turns

pytestmark = pytest.mark.anyio


async def test_work_on_one_guests_ports_takes_turns() -> None:
    turns = Turns()
    async with turns.ports("i-1"):
        assert turns.ports("i-1").locked()
        assert not turns.ports("i-2").locked(), "each guest has its own"
    assert not turns.ports("i-1").locked()


async def test_the_locks_of_guests_that_are_gone_are_not_kept() -> None:
    turns = Turns()
    async with turns.ports("i-1"):
        pass
    gc.collect()
    assert not turns._ports


async def test_whoever_has_a_turn_can_tell_whether_others_had_it() -> None:
    turn = Turns().ports("i-1")
    before = turn.taken
    async with turn:
        assert turn.taken == before + 1
    async with turn:
        assert turn.taken == before + 2
