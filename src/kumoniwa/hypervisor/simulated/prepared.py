"""Simulated machines that are prepared in memory."""

from kumoniwa.hypervisor.driver import (
    DiskBus,
    DriverError,
    Firmware,
    GuestId,
    GuestSpec,
    PreparedId,
    RestoreFailed,
)
from kumoniwa.hypervisor.simulated.faults import Faults
from kumoniwa.hypervisor.simulated.host import Host
from kumoniwa.hypervisor.simulated.layer import FileSystem
from kumoniwa.hypervisor.simulated.saved import Saved
from kumoniwa.hypervisor.simulated.world import SimulatedWorld
from kumoniwa.refusal import REPORT_IT

_BYTES = 200 << 20
"""What one takes of a real host's disk, roughly."""


class SimulatedPreparedMachine:
    """One prepared machine. See `kumoniwa.hypervisor.driver.PreparedMachine` for the promises."""

    def __init__(self, id: PreparedId, world: SimulatedWorld, host: Host, faults: Faults) -> None:
        self._id = id
        self._world = world
        self._host = host
        self._faults = faults

    @property
    def id(self) -> PreparedId:
        return self._id

    async def ensure_made(self, spec: GuestSpec, *, deadline: float) -> None:
        await self._faults.enter("ensure_made")
        if self._id in self._world.prepared:
            return
        _check(spec)
        self._end()
        layer = spec.disks[0].layer
        self._host.layers.open(layer, _writer(self._id))
        self._world.preparing[self._id] = layer
        seconds = self._host.timing.boot
        if seconds > 0:
            await self._host.clock.sleep(min(seconds, deadline))
        try:
            await self._faults.point("ensure_made")
            if seconds > deadline or self._world.never_prepared:
                raise DriverError(
                    f"The guest did not say within {deadline:.0f} s that it is prepared.",
                    way_out="Its image needs the part that kumoniwa ami build puts in.",
                )
        except DriverError:
            self._end()
            raise
        self._host.layers.put(layer, {}, FileSystem.NEEDS_RECOVERY)
        self._end()
        self._world.prepared[self._id] = Saved(layer, spec.vcpus, spec.memory_mib, self._world.makes_prepared)
        await self._faults.point("ensure_made")

    async def is_made(self) -> bool:
        await self._faults.enter("is_made")
        saved = self._world.prepared.get(self._id)
        return saved is not None and saved.fault(self._world.makes_prepared) is None

    async def bytes_on_disk(self) -> int:
        await self._faults.enter("bytes_on_disk")
        return _BYTES if self._id in self._world.prepared else 0

    async def ensure_forgotten(self) -> None:
        await self._faults.enter("forget_prepared")
        self._end()
        self._world.prepared.pop(self._id, None)
        await self._faults.point("forget_prepared")

    def _end(self) -> None:
        """The guest that is being prepared ends, if there is one."""
        if (layer := self._world.preparing.pop(self._id, None)) is not None:
            self._host.layers.close(layer)


def check_launch(world: SimulatedWorld, host: Host, machine: PreparedId, spec: GuestSpec) -> None:
    """Raises `RestoreFailed` where a guest like this cannot go on from the machine."""
    if (saved := world.prepared.get(machine)) is None:
        raise RestoreFailed("The prepared machine is not there.")
    if (fault := saved.fault(world.makes_prepared)) is not None:
        raise RestoreFailed(fault)
    if (spec.vcpus, spec.memory_mib) != (saved.vcpus, saved.memory_mib):
        raise RestoreFailed("The prepared machine is of another size.")
    if spec.bus is not DiskBus.VIRTIO or spec.firmware is not Firmware.BIOS:
        raise RestoreFailed("The guest has not the devices of the prepared machine.")
    if host.layers[spec.disks[0].layer].parent != saved.layer:
        raise RestoreFailed("The guest's disk does not stand on that of the prepared machine.")


def _check(spec: GuestSpec) -> None:
    """Raises `DriverError` for a machine that cannot be prepared."""
    if len(spec.disks) != 1 or spec.nics or spec.bus is not DiskBus.VIRTIO or spec.firmware is not Firmware.BIOS:
        raise DriverError(
            "A machine is prepared with one disk, on virtio, and without network interfaces.", way_out=REPORT_IT
        )


def _writer(id: PreparedId) -> GuestId:
    return GuestId(f"that prepares {id}")
