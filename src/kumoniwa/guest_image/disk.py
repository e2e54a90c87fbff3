"""The layout of a guest image's disk: it boots by a BIOS and by UEFI, as Debian's own cloud images do. Pure text.

A GPT with three partitions: GRUB's for a BIOS (no file system, just its core), the EFI system partition with GRUB as
the program that any firmware starts, and the root file system: number 1, though it lies last, so that it can grow.
"""

from kumoniwa.guest_image.guest_files import ROOT_LABEL, ROOT_PARTITION
from kumoniwa.values import dataclass

MIB = 1024 * 1024
_SECTOR = 512
_BIOS_BOOT = 1 * MIB
_EFI_SYSTEM = 4 * MIB
_ROOT = 64 * MIB
_TABLE_AT_END = 1 * MIB  # GPT keeps its copy there

_DISK_ID = "6B756D6F-6E69-4777-8100-000000000000"
_BIOS_BOOT_TYPE = "21686148-6449-6E6F-744E-656564454649"
_EFI_SYSTEM_TYPE = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"
_ROOT_TYPE = "4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709"  # "Linux root (x86-64)"

# Where GRUB's two BIOS parts note, as sectors in 8 bytes, where the next one is (what its installer would write there).
_KERNEL_SECTOR = 0x5C  # in boot.img: where core.img begins
_BLOCK_LIST = 0x1F4  # in core.img's first sector: where the rest of it is

_PARTITIONS_IN_MBR = 446


@dataclass(frozen=True, slots=True)
class Span:
    """A part of the disk, in bytes."""

    start: int
    size: int


def root_span(disk_bytes: int) -> Span:
    """Where the root file system is, on a disk of that size."""
    return Span(_ROOT, disk_bytes - _ROOT - _TABLE_AT_END)


def partition_table(disk_bytes: int) -> str:
    """The input of `sfdisk`."""
    root = root_span(disk_bytes)
    return (
        f"label: gpt\nlabel-id: {_DISK_ID}\n"
        f"14 : {_sectors(_BIOS_BOOT, _EFI_SYSTEM - _BIOS_BOOT)}, type={_BIOS_BOOT_TYPE}\n"
        f"15 : {_sectors(_EFI_SYSTEM, _ROOT - _EFI_SYSTEM)}, type={_EFI_SYSTEM_TYPE}\n"
        f"1 : {_sectors(root.start, root.size)}, type={_ROOT_TYPE}, uuid={ROOT_PARTITION.upper()}\n"
    )


def filling_script(disk_bytes: int) -> str:
    """A shell script that makes a bootable disk of `system.tar`, `table` and an empty `disk.raw`, in one folder."""
    root = root_span(disk_bytes)
    return _FILL_DISK.format(
        label=ROOT_LABEL,
        root=root.start,
        kilobytes=root.size // 1024,
        core=_BIOS_BOOT // _SECTOR,
        kernel_sector=_octal(_BIOS_BOOT // _SECTOR),
        kernel_sector_at=_KERNEL_SECTOR,
        block_list=_octal(_BIOS_BOOT // _SECTOR + 1),
        block_list_at=_BIOS_BOOT + _BLOCK_LIST,
        efi=f"disk.raw@@{_EFI_SYSTEM}",
        partitions_in_efi=_EFI_SYSTEM + _PARTITIONS_IN_MBR,
        efi_sectors=(_ROOT - _EFI_SYSTEM) // _SECTOR,
    )


# ext4's tables are written in full (zeros: the file stays sparse), or each guest would write them in its own time.
_FILL_DISK = """\
mkdir tree
tar --directory=tree --exclude='./dev/*' --numeric-owner --extract --file=system.tar
rm system.tar
sfdisk --quiet disk.raw < table
mke2fs -q -t ext4 -L {label} -d tree -E offset={root},root_owner=0:0,lazy_itable_init=0,lazy_journal_init=0 \\
    disk.raw {kilobytes}k

put() {{ dd of=disk.raw oflag=seek_bytes seek="$1" conv=notrunc status=none; }}
head -c 440 tree/boot/grub/i386-pc/boot.img | put 0
printf '{kernel_sector}' | put {kernel_sector_at}
dd if=tree/boot/grub/i386-pc/core.img of=disk.raw bs=512 seek={core} conv=notrunc status=none
printf '{block_list}' | put {block_list_at}

export MTOOLS_SKIP_CHECK=1
mformat -i {efi} -T {efi_sectors} -h 255 -s 63 -v EFI ::
mmd -i {efi} ::/EFI ::/EFI/BOOT
mcopy -i {efi} tree/boot/grub/x86_64-efi/core.efi ::/EFI/BOOT/BOOTX64.EFI
# mformat writes a partition table into its boot sector, and GRUB's tools would warn of partitions within a partition.
head -c 64 /dev/zero | put {partitions_in_efi}
"""


def _sectors(start: int, size: int) -> str:
    return f"start={start // _SECTOR}, size={size // _SECTOR}"


def _octal(number: int) -> str:
    """Eight bytes, the lowest first, as the shell's `printf` writes them."""
    return "".join(f"\\{byte:03o}" for byte in number.to_bytes(8, "little"))
