"""Building a guest image from its recipe: Debian's packages, then one file that is a whole bootable disk.

Needs neither loop mounts nor, for ordinary users, root: mmdebstrap works in a user namespace (`unshare` mode), mke2fs
fills the root file system from a folder, mtools the EFI system partition, and GRUB's parts for a BIOS are written where
its installer would have written them (`disk.py`).
"""

import io
import os
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path

from kumoniwa.guest_image.disk import filling_script, partition_table
from kumoniwa.guest_image.recipe import Recipe
from kumoniwa.run import find, run

OnProgress = Callable[[str, int], None]

_SETUP_PATH = "kumoniwa-setup"
_PACKAGES_DEADLINE = 1800.0  # the mirror may be far away
_DISK_DEADLINE = 600.0

# What mmdebstrap says it is doing, and how far that is, in percent of the whole.
_MMDEBSTRAP_PHASES = (
    ("running apt-get update", "reading Debian's package lists", 2),
    ("downloading packages", "downloading packages", 6),
    ("extracting archives", "unpacking the first packages", 20),
    ("installing essential", "installing the first packages", 28),
    ("installing remaining", "installing packages", 38),
    ("running --customize-hook", "setting the system up", 74),
    ("cleaning package lists", "clearing away", 78),
    ("creating tarball", "packing the system", 80),
)


async def build_image(recipe: Recipe, destination: Path, on_progress: OnProgress) -> None:
    """Build `recipe` as a whole disk (qcow2) at `destination`; takes minutes and needs Debian's mirror.

    Everything happens in temporary folders; only a finished disk is renamed into place. When it fails or is cancelled,
    nothing is left behind. `on_progress` is called with what happens now and how far the whole is, in percent.
    Raises `kumoniwa.run.ProgramMissing`, `ProgramFailed`, `TimeoutError`.
    """
    for program in ("mmdebstrap", "sfdisk", "mke2fs", "mformat", "qemu-img", *_unprivileged("newuidmap")):
        find(program)
    destination.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{destination.name}.", dir=destination.parent))
    scratch = _make_scratch(folder)
    try:
        await _install_packages(recipe, folder, scratch, on_progress)
        on_progress("making the disk", 88)
        await _make_disk(recipe, folder)
        on_progress("compressing the disk", 95)
        await _compress(folder / "disk.raw", folder / "disk.qcow2")
        _put_in_place(folder / "disk.qcow2", destination)
        on_progress("done", 100)
    finally:
        remove = ["rm", "-rf", "--one-file-system", str(folder), str(scratch)]  # never into what is mounted there
        await run([*_in_namespace(), *remove], timeout=_DISK_DEADLINE)


def mmdebstrap_command(recipe: Recipe, folder: Path, scratch: Path, mode: str) -> list[str]:
    """How mmdebstrap is called: from the recipe and `overlay.tar` to `system.tar`, both in `folder`."""
    return [
        "env",
        f"TMPDIR={scratch}",
        "mmdebstrap",
        f"--mode={mode}",
        "--variant=minbase",
        "--format=tar",
        f"--include={','.join(recipe.packages)}",
        *(f"--dpkgopt=path-exclude={pattern}" for pattern in recipe.left_out),
        *(f"--dpkgopt=path-include={pattern}" for pattern in recipe.kept),
        f"--customize-hook=tar-in {_quoted(folder / 'overlay.tar')} /",
        f'--customize-hook=chroot "$1" /{_SETUP_PATH}',
        recipe.suite,
        str(folder / "system.tar"),
        *recipe.sources,
    ]


def overlay(recipe: Recipe) -> bytes:
    """The recipe's own files and its setup script as a tar archive, owned by root. Same recipe, same bytes."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for path, text in [*sorted(recipe.files.items()), (_SETUP_PATH, recipe.setup)]:
            entry = tarfile.TarInfo(f"./{path}")
            entry.mode = 0o755 if path == _SETUP_PATH else recipe.modes.get(path, 0o644)
            entry.size = len(text.encode())
            tar.addfile(entry, io.BytesIO(text.encode()))
    return archive.getvalue()


async def _install_packages(recipe: Recipe, folder: Path, scratch: Path, on_progress: OnProgress) -> None:
    def on_line(line: str) -> None:
        for said, phase, percent in _MMDEBSTRAP_PHASES:
            if said in line:
                on_progress(phase, percent)

    (folder / "overlay.tar").write_bytes(overlay(recipe))
    command = mmdebstrap_command(recipe, folder, scratch, "root" if _is_root() else "unshare")
    # As root, mmdebstrap mounts /proc, /sys and /dev/pts: in a namespace of its own, so that they go however it ends.
    own_mounts = ("unshare", "--mount") if _is_root() else ()
    await run([*own_mounts, *command], timeout=_PACKAGES_DEADLINE, on_line=on_line)


async def _make_disk(recipe: Recipe, folder: Path) -> None:
    """From `system.tar` to `disk.raw`: a partition table, GRUB for a BIOS and for UEFI, the root file system."""
    with (folder / "disk.raw").open("wb") as file:
        file.truncate(recipe.disk_bytes)
    (folder / "table").write_text(partition_table(recipe.disk_bytes))
    script = filling_script(recipe.disk_bytes)
    await run([*_in_namespace(), "sh", "-euc", script], cwd=folder, timeout=_DISK_DEADLINE)


async def _compress(raw: Path, qcow2: Path) -> None:
    options = "compression_type=zstd,extended_l2=on"
    await run(
        ["qemu-img", "convert", "-f", "raw", "-O", "qcow2", "-c", "-o", options, str(raw), str(qcow2)],
        timeout=_DISK_DEADLINE,
    )


def _put_in_place(made: Path, destination: Path) -> None:
    with made.open("rb") as file:
        os.fsync(file.fileno())
    made.chmod(0o444)  # many disks stand on it
    made.rename(destination)
    folder = os.open(destination.parent, os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _make_scratch(folder: Path) -> Path:
    """A folder for mmdebstrap: in /tmp, as users of a namespace cannot pass through a home that is closed to others."""
    scratch = Path(tempfile.mkdtemp(prefix="kumoniwa-image-", dir=folder if _is_root() else None))
    scratch.chmod(0o711)
    return scratch


def _is_root() -> bool:
    return os.geteuid() == 0


def _unprivileged(*words: str) -> tuple[str, ...]:
    """`words` for ordinary users, nothing for root, who can do without."""
    return () if _is_root() else words


def _in_namespace() -> tuple[str, ...]:
    """What to put before a command that shall own files of many users."""
    return _unprivileged("unshare", "--user", "--map-root-user", "--map-auto")


def _quoted(path: Path) -> str:
    """A path as a word of mmdebstrap's hook language (a shell's)."""
    return "'" + str(path).replace("'", "'\\''") + "'"
