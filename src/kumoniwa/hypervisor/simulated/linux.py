"""What a simulated Linux says, on its console and in /var/log/messages. Pure text."""

from collections.abc import Sequence
from datetime import datetime
from ipaddress import IPv4Address
from string import ascii_lowercase

from kumoniwa.hypervisor.driver import DiskBus

MESSAGES = "/var/log/messages"
LOG_LIMIT = 64 << 10
"""Bytes that a log keeps of its end."""
NO_SHELL = "\r\n[This guest is simulated: it has no shell, and nothing reads what is typed here.]\r\n"
"""What the console says to whoever types."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

RELEASE = "6.1.0-kumoniwa-simulated"

# What systemd and logind write, word for word, so that who greps a real guest's log finds it here too.
GOING_DOWN = ("systemd-logind[412]: System is powering down.",)
POWER_KEY = ("systemd-logind[412]: Power key pressed short.", *GOING_DOWN)
REBOOTING = ("systemd-logind[412]: System is rebooting.",)
AT_REST = (
    "systemd-shutdown[1]: Syncing filesystems and block devices.",
    "systemd-shutdown[1]: Sending SIGTERM to remaining processes...",
)


def hostname(address: IPv4Address) -> str:
    """The name that EC2 gives: `ip-172-31-12-19`."""
    return "ip-" + str(address).replace(".", "-")


def disk_name(bus: DiskBus, slot: int) -> str:
    """What the kernel calls a disk: `nvme1n1`, `vdb`; there are up to 27, and the last is `vdaa`."""
    if bus is DiskBus.NVME:
        return f"nvme{slot}n1"
    again, letter = divmod(slot, len(ascii_lowercase))
    return f"vd{'a' * again}{ascii_lowercase[letter]}"


def booting(product: str, bus: DiskBus, recovered: Sequence[str]) -> tuple[str, ...]:
    """The kernel's first lines, and one for each disk whose journal was replayed."""
    root = f"{disk_name(bus, 0)}{'p1' if bus is DiskBus.NVME else '1'}"
    return (
        f"Linux version {RELEASE} (simulated@kumoniwa) #1 SMP PREEMPT_DYNAMIC",
        f"Command line: root=/dev/{root} ro console=ttyS0",
        f"DMI: Amazon EC2 {product}/, BIOS 1.0",
        *(f"EXT4-fs (serial {serial}): recovery complete" for serial in recovered),
        f"EXT4-fs ({root}): mounted filesystem with ordered data mode",
    )


def reachable(boot_id: str, seconds: float) -> tuple[str, ...]:
    """What is logged once the guest answers."""
    return (
        f"systemd[1]: Boot ID is {boot_id}.",
        "sshd[533]: Server listening on 0.0.0.0 port 22.",
        f"systemd[1]: Startup finished in {seconds:.3f}s.",
    )


def disk_appears(bus: DiskBus, slot: int, serial: str) -> tuple[str, ...]:
    """What the kernel says of a disk that is plugged in while it runs."""
    if bus is DiskBus.NVME:
        return (f"kernel: nvme nvme{slot}: pci function 0000:00:{slot + 4:02x}.0, serial {serial}",)
    return (f"kernel: virtio_blk virtio{slot + 3}: [{disk_name(bus, slot)}] serial {serial}",)


def disk_fails(bus: DiskBus, slot: int) -> tuple[str, ...]:
    """What the kernel says of one that is pulled out while it is in use."""
    lost = f"kernel: Buffer I/O error on dev {disk_name(bus, slot)}, logical block 0, lost async page write"
    if bus is DiskBus.NVME:
        return (f"kernel: nvme nvme{slot}: controller is down; will reset: CSTS=0xffffffff, PCI_STATUS=0xffff", lost)
    return (lost,)


def disk_grows(bus: DiskBus, slot: int, before: int, after: int) -> tuple[str, ...]:
    """What the kernel says of one whose size changes. Sizes in bytes; the kernel counts sectors."""
    return (f"kernel: {disk_name(bus, slot)}: detected capacity change from {before // 512} to {after // 512}",)


def login(host: str) -> str:
    """The console's login prompt."""
    return f"\r\nKumoniwa Simulated Linux {host} ttyS0\r\n\r\n{host} login: "


def from_kernel(lines: Sequence[str], seconds: float) -> str:
    """Lines as the kernel puts them on a console."""
    return "".join(f"[{seconds:12.6f}] {line}\r\n" for line in lines)


def to_syslog(lines: Sequence[str], host: str, at: datetime) -> str:
    """Lines as rsyslog's traditional file format has them."""
    begins = f"{_MONTHS[at.month - 1]} {at.day:2d} {at.hour:02d}:{at.minute:02d}:{at.second:02d} {host}"
    return "".join([f"{begins} {line}\n" for line in lines])
