"""Which files in the folder of layers are taken for layers, and what is set aside."""

from pathlib import Path

import pytest

from kumoniwa.hypervisor.driver import LayerId
from kumoniwa.hypervisor.qemu.disks.qemu_disks import QcowDisks
from kumoniwa.ids import new_id
from kumoniwa.storage.report import QUARANTINE

pytestmark = pytest.mark.anyio


async def test_files_that_somebody_else_put_there_are_no_layers_and_stay(tmp_path: Path) -> None:
    layer = LayerId(new_id("layer"))
    foreign = {"layer-0a (copy).qcow2", "My notes.qcow2", "1.qcow2", ".hidden.qcow2", "notes.new", f"{layer}.qcow2.bak"}
    unfinished = f"{new_id('layer')}.new"
    for name in (*foreign, unfinished, f"{layer}.qcow2"):
        (tmp_path / name).touch()
    disks = QcowDisks(tmp_path)
    disks.open()
    assert await disks.all_layers() == {layer}
    assert _names(tmp_path) == foreign | {f"{layer}.qcow2"}


async def test_what_is_set_aside_is_kept_and_takes_nothing_from_what_was_set_aside_before(tmp_path: Path) -> None:
    (folder := tmp_path / "layers").mkdir()
    layer, disks = LayerId(new_id("layer")), QcowDisks(folder)
    for text in ("first", "second"):
        (folder / f"{layer}.qcow2").write_text(text)
        await disks.ensure_set_aside(layer)
        await disks.ensure_set_aside(layer)  # as after a crash
        assert await disks.all_layers() == frozenset()
    kept = tmp_path / QUARANTINE
    assert {path.name: path.read_text() for path in kept.iterdir()} == {
        f"{layer}.qcow2": "first",
        f"{layer}.qcow2.1": "second",
    }


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}
