"""The SMBIOS tables that the firmware left in memory, as `dmidecode` reads them: the same with other names in them.

DMTF's DSP0134 has the format: structures, each a fixed part and the strings that it numbers, and an entry point before
them, which says how long all of them are.
"""

import struct
import uuid
from collections.abc import Mapping

_SYSTEM, _END = 1, 127
_UUID_AT = slice(8, 24)

Names = Mapping[tuple[int, int], str]
"""Strings, by the kind of structure and the offset at which it has their number."""


def renamed(tables: bytes, uuid_text: str, names: Names) -> bytes:
    """The tables of a machine of this UUID and these names. Raises `ValueError` where they are none."""
    made, at, kind = b"", 0, -1
    while kind != _END:
        fixed, strings, at = _structure(tables, at)
        kind = fixed[0]
        for (of, where), name in names.items():
            if of == kind and where < len(fixed) and 0 < fixed[where] <= len(strings):
                strings[fixed[where] - 1] = name.encode()
        if kind == _SYSTEM and len(fixed) >= _UUID_AT.stop:
            fixed[_UUID_AT] = uuid.UUID(uuid_text).bytes_le
        made += bytes(fixed) + b"\0".join(strings) + b"\0\0"
    return made


def entry_point(point: bytes, tables: bytes) -> bytes:
    """The entry point of these tables, in the place of another one's. Raises `ValueError` where that is none."""
    said = bytearray(point)
    longest = max(_lengths(tables))
    if said.startswith(b"_SM3_") and len(said) >= 24:
        struct.pack_into("<I", said, 12, len(tables))
        _sum_up(said, range(said[6]), at=5)
    elif said.startswith(b"_SM_") and len(said) >= 31:
        struct.pack_into("<H", said, 8, longest)
        struct.pack_into("<H", said, 22, len(tables))
        _sum_up(said, range(16, 31), at=21)
        _sum_up(said, range(said[5]), at=4)
    else:
        raise ValueError("no entry point of SMBIOS")
    return bytes(said)


def _structure(tables: bytes, at: int) -> tuple[bytearray, list[bytes], int]:
    """The fixed part of the structure there, its strings, and where the next one begins."""
    if at + 4 > len(tables) or tables[at + 1] < 4:
        raise ValueError("a structure of SMBIOS ends too early")
    fixed_end = at + tables[at + 1]
    end = tables.index(b"\0\0", fixed_end)
    strings = tables[fixed_end:end].split(b"\0") if end > fixed_end else []
    return bytearray(tables[at:fixed_end]), strings, end + 2


def _lengths(tables: bytes) -> list[int]:
    found, at = [], 0
    while at < len(tables):
        _, _, after = _structure(tables, at)
        found.append(after - at)
        at = after
    return found


def _sum_up(said: bytearray, of: range, *, at: int) -> None:
    """Choose the byte there so that all of these add up to nothing."""
    said[at] = 0
    said[at] = -sum(said[each] for each in of) % 256
