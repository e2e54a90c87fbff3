"""Which way disks are read on a host: by what a test read does there."""

from pathlib import Path

import pytest

from kumoniwa import run
from kumoniwa.hypervisor.qemu.host import disk_io

pytestmark = [pytest.mark.anyio, pytest.mark.vm]


def _qemu_img(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    program = folder / "qemu-img"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setattr(run, "_PATH", f"{folder}:/usr/bin:/bin")


async def test_where_a_read_by_io_uring_succeeds_it_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _qemu_img(tmp_path, monkeypatch, f'echo "$@" > {tmp_path}/asked; for file; do :; done; test -s "$file"')
    assert (await disk_io.disk_io_here()).name == "io_uring"
    assert "-i io_uring" in (tmp_path / "asked").read_text()


async def test_where_it_is_forbidden_threads_read_and_the_reason_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    why = "Could not open: Unable to use linux io_uring: failed to init linux io_uring ring: Operation not permitted"
    _qemu_img(tmp_path, monkeypatch, f'echo "{why}" >&2; exit 1')
    found = await disk_io.disk_io_here()
    assert found.name == "threads"
    assert why in found.reason


async def test_where_it_does_not_end_threads_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk_io, "_WITHIN", 0.05)
    _qemu_img(tmp_path, monkeypatch, "exec sleep 60")
    found = await disk_io.disk_io_here()
    assert (found.name, "did not end" in found.reason) == ("threads", True)
