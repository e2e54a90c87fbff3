"""What a file offered for import may make qemu-img take: room, memory, other files."""

import os
import subprocess
from pathlib import Path

import pytest

from kumoniwa.hypervisor.driver import DiskRefused, LayerId
from kumoniwa.hypervisor.qemu.disks import qemu_disks
from kumoniwa.hypervisor.qemu.disks.qcow2 import read_header
from kumoniwa.hypervisor.qemu.disks.qemu_disks import QcowDisks

pytestmark = pytest.mark.anyio
_MIB = 1 << 20


async def test_the_room_for_a_compressed_disk_is_what_its_layer_takes(tmp_path: Path) -> None:
    raw, packed = tmp_path / "disk.raw", tmp_path / "packed.qcow2"
    raw.write_bytes(b"moss" * (8 * _MIB))
    _qemu_img("convert", "-c", "-f", "raw", "-O", "qcow2", str(raw), str(packed))
    assert packed.stat().st_size < _MIB
    disks = QcowDisks(tmp_path / "layers")
    disks.open()
    await disks.ensure_imported(layer := LayerId("layer-1"), packed, "qcow2", lambda _: None)
    taken = (tmp_path / "layers" / f"{layer}.qcow2").stat().st_blocks * 512
    for source, format in ((packed, "qcow2"), (raw, "raw")):
        needed = (await disks.inspect(source, format)).needed_bytes
        assert needed is not None
        assert 32 * _MIB <= taken <= needed < 34 * _MIB


async def test_a_long_file_of_tiny_clusters_is_refused_before_it_is_checked(tmp_path: Path) -> None:
    source = tmp_path / "tiny.qcow2"
    _qemu_img("create", "-q", "-f", "qcow2", "-o", "cluster_size=512", str(source), "64M")
    assert (await QcowDisks(tmp_path).inspect(source, "qcow2")).virtual_bytes == 64 * _MIB
    with source.open("rb+") as file:
        file.truncate(64 << 30)
    with pytest.raises(DiskRefused, match="Its clusters, of 512 bytes, are too small for its length"):
        await QcowDisks(tmp_path).inspect(source, "qcow2")


async def test_a_file_that_takes_the_name_of_a_checked_one_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was looked at is what is imported; a link, and what is no regular file, is not followed or waited for."""
    source, other = tmp_path / "disk.qcow2", tmp_path / "other.qcow2"
    _qemu_img("create", "-q", "-f", "qcow2", str(source), "64M")
    _qemu_img("create", "-q", "-f", "qcow2", str(other), "32M")
    disks = QcowDisks(tmp_path / "layers")
    disks.open()
    check = qemu_disks._check

    async def swapped_after(image: str) -> None:
        await check(image)
        other.rename(source)

    monkeypatch.setattr(qemu_disks, "_check", swapped_after)
    await disks.ensure_imported(layer := LayerId("layer-1"), source, "qcow2", lambda _: None)
    assert read_header(tmp_path / "layers" / f"{layer}.qcow2").size_bytes == 64 * _MIB
    (tmp_path / "link").symlink_to(source)
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "pipe", "layers", "nothing"):
        with pytest.raises(DiskRefused):
            await disks.inspect(tmp_path / name, "qcow2")


def _qemu_img(*command: str) -> None:
    subprocess.run(["qemu-img", *command], check=True, timeout=60)
