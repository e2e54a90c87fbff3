"""What programs write is bounded: through ssh it is a guest that speaks."""

import pytest

from kumoniwa import run

pytestmark = pytest.mark.anyio


async def test_a_program_that_writes_without_end_is_ended() -> None:
    with pytest.raises(run.ProgramFailed, match="more than"):
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
