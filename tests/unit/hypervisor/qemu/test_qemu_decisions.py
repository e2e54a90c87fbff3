"""What the QEMU driver reads and decides without touching anything: processes, forwards, cuts, headers, records."""

import shutil
import struct
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from kumoniwa.hypervisor.driver import (
    Cut,
    CutRefused,
    DiskBus,
    DiskRefused,
    DriverError,
    Firmware,
    Forward,
    GuestDisk,
    GuestId,
    GuestNic,
    GuestSpec,
    LayerId,
    NetworkPort,
)
from kumoniwa.hypervisor.qemu.disks.qcow2 import check_qcow2, check_raw
from kumoniwa.hypervisor.qemu.guest import forwards
from kumoniwa.hypervisor.qemu.guest.drives import cut, stream
from kumoniwa.hypervisor.qemu.guest.process import console, record
from kumoniwa.hypervisor.qemu.guest.process.host_process import Identity, identify, parse_stat
from kumoniwa.hypervisor.qemu.untrusted import Value

OLD, NEW, OTHER, OTHER_NEW = LayerId("old"), LayerId("new"), LayerId("other"), LayerId("other-new")
SSH = Forward("tcp", IPv4Address("127.10.0.5"), 22, 22)


def test_the_start_time_is_read_behind_a_name_with_spaces_and_parentheses() -> None:
    stat = "4711 (evil) R 1 (x) S 1 4711 4711 0 -1 4194560 1 0 0 0 7 3 0 0 20 0 4 0 159823 2724568 99"
    assert parse_stat(stat) == ("S", 159823)


def test_a_process_is_known_by_more_than_its_number() -> None:
    assert identify(1) == identify(1)
    assert identify(2**22 + 1) is None  # more than pid_max can be


def test_what_is_noted_of_a_guest_is_read_again_as_it_was(tmp_path: Path) -> None:
    spec = GuestSpec(
        id=GuestId("i-1"),
        uuid="ec2e1916-9099-7caf-fd21-012345abcdef",
        product="t3.micro",
        vcpus=2,
        memory_mib=512,
        disks=(GuestDisk(OLD, "vol1"), GuestDisk(OTHER, "vol2")),
        nics=(GuestNic("06:12:34:56:78:9a", IPv4Address("172.31.12.19")),),
        bus=DiskBus.VIRTIO,
    )
    plugged = replace(
        spec, nics=tuple(replace(spec.nic, port=NetworkPort("vpc-1", name)) for name in ("eni-1", "eni-2"))
    )
    for noted in (
        record.GuestRecord(spec, None),
        record.GuestRecord(spec, Identity(7, 1234, "boot")),
        record.GuestRecord(plugged, None),
    ):
        record.write(tmp_path, noted)
        assert record.read(tmp_path) == noted
    assert [path.name for path in tmp_path.iterdir()] == ["guest.json"]
    assert record.read(tmp_path / "nobody") is None


def test_what_the_version_before_noted_of_a_guest_is_read(tmp_path: Path) -> None:
    """Written by 92deca9, which knew one interface of a guest; its guests run on, and are adopted."""
    shutil.copy(Path(__file__).parent / "golden" / "guest-92deca9.json", tmp_path / "guest.json")
    noted = record.read(tmp_path)
    assert noted == record.GuestRecord(
        GuestSpec(
            id=GuestId("i-053e3fe1001f54b18"),
            uuid="ec2053e3-fe10-01f5-4b18-000000000000",
            product="t2.micro",
            vcpus=1,
            memory_mib=1024,
            disks=tuple(GuestDisk(LayerId(f"layer-049df61146c4d790{n}"), f"vol049df61146c4d790{n}") for n in (1, 2)),
            nics=(GuestNic("06:12:34:56:78:9a", IPv4Address("172.31.12.19")),),
            bus=DiskBus.VIRTIO,
            firmware=Firmware.UEFI,
        ),
        Identity(4711, 159823, "5ed6c5f2-1b6a-4f4e-9b0a-0c3d2b1a0f9e"),
    )
    record.write(tmp_path, noted)
    assert record.read(tmp_path) == noted


def test_open_forwards_are_read_from_qemus_table() -> None:
    usernet = (
        "Hub -1 (n0):\r\n"
        "  Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ\r\n"
        "  TCP[ESTABLISHED]   21      127.10.0.5    22    172.31.12.19    22     0     0\r\n"
        "  TCP[HOST_FORWARD]  20      127.10.0.5    22    172.31.12.19    22     0     0\r\n"
        "  UDP[HOST_FORWARD]  22               *  5353    172.31.12.19    53     0     0\r\n"
    )
    assert forwards.listed(usernet) == {SSH, Forward("udp", IPv4Address("0.0.0.0"), 5353, 53)}


def test_a_forward_names_both_its_sides() -> None:
    assert forwards.add_command(SSH, IPv4Address("172.31.12.19")) == "hostfwd_add n0 tcp:127.10.0.5:22-172.31.12.19:22"
    assert forwards.remove_command(SSH) == "hostfwd_remove n0 tcp:127.10.0.5:22"
    with pytest.raises(DriverError):
        forwards.remove_command(replace(SSH, protocol="tcp:0.0.0.0:1-:1 tcp"))


def test_only_disks_that_still_write_to_the_old_layer_are_switched() -> None:
    said = [{"inserted": {"node-name": "new"}}, {"inserted": {"node-name": "other"}}, {"device": "x"}]
    on_top = stream.nodes_on_top(Value(said, "query-block"))
    both = [Cut(OLD, NEW), Cut(OTHER, OTHER_NEW)]
    assert cut.still_to_switch(both, on_top, frozenset({OLD, NEW, OTHER})) == (both[1],)


def test_a_disk_that_writes_elsewhere_is_not_cut_and_one_that_was_let_go_needs_no_cut() -> None:
    elsewhere = Cut(LayerId("unknown"), LayerId("x"))
    with pytest.raises(CutRefused, match="writes to unknown"):
        cut.still_to_switch([Cut(OLD, NEW), elsewhere], {OLD}, frozenset({OLD, elsewhere.old}))
    assert cut.still_to_switch([Cut(OLD, NEW), elsewhere], {OLD}, frozenset({OLD})) == (Cut(OLD, NEW),)


def test_a_cut_that_was_made_is_never_told_as_refused() -> None:
    gone_since = Cut(OTHER, OTHER_NEW)
    assert cut.still_to_switch([Cut(OLD, NEW), gone_since], {NEW}, frozenset({OLD, NEW, OTHER, OTHER_NEW})) == ()


def test_what_devices_show_and_what_that_stands_on_is_not_idle() -> None:
    nodes = [(1, "block-backend", "disk"), (2, "block-driver", "top"), (3, "block-driver", "below")]
    nodes += [(4, "block-driver", "idle"), (5, "block-job", "compact-idle")]
    graph = {
        "nodes": [{"id": number, "type": kind, "name": name} for number, kind, name in nodes],
        "edges": [
            {"parent": parent, "child": child, "name": "backing"} for parent, child in ((1, 2), (2, 3), (3, 2), (5, 4))
        ],
    }
    assert stream.shown_in(Value(graph, "graph")) == {"top", "below"}


def _header(
    *, version: int = 3, backing: int = 0, size: int = 1 << 30, encryption: int = 0, features: int = 0
) -> bytes:
    head = struct.pack(">4sIQIIQI", b"QFI\xfb", version, backing, 0, 16, size, encryption)
    return (head.ljust(72, b"\0") + struct.pack(">Q", features)).ljust(104, b"\0")


def test_a_whole_qcow2_file_is_taken() -> None:
    assert check_qcow2(_header()) == 1 << 30
    assert check_qcow2(_header(version=2, features=~0 & (2**64 - 1))) == 1 << 30  # bytes that are no field there
    assert check_qcow2(_header(features=0b11000)) == 1 << 30  # zstd, extended_l2


@pytest.mark.parametrize(
    ("header", "why"),
    [
        (b"", "not a qcow2"),
        (bytes(104), "not a qcow2"),
        (_header(version=4), "version 4"),
        (_header(backing=0x200), "backing file"),
        (_header(encryption=2), "encrypted"),
        (_header(features=0b00100), "another file"),
        (_header(features=0b00010), "damaged"),
        (_header(features=0b100000), "newer"),
        (_header(size=0), "sectors"),
        (_header(size=1000), "sectors"),
        (_header(size=65 << 40), "largest"),
    ],
)
def test_a_qcow2_file_that_is_not_whole_by_itself_is_refused(header: bytes, why: str) -> None:
    with pytest.raises(DiskRefused, match=why):
        check_qcow2(header)


def test_a_file_of_another_format_is_no_raw_disk() -> None:
    check_raw(b"\x33\xc0".ljust(104, b"\0"), 1 << 20)
    with pytest.raises(DiskRefused, match="VHDX"):
        check_raw(b"vhdxfile".ljust(104, b"\0"), 1 << 20)


def test_the_end_of_a_console_is_given(tmp_path: Path) -> None:
    assert console.tail(tmp_path) == b""
    (tmp_path / "console.log").write_bytes(b"x" * 100_000 + b"login: ")
    assert len(console.tail(tmp_path)) == 65536
    assert console.tail(tmp_path).endswith(b"xlogin: ")
