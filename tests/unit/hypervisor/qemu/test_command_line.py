"""The command line of QEMU: reviewed as text, and nothing of a specification can become an option of its own."""

import json
from collections.abc import Sequence
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

import pytest

from kumoniwa.hypervisor.driver import (
    DiskBus,
    DriverError,
    Firmware,
    GuestDisk,
    GuestId,
    GuestNic,
    GuestSpec,
    LayerId,
    NetworkPort,
)
from kumoniwa.hypervisor.qemu.guest.process.command_line import (
    Accelerator,
    Channels,
    Host,
    MemoryFile,
    command_line,
    late_devices,
)
from kumoniwa.hypervisor.qemu.guest.process.disk_devices import DiskIo, disk_node, node_on_top

GOLDEN = Path(__file__).parent / "golden"
CHANNELS = Channels(monitor=10, console=11, agent=12, lone=15)
TAPS = replace(CHANNELS, taps=(13, 14), lone=None)
THREADS, URING = DiskIo("threads", "io_uring is forbidden"), DiskIo("io_uring", "it works")
EMULATION = Host(Accelerator("tcg", "the host has no /dev/kvm"), THREADS)
SPEC = GuestSpec(
    id=GuestId("i-0abcdef1234567890"),
    uuid="ec2e1916-9099-7caf-fd21-012345abcdef",
    product="t3.micro",
    vcpus=2,
    memory_mib=1024,
    disks=(
        GuestDisk(LayerId("layer-0a"), "vol049df61146c4d7901"),
        GuestDisk(LayerId("layer-0b"), "vol049df61146c4d7902"),
    ),
    nics=(GuestNic("06:12:34:56:78:9a", IPv4Address("172.31.12.19")),),
)


NIC = GuestNic("06:12:34:56:78:9a", IPv4Address("10.0.1.19"), NetworkPort("vpc-1", "eni-1"))
FURTHER_NIC = GuestNic("06:12:34:56:78:9b", IPv4Address("10.0.2.7"), NetworkPort("vpc-1", "eni-2"))
PLUGGED = replace(SPEC, nics=(NIC, FURTHER_NIC))


def _chains(spec: GuestSpec) -> dict[LayerId, Sequence[LayerId]]:
    return {disk.layer: [disk.layer, LayerId("layer-below")] for disk in spec.disks}


def _line(spec: GuestSpec) -> list[str]:
    return command_line(spec, _chains(spec), EMULATION, CHANNELS)


def _with_nic(mac: str = "06:12:34:56:78:9a", address: str = "172.31.12.19") -> GuestSpec:
    return replace(SPEC, nics=(GuestNic(mac, IPv4Address(address)),))


@pytest.mark.parametrize(
    ("name", "spec", "host"),
    [
        ("emulated-nvme", SPEC, EMULATION),
        ("emulated-uefi", replace(SPEC, firmware=Firmware.UEFI), EMULATION),
        (
            "kvm-virtio",
            replace(SPEC, product="t2.micro", bus=DiskBus.VIRTIO),
            Host(Accelerator("kvm", "it works"), URING),
        ),
        ("emulated-plugged", PLUGGED, EMULATION),
    ],
)
def test_the_command_line_is_the_one_that_was_reviewed(name: str, spec: GuestSpec, host: Host) -> None:
    program, *arguments = command_line(spec, _chains(spec), host, CHANNELS if spec.nic.port is None else TAPS)
    lines = program + "".join(("\n" if word.startswith("-") else " ") + word for word in arguments) + "\n"
    assert lines == (GOLDEN / f"{name}.txt").read_text()


PREPARED = replace(
    SPEC,
    id=GuestId("prepared-1"),
    disks=SPEC.disks[:1],
    nics=(),
    bus=DiskBus.VIRTIO,
    uuid=f"ec2{'0' * 5}-{SPEC.uuid[9:]}",
)


@pytest.mark.parametrize(
    ("name", "spec", "channels", "memory"),
    [
        ("prepared", PREPARED, replace(CHANNELS, lone=None, launch=16), MemoryFile("memory", is_being_made=True)),
        (
            "launched-alone",
            replace(SPEC, bus=DiskBus.VIRTIO),
            replace(CHANNELS, launch=16),
            MemoryFile("../../prepared/p-1/memory", is_being_made=False),
        ),
        (
            "launched-plugged",
            replace(PLUGGED, bus=DiskBus.VIRTIO),
            replace(TAPS, launch=16),
            MemoryFile("../../prepared/p-1/memory", is_being_made=False),
        ),
    ],
)
def test_the_command_line_of_a_machine_in_memory_is_the_one_that_was_reviewed(
    name: str, spec: GuestSpec, channels: Channels, memory: MemoryFile
) -> None:
    """And what is given to it once it is loaded: the devices that an ordinary guest has from the beginning."""
    line = command_line(spec, _chains(spec), EMULATION, channels, memory, incoming=not memory.is_being_made)
    program, *arguments = line
    lines = program + "".join(("\n" if word.startswith("-") else " ") + word for word in arguments) + "\n"
    if not memory.is_being_made:
        lines += "".join(f"{json.dumps(device)}\n" for device in late_devices(spec))
    assert lines == (GOLDEN / f"{name}.txt").read_text()


@pytest.mark.parametrize(
    "odd",
    [
        SPEC,
        replace(PREPARED, nics=SPEC.nics),
        replace(PREPARED, disks=SPEC.disks),
        replace(PREPARED, bus=DiskBus.NVME),
        replace(PREPARED, firmware=Firmware.UEFI),
    ],
    ids=lambda spec: "",
)
def test_a_machine_that_cannot_be_prepared_is_refused(odd: GuestSpec) -> None:
    with pytest.raises(DriverError, match="one disk on virtio, no network"):
        command_line(odd, _chains(odd), EMULATION, CHANNELS, MemoryFile("memory", is_being_made=True))


def test_a_comma_in_a_value_starts_no_option() -> None:
    assert any("product=t3,,uuid=x,uuid" in word for word in _line(replace(SPEC, product="t3,uuid=x")))


def test_disks_keep_their_order_and_only_the_first_is_booted_from() -> None:
    disks = tuple(GuestDisk(LayerId(f"layer-{n}"), f"vol{n}") for n in range(27))
    devices = [word for word in _line(replace(SPEC, disks=disks)) if word.startswith("nvme,")]
    slots = [int(word.split("addr=")[1].split(",")[0], 16) for word in devices]
    assert len(devices) == 27
    assert slots == sorted(set(slots))
    assert max(slots) < 31
    assert [word for word in devices if "bootindex" in word] == devices[:1]


@pytest.mark.parametrize(
    "odd",
    [
        replace(SPEC, id=GuestId("i-1,debug-threads=on")),
        replace(SPEC, id=GuestId("../i-1")),
        replace(SPEC, id=GuestId("")),
        _with_nic(mac="06:12:34:56:78:9a,romfile=/etc/passwd"),
        _with_nic(mac="06:12:34:56:78"),
        replace(SPEC, uuid="ec2"),
        replace(SPEC, product="t3\nmicro"),
        _with_nic(address="172.31.0.1"),
        replace(SPEC, nics=()),
        replace(SPEC, nics=SPEC.nics * 2),
        replace(SPEC, nics=(NIC, replace(FURTHER_NIC, port=NetworkPort("vpc-2", "eni-2")))),
        replace(SPEC, nics=(NIC, replace(FURTHER_NIC, port=None))),
        replace(PLUGGED, disks=tuple(GuestDisk(LayerId(f"layer-{n}"), f"vol{n}") for n in range(28))),
        replace(PLUGGED, nics=(NIC, replace(FURTHER_NIC, mac="02:00:00:00:00:01,x=y"))),
        replace(SPEC, disks=()),
        replace(SPEC, disks=tuple(GuestDisk(LayerId(f"layer-{n}"), f"vol{n}") for n in range(28))),
        replace(SPEC, disks=(SPEC.disks[0], replace(SPEC.disks[1], serial=SPEC.disks[0].serial))),
        replace(SPEC, disks=(GuestDisk(LayerId("../layer"), "vol1"),)),
        replace(SPEC, disks=(GuestDisk(LayerId("l" * 32), "vol1"),)),
        replace(SPEC, disks=(GuestDisk(LayerId("layer"), "vol1,drive=x"),)),
        replace(SPEC, disks=(GuestDisk(LayerId("layer"), "v" * 21),)),
    ],
    ids=lambda spec: "",
)
def test_what_has_no_place_on_a_command_line_is_refused(odd: GuestSpec) -> None:
    with pytest.raises(DriverError):
        _line(odd)


@pytest.mark.parametrize("address", ["10.0.0.3", "10.0.0.16", "10.0.0.31"], ids=["reserved", "outside", "broadcast"])
def test_an_address_that_is_no_instances_in_its_subnet_is_refused(address: str) -> None:
    first = "10.0.0.0/28" if address != "10.0.0.31" else "10.0.0.16/28"
    nic = GuestNic("06:12:34:56:78:9a", IPv4Address(address), subnet=IPv4Network(first))
    with pytest.raises(DriverError, match=f"{address} cannot be a guest's address in {first}"):
        _line(replace(SPEC, nics=(nic,)))


def test_all_that_a_disk_stands_on_is_read_as_the_disk_is() -> None:
    node: Any = disk_node([LayerId("top"), LayerId("middle"), LayerId("lowest")], URING)
    assert (node["node-name"], node["file"]["locking"]) == ("top", "on")
    files = []
    while node is not None:
        files.append((Path(node["file"]["filename"]).name, node["file"]["aio"]))
        node = node.get("backing")
    assert files == [(f"{name}.qcow2", "io_uring") for name in ("top", "middle", "lowest")]


def test_a_layer_that_is_put_on_top_brings_nothing_that_it_stands_on() -> None:
    assert node_on_top(LayerId("top"), URING) == disk_node([LayerId("top")], URING) | {"backing": None}


def test_a_chain_longer_than_an_argument_may_be_is_left_to_qemu_at_its_end() -> None:
    node = disk_node([LayerId(f"layer-{n:025}") for n in range(10_000)], URING)
    assert len(json.dumps(node)) < 2**17 / 4


def test_a_name_below_that_cannot_be_a_layer_s_is_refused() -> None:
    with pytest.raises(DriverError, match="cannot be the name of a layer"):
        disk_node([LayerId("layer"), LayerId("../other")], URING)
