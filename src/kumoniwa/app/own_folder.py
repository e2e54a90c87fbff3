"""The folder of a cloud that lives as long as its server: made for it, and gone with it, however that ends.

A server that is killed cannot clear up. Its lock ends with it, so the next one of the same user sees what is left, ends
its guests and deletes it.
"""

import asyncio
import contextlib
import fcntl
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import structlog

from kumoniwa.clock import SystemClock
from kumoniwa.folder import LOCK, owned, processes_of

log = structlog.get_logger(__name__)

_PREFIX = "kumoniwa-ephemeral-"
_NOT_LOCKED_YET = ".new"
_LOCK_TAKEN_WITHIN = 60.0  # seconds
_END_GRACE = 30.0
_BETWEEN_LOOKS = 0.05


@asynccontextmanager
async def own_folder() -> AsyncIterator[Path]:
    """A folder of this server alone, deleted afterwards with what still runs in it.

    First it deletes what servers left there that were killed. Raises `FolderTaken`.
    """
    await sweep(_parent())
    made = Path(tempfile.mkdtemp(prefix=_PREFIX, suffix=_NOT_LOCKED_YET, dir=_parent()))
    folder = made.with_suffix("")
    try:
        with owned(made):
            _name(made, folder)
            yield folder
    finally:
        await end_processes_of(folder)
        await asyncio.to_thread(_delete, made, folder)


async def sweep(parent: Path) -> None:
    """Delete the folders in `parent` that servers of ours left when they were killed, and end what runs in them."""
    for folder in _folders(parent):
        with contextlib.suppress(OSError):  # another server deletes it at this moment, or it is another user's
            if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
                continue
            with _left_behind(folder) as is_left:
                if is_left:
                    await end_processes_of(folder)
                    await asyncio.to_thread(_delete, folder)
                    log.info("what a killed server left was deleted", folder=str(folder))


def _name(made: Path, folder: Path) -> None:
    """Whoever sweeps sees it under this name only once it is locked."""
    made.rename(folder)


def _parent() -> Path:
    return Path(tempfile.gettempdir()).resolve()


def _folders(parent: Path) -> list[Path]:
    return sorted(parent.glob(f"{_PREFIX}*"))


async def end_processes_of(folder: Path) -> None:
    """Kill what runs in this folder, and wait until it has ended, at most half a minute. Its server has ended."""
    for pid in processes_of(folder):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_END_GRACE):
            while processes_of(folder):  # noqa: ASYNC110 -- their parent has ended
                await asyncio.sleep(_BETWEEN_LOOKS)


@contextlib.contextmanager
def _left_behind(folder: Path) -> Iterator[bool]:
    """Whether its server has ended: nobody holds this folder. It is ours meanwhile, if so."""
    if folder.suffix == _NOT_LOCKED_YET:
        yield SystemClock().now().timestamp() - folder.stat().st_mtime > _LOCK_TAKEN_WITHIN
        return
    lock = os.open(folder / LOCK, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(lock)


def _delete(*folders: Path) -> None:
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
