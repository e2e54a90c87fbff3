"""What many threads put and one takes, in turn."""

import threading
from collections import deque
from queue import Empty
from typing import Generic, TypeVar

T = TypeVar("T")


class WaitingLine(Generic[T]):
    """A queue whose only taker may wait for so many seconds.

    `queue.SimpleQueue` of CPython 3.11 waits for ever where its thread loses the processor between reading the clock
    and waiting, for longer than its timeout. `queue.Queue` takes several locks for each turn, and the thread of a loop
    that puts something into it hands the interpreter over and back for them.
    """

    def __init__(self) -> None:
        self._line: deque[T] = deque()
        self._bell = threading.Lock()  # locked as long as nobody has rung
        self._bell.acquire()

    def put(self, one: T) -> None:
        """At the end of the line; whoever waits goes on."""
        self._line.append(one)
        try:
            self._bell.release()
        except RuntimeError:
            return  # somebody has rung, and nobody has heard it yet

    def get(self, timeout: float = -1) -> T:
        """The first of the line, waited for. Raises `queue.Empty` where none came within the timeout, in seconds."""
        while True:
            try:
                return self._line.popleft()
            except IndexError:
                if not self._bell.acquire(timeout=timeout):
                    raise Empty from None
