"""Layers of the driver `qemu`, with real files: made longer, measured, looked at, and damaged ones named."""

import asyncio
import hashlib
import json
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from driver_contract import MIB
from qemu_bench import WITHIN, QemuBench, identity_of, machine_of, qemu

from kumoniwa import run
from kumoniwa.hypervisor.driver import (
    Cut,
    DriverError,
    EventKind,
    GuestId,
    GuestSpec,
    HostExhausted,
    KnownLayer,
    LayerDamaged,
    LayerId,
)
from kumoniwa.hypervisor.qemu.disks.qemu_disks import QcowDisks
from kumoniwa.hypervisor.qemu.guest.drives import stream
from kumoniwa.hypervisor.qemu.guest.process.host_process import identify
from kumoniwa.hypervisor.qemu.guest.qemu_guest import QemuGuest
from kumoniwa.hypervisor.qemu.host.disk_space import FLOOR
from kumoniwa.hypervisor.qemu.untrusted import Value

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
    assert (measure.own_bytes, measure.full_bytes) == (256 * 1024, MIB + 128 * 1024)
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


async def write(folder: Path, layer: LayerId, *commands: str, alone: bool = False) -> None:
    """Have qemu-io write to a layer's file, or read from it; `alone`: what is beneath it stays closed."""
    options = [word for command in commands for word in ("-c", command)]
    file = {"driver": "file", "filename": str(folder / f"{layer}.qcow2")}
    node = {"driver": "qcow2", "file": file} | ({"backing": None} if alone else {})
    said = await run.run(["qemu-io", *options, f"json:{json.dumps(node)}"], timeout=WITHIN)
    assert "verification failed" not in said


async def _known(disks: QcowDisks, layer: LayerId) -> KnownLayer:
    measure = await disks.measure(layer)
    return KnownLayer(await disks.parent(layer), 8 * MIB, measure.file_bytes, measure.sha256)


def _put(file: Path, at: int, content: bytes) -> None:
    with file.open("rb+") as opened:
        opened.seek(at)
        opened.write(content)


async def test_a_chain_is_shortened_while_the_guest_writes(bench: QemuBench) -> None:
    guest, spec, chain = await _tall(bench)
    layers, top = bench.data_dir / "layers", chain[-1]
    before = {layer: _sha256(layers, layer) for layer in chain[:-1]}
    compacted, pressed = await asyncio.gather(
        bench.run(guest.ensure_compacted(top, chain[0])), _press_all(bench, spec.id, "abc"), return_exceptions=True
    )
    assert (compacted, pressed) == (True, None)
    assert await bench.driver.disks.parent(top) == chain[0]
    assert {layer: _sha256(layers, layer) for layer in chain[:-1]} == before
    assert _open_files(bench, guest) == {f"{chain[0]}.qcow2", f"{top}.qcow2"}
    assert await bench.run(guest.ensure_compacted(top, chain[0]))  # as after a crash behind it
    for layer in chain[1:-1]:
        await bench.driver.disks.ensure_deleted(layer)
    await bench.run(guest.ensure_cut([Cut(top, new := await _overlay(bench, top))]))
    assert await bench.run(guest.ensure_compacted(new, None))
    assert await bench.driver.disks.parent(new) is None
    await bench.run(guest.ensure_off(deadline=WITHIN, skip_os_shutdown=True))
    reads = [f"read -P {number} {number}M 1M" for number in range(1, len(chain))]
    await write(layers, new, *reads, *(f"read -P {ord(letter)} {(ord(letter) & 31) * 512} 512" for letter in "abc"))
    again = replace(spec, disks=(replace(spec.disks[0], layer=new),))
    assert (await bench.run(guest.ensure_running(again))).fresh
    await bench.event(EventKind.KERNEL_STARTED)


async def test_a_layer_whose_clusters_are_partly_written_takes_in_what_lies_below(bench: QemuBench) -> None:
    spec = await bench.spec()
    base, middle, top = spec.disks[0].layer, bench.layer(), bench.layer()
    layers = bench.data_dir / "layers"
    await bench.driver.disks.ensure_overlay(middle, base, 8 * MIB)
    await write(layers, middle, "write -P 3 1M 1M")
    await bench.driver.disks.ensure_overlay(top, middle, 8 * MIB)
    for at in range(1028, 2000, 24):
        await write(layers, top, f"write -P 4 {at}k 4k")
    guest = bench.driver.guest(spec.id)
    await bench.run(guest.ensure_running(replace(spec, disks=(replace(spec.disks[0], layer=top),))))
    assert await bench.run(guest.ensure_compacted(top, base))
    await bench.run(guest.ensure_off(deadline=WITHIN, skip_os_shutdown=True))
    assert await bench.driver.disks.parent(top) == base
    await write(layers, top, "read -P 3 1M 4k")
    await write(layers, top, "read -P 4 1028k 4k")
    await write(layers, top, "read -P 3 1032k 20k")
    await write(layers, top, "read -P 3 2000k 48k")


async def test_a_cut_gives_a_compaction_up(bench: QemuBench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "_SPEED", 64 * 1024)
    guest, _, chain = await _tall(bench)
    top = chain[-1]
    compaction = asyncio.ensure_future(bench.run(guest.ensure_compacted(top, chain[0])))
    await _job_runs(guest)
    new = await _overlay(bench, top)
    await bench.run(guest.ensure_cut([Cut(top, new)]))
    assert not await compaction
    assert (await bench.driver.disks.parent(top), await bench.driver.disks.parent(new)) == (chain[-2], top)
    monkeypatch.setattr(stream, "_SPEED", 0)
    assert not await bench.run(guest.ensure_compacted(top, chain[0]))  # no disk writes to it any more
    assert await bench.run(guest.ensure_compacted(new, chain[0]))


async def test_what_asks_for_all_nodes_when_a_compaction_ends_does_not_end_the_guest(
    bench: QemuBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """QEMU dies of the question as long as the job that has ended is there: so a snapshot could end a guest."""
    guest, _, chain = await _tall(bench)
    machine = machine_of(guest)
    execute = machine.execute

    async def execute_and_ask(command: str, **arguments: object) -> Value:
        answer = await execute(command, **arguments)
        if command == "job-finalize":
            await execute("query-named-block-nodes", flat=True)
        return answer

    monkeypatch.setattr(machine, "execute", execute_and_ask)
    process = identity_of(bench, guest)
    assert await bench.run(guest.ensure_compacted(chain[-1], chain[0]))
    assert identify(process.pid) == process


async def test_a_server_finishes_what_one_that_died_began(bench: QemuBench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "_SPEED", 64 * 1024)
    guest, spec, chain = await _tall(bench)
    compaction = asyncio.ensure_future(guest.ensure_compacted(chain[-1], chain[0]))
    await _job_runs(guest)
    compaction.cancel()
    monkeypatch.setattr(stream, "_SPEED", 0)
    found = (await bench.successor()).guest(spec.id)
    assert await bench.run(found.ensure_compacted(chain[-1], chain[0]))
    assert await bench.driver.disks.parent(chain[-1]) == chain[0]


async def test_a_compaction_ends_with_the_guest(bench: QemuBench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "_SPEED", 64 * 1024)
    guest, _, chain = await _tall(bench)
    compaction = asyncio.ensure_future(guest.ensure_compacted(chain[-1], chain[0]))
    await _job_runs(guest)
    await bench.run(guest.ensure_off(deadline=WITHIN, skip_os_shutdown=True))
    assert not await bench.run(compaction)
    assert await bench.driver.disks.parent(chain[-1]) == chain[-2]
    await bench.driver.disks.ensure_whole(chain[-1])


async def test_nothing_is_copied_where_the_host_has_no_room_for_it(bench: QemuBench) -> None:
    guest, _, chain = await _tall(bench)
    bench.free = FLOOR + MIB
    with pytest.raises(HostExhausted, match="bytes may have to be copied"):
        await bench.run(guest.ensure_compacted(chain[-1], chain[0]))
    assert await bench.driver.disks.parent(chain[-1]) == chain[-2]


async def _tall(bench: QemuBench) -> tuple[QemuGuest, GuestSpec, list[LayerId]]:
    """A guest that runs on six layers, the n-th of which holds the n-th MiB full of n; the last two by cuts."""
    spec = await bench.spec()
    chain = [spec.disks[0].layer]
    for number in range(1, 4):
        chain.append(await _overlay(bench, chain[-1]))
        await write(bench.data_dir / "layers", chain[-1], f"write -P {number} {number}M 1M")
    spec = replace(spec, disks=(replace(spec.disks[0], layer=chain[-1]),))
    guest = bench.driver.guest(spec.id)
    await bench.run(guest.ensure_running(spec))
    await bench.event(EventKind.KERNEL_STARTED)
    for number in (4, 5):
        chain.append(await _overlay(bench, chain[-1]))
        await write(bench.data_dir / "layers", chain[-1], f"write -P {number} {number}M 1M", alone=True)
        await bench.run(guest.ensure_cut([Cut(chain[-2], chain[-1])]))
    return guest, spec, chain


async def _overlay(bench: QemuBench, on: LayerId) -> LayerId:
    await bench.driver.disks.ensure_overlay(layer := bench.layer(), on, 8 * MIB)
    return layer


async def _press_all(bench: QemuBench, guest: GuestId, letters: str) -> None:
    for letter in letters:
        await bench.press(guest, letter)


async def _job_runs(guest: QemuGuest) -> None:
    machine = machine_of(guest)
    async with asyncio.timeout(WITHIN):
        while not any(job["status"].text() == "running" for job in (await machine.execute("query-jobs")).each()):
            pass


def _open_files(bench: QemuBench, guest: QemuGuest) -> set[str]:
    """The layers' files that the guest's process has open."""
    links = Path(f"/proc/{identity_of(bench, guest).pid}/fd").iterdir()
    return {name for link in links if (name := link.readlink().name).endswith(".qcow2")}


def _sha256(layers: Path, layer: LayerId) -> str:
    return hashlib.sha256((layers / f"{layer}.qcow2").read_bytes()).hexdigest()
