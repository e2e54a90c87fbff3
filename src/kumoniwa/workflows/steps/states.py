"""Steps that publish what became of an instance or image."""

from collections.abc import Sequence
from functools import partial

from sqlalchemy import Connection

from kumoniwa.model.instances import InstanceState, Reachability
from kumoniwa.model.storage import ImageState
from kumoniwa.store import images, instances, snapshots
from kumoniwa.workflows.steps.consistency import How, weakest
from kumoniwa.workflows.world import World


async def ensure_published_running(world: World, instance_id: str) -> None:
    """Afterwards the instance is `running`, unless a caller wants it ended by now."""
    await world.database.write(
        partial(instances.move, instance_id=instance_id, sources=[InstanceState.PENDING], target=InstanceState.RUNNING)
    )


async def ensure_published_stopped(world: World, instance_id: str) -> None:
    """Afterwards the instance is `stopped` and its public address is given back."""
    await world.database.write(
        partial(
            instances.move,
            instance_id=instance_id,
            sources=[InstanceState.STOPPING],
            target=InstanceState.STOPPED,
            public_ip=None,
            reachability=Reachability.INITIALIZING,
            impaired_since=None,
        )
    )


async def ensure_published_terminated(world: World, instance_id: str) -> None:
    """Afterwards the instance is `terminated` and its addresses are given back."""
    await world.database.write(
        partial(
            instances.move,
            instance_id=instance_id,
            sources=[InstanceState.SHUTTING_DOWN],
            target=InstanceState.TERMINATED,
            public_ip=None,
            terminated_at=world.clock.now(),
        )
    )


async def ensure_start_failed(world: World, instance_id: str, target: InstanceState, reason: str) -> None:
    """Afterwards the instance is back in `target` (`stopped`, or `terminated` for a launch), and says why."""
    now = world.clock.now()

    def publish(connection: Connection) -> None:
        instances.move(
            connection,
            instance_id,
            [InstanceState.PENDING],
            target,
            public_ip=None,
            terminated_at=now if target is InstanceState.TERMINATED else None,
            state_transition_reason="Server.InternalError",
            state_reason_code="Server.InternalError",
            state_reason_message=f"Server.InternalError: {reason}",
        )

    await world.database.write(publish)


async def ensure_image_available(world: World, image_id: str, how: How, snapshot_ids: Sequence[str] = ()) -> None:
    """Afterwards the image can be launched, and says how it was cut: as the one of its snapshots that is worst off."""

    def publish(connection: Connection) -> None:
        cut = [snapshots.get(connection, snapshot_id) for snapshot_id in snapshot_ids]
        told = weakest(
            How(*how),
            *(How(one.consistency, one.consistency_detail or "") for one in cut if one is not None and one.consistency),
        )
        images.change(
            connection,
            image_id,
            consistency=told.consistency,
            consistency_detail=told.detail,
            frozen_ms=told.frozen_ms,
        )
        images.move(connection, image_id, [ImageState.PENDING], ImageState.AVAILABLE)

    await world.database.write(publish)


async def ensure_image_failed(world: World, image_id: str, reason: str) -> None:
    """Afterwards the image is `failed`, and says why."""

    def publish(connection: Connection) -> None:
        images.change(
            connection,
            image_id,
            state_reason_code="Server.InternalError",
            state_reason_message=f"Server.InternalError: {reason}",
        )
        images.move(connection, image_id, [ImageState.PENDING], ImageState.FAILED)

    await world.database.write(publish)
