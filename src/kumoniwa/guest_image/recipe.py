"""The recipe of the guest image `debian-12`: what goes into it, as data. Pure; `build.py` carries it out."""

from dataclasses import field

from kumoniwa.guest_image import guest_files
from kumoniwa.values import dataclass

MIB = 1024 * 1024


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


PACKAGES = _words(
    "systemd-sysv udev dbus kmod procps netbase iproute2 iputils-ping libnss-myhostname sudo less curl ca-certificates"
    " linux-image-cloud-amd64 initramfs-tools zstd grub2-common grub-pc-bin grub-efi-amd64-bin"
    " e2fsprogs fdisk gdisk logrotate rsyslog openssh-server qemu-guest-agent cloud-init cloud-guest-utils"
)

# What has nothing to do in a guest, or only costs boot time. Harmless one by one: each boot was measured with them.
MASKED_UNITS = _words(
    "apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service"
    " systemd-timesyncd.service getty@tty1.service console-getty.service keyboard-setup.service console-setup.service"
    " modprobe@drm.service modprobe@efi_pstore.service modprobe@configfs.service modprobe@fuse.service"
    " modprobe@loop.service modprobe@dm_mod.service"
    " systemd-pstore.service systemd-rfkill.socket sys-kernel-debug.mount sys-kernel-tracing.mount dev-hugepages.mount"
    " dev-mqueue.mount sys-fs-fuse-connections.mount sys-kernel-config.mount proc-sys-fs-binfmt_misc.automount"
    " systemd-hwdb-update.service systemd-update-utmp-runlevel.service"
    " cloud-init-local.service cloud-init-hotplugd.socket cloud-init-hotplugd.service"
)

# Generators run one by one before anything else does; these have nothing to generate here.
MASKED_GENERATORS = _words(
    "systemd-cryptsetup-generator systemd-integritysetup-generator systemd-veritysetup-generator"
    " systemd-hibernate-resume-generator systemd-gpt-auto-generator systemd-rc-local-generator systemd-sysv-generator"
    " systemd-system-update-generator"
)

_GRUB_MODULES = (
    "part_msdos part_gpt ext2 linux normal configfile serial terminal search search_label"
    " search_fs_uuid search_fs_file test echo ls cat gzio loadenv minicmd halt reboot smbios"
)
GRUB_BIOS_MODULES = _words(f"biosdisk linux16 {_GRUB_MODULES}")
GRUB_EFI_MODULES = _words(f"fat all_video efi_gop regexp {_GRUB_MODULES}")

_SETUP = """\
#!/bin/sh
# Runs once, inside the new system, when all packages are there.
set -eu

# The initrd is for virtio disks (etc/initramfs-tools); a boot from NVMe does without: it is quicker.
rm -f /boot/initrd.img-*
update-initramfs -c -k all

systemctl --quiet enable systemd-networkd.service systemd-networkd-wait-online.service ssh.service rsyslog.service \
    last-words.service
systemctl --quiet mask {masked_units}
mkdir -p /etc/systemd/system-generators
for generator in {masked_generators}; do ln -sf /dev/null "/etc/systemd/system-generators/$generator"; done

# The login user is there from the start; its keys come from cloud-init.
useradd --create-home --shell /bin/bash --comment Debian --groups adm,sudo admin
usermod --lock admin
mkdir -p /var/log/journal /var/spool/rsyslog

# What GRUB's own installer would put there, and the parts of it that a disk starts with.
for platform in i386-pc x86_64-efi; do
    mkdir -p "/boot/grub/$platform"
    cp "/usr/lib/grub/$platform"/*.mod "/usr/lib/grub/$platform"/*.lst "/boot/grub/$platform/"
done
grub-mkimage -O i386-pc -o /boot/grub/i386-pc/core.img -p '(,gpt1)/boot/grub' {grub_bios_modules}
cp /usr/lib/grub/i386-pc/boot.img /boot/grub/i386-pc/
# UEFI knows which disk the program was started from: the root beside it comes before others of the same name.
cat > /boot/grub/x86_64-efi/load.cfg <<'GRUB'
regexp --set=1:disk '^[(](.*),gpt[0-9]+[)]' $cmdpath
search --no-floppy --label {root_label} --set=root --hint $disk,gpt1
set prefix=($root)/boot/grub
GRUB
grub-mkimage -O x86_64-efi -o /boot/grub/x86_64-efi/core.efi -c /boot/grub/x86_64-efi/load.cfg -p /boot/grub \
    {grub_efi_modules}

dpkg-divert --quiet --local --rename --divert /usr/local/lib/kumoniwa/10_linux.distrib --add /etc/grub.d/10_linux
mv /usr/local/lib/kumoniwa/10_linux /etc/grub.d/10_linux
chmod -x /etc/grub.d/05_debian_theme /etc/grub.d/20_linux_xen /etc/grub.d/30_os-prober /etc/grub.d/30_uefi-firmware

# Each instance makes its own.
rm -f /etc/ssh/ssh_host_* /var/lib/dbus/machine-id /var/lib/systemd/random-seed
ln -s /etc/machine-id /var/lib/dbus/machine-id
rm -rf /var/lib/cloud/* /var/log/*.log /var/log/apt /var/cache/apt/*.bin /var/cache/debconf/*-old
rm -f "$0"
"""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides what an image holds. Two equal recipes give the same image, but for Debian's updates."""

    name: str
    suite: str
    sources: tuple[str, ...]
    packages: tuple[str, ...]
    left_out: tuple[str, ...]
    """Paths that are not unpacked from packages (dpkg's patterns)."""
    kept: tuple[str, ...]
    """Exceptions from `left_out`."""
    setup: str
    """A shell script, run inside the new system at the end."""
    disk_bytes: int
    files: dict[str, str] = field(default_factory=dict)
    modes: dict[str, int] = field(default_factory=dict)


DEBIAN_12 = Recipe(
    name="debian-12",
    suite="bookworm",
    sources=(
        "deb http://deb.debian.org/debian bookworm main",
        "deb http://deb.debian.org/debian bookworm-updates main",
        "deb http://deb.debian.org/debian-security bookworm-security main",
    ),
    packages=PACKAGES,
    left_out=(
        "/usr/share/man/*",
        "/usr/share/doc/*",
        "/usr/share/info/*",
        "/usr/share/locale/*",
        "/usr/share/lintian/*",
    ),
    kept=("/usr/share/doc/*/copyright",),
    setup=_SETUP.format(
        masked_units=" ".join(MASKED_UNITS),
        masked_generators=" ".join(MASKED_GENERATORS),
        grub_bios_modules=" ".join(GRUB_BIOS_MODULES),
        grub_efi_modules=" ".join(GRUB_EFI_MODULES),
        root_label=guest_files.ROOT_LABEL,
    ),
    disk_bytes=8 * 1024 * MIB,  # as the root volume of Debian's own AMI; a sparse file
    files=guest_files.FILES,
    modes=guest_files.MODES,
)
