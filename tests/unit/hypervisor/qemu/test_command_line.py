"""The command line of QEMU: reviewed as text, and nothing of a specification can become an option of its own."""

from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from kumoniwa.hypervisor.driver import DiskBus, DriverError, Firmware, GuestDisk, GuestId, GuestNic, GuestSpec, LayerId
from kumoniwa.hypervisor.qemu.guest.process.command_line import Accelerator, Channels, command_line

GOLDEN = Path(__file__).parent / "golden"
CHANNELS = Channels(monitor=10, console=11, agent=12)
EMULATION = Accelerator("tcg", "the host has no /dev/kvm")
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


def _with_nic(mac: str = "06:12:34:56:78:9a", address: str = "172.31.12.19") -> GuestSpec:
    return replace(SPEC, nics=(GuestNic(mac, IPv4Address(address)),))


@pytest.mark.parametrize(
    ("name", "spec", "accelerator"),
    [
        ("emulated-nvme", SPEC, EMULATION),
        ("emulated-uefi", replace(SPEC, firmware=Firmware.UEFI), EMULATION),
        ("kvm-virtio", replace(SPEC, product="t2.micro", bus=DiskBus.VIRTIO), Accelerator("kvm", "it works")),
    ],
)
def test_the_command_line_is_the_one_that_was_reviewed(name: str, spec: GuestSpec, accelerator: Accelerator) -> None:
    program, *arguments = command_line(spec, accelerator, CHANNELS)
    lines = program + "".join(("\n" if word.startswith("-") else " ") + word for word in arguments) + "\n"
    assert lines == (GOLDEN / f"{name}.txt").read_text()


def test_a_comma_in_a_value_starts_no_option() -> None:
    assert any(
        "product=t3,,uuid=x,uuid" in word
        for word in command_line(replace(SPEC, product="t3,uuid=x"), EMULATION, CHANNELS)
    )


def test_disks_keep_their_order_and_only_the_first_is_booted_from() -> None:
    disks = tuple(GuestDisk(LayerId(f"layer-{n}"), f"vol{n}") for n in range(27))
    devices = [
        word for word in command_line(replace(SPEC, disks=disks), EMULATION, CHANNELS) if word.startswith("nvme,")
    ]
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
        _with_nic(address="10.0.0.4"),
        _with_nic(address="172.31.0.1"),
        replace(SPEC, nics=()),
        replace(SPEC, nics=SPEC.nics * 2),
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
        command_line(odd, EMULATION, CHANNELS)
