"""Disks of somebody else's: the Debian image with another layout and another boot loader than ours."""

import json
import subprocess
from pathlib import Path

_MIB = 1 << 20
_LABEL = "6b756d6f"
_MENU = f"""\
set timeout=0
menuentry "somebody else's" {{
    linux /vmlinuz root=PARTUUID={_LABEL}-01 ro console=ttyS0,115200n8
}}
"""
_BOOT_IMAGE = Path("/usr/lib/grub/i386-pc/boot.img")
_MODULES = ("biosdisk", "part_msdos", "ext2", "linux", "normal", "configfile")


def as_it_is(built: Path, folder: Path) -> Path:
    """A raw disk, partitioned by GPT, which a UEFI firmware boots."""
    disk = folder / "as-it-is.raw"
    _run("qemu-img", "convert", "-f", "qcow2", "-O", "raw", str(built), str(disk))
    return disk


def by_master_boot_record(built: Path, folder: Path) -> Path:
    """A raw disk, partitioned as in the eighties, of one partition; GRUB's core lies behind its first sector.

    The root file system is taken as it is, but for its menu: nothing is mounted.
    """
    source, disk, menu, core = (folder / name for name in ("gpt.raw", "mbr.raw", "grub.cfg", "core.img"))
    _run("qemu-img", "convert", "-f", "qcow2", "-O", "raw", str(built), str(source))
    start, size = _root_partition(source)
    with disk.open("wb") as file:
        file.truncate(_MIB + size)
    _run("sfdisk", "-q", str(disk), told=f"label: dos\nlabel-id: 0x{_LABEL}\nstart=2048, type=83, bootable\n")
    ends = [f"skip={start // _MIB}", "seek=1", f"count={size // _MIB}", "conv=sparse,notrunc"]
    _run("dd", f"if={source}", f"of={disk}", "bs=1M", *ends)
    source.unlink()
    menu.write_text(_MENU)
    _run("debugfs", "-w", f"{disk}?offset={_MIB}", told=f"rm /boot/grub/grub.cfg\nwrite {menu} /boot/grub/grub.cfg\n")
    _run("grub-mkimage", "-O", "i386-pc", "-o", str(core), "-p", "(hd0,msdos1)/boot/grub", *_MODULES)
    _run("dd", f"if={_BOOT_IMAGE}", f"of={disk}", "bs=440", "count=1", "conv=notrunc")
    _run("dd", f"if={core}", f"of={disk}", "bs=512", "seek=1", "conv=notrunc")
    return disk


def _root_partition(disk: Path) -> tuple[int, int]:
    """Where the image's root file system begins, and its size, in bytes."""
    table = json.loads(_run("sfdisk", "--json", str(disk)))["partitiontable"]
    [root] = [one for one in table["partitions"] if one["node"].endswith(("raw1", "rawp1"))]
    return root["start"] * 512, root["size"] * 512


def _run(*argv: str, told: str = "") -> str:
    return subprocess.run(argv, input=told, check=True, capture_output=True, text=True, timeout=180).stdout
