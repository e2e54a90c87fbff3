"""Shortening a running guest's chains of layers: block-stream into the active layer."""

from kumoniwa.hypervisor.driver import DriverError, LayerId
from kumoniwa.hypervisor.qemu.machine import Machine


async def ensure_compacted(machine: Machine, layer: LayerId, onto: LayerId | None) -> bool:
    """See `Guest.ensure_compacted`."""
    raise DriverError("not built yet")
