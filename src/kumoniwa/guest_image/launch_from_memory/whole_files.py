"""Files that are whole under their name, and folders that go with all in them."""

import os
from pathlib import Path


def write(file: Path, content: bytes, *, mode: int = 0o644) -> None:
    """The file is whole under its name, or as it was."""
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_name(f"{file.name}.new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with os.fdopen(descriptor, "wb") as written:
        written.write(content)
        os.fchmod(written.fileno(), mode)
    new.rename(file)


def remove(tree: Path) -> None:
    """The folder and all in it are gone."""
    if tree.is_dir() and not tree.is_symlink():
        for entry in tree.iterdir():
            remove(entry)
        tree.rmdir()
    else:
        tree.unlink(missing_ok=True)
