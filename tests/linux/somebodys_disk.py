"""Disks of somebody else's: the Debian image with another layout and another boot loader than ours."""

from pathlib import Path

from raw_disk import change, raw, root_partition, run

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
    return raw(built, folder / "as-it-is.raw")


def by_master_boot_record(built: Path, folder: Path) -> Path:
    """A raw disk, partitioned as in the eighties, of one partition; GRUB's core lies behind its first sector.

    The root file system is taken as it is, but for its menu: nothing is mounted.
    """
    source, disk, menu, core = (folder / name for name in ("gpt.raw", "mbr.raw", "grub.cfg", "core.img"))
    start, size = root_partition(raw(built, source))
    with disk.open("wb") as file:
        file.truncate(_MIB + size)
    run("sfdisk", "-q", str(disk), told=f"label: dos\nlabel-id: 0x{_LABEL}\nstart=2048, type=83, bootable\n")
    ends = [f"skip={start // _MIB}", "seek=1", f"count={size // _MIB}", "conv=sparse,notrunc"]
    run("dd", f"if={source}", f"of={disk}", "bs=1M", *ends)
    source.unlink()
    menu.write_text(_MENU)
    change(disk, _MIB, "rm /boot/grub/grub.cfg", f"write {menu} /boot/grub/grub.cfg")
    run("grub-mkimage", "-O", "i386-pc", "-o", str(core), "-p", "(hd0,msdos1)/boot/grub", *_MODULES)
    run("dd", f"if={_BOOT_IMAGE}", f"of={disk}", "bs=440", "count=1", "conv=notrunc")
    run("dd", f"if={core}", f"of={disk}", "bs=512", "seek=1", "conv=notrunc")
    return disk
