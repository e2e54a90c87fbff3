"""The logs that a guest's QEMU writes by itself have an end to their growth, whatever the guest makes it say."""

from pathlib import Path

import pytest

from kumoniwa.clock import ManualClock
from kumoniwa.hypervisor.qemu.guest.process import log_files
from kumoniwa.hypervisor.qemu.guest.process.log_files import CONSOLE, MOST, QEMU, trim_all
from kumoniwa.tasks import Tasks

pytestmark = pytest.mark.anyio
LINE = b"qemu-system-x86_64: the guest did what it should not, again\n"


def room(path: Path) -> int:
    """What a file takes of the disk."""
    return path.stat().st_blocks * 512


@pytest.mark.parametrize(("name", "mode"), [(QEMU, "wb"), (CONSOLE, "ab")])
async def test_a_log_that_grows_for_ever_takes_a_bounded_room(tmp_path: Path, name: str, mode: str) -> None:
    """The file is held open as QEMU holds it, and nobody listens to the console."""
    folder = tmp_path / "i-1"
    folder.mkdir()
    with (folder / name).open(mode, buffering=0) as held:
        for turn in range(3):
            held.write(LINE * (2 * MOST // len(LINE)))
            held.write(b"the end of turn %d\n" % turn)
            assert room(folder / name) > MOST
            await trim_all(tmp_path)
            assert room(folder / name) <= log_files.KEPT * 4
            assert (folder / name).read_bytes().endswith(LINE * 500 + b"the end of turn %d\n" % turn)
    assert (folder / name).stat().st_size > 6 * MOST - 3 * len(LINE), "what is written next goes to its place"


async def test_small_logs_and_folders_that_are_no_guests_are_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "i-1"
    folder.mkdir()
    (folder / QEMU).write_bytes(LINE * 1000)
    (tmp_path / "a file").write_bytes(LINE)
    await trim_all(tmp_path)
    await trim_all(tmp_path / "nowhere")
    assert (folder / QEMU).read_bytes() == LINE * 1000


async def test_logs_are_looked_at_as_long_as_the_driver_is_open(tmp_path: Path) -> None:
    folder, clock, tasks = tmp_path / "i-1", ManualClock(), Tasks("test")
    folder.mkdir()
    trimmed: list[Path] = []

    async def trim_all(guests: Path) -> None:
        trimmed.append(guests)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(log_files, "trim_all", trim_all)
        tasks.start(log_files.watch(clock, tmp_path), "watch")
        await clock.advance(30)
        assert len(trimmed) == 4
        await tasks.close()
