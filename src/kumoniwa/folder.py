"""The data folder: who holds it, and how its small files are written."""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


class FolderTaken(Exception):
    """The data folder cannot be had: another server holds it, or it cannot be used. The text is a sentence."""


@contextmanager
def owned(data_dir: Path) -> Iterator[None]:
    """The data folder, made where it is missing, and ours alone while the block runs: no other user reads its files.

    Raises `FolderTaken`.
    """
    os.umask(0o077)  # a folder that was there before may be open to others; what we put there is not
    try:
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = (data_dir / "lock").open("w")
    except OSError as failure:
        raise FolderTaken(f"The data folder {data_dir} cannot be used: {failure.strerror}.") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FolderTaken(
                f"Another server runs on {data_dir}. Stop it, or choose another folder with --data-dir."
            ) from None
        yield


def write_private(path: Path, value: Mapping[str, object]) -> None:
    """Write a small file that only its owner reads, whole or not at all."""
    draft = path.with_suffix(".new")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:  # noqa: PTH123
        json.dump(value, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
