"""A guest that boots by UEFI: a disk with a FAT file system, and on it the program that every such firmware starts.

It says a kernel's first line on its serial console and powers itself off. Assembled from (GNU as, --64):

    .intel_syntax noprefix
      lea rsi, [rip+banner]
    1:mov dx, 0x3fd
      in al, dx
      test al, 0x20
      jz 1b
      lodsb
      test al, al
      jz 2f
      mov dx, 0x3f8
      out dx, al
      jmp 1b
    2:mov dx, 0xb004                # ACPI's power management, where OVMF puts it
      mov ax, 0x2000
      out dx, ax
    3:pause
      jmp 3b
    banner:
      .asciz "Linux version 0.0 (a test's EFI program)\r\n"
"""

import struct
from pathlib import Path

from kumoniwa import run

_CODE = bytes.fromhex(
    "488d352300000066bafd03eca82074f7ac84c0740766baf803eeebeb66ba04b066b8002066eff390ebfc4c696e7578207665"
    "7273696f6e20302e3020286120746573742773204546492070726f6772616d290d0a00"
)
_AT = 0x1000  # where the firmware puts the code, from where it puts the program
_HEADERS = 0x200


async def make_disk(folder: Path, size: int) -> Path:
    """A raw disk of this size that boots it."""
    program, disk = folder / "BOOTX64.EFI", folder / "efi.raw"
    program.write_bytes(_portable_executable())
    with disk.open("wb") as file:
        file.truncate(size)
    for tool, *arguments in (
        ("mformat", "-T", str(size // 512), "-h", "16", "-s", "63", "::"),
        ("mmd", "::/EFI", "::/EFI/BOOT"),
        ("mcopy", str(program), "::/EFI/BOOT/BOOTX64.EFI"),
    ):
        await run.run([tool, "-i", str(disk), *arguments], timeout=60)
    return disk


def _portable_executable() -> bytes:
    """The program in the format that firmware loads: PE32+ with one section."""
    dos = b"MZ".ljust(0x3C, b"\0") + struct.pack("<I", 0x40)
    coff = b"PE\0\0" + struct.pack("<HHIIIHH", 0x8664, 1, 0, 0, 0, 112 + 16 * 8, 0x22E)
    optional = struct.pack("<HBBIIIII", 0x20B, 0, 0, 0x200, 0, 0, _AT, _AT)
    optional += struct.pack("<QIIHHHHHHIIIIHH", 0, 0x1000, 0x200, 0, 0, 0, 0, 0, 0, 0, _AT + 0x1000, _HEADERS, 0, 10, 0)
    optional += struct.pack("<QQQQII", 0, 0, 0, 0, 0, 16) + bytes(16 * 8)
    section = struct.pack("<8sIIIIIIHHI", b".text", len(_CODE), _AT, 0x200, _HEADERS, 0, 0, 0, 0, 0xE0000020)
    return (dos + coff + optional + section).ljust(_HEADERS, b"\0") + _CODE.ljust(0x200, b"\0")
