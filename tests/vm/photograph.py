"""Copies a data folder at one instant, as a power cut would leave it: every process that writes to it stands still.

A program of its own, for the test that asks for it is one of those processes:

    python photograph.py <folder> <copy> <pid> …
"""

import os
import shutil
import signal
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path


def main(folder: str, copy: str, *pids: str) -> None:
    """Stop the processes, copy, let them go on."""
    with standing_still(map(int, pids)):
        shutil.copytree(folder, copy, ignore=_sockets, copy_function=copy_sparsely)


@contextmanager
def standing_still(pids: Iterable[int]) -> Iterator[None]:
    """These processes stand still, with all their threads, as long as the block runs."""
    stopped = []
    try:
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
            stopped.append(pid)
            while not _stands_still(pid):
                pass
        yield
    finally:
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)


def _stands_still(pid: int) -> bool:
    """Whether every thread of the process was stopped."""
    states = [
        task.joinpath("stat").read_text().rpartition(")")[2].split()[0] for task in Path(f"/proc/{pid}/task").iterdir()
    ]
    return all(state in "TtZ" for state in states)


def _sockets(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if stat.S_ISSOCK(Path(folder, name).lstat().st_mode)]


def copy_sparsely(source: str | Path, target: str | Path) -> None:
    """A disk's file is mostly holes: copied as such."""
    with Path(source).open("rb") as read, Path(target).open("wb") as written:
        end, at = os.fstat(read.fileno()).st_size, 0
        while at < end:
            try:
                data = os.lseek(read.fileno(), at, os.SEEK_DATA)
            except OSError:
                break
            at = os.lseek(read.fileno(), data, os.SEEK_HOLE)
            os.copy_file_range(read.fileno(), written.fileno(), at - data, data, data)
        written.truncate(end)


if __name__ == "__main__":
    main(*sys.argv[1:])
