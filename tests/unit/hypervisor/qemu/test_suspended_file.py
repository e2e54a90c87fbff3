"""What stands where a suspended guest's file was: it is used, or it is said at once why not."""

import os
from pathlib import Path
from threading import Event

import pytest

from kumoniwa.hypervisor.driver import MemoryUnusable
from kumoniwa.hypervisor.qemu.guest.memory import sealed, suspending
from kumoniwa.hypervisor.qemu.guest.memory.suspended import SuspendedFile

_KEY = b"k" * sealed.KEY_BYTES


@pytest.fixture
def file(tmp_path: Path) -> SuspendedFile:
    return SuspendedFile(tmp_path)


@pytest.mark.parametrize("head", [b"{}", b"[]", b'{"format": 1, "at": 3}', b'{"format": 2}', b"\xff"])
def test_a_head_that_is_not_understood_is_another_version_s(file: SuspendedFile, head: bytes) -> None:
    reader, writer = os.pipe()
    os.close(writer)
    with file.path.open("wb") as target:
        sealed.seal(_KEY, head, reader, target.fileno(), stop=Event())
    os.close(reader)
    with pytest.raises(MemoryUnusable, match="another version"):
        suspending.find(file, _KEY)


def test_a_pipe_in_its_place_is_not_waited_for(file: SuspendedFile) -> None:
    os.mkfifo(file.path)
    with pytest.raises(MemoryUnusable, match="it is no regular file"):
        suspending.find(file, _KEY)


def test_a_link_in_its_place_is_not_followed(file: SuspendedFile, tmp_path: Path) -> None:
    (tmp_path / "other").touch()
    file.path.symlink_to("other")
    with pytest.raises(MemoryUnusable, match="cannot be read"):
        suspending.find(file, _KEY)
