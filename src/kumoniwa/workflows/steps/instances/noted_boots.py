"""Steps that read and complete the record of boots."""

from functools import partial

from kumoniwa.store import boots
from kumoniwa.workflows.world import World


async def ended_clean(world: World, instance_id: str) -> bool:
    """Whether the instance's last life ended with a clean shutdown."""
    boot = await world.database.read(partial(boots.current, instance_id=instance_id))
    return boot is not None and bool(boot.end_clean)


async def ensure_cut_noted(world: World, boot_id: str, seconds: float | None) -> None:
    """Afterwards the boot says how long the cut took that was made just before it."""
    await world.database.write(partial(boots.change, boot_id=boot_id, cut_seconds=seconds))
