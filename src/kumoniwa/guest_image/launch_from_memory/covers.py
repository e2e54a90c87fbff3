"""Files of the kernel's that say who this machine is, covered by files of ours before the machine is saved.

So a launch has to write them only: systemd looks at all mounts again for each that comes.
"""

from pathlib import Path

from .kernel import Kernel

RUN = "run/launch-from-memory"
"""Notes for this boot, below the root."""
HARDWARE = "sys/class/dmi/id"
TABLES = "sys/firmware/dmi/tables/DMI"
ENTRY_POINT = "sys/firmware/dmi/tables/smbios_entry_point"
BOOT = "proc/sys/kernel/random/boot_id"
COVERED = (
    *(f"{HARDWARE}/{name}" for name in ("product_name", "product_uuid", "product_serial")),
    *(f"{HARDWARE}/{name}" for name in ("board_asset_tag", "chassis_asset_tag")),
    TABLES,
    ENTRY_POINT,
    BOOT,
)


def cover(root: Path, kernel: Kernel) -> None:
    """Afterwards what the machine is called is read from files of ours, which say the same."""
    for path in COVERED:
        file = _cover_of(root, path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes((root / path).read_bytes())
        file.chmod((root / path).stat().st_mode & 0o777)
        kernel.show(file, root / path)


def read(root: Path, path: str) -> bytes:
    """What this file, which is covered, says now."""
    return _cover_of(root, path).read_bytes()


def write(root: Path, path: str, value: bytes) -> None:
    """Who reads this file, which is covered, reads that from here on."""
    with _cover_of(root, path).open("r+b") as file:
        file.write(value)
        file.truncate()


def _cover_of(root: Path, path: str) -> Path:
    return root / RUN / "covers" / path.rpartition("/")[2]
