"""`kumoniwa storage check` on real files: what was done to one is found, named with what depends on it, never repaired
by guessing."""

import asyncio
import json
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from kumoniwa.client.storage import check
from kumoniwa.hypervisor.driver import LayerId
from kumoniwa.hypervisor.qemu.disks.qemu_disks import QcowDisks
from kumoniwa.model.images import Image, ImageDevice, ImageState
from kumoniwa.model.layers import Layer
from kumoniwa.model.snapshots import Snapshot, SnapshotState
from kumoniwa.model.volumes import Volume, VolumeState
from kumoniwa.store import facts, images, layers, snapshots, volumes
from kumoniwa.store.engines import open_database

pytestmark = pytest.mark.vm

AT = datetime(2026, 1, 1, tzinfo=UTC)
GIB = 1 << 30
SCOPE = ("123456789012", "us-east-1")
RUBBISH = "layer-0123456789abcdef0"
BASE, MIDDLE, HEAD, UNMADE = "layer-base", "layer-middle", "layer-head", "layer-unmade"
NEEDS_HEAD = ["vol-1"]
NEEDS_MIDDLE = ["vol-1", "vol-2", "snap-2"]
NEEDS_BASE = ["vol-1", "vol-2", "snap-1", "snap-2", "ami-1"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A cloud that no server runs: an image's layer, a snapshot's on top, two volumes, one of them without a file."""
    asyncio.run(_make(tmp_path))
    return tmp_path


async def _make(folder: Path) -> None:
    database = open_database(folder)
    await database.write(_write)
    disks = QcowDisks(folder / "layers")
    disks.open()
    await disks.ensure_empty(LayerId(BASE), GIB)
    _io(folder, BASE, "write -P 1 0 1M")
    await disks.ensure_overlay(LayerId(MIDDLE), LayerId(BASE), GIB)
    _io(folder, MIDDLE, "write -P 2 64k 1M")
    await disks.ensure_overlay(LayerId(HEAD), LayerId(MIDDLE), GIB)
    _io(folder, HEAD, "write -P 3 0 64k")
    for layer in (BASE, MIDDLE):
        measure = await disks.measure(LayerId(layer))
        await database.write(partial(layers.seal, layer_id=layer, length=measure.file_bytes, sha256=measure.sha256))
    await database.close()


def _write(connection: Connection) -> None:
    facts.put(connection, "driver", "qemu")
    chain = ((BASE, None), (MIDDLE, BASE), (HEAD, MIDDLE), (UNMADE, MIDDLE))
    layers.add(connection, *(Layer(id, parent, GIB, AT, made=id != UNMADE) for id, parent in chain))
    for number, layer in ((1, BASE), (2, MIDDLE)):
        snapshot = Snapshot(f"snap-{number}", *SCOPE, "vol-1", 1, SnapshotState.COMPLETED, 100, AT, "", layer_id=layer)
        snapshots.add(connection, snapshot)
    for number, head in ((1, HEAD), (2, UNMADE)):
        volume = Volume(
            f"vol-{number}", *SCOPE, "us-east-1a", 1, "gp3", None, None, "", VolumeState.AVAILABLE, AT, head
        )
        volumes.add(connection, volume)
    image = Image("ami-1", *SCOPE, "one", None, ImageState.AVAILABLE, "x86_64", "/dev/xvda", AT)
    images.add(connection, image, [ImageDevice("ami-1", 0, "/dev/xvda", "snap-1")])


def _io(folder: Path, layer: str, command: str) -> None:
    path = folder / "layers" / f"{layer}.qcow2"
    subprocess.run(["qemu-io", "-f", "qcow2", "-c", command, path], check=True, capture_output=True, timeout=60)


def _checked(folder: Path, capsys: pytest.CaptureFixture[str], *, repair: bool = False) -> dict[str, Any]:
    whole = check(folder, repair=repair, as_json=True)
    out = capsys.readouterr().out
    told: dict[str, Any] = json.loads(out[out.index('{\n  "whole"') :])  # before it: what tests log
    assert told["whole"] is whole
    return told


def _flip(path: Path) -> None:
    """One bit of what a guest wrote, as a bad disk would."""
    content = bytearray(path.read_bytes())
    at = content.rindex(b"\2" * 4096)
    content[at] ^= 1
    path.write_bytes(content)


def _zero_the_header(path: Path) -> None:
    with path.open("rb+") as file:
        file.write(bytes(512))


def _cut_short(path: Path) -> None:
    with path.open("rb+") as file:
        file.truncate(path.stat().st_size - 4096)


def _stand_elsewhere(path: Path) -> None:
    command = ["qemu-img", "rebase", "-u", "-f", "qcow2", "-F", "qcow2", "-b", f"{HEAD}.qcow2", str(path)]
    subprocess.run(command, check=True, timeout=60)


def test_what_was_not_damaged_is_whole_also_where_a_file_was_never_made(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _checked(folder, capsys) == {"whole": True, "looked_at": 4, "faults": [], "repaired": []}


@pytest.mark.parametrize(
    ("layer", "damage", "wrong", "needed_by"),
    [
        (MIDDLE, _flip, "is not what it was when it was measured", NEEDS_MIDDLE),
        (BASE, _cut_short, "is shorter than it was", NEEDS_BASE),
        (HEAD, _zero_the_header, "", NEEDS_HEAD),
        (BASE, Path.unlink, "", NEEDS_BASE),
        (HEAD, Path.unlink, "", NEEDS_HEAD),
        (MIDDLE, _stand_elsewhere, f"stands on {HEAD}.qcow2, not on {BASE}.qcow2", NEEDS_MIDDLE),
    ],
)
def test_a_damaged_file_is_named_with_what_depends_on_it_and_left_as_it_is(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    layer: str,
    damage: Callable[[Path], None],
    wrong: str,
    needed_by: list[str],
) -> None:
    damage(folder / "layers" / f"{layer}.qcow2")
    before = _files(folder)
    for repair in (False, True):
        told = _checked(folder, capsys, repair=repair)
        assert [fault["layer"] for fault in told["faults"]] == [layer]
        [fault] = told["faults"]
        assert f"{layer}.qcow2" in fault["what"]
        assert wrong in fault["what"]
        assert (fault["needed_by"], fault["repairable"]) == (needed_by, False)
        assert told["repaired"] == []
    assert _files(folder) == before


def test_what_needs_no_guessing_is_repaired(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that nothing knows; and a head that QEMU has brought down to the base, as it does without a server."""
    rubbish = folder / "layers" / f"{RUBBISH}.qcow2"
    rubbish.write_bytes(b"whatever")
    head = folder / "layers" / f"{HEAD}.qcow2"
    command = ["qemu-img", "rebase", "-f", "qcow2", "-F", "qcow2", "-b", f"{BASE}.qcow2", str(head)]
    subprocess.run(command, check=True, timeout=60)
    told = _checked(folder, capsys)
    assert {fault["layer"]: fault["repairable"] for fault in told["faults"]} == {
        RUBBISH: True,
        HEAD: True,
    }
    told = _checked(folder, capsys, repair=True)
    assert (told["whole"], sorted(one["layer"] for one in told["repaired"])) == (
        True,
        [RUBBISH, HEAD],
    )
    assert not rubbish.exists()
    assert _checked(folder, capsys) == {"whole": True, "looked_at": 4, "faults": [], "repaired": []}


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "layers").iterdir()}
