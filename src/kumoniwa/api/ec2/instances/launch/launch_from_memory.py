"""From which prepared machine a launch is, or why it boots."""

from collections.abc import Collection

from sqlalchemy import Connection

from kumoniwa.api.call import Call
from kumoniwa.api.ec2.images.boot_modes import UEFI
from kumoniwa.api.ec2.images.new_machine import machine_bytes, prepare, root_of
from kumoniwa.hypervisor.driver import Capacity
from kumoniwa.model.fast_launch import ON, FastLaunch, FastLaunchState, MachineState, PreparedMachine, size_in_words
from kumoniwa.model.images import Image, ImageDevice
from kumoniwa.placement import guest_memory
from kumoniwa.store import fast_launch
from kumoniwa.values import dataclass


@dataclass(frozen=True, slots=True)
class FromMemory:
    """How instances of an image with fast launch are launched: from the machine, or booted for this reason."""

    machine_id: str | None = None
    layer_id: str | None = None
    """What their root volumes stand on, with a machine."""
    cold_because: str | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is launched, as far as machines differ by it."""

    image: Image
    devices: Collection[ImageDevice]
    boot_mode: str | None
    vcpus: int
    memory_mib: int
    count: int
    """How many are launched, at most."""


def from_memory(
    connection: Connection, call: Call, host: Capacity, wanted: Wanted, *, is_encrypted: bool
) -> FromMemory | None:
    """From which machine it is launched; None where the image has no fast launch. Where there is no machine of this
    size yet, it is prepared from now on, for those that come next. `is_encrypted`: its root volume is."""
    found = fast_launch.of_image(connection, wanted.image.id)
    if found is None or found.state not in ON:
        return None
    if wanted.boot_mode == UEFI:
        return FromMemory(cold_because="it boots by UEFI")
    if is_encrypted:
        return FromMemory(cold_because="its root volume is encrypted")
    machines = fast_launch.machines_of(connection, wanted.image.id)
    usable = [one for one in machines if one.state is not MachineState.STALE]
    own = [one for one in usable if (one.vcpus, one.memory_mib) == (wanted.vcpus, wanted.memory_mib)]
    if own:
        return _of_machine(own[0])
    there = sum(one.state is not MachineState.FAILED for one in usable)
    return FromMemory(cold_because=_prepare(connection, call, host, wanted, found, there))


def _of_machine(machine: PreparedMachine) -> FromMemory:
    match machine.state:
        case MachineState.READY:
            return FromMemory(machine.id, machine.layer_id)
        case MachineState.FAILED:
            return FromMemory(cold_because=f"no machine of {machine.what} could be prepared: {machine.reason}")
        case _:
            return FromMemory(cold_because=f"a machine of {machine.what} is still being prepared")


def _prepare(connection: Connection, call: Call, host: Capacity, wanted: Wanted, found: FastLaunch, there: int) -> str:
    """Begin to prepare a machine for those that come next; gives why this one has none."""
    what = size_in_words(wanted.vcpus, wanted.memory_mib)
    if found.state is FastLaunchState.ENABLING_FAILED:
        return f"fast launch of its image could not be enabled: {found.reason}"
    if there >= found.target_count:
        return f"there is no machine of {what}, and the image has as many as its TargetResourceCount, {there}"
    if host.room.spare < machine_bytes(wanted.memory_mib):
        return f"there is no machine of {what}, and no room to prepare one"
    launched_mib = wanted.count * wanted.memory_mib
    if not guest_memory.can_prepare(host, connection, wanted.memory_mib, beside_mib=launched_mib):
        return f"there is no machine of {what}, and the host has no memory to prepare one beside it"
    if (root := root_of(connection, wanted.image, wanted.devices)) is None:
        return f"there is no machine of {what}, and the snapshot to prepare one of is gone"
    prepare(connection, call, wanted.image, root, (wanted.vcpus, wanted.memory_mib))
    return f"it is the first launch with {what}: a machine for the next ones is being prepared"
