"""The tables that `dmidecode` reads in a guest that was launched from memory."""

import struct

import pytest
from smbios import POINT, UUID, tables_of

from kumoniwa.guest_image.launch_from_memory.smbios_tables import entry_point, renamed

_OTHER = "ec2e1916-9099-7caf-fd21-012345abcdef"
_NAMES = {(1, 5): "t3.2xlarge", (1, 7): _OTHER, (2, 8): "i-0abcdef1234567890", (3, 8): "Amazon EC2"}


def test_the_tables_are_those_that_the_firmware_of_such_a_machine_makes() -> None:
    saved = tables_of("prepare-launch", "prepare-launch")
    assert renamed(saved, _OTHER, _NAMES) == tables_of("t3.2xlarge", "i-0abcdef1234567890", _OTHER)


def test_names_that_a_structure_has_no_room_for_are_left_out() -> None:
    saved = tables_of("prepare-launch", "prepare-launch")
    assert renamed(saved, UUID, {(1, 200): "x", (2, 7): "x"}) == saved


@pytest.mark.parametrize(
    "point",
    [POINT, struct.pack("<5sBBBBBBBIQ", b"_SM3_", 0, 24, 3, 0, 0, 1, 0, 999, 0xF5AD0)],
    ids=["2.8", "3.0"],
)
def test_the_entry_point_says_how_long_they_are_and_adds_up(point: bytes) -> None:
    tables = tables_of("t3.2xlarge", "i-0abcdef1234567890", _OTHER)
    said = entry_point(point, tables)
    assert len(said) == len(point)
    assert sum(said) % 256 == 0
    if point is POINT:
        assert sum(said[16:]) % 256 == 0
        longest, length = struct.unpack_from("<H", said, 8)[0], struct.unpack_from("<H", said, 22)[0]
        assert length == len(tables)
        assert longest == 27 + len(f"Amazon EC2 t3.2xlarge {_OTHER} virtio") + 2
    else:
        assert struct.unpack_from("<I", said, 12)[0] == len(tables)


@pytest.mark.parametrize("tables", [b"", b"\x01\x1b\0\0", b"\x01\x02\0\0\0\0", b"\x7f\x04\0\0"])
def test_what_is_no_table_is_refused(tables: bytes) -> None:
    with pytest.raises(ValueError, match=r"SMBIOS|subsection not found"):
        renamed(tables, _OTHER, _NAMES)


def test_what_is_no_entry_point_is_refused() -> None:
    with pytest.raises(ValueError, match="entry point"):
        entry_point(bytes(31), tables_of("x", "y"))
