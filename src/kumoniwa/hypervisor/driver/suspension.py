"""Whether a guest that was suspended can go on. Pure."""

from kumoniwa.hypervisor.driver.guest import GuestNic, GuestSpec


def why_not_the_same(suspended: GuestSpec, wanted: GuestSpec) -> str | None:
    """Why a guest that was suspended with this specification cannot go on with the other; None where it can.

    The layers of its disks may be others, which hold the same: snapshots may have been cut meanwhile.
    """
    if (suspended.vcpus, suspended.memory_mib, suspended.product) != (wanted.vcpus, wanted.memory_mib, wanted.product):
        return "Its instance type, or its CPU options, were changed since."
    if (suspended.uuid, suspended.bus, suspended.firmware) != (wanted.uuid, wanted.bus, wanted.firmware):
        return "Its machine is another one since."
    if suspended.disks[0].serial != wanted.disks[0].serial or _serials(suspended) != _serials(wanted):
        return "Its volumes are others since."
    if (suspended.nic.port is None) != (wanted.nic.port is None):
        return "It was saved in the other network mode, and this server connects guests otherwise."
    if _nic(suspended.nic) != _nic(wanted.nic) or set(map(_nic, suspended.nics)) != set(map(_nic, wanted.nics)):
        return "Its network interfaces are others since."
    return None


def _serials(spec: GuestSpec) -> set[str]:
    return {disk.serial for disk in spec.disks}


def _nic(nic: GuestNic) -> tuple[str, str]:
    return nic.mac, str(nic.address)
