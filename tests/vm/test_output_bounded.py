"""What programs write is bounded: through ssh it is a guest that speaks."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from waiting import turns_until

from kumoniwa import run

pytestmark = pytest.mark.anyio


async def test_a_program_that_writes_without_end_is_ended() -> None:
    with pytest.raises(run.ProgramFailed, match="more than"):
        await run.run(["cat", "/dev/zero"], timeout=60)


async def test_a_program_whose_output_nobody_reads_any_more_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """asyncio waits for the end of its pipes too, which comes after what is in them."""

    async def until_full(_: Sequence[str], stream: Any) -> str:
        await turns_until(lambda: stream._paused)
        raise RuntimeError("what reads it broke")

    monkeypatch.setattr(run, "_whole", until_full)
    async with asyncio.timeout(30):
        with pytest.raises(RuntimeError, match="broke"):
            await run.run(["cat", "/dev/zero"], timeout=60)


async def test_a_line_without_end_is_not_kept() -> None:
    """The lines of qemu-img are read one by one; one that never ends was kept whole."""
    longest = 0

    def note(line: str) -> None:
        nonlocal longest
        longest = max(longest, len(line))

    program = "head -c 20000000 /dev/zero; echo; echo the end"
    said = await run.run(["sh", "-c", program], timeout=60, on_output=note)
    assert said.endswith("\nthe end\n")
    assert 0 < longest <= 2 * run._MOST_KEPT
