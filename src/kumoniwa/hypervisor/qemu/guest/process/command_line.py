"""The command line of QEMU for one guest: a pure function of its specification, with a golden file in the tests.

QEMU runs with the guest's folder as its working directory, so every path here is relative: a data folder may be longer
than a socket's address can be, and may be moved. The server makes the listening sockets and hands them over as open
files: a connection to them can be made before QEMU is ready, so nothing has to poll for it.
"""

import json
import re
import uuid
from collections.abc import Collection, Mapping, Sequence

from kumoniwa.hypervisor.driver import DiskBus, DriverError, Firmware, GuestSpec, LayerId
from kumoniwa.hypervisor.qemu.disks.encryption import secret_option
from kumoniwa.hypervisor.qemu.guest.process import firmware
from kumoniwa.hypervisor.qemu.guest.process.disk_devices import KEY_FROM_GUEST, SERIAL, DiskIo, disk_devices, disk_node
from kumoniwa.hypervisor.qemu.guest.process.nic_devices import MAC, NETDEV, netdevs, nic_devices
from kumoniwa.hypervisor.qemu.guest.process.slots import BUS, MOST_DISKS, MOST_PLUGGED
from kumoniwa.refusal import REPORT_IT
from kumoniwa.values import dataclass

AGENT = "agent"  # the id of the virtio-serial port, named in VSERPORT_CHANGE
LAUNCH = "launch"
"""The id of the virtio-serial port at which a guest learns who it is: only guests whose memory is a file have it."""
_LAUNCH_PORT = "kumoniwa.launch.0"  # as the guest sees it
METADATA_SOCKET = "imds.sock"
_MEMORY = "pc.ram"  # what it is called in the state of a machine whose memory is no file too
_PREPARING = "prepare-launch"
"""What a machine that is being prepared has for asset tags: its guest goes by that."""

# The first write into a cluster of an overlay copies the rest of it by way of memory. Left alone, glibc has the kernel
# map and unmap each piece of 128 KiB or more: such a write took 112 us of processor time, and takes 50 us with these
# (31 us with clusters of 64 KiB).
ENVIRONMENT = {"MALLOC_MMAP_THRESHOLD_": str(1024 * 1024), "MALLOC_TRIM_THRESHOLD_": str(2 * 1024 * 1024)}
"""What QEMU's process gets beside what every program gets."""

_RESERVED = 4  # addresses at the beginning of a subnet: the router's is among them
_NO_SLOTS: Mapping[str, int] = {}

_GUEST_ID = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,62}")


@dataclass(frozen=True, slots=True)
class Accelerator:
    """How QEMU runs a guest's instructions (`kvm` or `tcg`), and why that way: a sentence for a person."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Host:
    """What a command line depends on besides the guest. `version`: what QEMU says of itself."""

    accelerator: Accelerator
    disk_io: DiskIo
    version: str = ""


@dataclass(frozen=True, slots=True)
class MemoryFile:
    """A file, seen from the guest's folder, that a guest's memory is: of a machine that is to be launched from.

    `is_being_made`: what the guest writes to its memory goes into the file. Else the file stays as it is, and what is
    written to it is the guest's alone: any number of guests share the rest. Such a guest is loaded with its first disk
    alone, and gets its other devices afterwards (`late_devices`).
    """

    path: str
    is_being_made: bool


@dataclass(frozen=True, slots=True)
class Channels:
    """The open files that QEMU inherits: listening sockets, and taps in the order of the network interfaces. `lone` is
    the socket at which a guest without taps meets its network; `launch` that of its launch port, if it has one."""

    monitor: int
    console: int
    agent: int
    taps: tuple[int, ...] = ()
    lone: int | None = None
    launch: int | None = None


def command_line(
    spec: GuestSpec,
    chains: Mapping[LayerId, Sequence[LayerId]],
    host: Host,
    channels: Channels,
    memory: MemoryFile | None = None,
    *,
    incoming: bool = False,
    slots: Mapping[str, int] = _NO_SLOTS,
    encrypted: Collection[LayerId] = (),
) -> list[str]:
    """The program and its arguments. Raises `DriverError` for a specification that QEMU cannot be given.

    `chains`: of each disk's layer, it and all that it stands on, top to bottom. `incoming`: what the machine is will be
    loaded (`migration.load`). `slots`: where devices are plugged in, by their ids, that are not where they would be by
    their order. `encrypted`: the layers on top of those of these chains that are encrypted.
    """
    _check(spec, is_being_prepared=memory is not None and memory.is_being_made)
    # Of a guest that is launched from memory, the machine that is loaded has none but its first disk.
    have_devices = memory is None or memory.is_being_made
    return [
        "qemu-system-x86_64",
        *("-name", f"guest={spec.id}"),
        *("-nodefaults", "-no-user-config"),
        *("-display", "none"),
        *("-msg", "timestamp=on"),
        *("-sandbox", "on,obsolete=deny,resourcecontrol=deny,spawn=deny,elevateprivileges=deny"),
        *("-machine", f"pc,usb=off,vmport=off,dump-guest-core=off{_machine_options(spec.firmware, memory)}"),
        *processor(host.accelerator),
        *("-smp", str(spec.vcpus)),
        *("-m", f"{spec.memory_mib}M"),
        *_memory(spec, memory),
        *("-uuid", spec.uuid),
        *_smbios(spec, is_being_prepared=memory is not None and memory.is_being_made),
        *("-rtc", "base=utc"),
        # A guest that sleeps would be neither running nor stopped, and EC2 has no such thing.
        *("-global", "PIIX4_PM.disable_s3=1"),
        *("-global", "PIIX4_PM.disable_s4=1"),
        *("-boot", "strict=on"),
        # vCPUs wait for `cont`; a shutdown or a panic stops them and leaves the process for what comes next.
        "-S",
        *("-action", "shutdown=pause,panic=pause"),
        *_monitor(channels),
        *_console(channels),
        *_networks(spec, channels, slots, have_devices=have_devices),
        *_agent(channels),
        *("-object", "rng-random,id=entropy,filename=/dev/urandom"),
        *("-device", f"virtio-rng-pci,rng=entropy,bus={BUS},addr=0x3.0x1,romfile="),
        *("-device", f"pvpanic-pci,bus={BUS},addr=0x3.0x2"),
        # Seen by screenshots only: text as a PC's boot loader and kernel write it.
        *("-device", f"VGA,vgamem_mb=4,bus={BUS},addr=0x3.0x3"),
        *firmware.blockdevs(spec.firmware),
        *(("-object", secret_option(KEY_FROM_GUEST)) if encrypted else ()),
        *_disks(spec, chains, host.disk_io, slots, encrypted, have_devices=have_devices),
        *(("-incoming", "defer") if incoming else ()),
    ]


def late_devices(spec: GuestSpec) -> list[dict[str, str]]:
    """The devices that a guest which is launched from memory is given once it is loaded, for `device_add`. What is
    behind them is on its command line."""
    return [*nic_devices(spec, _NO_SLOTS), *disk_devices(spec, _NO_SLOTS)[1:]]


def _check(spec: GuestSpec, *, is_being_prepared: bool) -> None:
    """Refuse what has no place on a command line, and what QEMU would refuse in words that explain nothing."""
    for what, value, pattern in (
        ("guest id", spec.id, _GUEST_ID),
        *(("MAC address", each.mac, MAC) for each in spec.nics),
        *(("serial number", disk.serial, SERIAL) for disk in spec.disks),
    ):
        if not pattern.fullmatch(value):
            raise DriverError(f"{value!r} cannot be a {what}.", way_out=REPORT_IT)
    try:
        uuid.UUID(spec.uuid)
    except ValueError as malformed:
        raise DriverError(f"{spec.uuid!r} is not a UUID.", way_out=REPORT_IT) from malformed
    if not spec.product.isprintable():
        raise DriverError(f"{spec.product!r} cannot be a product name.", way_out=REPORT_IT)
    if not 1 <= len(spec.disks) <= MOST_DISKS:
        raise DriverError(
            f"A guest has 1 to {MOST_DISKS} disks, not {len(spec.disks)}.",
            way_out="Attach or detach volumes of the instance.",
        )
    if len({disk.serial for disk in spec.disks}) != len(spec.disks):
        raise DriverError("A guest has no two disks of one serial number.", way_out=REPORT_IT)
    if len(spec.disks) + len(spec.nics[1:]) > MOST_PLUGGED:
        raise DriverError(
            f"A guest has at most {MOST_PLUGGED} disks and further network interfaces together.",
            way_out="Detach volumes or network interfaces of the instance.",
        )
    if not is_being_prepared:
        _check_networks(spec)
    elif spec.nics or len(spec.disks) > 1 or spec.bus is not DiskBus.VIRTIO or spec.firmware is not Firmware.BIOS:
        raise DriverError(
            "A machine that is prepared has one disk on virtio, no network, and boots by a BIOS.", way_out=REPORT_IT
        )


def _check_networks(spec: GuestSpec) -> None:
    nic = spec.nic
    if nic.port is None and len(spec.nics) > 1:
        raise DriverError(
            "A guest of several network interfaces needs a network that carries packets.",
            way_out="kumoniwa doctor says why there is none; or launch it with one interface.",
        )
    if nic.port is None and not nic.block[_RESERVED] <= nic.address < nic.block.broadcast_address:
        raise DriverError(f"{nic.address} cannot be a guest's address in {nic.block}.", way_out=REPORT_IT)


def processor(accelerator: Accelerator) -> list[str]:
    """The options that choose how instructions run: the probe boots with the same ones."""
    if accelerator.name == "kvm":
        return ["-accel", "kvm", "-cpu", "host"]
    # The plainest model boots quickest under emulation: 17.8 s against 21.9 s with `max`. Room for translated code is
    # kept small for two reasons. A guest fills what it gets: 700 MB of the default 1 GiB after its first boot. And what
    # is left of it slows the boot loader down when a guest reboots itself, where `translations.drop` has no place: 79 s
    # until the kernel's first line with the default, 2.5 s with 128 MiB (docs/guest-image.md).
    return ["-accel", "tcg,thread=multi,tb-size=128", "-cpu", "qemu64"]


def _machine_options(by: Firmware, memory: MemoryFile | None) -> str:
    """What is added to `-machine`, beginning with a comma."""
    return firmware.machine_options(by) + ("" if memory is None else f",memory-backend={_MEMORY}")


def _memory(spec: GuestSpec, memory: MemoryFile | None) -> list[str]:
    if memory is None:
        return []
    share = "on" if memory.is_being_made else "off"
    backend = f"memory-backend-file,id={_MEMORY},size={spec.memory_mib}M,mem-path={_value(memory.path)},share={share}"
    return ["-object", backend]


def _smbios(spec: GuestSpec, *, is_being_prepared: bool) -> list[str]:
    """What cloud-init and people look at to recognise EC2 (as on Nitro: asset tag = instance id)."""
    board, chassis = (_PREPARING, _PREPARING) if is_being_prepared else (spec.id, "Amazon EC2")
    vendor = "manufacturer=Amazon EC2"
    # The family is ours: the Debian image's boot loader goes by it (guest_image/guest_files.py).
    system = f"type=1,{vendor},product={_value(spec.product)},uuid={spec.uuid},serial={spec.uuid},family={spec.bus}"
    return [
        *("-smbios", "type=0,vendor=Amazon EC2,version=1.0"),
        *("-smbios", system),
        *("-smbios", f"type=2,{vendor},asset={board}"),
        *("-smbios", f"type=3,{vendor},asset={chassis}"),
    ]


def _monitor(channels: Channels) -> list[str]:
    return [
        *("-chardev", f"socket,id=monitor,fd={channels.monitor},server=on,wait=off"),
        *("-mon", "chardev=monitor,mode=control"),
    ]


def _console(channels: Channels) -> list[str]:
    """The serial console: to its log always, and live to the server while one is connected."""
    return [
        *("-chardev", f"socket,id=console,fd={channels.console},server=on,wait=off,logfile=console.log,logappend=on"),
        *("-serial", "chardev:console"),
    ]


def _networks(spec: GuestSpec, channels: Channels, slots: Mapping[str, int], *, have_devices: bool) -> list[str]:
    """What is behind each interface, and its device."""
    arguments = []
    for device, behind in zip(nic_devices(spec, slots), _behind(spec, channels), strict=True):
        arguments += ["-netdev", behind, *(["-device", _options(device)] if have_devices else [])]
    return arguments


def _behind(spec: GuestSpec, channels: Channels) -> list[str]:
    """The networks of the interfaces: of one that is plugged in, the open file of its tap. Frames of a guest that is
    alone go to and from whoever connects to its socket."""
    if spec.nics and spec.nic.port is None:
        return [f"stream,id={NETDEV},server=on,addr.type=fd,addr.str={channels.lone}"]
    pairs = zip(netdevs(spec), channels.taps, strict=True)
    return [f"tap,id={netdev},fd={file},vhost=off" for netdev, file in pairs]


def _agent(channels: Channels) -> list[str]:
    arguments = [
        *("-device", f"virtio-serial-pci,id=serial,bus={BUS},addr=0x3,multifunction=on"),
        *("-chardev", f"socket,id={AGENT},fd={channels.agent},server=on,wait=off"),
        *("-device", f"virtserialport,bus=serial.0,chardev={AGENT},id={AGENT},name=org.qemu.guest_agent.0"),
    ]
    if channels.launch is not None:
        arguments += [
            *("-chardev", f"socket,id={LAUNCH},fd={channels.launch},server=on,wait=off"),
            *("-device", f"virtserialport,bus=serial.0,chardev={LAUNCH},id={LAUNCH},name={_LAUNCH_PORT}"),
        ]
    return arguments


def _disks(
    spec: GuestSpec,
    chains: Mapping[LayerId, Sequence[LayerId]],
    disk_io: DiskIo,
    slots: Mapping[str, int],
    encrypted: Collection[LayerId],
    *,
    have_devices: bool,
) -> list[str]:
    arguments = []
    for index, (disk, device) in enumerate(zip(spec.disks, disk_devices(spec, slots), strict=True)):
        node = disk_node(chains[disk.layer], disk_io, encrypted=disk.layer in encrypted)
        arguments += ["-blockdev", json.dumps(node)]
        if have_devices or index == 0:
            arguments += ["-device", _options(device)]
    return arguments


def _options(device: Mapping[str, str]) -> str:
    driver, *rest = device.items()
    return ",".join([driver[1], *(f"{name}={value}" for name, value in rest)])


def _value(text: str) -> str:
    """A value among QEMU's comma-separated options: a comma is doubled."""
    return text.replace(",", ",,")
