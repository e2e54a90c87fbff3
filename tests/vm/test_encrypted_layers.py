"""Encrypted layers with real files and guests: nothing of what was written to them is read without their key."""

import shutil
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from contract_bench import MIB, overlay
from qemu_bench import QemuBench, qemu
from storage_contract import StorageContract
from suspension_contract import SuspensionContract

from kumoniwa import run
from kumoniwa.hypervisor.driver import DiskBus, DriverError, GuestDisk, GuestState, KnownLayer, LayerDamaged
from kumoniwa.hypervisor.qemu.disks import encryption, layer_checks

pytestmark = [pytest.mark.anyio, pytest.mark.vm, pytest.mark.timeout(300)]


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[QemuBench]:
    """On one bus: what is encrypted is the same on either."""
    async with qemu(tmp_path, encrypted=True) as bench:
        yield bench


class TestEncryptedDisks(StorageContract):
    """All that is promised of disks is promised of encrypted ones."""


class TestEncryptedSuspension(SuspensionContract):
    """So is what is promised of guests that are suspended."""

    @pytest.fixture
    async def bench(self, tmp_path: Path) -> AsyncIterator[QemuBench]:
        async with qemu(tmp_path, DiskBus.VIRTIO, encrypted=True) as bench:
            yield bench


def _files(bench: QemuBench) -> dict[str, bytes]:
    """All files of the cloud."""
    return {path.name: path.read_bytes() for path in bench.data_dir.rglob("*") if path.is_file()}


async def test_no_file_tells_what_a_guest_has_written(bench: QemuBench) -> None:
    guest, spec = await bench.up(1)
    root = spec.disks[0]
    await bench.write(spec.id, "first")
    cut = await overlay(bench, root)
    await bench.run(guest.ensure_cut([cut]))
    await bench.write(spec.id, "second")
    await bench.run(guest.ensure_off(deadline=300, skip_os_shutdown=True))
    copy = bench.layer()
    await bench.driver.disks.ensure_encrypted_copy(copy, cut.new, 16 * MIB, lambda _: None)
    for text, layers in (("first", (cut.old, cut.new, copy)), ("second", (cut.new, copy))):
        assert [await bench.holds(layer, text) for layer in layers] == [True] * len(layers)
    (bench.data_dir / "looked-into.raw").unlink()
    found = [name for name, data in _files(bench).items() for text in ("first", "second") if bench.sector(text) in data]
    assert found == []
    for layer in (cut.old, cut.new, copy):
        assert layer_checks.is_encrypted(bench.data_dir / "layers", layer)
    assert (bench.data_dir / encryption.KEY_FILE).stat().st_mode & 0o777 == 0o600
    measure = await bench.driver.disks.measure(copy)
    known = KnownLayer(None, 16 * MIB, measure.file_bytes, measure.sha256)
    assert await bench.driver.disks.faults(copy, known, thorough=True) == []


async def test_a_copy_tells_how_far_it_is_and_is_made_once(bench: QemuBench) -> None:
    spec, copy, told = await bench.spec(), bench.layer(), list[int]()
    await bench.driver.disks.ensure_encrypted_copy(copy, spec.disks[0].layer, 8 * MIB, told.append)
    assert told[-1] == 100
    written = (path := bench.data_dir / "layers" / f"{copy}.qcow2").stat().st_mtime_ns
    await bench.driver.disks.ensure_encrypted_copy(copy, spec.disks[0].layer, 8 * MIB, told.append)
    assert path.stat().st_mtime_ns == written
    assert await bench.driver.disks.parent(copy) is None
    with pytest.raises(LayerDamaged):
        await bench.driver.disks.ensure_encrypted_copy(bench.layer(), bench.layer(), 8 * MIB, told.append)


async def test_an_encrypted_import_holds_what_the_file_does_and_no_file_tells_it(
    bench: QemuBench, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere, layer, layers = tmp_path_factory.mktemp("elsewhere"), bench.layer(), bench.data_dir / "layers"
    source, back, sector = elsewhere / "disk.raw", elsewhere / "back.raw", b"what was imported".ljust(512, b".")
    source.write_bytes(sector.ljust(MIB, b"\0"))
    await bench.driver.disks.ensure_imported(layer, source, "raw", lambda _: None, encrypted=True)
    assert layer_checks.is_encrypted(layers, layer)
    assert [name for name, data in _files(bench).items() if sector in data] == []
    image = layer_checks.image(layers, layer_checks.check_chain(layers, layer))
    await run.run(["qemu-img", "convert", *image, "-O", "raw", str(back)], timeout=60)
    assert back.read_bytes() == source.read_bytes()


async def test_a_guest_of_plain_disks_gets_an_encrypted_one_while_it_runs(tmp_path: Path) -> None:
    async with qemu(tmp_path) as bench:
        guest, _ = await bench.up()
        for serial in ("volone", "voltwo"):
            layer = bench.layer()
            await bench.driver.disks.ensure_empty(layer, 8 * MIB, encrypted=True)
            disk = GuestDisk(layer, serial)
            await bench.run(guest.ensure_attached(disk))
            cut = await overlay(bench, disk)
            await bench.run(guest.ensure_cut([cut]))
            assert layer_checks.is_encrypted(bench.data_dir / "layers", cut.new)


async def test_without_the_key_or_with_another_nothing_is_opened_and_nothing_lost(bench: QemuBench) -> None:
    guest, spec = await bench.up()
    await bench.write(spec.id, "kept")
    await bench.run(guest.ensure_off(deadline=300, skip_os_shutdown=True))
    key, aside = bench.data_dir / encryption.KEY_FILE, bench.data_dir / "aside"
    shutil.move(key, aside)
    with pytest.raises(DriverError, match=encryption.KEY_FILE):
        await bench.run(guest.ensure_running(spec))
    with pytest.raises(DriverError, match=encryption.KEY_FILE):
        await bench.driver.disks.ensure_size(spec.disks[0].layer, 16 * MIB)
    with pytest.raises(DriverError, match=encryption.KEY_FILE):
        await bench.driver.disks.ensure_empty(bench.layer(), 8 * MIB, encrypted=True)
    assert not key.exists(), "another one would open none of them"
    key.write_text("another one")
    with pytest.raises(DriverError):
        await bench.run(guest.ensure_running(spec))
    for refused in (
        bench.driver.disks.measure(spec.disks[0].layer),
        bench.driver.disks.ensure_encrypted_copy(bench.layer(), spec.disks[0].layer, 8 * MIB, lambda _: None),
        bench.driver.disks.faults(spec.disks[0].layer, KnownLayer(None, 8 * MIB), thorough=True),
    ):
        with pytest.raises(DriverError, match=encryption.KEY_FILE) as wrong:
            await refused
        assert not isinstance(wrong.value, LayerDamaged), "nothing is wrong with the layer"
    assert await guest.observe() is GuestState.ABSENT
    shutil.move(aside, key)
    await bench.run(guest.ensure_running(spec))
    assert await bench.holds(spec.disks[0].layer, "kept")


async def test_a_host_whose_clock_did_not_tick_is_asked_again(
    bench: QemuBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, asked = run.run, list[Sequence[str]]()

    async def odd(argv: Sequence[str], **options: Any) -> str:
        asked.append(argv)
        if len(asked) < 3:
            raise run.ProgramFailed(argv, 1, "qemu-img: layer.new: Unable to get accurate CPU usage")
        return await whole(argv, **options)

    layer = bench.layer()
    monkeypatch.setattr(run, "run", odd)
    await bench.driver.disks.ensure_empty(layer, 8 * MIB, encrypted=True)
    assert len(asked) == 3
    assert layer_checks.is_encrypted(bench.data_dir / "layers", layer)


async def test_more_encrypted_layers_than_a_program_can_be_told_of_are_refused(bench: QemuBench) -> None:
    spec = await bench.spec()
    with pytest.raises(DriverError, match="stands on 500 encrypted layers"):
        layer_checks.image(bench.data_dir / "layers", [spec.disks[0].layer] * 501)


async def test_an_encrypted_layer_on_a_plain_one_is_damage(bench: QemuBench) -> None:
    spec, layers = await bench.spec(1), bench.data_dir / "layers"
    above = await overlay(bench, spec.disks[1])
    plain = bench.layer()
    await bench.driver.disks.ensure_empty(plain, 8 * MIB)
    shutil.copy(layer_checks.path_of(layers, plain), layer_checks.path_of(layers, above.old))
    with pytest.raises(LayerDamaged, match=r"is encrypted and .* is not"):
        layer_checks.check_chain(layers, above.new)
