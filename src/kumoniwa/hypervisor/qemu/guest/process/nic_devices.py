"""A guest's network interfaces as QEMU has them, on its command line and while it runs."""

import re
from collections.abc import Mapping

from kumoniwa.hypervisor.driver import DriverError, GuestSpec
from kumoniwa.hypervisor.qemu.guest.process.slots import BUS, LAST_SLOT
from kumoniwa.refusal import REPORT_IT

NETDEV = "n0"
"""The network behind the primary interface."""
MTU = 9001
"""Of interfaces that are plugged in a network, in bytes: EC2's."""
NIC_IDS = "nic-"  # what the ids of further interfaces begin with

MAC = re.compile(r"([0-9a-f]{2}:){5}[0-9a-f]{2}")


def nic_id(mac: str) -> str:
    """The id of the device, and of the network behind it, of a further interface: by it every server finds it again."""
    if not MAC.fullmatch(mac):
        raise DriverError(f"{mac!r} cannot be a MAC address.", way_out=REPORT_IT)
    return f"{NIC_IDS}{mac.replace(':', '')}"


def nic_device(mac: str, netdev: str) -> dict[str, str]:
    """The device that shows a network to the guest, for `-device` and `device_add`."""
    return {
        "driver": "virtio-net-pci",
        "netdev": netdev,
        "mac": mac,
        "host_mtu": str(MTU),
        "bus": BUS,
        "romfile": "",
    }


def nic_devices(spec: GuestSpec, slots: Mapping[str, int]) -> list[dict[str, str]]:
    """The devices of all interfaces; `slots` are those of interfaces that are not where they would be, by id."""
    devices = []
    for index, (nic, netdev) in enumerate(zip(spec.nics, netdevs(spec), strict=True)):
        device = nic_device(nic.mac, netdev) | ({} if index == 0 else {"id": netdev})
        device["addr"] = f"{2 if index == 0 else slots.get(netdev, LAST_SLOT + 1 - index):#x}"
        devices.append(device)
    return devices


def netdevs(spec: GuestSpec) -> list[str]:
    """The ids of the networks behind a guest's interfaces."""
    return [NETDEV if index == 0 else nic_id(nic.mac) for index, nic in enumerate(spec.nics)]
