"""Folders that other users may write to are not used, and what lies in the way in one is left as it is."""

import asyncio
import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kumoniwa.client.access import CommandFailed, find_cloud
from kumoniwa.folder import FolderTaken, not_ours, owned, read_private, write_private, write_private_once
from kumoniwa.guest_image.debian12 import ensure_built


@pytest.mark.parametrize("mode", [0o777, 0o1777, 0o770, 0o720, 0o702])
def test_a_folder_that_others_may_write_to_is_refused(tmp_path: Path, mode: int) -> None:
    tmp_path.chmod(mode)
    with (
        pytest.raises(FolderTaken, match=r"other users may write to it\. Forbid that with chmod go-w"),
        owned(tmp_path),
    ):
        pass
    with pytest.raises(CommandFailed, match="other users may write to it"):
        find_cloud(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 1)
    with (
        pytest.raises(FolderTaken, match=r"it belongs to another user\. Run this as the one who owns it"),
        owned(tmp_path),
    ):
        pass
    with pytest.raises(CommandFailed, match="it belongs to another user"):
        find_cloud(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("mode", [0o700, 0o755, 0o750])
def test_a_folder_that_others_may_only_read_is_ours(tmp_path: Path, mode: int) -> None:
    tmp_path.chmod(mode)
    assert not_ours(tmp_path) is None
    with owned(tmp_path):
        pass


def test_a_lock_that_is_a_link_is_refused_and_what_it_points_to_stays(tmp_path: Path) -> None:
    mine, folder = tmp_path / "mine", tmp_path / "cloud"
    mine.write_text("do not lose this")
    folder.mkdir(mode=0o700)
    (folder / "lock").symlink_to(mine)
    with pytest.raises(FolderTaken, match="lock is not a plain file; delete it"), owned(folder):
        pass
    assert mine.read_text() == "do not lose this"


def test_a_lock_that_nobody_writes_to_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "lock")
    with pytest.raises(FolderTaken, match="lock is not a plain file"), owned(tmp_path):
        pass


def test_small_files_are_written_and_read_at_their_own_place(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.write_text("do not lose this")
    (tmp_path / "server.new").symlink_to(mine)
    with pytest.raises(OSError, match="symbolic links"):
        write_private(tmp_path / "server.json", {"pid": 1})
    assert mine.read_text() == "do not lose this"
    (tmp_path / "server.new").unlink()
    (tmp_path / "server.new").write_text("what a server that was killed left, longer than what is written now" * 9)
    write_private(tmp_path / "server.json", {"pid": 1})
    assert json.loads(read_private(tmp_path / "server.json")) == {"pid": 1}
    (tmp_path / "credentials.json").symlink_to(mine)
    with pytest.raises(CommandFailed, match="is not what a server writes there"):
        find_cloud(tmp_path)


def test_no_disk_is_taken_from_a_cache_that_others_may_write_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUMONIWA_CACHE_DIR", str(tmp_path))
    tmp_path.chmod(0o777)
    with pytest.raises(FolderTaken, match="other users may write to it"):
        asyncio.run(ensure_built(lambda _phase, _percent: None))


def test_of_several_that_write_a_file_once_one_does(tmp_path: Path) -> None:
    path = tmp_path / "kms.key"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: write_private_once(path, str(number)), range(8)))
    written = read_private(path)
    write_private_once(path, "another")
    assert read_private(path) == written
    assert written in map(str, range(8))
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]
