"""One stream, several readers: what each gets, and what one that does not read may cost."""

import asyncio

import pytest
from waiting import let_others_run

from kumoniwa.hypervisor.driver import Said, SerialConsole, TooManyReaders
from kumoniwa.hypervisor.driver.serial_console import KEPT, MOST_READERS, MOST_WAITING, ConsoleReader

pytestmark = pytest.mark.anyio


async def all_of(reader: ConsoleReader) -> list[Said]:
    """What a reader gets until its end."""
    pieces = []
    async with asyncio.timeout(10):
        while (said := await reader.next()) is not None:
            pieces.append(said)
    return pieces


async def test_every_reader_gets_the_history_first_and_then_the_same() -> None:
    console = SerialConsole()
    console.begin(b"before ")
    console.hear(b"one ")
    first = console.follow()
    console.hear(b"two ")
    second = console.follow()
    console.hear(b"three")
    console.end()
    for reader in (first, second):
        assert b"".join(said.text for said in await all_of(reader)) == b"before one two three"


async def test_what_is_kept_for_a_new_reader_is_the_end() -> None:
    console = SerialConsole()
    console.begin(b"x" * 100)
    console.begin(b"not twice")
    for _ in range(5):
        console.hear(b"y" * KEPT)
    console.hear(b"end")
    assert console.said == b"y" * (KEPT - 3) + b"end"
    reader = console.follow()
    console.end()
    assert b"".join(said.text for said in await all_of(reader)) == console.said


async def test_a_reader_that_is_too_slow_misses_the_middle_and_is_told_how_much() -> None:
    console = SerialConsole()
    slow, quick = console.follow(), console.follow()
    heard = 0
    for number in range(100):
        console.hear(bytes([number]) * 65_536)
        said = await quick.next()
        assert said is not None and said.skipped == 0
        heard += len(said.text)
    assert heard == 100 * 65_536
    assert len(slow._waiting) == MOST_WAITING
    console.end()
    pieces = await all_of(slow)
    assert pieces[0].skipped == heard - MOST_WAITING
    assert [said.skipped for said in pieces[1:]] == [0] * (len(pieces) - 1)
    assert b"".join(said.text for said in pieces)[-65_536:] == bytes([99]) * 65_536


async def test_a_reader_waits_until_something_is_said() -> None:
    console = SerialConsole()
    with console.follow() as reader:
        waiting = asyncio.create_task(reader.next())
        await let_others_run(2)
        assert not waiting.done()
        console.hear(b"at last")
        assert await waiting == Said(b"at last")


async def test_only_so_many_read_and_who_leaves_makes_room() -> None:
    console = SerialConsole()
    readers = [console.follow() for _ in range(MOST_READERS)]
    with pytest.raises(TooManyReaders, match="16 others"):
        console.follow()
    with readers[0]:
        pass
    with console.follow() as another:
        console.hear(b"for all but who left")
        assert await another.next() == Said(b"for all but who left")
    assert readers[0]._waiting == b""


async def test_the_end_comes_after_what_was_said() -> None:
    console = SerialConsole()
    reader = console.follow()
    console.hear(b"Power down")
    console.end()
    console.hear(b"to nobody")
    assert await all_of(reader) == [Said(b"Power down")]
    assert await reader.next() is None
    later = console.follow()
    assert await later.next() == Said(b"Power downto nobody")
