"""SMBIOS tables as a firmware leaves them in a machine's memory."""

import struct
import uuid

UUID = "ec200000-0000-4000-8000-000000000000"


def tables_of(product: str, tag: str, uuid_text: str = UUID) -> bytes:
    """The tables of a machine of this product, whose board has this tag, and whose serial number is its UUID."""
    chassis = "Amazon EC2" if tag != "prepare-launch" else tag
    system = struct.pack("4B16s3B", 1, 2, 0, 3, uuid.UUID(uuid_text).bytes_le, 6, 0, 4)
    return b"".join(
        [
            _structure(0, bytes(20)),
            _structure(1, system, "Amazon EC2", product, uuid_text, "virtio"),
            _structure(2, struct.pack("11B", 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0), "Amazon EC2", tag),
            _structure(3, struct.pack("18B", 1, 1, 0, 0, 2, *[0] * 13), "Amazon EC2", chassis),
            _structure(127, b""),
        ]
    )


def _structure(kind: int, rest: bytes, *strings: str) -> bytes:
    return bytes([kind, 4 + len(rest), kind, 1]) + rest + "\0".join(strings).encode() + b"\0\0"


def _point(tables: bytes, longest: int) -> bytes:
    """An entry point of SMBIOS 2.8."""
    inner = bytearray(struct.pack("<5sBHIHB", b"_DMI_", 0, len(tables), 0xF5AD0, 5, 0x28))
    inner[5] = -sum(inner) % 256
    outer = bytearray(struct.pack("<4sBBBBHB5s", b"_SM_", 0, 31, 2, 8, longest, 0, bytes(5)) + inner)
    outer[4] = -sum(outer) % 256
    return bytes(outer)


POINT = _point(tables_of("prepare-launch", "prepare-launch"), 100)
