"""Requests of every action that look right, and broken ones, to one cloud after another."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from evidence_of_fuzz import kept
from history import history_on, report
from rounds import Rounds
from turns import turn

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(0)]

_ROUNDS, _TURNS = 2, 400


async def test_random_requests_are_granted_or_refused_and_leave_the_cloud_whole(
    rounds: Rounds, tmp_path: Path, record_property: Callable[[str, Any], None]
) -> None:
    told: list[dict[str, Counter[str]]] = []
    for number, random in rounds(_ROUNDS):
        with rounds.of(number):
            async with history_on(tmp_path / str(number), random) as history:
                told.append(history.codes)
                with kept(history.asked, f"actions-{number}"):
                    for step in range(1, _TURNS + 1):
                        await turn(history)
                        if step % 200 == 0:
                            await history.settle()
    print(report(told))
    record_property("fuzzed actions", sum(codes.total() for one in told for codes in one.values()))
