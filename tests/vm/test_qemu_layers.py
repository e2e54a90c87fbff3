"""Layers of the driver `qemu`, with real files: made longer, measured, looked at, and damaged ones named."""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from driver_contract import MIB
from qemu_bench import WITHIN, QemuBench, qemu

from kumoniwa import run
from kumoniwa.hypervisor.driver import DriverError, KnownLayer, LayerDamaged, LayerId
from kumoniwa.hypervisor.qemu.disks import QcowDisks

pytestmark = [pytest.mark.anyio, pytest.mark.vm, pytest.mark.timeout(300)]

LOW, TOP = LayerId("layer-low"), LayerId("layer-top")


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[QemuBench]:
    async with qemu(tmp_path) as bench:
        yield bench


@pytest.fixture
async def disks(tmp_path: Path) -> QcowDisks:
    """Two layers: 1 MiB of ones at the start of the lower, 64 KiB of twos over the end of it in the upper."""
    disks = QcowDisks(tmp_path / "layers")
    disks.open()
    await disks.ensure_empty(LOW, 8 * MIB)
    await write(tmp_path / "layers", LOW, "write -P 1 0 1M")
    await disks.ensure_overlay(TOP, LOW, 8 * MIB)
    await write(tmp_path / "layers", TOP, "write -P 2 992k 64k")
    return disks


async def test_a_layer_says_what_it_stands_on_and_how_much_it_holds(disks: QcowDisks, tmp_path: Path) -> None:
    assert (await disks.parent(LOW), await disks.parent(TOP)) == (None, LOW)
    measure = await disks.measure(TOP)
    assert (measure.own_bytes, measure.full_bytes) == (64 * 1024, MIB + 32 * 1024)
    content = (tmp_path / "layers" / f"{TOP}.qcow2").read_bytes()
    assert (measure.file_bytes, measure.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert await disks.faults(TOP, await _known(disks, TOP), thorough=True) == []


async def test_a_layer_only_grows_and_reads_as_zeros_beyond(disks: QcowDisks, tmp_path: Path) -> None:
    await asyncio.gather(*(disks.ensure_size(TOP, size * MIB) for size in (16, 64, 32)))
    assert await disks.faults(TOP, KnownLayer(LOW, 64 * MIB), thorough=True) == []
    await disks.ensure_size(TOP, MIB)
    await write(tmp_path / "layers", TOP, "read -P 0 8M 56M")


async def test_a_layer_that_a_guest_has_is_not_made_longer_behind_its_back(bench: QemuBench) -> None:
    _, spec = await bench.up()
    with pytest.raises(DriverError, match="a guest has it open"):
        await bench.driver.disks.ensure_size(spec.disks[0].layer, 16 * MIB)
    known = KnownLayer(None, 8 * MIB)
    assert await bench.driver.disks.faults(spec.disks[0].layer, known, thorough=True) == []


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (lambda file: file.unlink(), "is missing"),
        (lambda file: file.write_bytes(b""), "it ends after 0 bytes"),
        (lambda file: file.write_bytes(file.read_bytes()[:4096]), "torn: it ends after 4096 bytes"),
        (lambda file: file.write_bytes(bytes(4096) + file.read_bytes()[4096:]), "does not begin as a qcow2"),
        (lambda file: file.write_bytes(file.read_bytes()[: 5 * 128 * 1024]), "shorter than it was|names byte"),
        (lambda file: _put(file, 79, b"\x02"), "marked as damaged"),
        (lambda file: _put(file, 24, (16 * MIB).to_bytes(8, "big")), "is a larger disk, of 16777216 bytes"),
    ],
    ids=["missing", "empty", "cut off", "zeros", "no data", "corrupt", "larger"],
)
async def test_a_damaged_layer_is_named_at_a_quick_look(
    disks: QcowDisks, tmp_path: Path, damage: Callable[[Path], None], why: str
) -> None:
    known = await _known(disks, TOP)
    damage(tmp_path / "layers" / f"{TOP}.qcow2")
    [fault] = await disks.faults(TOP, known, thorough=False)
    assert fault.startswith(f"{TOP}.qcow2 is ")
    assert re.search(why, fault)


async def test_a_layer_that_stands_on_another_than_it_should_is_named(disks: QcowDisks) -> None:
    found = await disks.faults(TOP, KnownLayer(LayerId("layer-x"), 8 * MIB), thorough=False)
    assert found == ["layer-top.qcow2 stands on layer-low.qcow2, not on layer-x.qcow2"]


async def test_a_thorough_look_sees_changed_data_and_broken_tables(disks: QcowDisks, tmp_path: Path) -> None:
    file, known = tmp_path / "layers" / f"{LOW}.qcow2", await _known(disks, LOW)
    _put(file, file.stat().st_size - 600_000, b"\x07")
    assert await disks.faults(LOW, known, thorough=False) == []
    assert "its digest differs" in (await disks.faults(LOW, known, thorough=True))[-1]
    header = file.read_bytes()[:104]
    references = int.from_bytes(header[48:56], "big") + (1 << header[23])  # the first block of references
    _put(file, references, bytes(64))
    assert any("qemu-img check finds" in one for one in await disks.faults(LOW, known, thorough=True))


async def test_nothing_is_put_on_a_damaged_layer(disks: QcowDisks, tmp_path: Path) -> None:
    (tmp_path / "layers" / f"{LOW}.qcow2").write_bytes(b"QFI\xfb")
    for on in (LOW, TOP):
        with pytest.raises(LayerDamaged, match=r"layer-low\.qcow2 is torn"):
            await disks.ensure_overlay(LayerId("layer-new"), on, 8 * MIB)
    assert LayerId("layer-new") not in await disks.all_layers()


async def test_layers_that_stand_on_each_other_are_no_endless_chain(disks: QcowDisks, tmp_path: Path) -> None:
    low = tmp_path / "layers" / f"{LOW}.qcow2"
    await run.run(["qemu-img", "rebase", "-u", "-b", f"{TOP}.qcow2", "-F", "qcow2", str(low)], timeout=WITHIN)
    with pytest.raises(LayerDamaged, match="stands on itself"):
        await disks.ensure_whole(TOP)


async def write(folder: Path, layer: LayerId, *commands: str) -> None:
    """Have qemu-io write to a layer's file, or read from it."""
    options = [word for command in commands for word in ("-c", command)]
    said = await run.run(["qemu-io", "-f", "qcow2", *options, str(folder / f"{layer}.qcow2")], timeout=WITHIN)
    assert "verification failed" not in said


async def _known(disks: QcowDisks, layer: LayerId) -> KnownLayer:
    measure = await disks.measure(layer)
    return KnownLayer(await disks.parent(layer), 8 * MIB, measure.file_bytes, measure.sha256)


def _put(file: Path, at: int, content: bytes) -> None:
    with file.open("rb+") as opened:
        opened.seek(at)
        opened.write(content)
