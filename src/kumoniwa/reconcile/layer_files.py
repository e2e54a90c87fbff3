"""A driver's disks, as a check of layers against their rows sees them."""

from kumoniwa.hypervisor.driver import Disks, DriverError, KnownLayer, LayerDamaged, LayerId
from kumoniwa.model.layers import Layer
from kumoniwa.refusal import happened
from kumoniwa.storage.check import Unreadable


class DriversFiles:
    """See `kumoniwa.storage.check.CheckedFiles`."""

    def __init__(self, disks: Disks) -> None:
        self._disks = disks

    async def all_layers(self) -> frozenset[str]:
        return frozenset(await self._disks.all_layers())

    async def parent(self, layer: str) -> str | None:
        try:
            return await self._disks.parent(LayerId(layer))
        except LayerDamaged as damaged:
            raise Unreadable(damaged.what) from damaged
        except (DriverError, OSError) as failure:
            raise Unreadable(f"Layer {layer} could not be looked at: {happened(failure)}") from failure

    async def ensure_durable(self, layer: str) -> None:
        try:
            await self._disks.ensure_durable(LayerId(layer))
        except (DriverError, OSError) as failure:
            raise Unreadable(f"Layer {layer} could not be made durable: {happened(failure)}") from failure

    async def faults(self, layer: Layer, *, thorough: bool) -> list[str]:
        known = KnownLayer(
            parent=None if layer.parent_id is None else LayerId(layer.parent_id),
            size_bytes=layer.size_bytes,
            sealed_bytes=layer.sealed_bytes,
            sealed_sha256=layer.sealed_sha256,
        )
        try:
            return await self._disks.faults(LayerId(layer.id), known, thorough=thorough)
        except (DriverError, OSError) as failure:  # the rest is looked at all the same
            return [f"Layer {layer.id} could not be looked at: {happened(failure)}"]
