"""The steps of a build, with every program replaced by a record of its call: what is left behind, and what is told."""

import asyncio
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from shutil import rmtree

import pytest

from kumoniwa.guest_image import build
from kumoniwa.guest_image.recipe import DEBIAN_12
from kumoniwa.run import ProgramFailed

pytestmark = pytest.mark.anyio


class Programs:
    """Plays the programs of a build. `fails` names the one that ends with an error or waits for ever."""

    def __init__(self, fails: str = "", waits: str = "") -> None:
        self.fails, self.waits = fails, waits
        self.called: list[list[str]] = []
        self.reached = asyncio.Event()

    async def run(
        self,
        argv: Sequence[str],
        *,
        timeout: float,
        cwd: Path | None = None,
        on_line: Callable[[str], None] | None = None,
    ) -> str:
        self.called.append(list(argv))
        if self.fails and self.fails in argv:
            raise ProgramFailed(argv, 1, "no")
        if self.waits and self.waits in argv:
            self.reached.set()
            await asyncio.get_running_loop().create_future()
        if on_line is not None:
            on_line("I: installing remaining packages inside the chroot...")
        self._act(argv)
        return ""

    def _act(self, argv: Sequence[str]) -> None:
        if "qemu-img" in argv:
            Path(argv[-1]).write_bytes(b"qcow2")
        if "rm" in argv:
            for folder in argv[argv.index("rm") + 2 :]:
                rmtree(folder, ignore_errors=True)


def _install(programs: Programs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(build, "run", programs.run)
    monkeypatch.setattr(build, "find", lambda program: program)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def _files(folder: Path) -> dict[str, int]:
    """What is left in `folder` besides the images folder itself, and its mode."""
    found = {str(path.relative_to(folder)): path.stat().st_mode & 0o777 for path in folder.rglob("*")}
    found.pop("images", None)
    return found


async def test_a_finished_disk_is_put_in_place_read_only_and_nothing_else_stays(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _install(Programs(), monkeypatch, tmp_path)
    told: list[tuple[str, int]] = []
    await build.build_image(DEBIAN_12, tmp_path / "images" / "a.qcow2", lambda *said: told.append(said))
    assert _files(tmp_path) == {"images/a.qcow2": 0o444}
    assert ("installing packages", 38) in told
    assert told[-1] == ("done", 100)
    assert [percent for _, percent in told] == sorted(percent for _, percent in told)


@pytest.mark.parametrize("program", ["mmdebstrap", "sh", "qemu-img"])
async def test_a_build_that_fails_leaves_nothing_behind(
    program: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _install(Programs(fails=program), monkeypatch, tmp_path)
    with pytest.raises(ProgramFailed):
        await build.build_image(DEBIAN_12, tmp_path / "images" / "a.qcow2", lambda *_: None)
    assert _files(tmp_path) == {}


async def test_a_build_that_is_cancelled_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    programs = Programs(waits="mmdebstrap")
    _install(programs, monkeypatch, tmp_path)
    building = asyncio.create_task(build.build_image(DEBIAN_12, tmp_path / "images" / "a.qcow2", lambda *_: None))
    await programs.reached.wait()
    building.cancel()
    with pytest.raises(asyncio.CancelledError):
        await building
    assert _files(tmp_path) == {}


async def test_an_ordinary_user_works_in_a_namespace(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    programs = Programs()
    _install(programs, monkeypatch, tmp_path)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    await build.build_image(DEBIAN_12, tmp_path / "images" / "a.qcow2", lambda *_: None)
    assert "--mode=unshare" in programs.called[0]
    namespace = ["unshare", "--user", "--map-root-user", "--map-auto"]
    assert [call[:4] for call in programs.called if "sh" in call or "rm" in call] == [namespace, namespace]
