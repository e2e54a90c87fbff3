"""Ctrl-C, once: what runs is cancelled and clears up after itself; pressing again does not cut that short."""

import asyncio
import signal
import sys
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class Interrupted(Exception):
    """The person pressed Ctrl-C, or the process was asked to end; what ran has cleared up."""

    def __init__(self) -> None:
        super().__init__("interrupted")


def run_interruptible(work: Coroutine[Any, Any, T]) -> T:
    """Run `work` to its end. SIGINT and SIGTERM cancel it; `Interrupted` is raised once it has ended."""
    return asyncio.run(_run(work))


async def _run(work: Coroutine[Any, Any, T]) -> T:
    task = asyncio.current_task()
    assert task is not None
    interrupted = False

    def interrupt() -> None:
        nonlocal interrupted
        if interrupted:
            print("clearing up, one moment", file=sys.stderr)  # noqa: T201 -- it is the terminal's own answer
        else:
            interrupted = True
            task.cancel()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, interrupt)
    try:
        return await work
    except asyncio.CancelledError:
        if interrupted:
            raise Interrupted from None
        raise
