"""The files that a guest image brings besides Debian's own: pure text, by path. `MODES` holds what is not 0644.

What a file is for is said in the file itself, for people who look at it inside the guest.
"""

from kumoniwa.guest_image import connect_files, launch_files, network_files

# The root partition's own id: the kernel finds its root by it without an initrd, whatever the order of the disks.
ROOT_PARTITION = "6b756d6f-6e69-4777-8101-000000000000"
ROOT_LABEL = "cloudimg-rootfs"  # what Debian's and Ubuntu's cloud images call theirs

# console: EC2's console output is ttyS0 (the last one is /dev/console), its screenshot shows tty0.
# loglevel 6: "Linux version …" (a notice) is shown, the hundreds of lines below it are not.
# mitigations, audit, no_timer_check: what they protect or measure means nothing when emulated, and costs seconds.
# Not tsc=reliable: on a busy host the emulated TSC is calibrated wrongly, and the guest's clock ran minutes ahead.
# io_timeout: a busy host must not make the guest give its disk up (EC2's guide asks for the same).
KERNEL_OPTIONS = (
    "console=tty0 console=ttyS0,115200n8 loglevel=6 mitigations=off audit=0 no_timer_check random.trust_cpu=on"
    " nvme_core.io_timeout=4294967295 systemd.show_status=0 systemd.gpt_auto=0"
)

# The first grub.cfg. /vmlinuz and /initrd.img are the links that Debian's kernel packages keep on the newest kernel.
# linux16: GRUB's other loader moves all of the kernel's working memory (51 MB) byte by byte: 1.5 to 4 s when emulated.
# It is there for a BIOS only.
# disks: Kumoniwa tells it as the machine's family (string 26 of SMBIOS type 1). The cloud kernel has NVMe built in:
# there it needs no initrd.
_CHOICES = """\
if [ "$grub_platform" = pc ]; then set sixteen=16; else set sixteen=; fi
export sixteen
smbios --type 1 --get-string 26 --set=disks
export disks
"""

GRUB_CFG = f"""\
# The image's first menu; update-grub writes a longer one in its place.
serial --unit=0 --speed=115200
terminal_input console serial
terminal_output console serial
{_CHOICES}set timeout=0
menuentry "Debian GNU/Linux" {{
    linux$sixteen /vmlinuz root=PARTUUID={ROOT_PARTITION} ro {KERNEL_OPTIONS}
    if [ "$disks" != nvme ]; then initrd$sixteen /initrd.img; fi
}}
"""

_DEFAULT_GRUB = f"""\
# Read by update-grub, which runs whenever a kernel is installed or removed.
GRUB_DEFAULT=0
GRUB_TIMEOUT=0
GRUB_RECORDFAIL_TIMEOUT=0
GRUB_DISTRIBUTOR=Debian
GRUB_CMDLINE_LINUX_DEFAULT=""
GRUB_CMDLINE_LINUX="{KERNEL_OPTIONS}"
GRUB_TERMINAL="console serial"
GRUB_SERIAL_COMMAND="serial --unit=0 --speed=115200"
# Found with an initrd (virtio disks) and without (NVMe, as the kernel has it and ext4 built in).
GRUB_DISABLE_LINUX_UUID=true
GRUB_DISABLE_LINUX_PARTUUID=false
GRUB_DISABLE_RECOVERY=true
GRUB_DISABLE_OS_PROBER=true
"""

_GRUB_LINUX = f"""\
#!/bin/sh
# GRUB's own script for the kernels' entries, with the loader that is quick on emulated machines, and a cloud kernel's
# initrd only where it is needed (see grub.cfg).
cat <<'GRUB'
{_CHOICES}GRUB
/usr/local/lib/kumoniwa/10_linux.distrib "$@" |
    sed -E -e 's/^([[:space:]]*)linux([[:space:]])/\\1linux$sixteen\\2/' \\
        -e 's/^([[:space:]]*)initrd([[:space:]])/\\1initrd$sixteen\\2/' \\
        -e 's/^([[:space:]]*)(initrd.*-cloud-.*)$/\\1if [ "$disks" != nvme ]; then \\2; fi/' \\
        -e "/Loading initial ramdisk/d"
"""

_INITRAMFS = """\
# What a root file system may be on, and be: the cloud kernel has NVMe and ext4 built in, other kernels have not.
MODULES=list
COMPRESS=zstd
RESUME=none
"""

_INITRAMFS_MODULES = """\
virtio_pci
virtio_blk
nvme
ext4
"""

_FSTAB = f"""\
LABEL={ROOT_LABEL} / ext4 defaults,errors=remount-ro 0 1
"""

_MODULES = """\
# What a guest waits for: its network and its power button, without waiting for udev to come to them.
virtio_pci
virtio_net
button
"""

_UDEV_TRIGGER = """\
# Of the several hundred devices that a machine has, those that a rule does something for. The rest exist all the same.
[Service]
ExecStart=
ExecStart=-udevadm trigger --type=all --action=add --prioritized-subsystem=module,block,net,input \\
    --subsystem-nomatch=tty --subsystem-nomatch=vc --subsystem-nomatch=vtconsole --subsystem-nomatch=cpu \\
    --subsystem-nomatch=cpuid --subsystem-nomatch=msr --subsystem-nomatch=memory --subsystem-nomatch=workqueue \\
    --subsystem-nomatch=event_source --subsystem-nomatch=clocksource --subsystem-nomatch=clockevents \\
    --subsystem-nomatch=bdi --subsystem-nomatch=machinecheck --subsystem-nomatch=node
ExecStart=-udevadm trigger --action=add --sysname-match=ttyS0
"""

_JOURNALD = """\
# Kept over reboots and written at once: rsyslog reads the end of the last boot from it (see rsyslog.conf).
[Journal]
Storage=persistent
ForwardToSyslog=no
SyncIntervalSec=0
SystemMaxUse=64M
"""

_RSYSLOG = """\
# As on Amazon Linux 2: rsyslog reads the persistent journal, so that /var/log/messages also gets the last lines of the
# boot before, written when rsyslog itself was already gone ("systemd-shutdown[1]: Syncing filesystems ...").
global(workDirectory="/var/spool/rsyslog")
module(load="imjournal" StateFile="imjournal.state" PersistStateInterval="1" IgnorePreviousMessages="off"
       Ratelimit.Interval="0")
module(load="builtin:omfile" Template="RSYSLOG_TraditionalFileFormat")
$FileOwner root
$FileGroup adm
$FileCreateMode 0640
$IncludeConfig /etc/rsyslog.d/*.conf
*.info;mail.none;authpriv.none;cron.none /var/log/messages
authpriv.* /var/log/auth.log
"""

_SYSTEM_CONF = """\
# A guest that is told to stop shall stop.
[Manager]
DefaultTimeoutStopSec=15s
DefaultTimeoutStartSec=180s
"""

_LOGIND = """\
# EC2 stops and reboots through the power button.
[Login]
HandlePowerKey=poweroff
PowerKeyIgnoreInhibited=yes
NAutoVTs=0
ReserveVT=0
"""

_SSHD = """\
# Keys only.
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
UseDNS no
"""

_SSH_SERVICE = """\
# sshd reads its configuration once, not twice: seconds matter at boot.
[Service]
ExecStartPre=
"""

_GUEST_AGENT = """\
# Told to stop while the host is not listening, it does not hear; nothing is lost by not waiting for it.
[Service]
TimeoutStopSec=2s
"""

_LAST_WORDS = """\
# While it runs, the kernel's console shows notices only (loglevel 6). At its end it shows what systemd-shutdown says.
[Unit]
Description=Show the end of the shutdown on the console
DefaultDependencies=no
Before=shutdown.target

[Service]
Type=oneshot
ExecStart=/usr/bin/dmesg --console-level info

[Install]
WantedBy=shutdown.target
"""

_SUDOERS = """\
admin ALL=(ALL) NOPASSWD:ALL
"""

_APT = """\
// Files of this image that a package also brings stay as they are; nothing asks.
Dpkg::Options { "--force-confdef"; "--force-confold"; };
APT::Periodic::Enable "0";
APT::Install-Recommends "false";
"""

_TIMER = """\
# At its hour, not at boot.
[Timer]
Persistent=false
"""

_CLOUD_CFG = """\
# cloud-init in this image: the EC2 datasource and nothing else; the modules that have something to do here.
datasource_list: [Ec2]
datasource:
  Ec2:
    apply_network_config: false
    timeout: 10
    max_wait: 120
network: {config: disabled}

preserve_hostname: false
disable_root: true
ssh_deletekeys: true
ssh_genkeytypes: [ed25519, ecdsa]
locale: "false"  # a word: cloud-init warns of anything else
apt: {preserve_sources_list: true}
# Debian's default makes every mount wait for cloud-init at every boot.
mount_default_fields: [~, ~, auto, "defaults,nofail", "0", "2"]
system_info:
  default_user:
    name: admin
    gecos: Debian
    lock_passwd: true
    groups: [adm, sudo]
    sudo: ["ALL=(ALL) NOPASSWD:ALL"]
    shell: /bin/bash

cloud_init_modules:
  - bootcmd
  - write-files
  - growpart
  - resizefs
  - disk_setup
  - mounts
  - set_hostname
  - update_hostname
  - update_etc_hosts
  - ca-certs
  - users-groups
  - ssh
cloud_config_modules:
  - ssh-import-id
  - locale
  - set-passwords
  - apt-configure
  - ntp
  - timezone
  - runcmd
cloud_final_modules:
  - package-update-upgrade-install
  - write-files-deferred
  - scripts-vendor
  - scripts-per-once
  - scripts-per-boot
  - scripts-per-instance
  - scripts-user
  - ssh-authkey-fingerprints
  - keys-to-console
  - phone-home
  - final-message
  - power-state-change
"""

_GENERATOR = """\
#!/bin/sh
# In the place of cloud-init's own generator, which looks for every cloud there is: here it is EC2 or none.
#
# It also decides what waits for cloud-init. At an instance's first boot sshd does: host keys and login keys come from
# it. At later boots there is nothing new to log in with, so sshd is up first and cloud-init follows at low priority;
# unless something asked to run early at every boot (bootcmd, boothooks), then the first boot's order holds.
#
# And it sees whether this boot's machine is to be saved in memory (prepare-launch): then nothing has an identity yet.
set -eu
units=$1
tag=
read -r tag < /sys/class/dmi/id/board_asset_tag || :
[ "$tag" != prepare-launch ] || /usr/local/lib/kumoniwa/prepare-launch "$units"
mkdir -p /run/cloud-init
off() { : > /run/cloud-init/disabled; exit 0; }
[ ! -e /etc/cloud/cloud-init.disabled ] || off
read -r options < /proc/cmdline
case " $options " in *" cloud-init=disabled "*) off ;; esac
vendor=
read -r vendor < /sys/class/dmi/id/sys_vendor || off
[ "$vendor" = "Amazon EC2" ] || off
: > /run/cloud-init/enabled
mkdir -p "$units/multi-user.target.wants" "$units/cloud-init.service.d"
ln -sf /lib/systemd/system/cloud-init.target "$units/multi-user.target.wants/cloud-init.target"

instance=/var/lib/cloud/instance
uuid=
keys_made_for=
read -r uuid < /sys/class/dmi/id/product_uuid || :
[ ! -e /var/lib/cloud/data/keys-made-for ] || read -r keys_made_for < /var/lib/cloud/data/keys-made-for || :
later=no
if [ -n "$uuid" ] && [ "$uuid" = "$keys_made_for" ]; then
    later=yes
    echo 'ssh_deletekeys: false' > /run/cloud-init/cloud.cfg  # for one launched from memory, cut off in its first boot
fi
[ -d "$instance/" ] || later=no  # cut off in the middle of it: do it in the safe order
! grep -qs '^bootcmd:' "$instance/cloud-config.txt" || later=no
for hook in "$instance"/boothooks/*; do [ ! -e "$hook" ] || later=no; done

priority() {
    for unit in cloud-init cloud-config cloud-final; do
        mkdir -p "$units/$unit.service.d"
        printf '[Service]\\nNice=15\\nCPUWeight=idle\\n' > "$units/$unit.service.d/priority.conf"
    done
}
if [ "$tag" = prepare-launch ]; then
    priority
elif [ "$later" = yes ]; then
    printf '[Unit]\\nAfter=ssh.service rsyslog.service\\n' > "$units/cloud-init.service.d/order.conf"
    priority
else
    printf '[Unit]\\nBefore=ssh.service systemd-user-sessions.service\\n' > "$units/cloud-init.service.d/order.conf"
fi
"""

_CLOUD_INIT_SERVICE = """\
# cloud-init's second stage, started without its first: that one looks for datasources that need no network, and there
# is none here. What it would do besides is to forget the last boot, so that the instance's id is looked at again.
[Unit]
Description=cloud-init: metadata, keys, host name, disks
Wants=systemd-networkd-wait-online.service
After=systemd-networkd-wait-online.service
ConditionPathExists=/run/cloud-init/enabled

[Service]
Type=oneshot
RemainAfterExit=yes
TimeoutStartSec=infinity
ExecStartPre=/bin/rm -f /var/lib/cloud/instance/boot-finished /var/lib/cloud/instance
ExecStartPre=/bin/rm -f /var/lib/cloud/data/status.json /var/lib/cloud/data/result.json
ExecStartPre=/bin/rm -f /run/cloud-init/status.json /run/cloud-init/result.json
ExecStart=/usr/bin/cloud-init init
# The generator looks at it at the next boot: has this machine its keys? (They are made by the module ssh.)
ExecStartPost=/bin/sh -c 'test ! -e /var/lib/cloud/instance/sem/config_ssh || \\
    cp /sys/class/dmi/id/product_uuid /var/lib/cloud/data/keys-made-for'
StandardOutput=journal+console

[Install]
WantedBy=cloud-init.target
"""

_CLOUD_CONFIG_SERVICE = """\
[Unit]
Description=cloud-init: cloud-config
Requires=cloud-init.service
After=cloud-init.service
Wants=cloud-config.target network-online.target
ConditionPathExists=/run/cloud-init/enabled

[Service]
Type=oneshot
RemainAfterExit=yes
TimeoutStartSec=infinity
ExecStart=/usr/bin/cloud-init modules --mode=config
StandardOutput=journal+console

[Install]
WantedBy=cloud-init.target
"""

_CLOUD_FINAL_SERVICE = """\
[Unit]
Description=cloud-init: packages and scripts
After=cloud-config.service multi-user.target
Requires=cloud-init.service
ConditionPathExists=/run/cloud-init/enabled

[Service]
Type=oneshot
RemainAfterExit=yes
TimeoutStartSec=infinity
KillMode=process
TasksMax=infinity
ExecStart=/usr/bin/cloud-init modules --mode=final
StandardOutput=journal+console

[Install]
WantedBy=cloud-init.target
"""

FILES: dict[str, str] = {
    **network_files.FILES,
    **launch_files.FILES,
    **connect_files.FILES,
    "boot/grub/grub.cfg": GRUB_CFG,
    "etc/default/grub": _DEFAULT_GRUB,
    "usr/local/lib/kumoniwa/10_linux": _GRUB_LINUX,
    "etc/fstab": _FSTAB,
    "etc/initramfs-tools/conf.d/kumoniwa": _INITRAMFS,
    "etc/initramfs-tools/modules": _INITRAMFS_MODULES,
    "etc/modules-load.d/kumoniwa.conf": _MODULES,
    "etc/systemd/system/systemd-udev-trigger.service.d/fewer.conf": _UDEV_TRIGGER,
    "etc/systemd/journald.conf.d/kumoniwa.conf": _JOURNALD,
    "etc/rsyslog.conf": _RSYSLOG,
    "etc/systemd/system.conf.d/kumoniwa.conf": _SYSTEM_CONF,
    "etc/systemd/logind.conf.d/kumoniwa.conf": _LOGIND,
    "etc/ssh/sshd_config.d/10-kumoniwa.conf": _SSHD,
    "etc/systemd/system/ssh.service.d/once.conf": _SSH_SERVICE,
    "etc/systemd/system/qemu-guest-agent.service.d/stop.conf": _GUEST_AGENT,
    "etc/systemd/system/last-words.service": _LAST_WORDS,
    "etc/sudoers.d/admin": _SUDOERS,
    "etc/apt/apt.conf.d/90kumoniwa": _APT,
    "etc/systemd/system/logrotate.timer.d/at-its-hour.conf": _TIMER,
    "etc/systemd/system/fstrim.timer.d/at-its-hour.conf": _TIMER,
    "etc/cloud/cloud.cfg.d/90_kumoniwa.cfg": _CLOUD_CFG,
    "etc/systemd/system-generators/cloud-init-generator": _GENERATOR,
    "etc/systemd/system/cloud-init.service": _CLOUD_INIT_SERVICE,
    "etc/systemd/system/cloud-config.service": _CLOUD_CONFIG_SERVICE,
    "etc/systemd/system/cloud-final.service": _CLOUD_FINAL_SERVICE,
    "etc/hostname": "localhost\n",
    "etc/hosts": "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n",
    "etc/machine-id": "",
}

MODES: dict[str, int] = {
    **network_files.MODES,
    **launch_files.MODES,
    **connect_files.MODES,
    "usr/local/lib/kumoniwa/10_linux": 0o755,
    "etc/systemd/system-generators/cloud-init-generator": 0o755,
    "etc/sudoers.d/admin": 0o440,
    "boot/grub/grub.cfg": 0o600,
}
