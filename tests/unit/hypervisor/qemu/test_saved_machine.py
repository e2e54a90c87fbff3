"""What is kept of a prepared machine: it is used whole, by what made it, or not at all; and it is said why not."""

import dataclasses
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kumoniwa.hypervisor.driver import DiskBus, DriverError, GuestDisk, GuestId, GuestSpec, LayerId, PreparedId
from kumoniwa.hypervisor.qemu.guest.memory import launching, saved_machine
from kumoniwa.hypervisor.qemu.guest.memory.launching import LaunchMark
from kumoniwa.hypervisor.qemu.guest.memory.saved_machine import MEMORY, STATE, Maker, NotUsable
from kumoniwa.hypervisor.qemu.guest.process import record
from kumoniwa.hypervisor.qemu.guest.process.command_line import Accelerator, Host
from kumoniwa.hypervisor.qemu.guest.process.disk_devices import DiskIo

ID = PreparedId("machine-1")
HOST = Host(Accelerator("tcg", "tests run everywhere"), DiskIo("threads", ""), "QEMU emulator version 7.2.22")
SPEC = GuestSpec(
    id=GuestId("prepare-1"),
    uuid="ec2e1916-9099-7caf-fd21-012345abcdef",
    product="t3.micro",
    vcpus=2,
    memory_mib=128,
    disks=(GuestDisk(LayerId("layer-a"), "vol1"),),
    nics=(),
    bus=DiskBus.VIRTIO,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """That of a machine that was prepared."""
    folder = tmp_path / "prepared" / ID
    folder.mkdir(parents=True)
    (folder / MEMORY).write_bytes(bytes(4096))
    (folder / STATE).write_bytes(b"state")
    (folder / "qmp.sock").touch()
    assert not saved_machine.is_finished(folder)
    saved_machine.finish(folder, SPEC, 8 << 20, saved_machine.maker(HOST))
    return folder


def test_a_machine_that_was_prepared_here_is_used(folder: Path) -> None:
    assert saved_machine.is_finished(folder)
    assert sorted(entry.name for entry in folder.iterdir()) == ["machine.json", MEMORY, STATE]
    saved = saved_machine.find(folder.parent, ID, HOST)
    assert (saved.layer, saved.disk_bytes, saved.vcpus, saved.memory_mib) == ("layer-a", 8 << 20, 2, 128)
    assert (saved.state, saved.memory.path) == (folder / STATE, f"../../prepared/{ID}/{MEMORY}")
    other_disk_io = dataclasses.replace(HOST, disk_io=DiskIo("io_uring", ""))
    assert saved_machine.find(folder.parent, ID, other_disk_io) == saved


def _changed(**noted: object) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / "machine.json"
        was = json.loads(path.read_text())
        path.chmod(0o600)
        path.write_text(json.dumps({**was, **noted}))

    return change


def _made_by(**other: str) -> Callable[[Path], None]:
    return lambda folder: _changed(made_by=dataclasses.asdict(saved_machine.maker(HOST)) | other)(folder)


def _replaced(name: str, content: bytes) -> Callable[[Path], None]:
    def replace(folder: Path) -> None:
        (folder / name).unlink()
        (folder / name).write_bytes(content)

    return replace


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (lambda folder: (folder / "machine.json").unlink(), "machine.json of it is missing"),
        (lambda folder: (folder / MEMORY).unlink(), "memory of it is missing"),
        (lambda folder: (folder / STATE).unlink(), "state of it is missing"),
        (lambda folder: os.truncate(folder / MEMORY, 4095), "memory of it is torn: it has 4095 bytes, and had 4096"),
        (_replaced(STATE, b"stat"), "state of it is torn: it has 4 bytes, and had 5"),
        (_replaced(STATE, b"STATE"), "The state of its devices is not what it was"),
        (lambda folder: os.utime(folder / MEMORY), "Its memory was written to since"),
        (lambda folder: [(folder / MEMORY).unlink(), (folder / MEMORY).mkdir()], "memory of it is no file"),
        (_changed(format=2), "another version of Kumoniwa"),
        (_changed(sizes={}), "machine.json is not what was written there"),
        (_changed(vcpus="many"), "machine.json is not what was written there"),
        (_changed(made_by=[]), "machine.json is not what was written there"),
        (_changed(made_by={"qemu": "\x1b"}), "machine.json is not what was written there"),
        (_made_by(qemu="QEMU 10"), "by another QEMU: QEMU 10; this host has QEMU emulator version 7.2.22"),
        (_made_by(accelerator="kvm"), "under kvm; this host uses tcg"),
        (_made_by(processor="-cpu max"), "another model of processor"),
        (_made_by(devices="others"), "whose guests have other devices"),
    ],
)
def test_a_machine_that_is_torn_or_made_by_others_is_not_used(
    folder: Path, fault: Callable[[Path], Any], why: str
) -> None:
    fault(folder)
    with pytest.raises(NotUsable, match=why) as refusal:
        saved_machine.find(folder.parent, ID, HOST)
    assert refusal.value.what.isprintable()


def test_a_machine_that_was_disowned_is_not_there(folder: Path) -> None:
    for _ in range(2):
        saved_machine.disown(folder)
    assert not saved_machine.is_finished(folder)
    assert saved_machine.names(folder.parent) == [ID]


def test_under_kvm_the_host_s_own_processor_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    kvm = dataclasses.replace(HOST, accelerator=Accelerator("kvm", "it works"))
    makers = set[Maker]()
    for model, apic in (("Xeon", 1), ("Xeon", 2), ("EPYC", 1)):
        cpus = tmp_path / f"{model}{apic}"
        cpus.write_text(f"processor\t: 0\nmodel name\t: {model}\nflags\t\t: fpu\napicid\t: {apic}\n\nprocessor\t: 1\n")
        monkeypatch.setattr(saved_machine, "_CPUS", cpus)
        makers.add(saved_machine.maker(kvm))
    assert len(makers) == 2


@pytest.mark.parametrize("name", ["../machine", "", "machine/1", "x" * 64, "1"])
def test_what_cannot_be_a_machine_s_name_is_no_path(tmp_path: Path, name: str) -> None:
    with pytest.raises(DriverError, match="cannot be the name of a prepared machine"):
        saved_machine.folder_of(tmp_path, PreparedId(name))


def test_a_guest_must_be_like_the_machine_and_its_disk_must_be_new(folder: Path, tmp_path: Path) -> None:
    saved = saved_machine.find(folder.parent, ID, HOST)
    spec = dataclasses.replace(SPEC, id=GuestId("i-1"), disks=(GuestDisk(LayerId("layer-b"), "vol2"),))
    chain = [LayerId("layer-b"), LayerId("layer-a"), LayerId("layer-0")]
    of_guest = tmp_path / "guests" / "i-1"
    launching.check(saved, spec, chain, of_guest)
    for odd, why in (
        (dataclasses.replace(spec, vcpus=1), "another number of vCPUs"),
        (dataclasses.replace(spec, memory_mib=64), "another size of memory"),
        (dataclasses.replace(spec, bus=DiskBus.NVME), "on virtio"),
    ):
        with pytest.raises(NotUsable, match=why):
            launching.check(saved, odd, chain, of_guest)
    for other in (chain[:1], chain[1:], [chain[0], chain[2]]):
        with pytest.raises(NotUsable, match="does not stand on its own"):
            launching.check(saved, spec, other, of_guest)
    of_guest.mkdir(parents=True)
    record.write(of_guest, record.GuestRecord(spec, None))
    with pytest.raises(NotUsable, match="a guest had it already"):
        launching.check(saved, spec, chain, of_guest)


def test_a_launch_is_begun_and_done_and_forgotten(tmp_path: Path) -> None:
    mark = LaunchMark(tmp_path)
    assert (mark.is_begun, mark.is_done) == (False, False)
    mark.begin()
    assert (mark.is_begun, mark.is_done) == (True, False)
    mark.done()
    assert (LaunchMark(tmp_path).is_begun, LaunchMark(tmp_path).is_done) == (False, True)
    for _ in range(2):
        mark.forget()
    assert (mark.is_begun, mark.is_done) == (False, False)
