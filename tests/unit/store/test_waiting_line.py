"""What many threads put is taken by one, in turn, and whoever waits for it does so no longer than it says."""

import threading
import time
from queue import Empty

import pytest

from kumoniwa.store.engines.waiting_line import WaitingLine

EACH, PUTTERS = 2000, 4


def test_nothing_is_lost_and_what_one_puts_keeps_its_order() -> None:
    line: WaitingLine[tuple[int, int]] = WaitingLine()

    def put(putter: int) -> None:
        for number in range(EACH):
            line.put((putter, number))

    threads = [threading.Thread(target=put, args=(putter,)) for putter in range(PUTTERS)]
    for thread in threads:
        thread.start()
    taken = [line.get(timeout=30) for _ in range(EACH * PUTTERS)]
    for thread in threads:
        thread.join()
    for putter in range(PUTTERS):
        assert [number for one, number in taken if one == putter] == list(range(EACH))
    with pytest.raises(Empty):
        line.get(timeout=0)


def test_who_waits_goes_on_when_something_comes() -> None:
    line: WaitingLine[str] = WaitingLine()
    taken: list[str] = []
    thread = threading.Thread(target=lambda: taken.append(line.get()))
    thread.start()
    line.put("it")
    thread.join(30)
    assert taken == ["it"]


def test_a_wait_ends_where_nothing_comes() -> None:
    line: WaitingLine[str] = WaitingLine()
    line.put("rung for")
    assert line.get() == "rung for"  # which leaves the bell rung: that is no reason to take nothing
    began = time.monotonic()
    with pytest.raises(Empty):
        line.get(timeout=0.05)
    assert time.monotonic() - began >= 0.05
