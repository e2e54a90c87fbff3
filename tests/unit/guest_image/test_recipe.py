"""What the recipe of the guest image says: the texts that decide whether a guest boots, logs and can be reached."""

import io
import re
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from kumoniwa.guest_image import debian12, disk
from kumoniwa.guest_image.build import mmdebstrap_command, overlay
from kumoniwa.guest_image.debian12 import recipe_fingerprint
from kumoniwa.guest_image.disk import partition_table
from kumoniwa.guest_image.guest_files import FILES, GRUB_CFG, KERNEL_OPTIONS, MODES, ROOT_PARTITION
from kumoniwa.guest_image.recipe import DEBIAN_12, Recipe

_GOLDEN = Path(__file__).parents[1] / "hypervisor" / "qemu" / "golden" / "emulated-plugged.txt"


def test_the_first_boot_menu_starts_the_newest_kernel_from_the_root_by_its_partition_s_id() -> None:
    assert (
        "# The image's first menu; update-grub writes a longer one in its place.\n"
        "serial --unit=0 --speed=115200\n"
        "terminal_input console serial\n"
        "terminal_output console serial\n"
        'if [ "$grub_platform" = pc ]; then set sixteen=16; else set sixteen=; fi\n'
        "export sixteen\n"
        "smbios --type 1 --get-string 26 --set=disks\n"
        "export disks\n"
        "set timeout=0\n"
        'menuentry "Debian GNU/Linux" {\n'
        f"    linux$sixteen /vmlinuz root=PARTUUID=6b756d6f-6e69-4777-8101-000000000000 ro {KERNEL_OPTIONS}\n"
        '    if [ "$disks" != nvme ]; then initrd$sixteen /initrd.img; fi\n'
        "}\n"
    ) == GRUB_CFG


def test_the_kernel_s_root_is_the_partition_that_the_table_names() -> None:
    assert f"uuid={ROOT_PARTITION.upper()}" in partition_table(DEBIAN_12.disk_bytes)
    assert f"root=PARTUUID={ROOT_PARTITION} " in GRUB_CFG


def test_the_kernel_speaks_to_the_console_that_ec2_shows() -> None:
    options = KERNEL_OPTIONS.split()
    assert [option for option in options if option.startswith("console=")] == ["console=tty0", "console=ttyS0,115200n8"]
    assert "loglevel=6" in options  # "Linux version …" is a notice (5): it must come through
    assert "quiet" not in options


def test_update_grub_gives_kernels_the_same_options_and_root() -> None:
    defaults = FILES["etc/default/grub"]
    assert f'GRUB_CMDLINE_LINUX="{KERNEL_OPTIONS}"' in defaults
    assert "GRUB_DISABLE_LINUX_PARTUUID=false" in defaults


def test_update_grub_writes_entries_for_a_bios_and_for_uefi_with_the_initrd_where_it_is_needed() -> None:
    """What they do is seen in a guest: `tests/linux/test_disks_before_nitro.py` boots by what update-grub wrote."""
    script = FILES["usr/local/lib/kumoniwa/10_linux"]
    choices = GRUB_CFG[GRUB_CFG.index("if [") : GRUB_CFG.index("set timeout")]
    assert f"cat <<'GRUB'\n{choices}GRUB\n" in script
    assert script.endswith(
        """
    sed -E -e 's/^([[:space:]]*)linux([[:space:]])/\\1linux$sixteen\\2/' \\
        -e 's/^([[:space:]]*)initrd([[:space:]])/\\1initrd$sixteen\\2/' \\
        -e 's/^([[:space:]]*)(initrd.*-cloud-.*)$/\\1if [ "$disks" != nvme ]; then \\2; fi/' \\
        -e "/Loading initial ramdisk/d"
"""
    )


def test_the_initrd_has_the_drivers_of_the_root_s_disk_and_file_system() -> None:
    assert FILES["etc/initramfs-tools/modules"].split() == ["virtio_pci", "virtio_blk", "nvme", "ext4"]
    assert "MODULES=list" in FILES["etc/initramfs-tools/conf.d/kumoniwa"]


def test_rsyslog_reads_the_persistent_journal_of_the_boot_before() -> None:
    assert 'module(load="imjournal"' in FILES["etc/rsyslog.conf"]
    assert 'IgnorePreviousMessages="off"' in FILES["etc/rsyslog.conf"]
    assert "/var/log/messages" in FILES["etc/rsyslog.conf"]
    assert "Storage=persistent" in FILES["etc/systemd/journald.conf.d/kumoniwa.conf"]


def test_the_interface_at_the_primary_s_place_is_told_from_further_ones() -> None:
    """The place is where the driver's golden file has the primary interface of a machine, and none of the others."""
    place = re.search(r"^Path=pci-0000:00:0?(\w+)[.]0$", FILES["etc/systemd/network/50-primary.network"], re.MULTILINE)
    assert place is not None
    lines = _GOLDEN.read_text().splitlines()
    at = [line.endswith(f",addr=0x{place[1]}") for line in lines if line.startswith("-device virtio-net-pci,")]
    assert at == [True, False]
    marked = [line for line in FILES["etc/udev/rules.d/90-interfaces.rules"].splitlines() if "further" in line]
    assert len(marked) == 1
    assert marked[0].startswith(f'ENV{{ID_PATH}}!="pci-0000:00:0{place[1]}.0", ')


def test_an_instance_makes_its_own_identity() -> None:
    assert FILES["etc/machine-id"] == ""
    assert "rm -f /etc/ssh/ssh_host_*" in DEBIAN_12.setup


def test_a_boot_that_is_to_be_saved_is_known_by_the_board_and_any_other_starts_nothing_of_it() -> None:
    generator = FILES["etc/systemd/system-generators/cloud-init-generator"]
    looked = 'read -r tag < /sys/class/dmi/id/board_asset_tag || :\n[ "$tag" != prepare-launch ] || '
    assert f'{looked}/usr/local/lib/kumoniwa/prepare-launch "$units"\n' in generator
    own = {path for path in FILES if "launch" in path and path.startswith("etc/systemd/system/")}
    assert own, "units of its own"
    assert not any("[Install]" in FILES[path] or path.count("/") > 3 for path in own), "none starts by itself"


def test_what_shows_or_needs_an_identity_waits_for_it_at_a_boot_that_is_to_be_saved() -> None:
    script = FILES["usr/local/lib/kumoniwa/prepare-launch"]
    waits = "[Unit]\nRequires=launch-from-memory.service\nAfter=launch-from-memory.service\n"
    assert "for unit in rsyslog.service serial-getty@ttyS0.service cloud-init.service; do\n" in script
    assert f"    drop \"$unit\" <<'EOF'\n{waits}EOF\n" in script
    assert "[Unit]\nRequires=launch-host-keys.service\nAfter=launch-host-keys.service\n" in script
    assert "printf '[Journal]\\nStorage=volatile\\n' > /run/" in script


def test_no_text_names_a_path_twice_or_from_the_root() -> None:
    assert all(not path.startswith(("/", ".")) for path in FILES)
    assert MODES.keys() <= FILES.keys()


@pytest.mark.parametrize("path", [path for path, text in FILES.items() if text.startswith("#!")])
def test_a_script_can_be_executed(path: str) -> None:
    assert MODES[path] & 0o111 == 0o111


def test_the_overlay_is_roots_and_the_same_bytes_each_time() -> None:
    once = overlay(DEBIAN_12)
    assert once == overlay(DEBIAN_12)
    with tarfile.open(fileobj=io.BytesIO(once)) as tar:
        entries = {entry.name.removeprefix("./"): entry for entry in tar}
    assert set(entries) == {*FILES, "kumoniwa-setup"}
    assert all(entry.uid == entry.gid == 0 for entry in entries.values())
    assert entries["etc/sudoers.d/admin"].mode == 0o440
    assert entries["kumoniwa-setup"].mode == 0o755


def test_mmdebstrap_is_told_where_to_work_and_what_to_install() -> None:
    command = mmdebstrap_command(DEBIAN_12, Path("/home/a b/x"), Path("/tmp/scratch"), "unshare")
    assert command[:4] == ["env", "TMPDIR=/tmp/scratch", "mmdebstrap", "--mode=unshare"]
    assert "--customize-hook=tar-in '/home/a b/x/overlay.tar' /" in command
    assert any(word.startswith("--include=") and "cloud-init" in word for word in command)
    assert command[-5:] == ["bookworm", "/home/a b/x/system.tar", *DEBIAN_12.sources]


@pytest.mark.parametrize(
    "changed",
    [
        replace(DEBIAN_12, packages=(*DEBIAN_12.packages, "vim")),
        replace(DEBIAN_12, setup=DEBIAN_12.setup + "true\n"),
        replace(DEBIAN_12, files={**FILES, "etc/motd": "hello\n"}),
        replace(DEBIAN_12, modes={**MODES, "etc/fstab": 0o600}),
        replace(DEBIAN_12, disk_bytes=DEBIAN_12.disk_bytes * 2),
        replace(DEBIAN_12, sources=DEBIAN_12.sources[:1]),
    ],
    ids=["packages", "setup", "files", "modes", "size", "sources"],
)
def test_the_fingerprint_changes_with_anything_that_changes_the_image(changed: Recipe) -> None:
    assert recipe_fingerprint(changed) != recipe_fingerprint(DEBIAN_12)
    assert recipe_fingerprint(replace(changed)) == recipe_fingerprint(changed)


def test_the_fingerprint_changes_with_the_layout_of_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    before = recipe_fingerprint()
    monkeypatch.setattr(disk, "_FILL_DISK", disk._FILL_DISK + "true\n")
    assert recipe_fingerprint() != before


def test_the_built_disk_is_named_after_the_recipe(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KUMONIWA_CACHE_DIR", str(tmp_path))
    assert debian12.built_path() == tmp_path / "images" / f"debian-12-{recipe_fingerprint()}.qcow2"


@pytest.mark.anyio
async def test_a_disk_that_is_built_already_is_not_built_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KUMONIWA_CACHE_DIR", str(tmp_path))
    path = debian12.built_path()
    path.parent.mkdir()
    path.write_bytes(b"a disk")
    told: list[str] = []
    assert await debian12.ensure_built(lambda phase, _percent: told.append(phase)) == path
    assert told == []
