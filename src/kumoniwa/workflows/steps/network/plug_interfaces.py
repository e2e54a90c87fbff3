"""Steps that plug network interfaces into guests and take them out again."""

from sqlalchemy import Connection

from kumoniwa.model.network_interfaces import InterfaceAttachment, NetworkInterface
from kumoniwa.store import network_interfaces
from kumoniwa.store.journal import Origin
from kumoniwa.workflows.shared_commits import Rows, begins_with_rows, rows
from kumoniwa.workflows.steps.instances.guests import nic_of
from kumoniwa.workflows.steps.instances.hibernation import ensure_given_up
from kumoniwa.workflows.steps.instances.instance_ports import ensure_forwards
from kumoniwa.workflows.steps.waiting import until_answered
from kumoniwa.workflows.world import World


@begins_with_rows
async def ensure_plugged_in(world: World, attachment_id: str, instance_id: str, origin: Origin) -> None:
    """Afterwards the instance's guest has the interface, also where a caller wants it detached by now, and is reached
    at the public addresses that lead to it. A guest that is ABSENT gets it at its next start; one that is hibernated
    can only boot then."""
    if (interface := await _attached(world, attachment_id)) is not None:
        carried = world.networks is not None and world.networks.carries
        nic = nic_of(interface, carried=carried)
        await ensure_given_up(world, instance_id, f"{interface.id} was attached meanwhile.", origin)
        await until_answered(world, instance_id, lambda guest: guest.ensure_nic_attached(nic))
        await ensure_forwards(world, [instance_id])


@begins_with_rows
async def ensure_published_attached(world: World, attachment_id: str, instance_id: str) -> Rows[None]:
    """Afterwards the interface is attached, unless a caller wants it detached by now."""

    def publish(connection: Connection) -> None:
        interface = network_interfaces.attached_by(connection, attachment_id)
        if interface is not None and interface.attachment_state is InterfaceAttachment.ATTACHING:
            network_interfaces.change(connection, interface, attachment_state=InterfaceAttachment.ATTACHED)

    return rows(publish)


@begins_with_rows
async def ensure_unplugged(world: World, attachment_id: str, instance_id: str, origin: Origin, *, force: bool) -> None:
    """Afterwards the instance's guest has the interface no more. A hibernated guest can only boot from now on.

    Fails where the guest does not let it go within the configured deadline; with `force` it is taken from it.
    """
    if (interface := await _attached(world, attachment_id)) is not None:
        deadline = world.config.detach_deadline
        await ensure_given_up(world, instance_id, f"{interface.id} was detached meanwhile.", origin)
        await until_answered(
            world,
            instance_id,
            lambda guest: guest.ensure_nic_detached(interface.mac, deadline=deadline, force=force),
        )


@begins_with_rows
async def ensure_left_attached(world: World, attachment_id: str, instance_id: str) -> Rows[None]:
    """Afterwards an interface that its guest does not let go is attached again."""

    def publish(connection: Connection) -> None:
        interface = network_interfaces.attached_by(connection, attachment_id)
        if interface is not None and interface.attachment_state is InterfaceAttachment.DETACHING:
            network_interfaces.change(connection, interface, attachment_state=InterfaceAttachment.ATTACHED)

    return rows(publish)


@begins_with_rows
async def ensure_released(world: World, attachment_id: str, instance_id: str) -> None:
    """Afterwards the interface is available, its attachment gone, and no port of the host leads to the guest by it."""

    def release(connection: Connection) -> None:
        interface = network_interfaces.attached_by(connection, attachment_id)
        if interface is None:
            return
        network_interfaces.detach(connection, interface)

    await world.database.write(release)
    await ensure_forwards(world, [instance_id])


async def _attached(world: World, attachment_id: str) -> NetworkInterface | None:
    """The interface that is attached by this attachment still."""
    return await world.database.read(lambda connection: network_interfaces.attached_by(connection, attachment_id))
