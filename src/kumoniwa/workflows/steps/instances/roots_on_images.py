"""The step that gives an instance a root volume as the image has it, where its launch from memory failed."""

from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from kumoniwa.hypervisor.driver import GuestId, LayerDamaged, LayerId, PreparedId
from kumoniwa.ids import new_id
from kumoniwa.model.fast_launch import MachineState
from kumoniwa.model.layers import Layer
from kumoniwa.store import boots, fast_launch, instances, layers, volumes
from kumoniwa.workflows.steps.layers.volume_layers import collect_what_goes
from kumoniwa.workflows.world import World

_NOT_WHOLE = "it is damaged, or of other programs than this host's: it is prepared anew when it is wanted next"


async def ensure_root_on_image(world: World, instance_id: str, machine_id: str, boot_id: str) -> None:
    """Afterwards the instance has no guest, the boot was none, and the root volume is as the image has it: a new layer
    on the image's own. Nothing is launched any more from a prepared machine that is not whole."""
    await world.driver.guest(GuestId(instance_id)).ensure_off(deadline=0, skip_os_shutdown=True)
    await world.metadata.ensure_closed(instance_id)
    is_whole = await _is_whole(world, machine_id)
    write = partial(_stand_on_image, instance_id=instance_id, boot_id=boot_id, at=world.clock.now())

    def stand(connection: Connection) -> None:
        if not is_whole:
            stale = MachineState.STALE
            fast_launch.move_machine(connection, machine_id, [MachineState.READY], stale, reason=_NOT_WHOLE)
        write(connection)

    await world.database.write(stand)
    await collect_what_goes(world, instance=instance_id)


async def _is_whole(world: World, machine_id: str) -> bool:
    """Whether instances can be launched from the machine, as far as is seen without a launch."""
    if not await world.driver.prepared(PreparedId(machine_id)).is_made():
        return False
    machine = await world.database.read(partial(fast_launch.machine, machine_id=machine_id))
    try:
        if machine is not None and machine.layer_id is not None:
            await world.driver.disks.parent(LayerId(machine.layer_id))
    except LayerDamaged:
        return False
    return True


def _stand_on_image(connection: Connection, instance_id: str, boot_id: str, at: datetime) -> None:
    boots.remove(connection, boot_id)
    instance = instances.get(connection, instance_id)
    assert instance is not None, f"{instance_id} has a workflow and no row"
    if instance.prepared_on is None:
        return  # done in an earlier life
    _, root = volumes.of_instance(connection, instance_id)[0]
    head, of_machine = layers.standing(connection, root.head)[:2]
    new = Layer(new_id("layer"), of_machine.parent_id, head.size_bytes, at)
    layers.add(connection, new)
    volumes.set_head(connection, root.id, new.id)
    layers.let_go(connection, [head.id])
    instances.change(connection, instance_id, prepared_on=None)
