"""Folders of our own: who may write to them, who holds the data folder, and how small files in it are written."""

import errno
import fcntl
import json
import os
import secrets
import stat
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from kumoniwa.refusal import Refusal

_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH
LOCK = "lock"
"""Its name in the data folder."""
STATE_FILE = "state.json"
"""Its name in the data folder: that the state is on PostgreSQL, and which cloud's it is there."""
_OTHER_FOLDER = "Choose another folder with --data-dir, or mend this one."


class FolderTaken(Refusal):
    """The data folder cannot be had: another server holds it, or it cannot be used."""


@contextmanager
def owned(data_dir: Path) -> Iterator[None]:
    """The data folder, made where it is missing, and ours alone while the block runs: no other user reads its files.

    Raises `FolderTaken`.
    """
    os.umask(0o077)  # a folder that was there before may be open to others; what we put there is not
    try:
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        if (reason := not_ours(data_dir)) is not None:
            raise FolderTaken(f"The data folder {data_dir} cannot be used: {reason.what}", way_out=reason.way_out)
        lock = _opened(data_dir / LOCK, os.O_RDWR | os.O_CREAT)
    except OSError as failure:
        raise FolderTaken(
            f"The data folder {data_dir} cannot be used: {_reason(failure)}.", way_out=_OTHER_FOLDER
        ) from None
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FolderTaken(
                f"Another server runs on {data_dir}.", way_out="Stop it, or choose another folder with --data-dir."
            ) from None
        yield
    finally:
        os.close(lock)


def not_ours(folder: Path) -> Refusal | None:
    """Why what is in this folder may not be believed: other users may have put it there. None for a folder of ours.

    Raises `OSError` where there is no such folder.
    """
    found = folder.stat()
    if found.st_uid != os.geteuid():
        return Refusal(
            "it belongs to another user.", way_out="Run this as the one who owns it, or choose another folder."
        )
    if found.st_mode & _OTHERS_MAY_WRITE:
        return Refusal("other users may write to it.", way_out="Forbid that with chmod go-w, or choose another folder.")
    return None


def holders(data_dir: Path) -> set[int]:
    """The processes that hold the data folder, looked up without touching it: one, or none."""
    try:
        inode = (data_dir / LOCK).stat(follow_symlinks=False).st_ino
    except OSError:
        return set()
    locks = [line.split() for line in Path("/proc/locks").read_text().splitlines()]
    return {int(words[4]) for words in locks if words[1] == "FLOCK" and words[5].endswith(f":{inode}")}


def processes_of(folder: Path) -> list[int]:
    """The processes whose command line names that folder, or which work in it: guests that outlived their server, and
    their helpers."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        with suppress(OSError):  # it has ended, or is another user's
            named = str(folder).encode() in (entry / "cmdline").read_bytes()
            if named or (entry / "cwd").readlink().is_relative_to(folder):
                found.append(int(entry.name))
    return found


def read_private(path: Path) -> str:
    """The text of a small file that `write_private` wrote: a plain file, not a link to one. Raises `OSError`."""
    with open(_opened(path, os.O_RDONLY)) as file:
        return file.read()


def write_private(path: Path, value: Mapping[str, object]) -> None:
    """Write a small file of JSON that only its owner reads, whole or not at all."""
    write_private_text(path, json.dumps(value, indent=2))


def write_private_text(path: Path, text: str) -> None:
    """Write a small file that only its owner reads, whole or not at all."""
    draft = path.with_suffix(".new")
    _write(draft, text)
    draft.rename(path)


def write_private_once(path: Path, text: str) -> None:
    """Write such a file unless one is there: keys, which what they have sealed needs for ever.

    Of several that do so at once, one writes it, and the others keep that one. It survives a power failure.
    """
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
    _write(draft, text)
    try:
        with suppress(FileExistsError):
            os.link(draft, path, follow_symlinks=False)
    finally:
        draft.unlink()
    sync_folder(path.parent)


def kept_key(path: Path, length: int, *, make: bool) -> bytes:
    """The random bytes that are kept in such a file, in base64; made where there is none, if that is asked for.

    Raises `OSError`, and `ValueError` for a file that keeps no such key.
    """
    if make and not os.path.lexists(path):
        write_private_once(path, b64encode(secrets.token_bytes(length)).decode())
    key = b64decode(read_private(path), validate=True)
    if len(key) != length:
        raise ValueError(f"{path.name} keeps {len(key)} bytes, not {length}")
    return key


def sync_folder(folder: Path) -> None:
    """Make what was created, renamed or removed in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write(path: Path, text: str) -> None:
    with open(_opened(path, os.O_WRONLY | os.O_CREAT), "w") as file:
        file.truncate()
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _opened(path: Path, flags: int) -> int:
    """An open file at this very place: where a link or something else lies there, that is refused and left alone."""
    found = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
    if not stat.S_ISREG(os.fstat(found).st_mode):
        os.close(found)
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    return found


def _reason(failure: OSError) -> str:
    if failure.errno == errno.ELOOP:
        return f"{failure.filename} is not a plain file; delete it"
    return str(failure.strerror)
