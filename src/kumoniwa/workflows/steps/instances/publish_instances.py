"""Steps that publish what became of an instance."""

from functools import partial

from sqlalchemy import Connection

from kumoniwa.model.instances import InstanceState, Reachability
from kumoniwa.store import instances, network_interfaces
from kumoniwa.workflows.shared_commits import Rows, begins_with_rows, rows
from kumoniwa.workflows.world import World


@begins_with_rows
async def ensure_published_running(world: World, instance_id: str) -> Rows[None]:
    """Afterwards the instance is `running`, unless a caller wants it ended by now."""
    return rows(
        partial(
            instances.move,
            instance_id=instance_id,
            sources=[InstanceState.PENDING],
            target=InstanceState.RUNNING,
            at=world.clock.now(),
        )
    )


@begins_with_rows
async def ensure_published_stopped(world: World, instance_id: str) -> Rows[None]:
    """Afterwards the instance is `stopped` and its public address is given back."""
    return rows(
        partial(
            instances.move,
            instance_id=instance_id,
            sources=[InstanceState.STOPPING],
            target=InstanceState.STOPPED,
            at=world.clock.now(),
            public_ip=None,
            reachability=Reachability.INITIALIZING,
            impaired_since=None,
        )
    )


@begins_with_rows
async def ensure_published_terminated(world: World, instance_id: str) -> Rows[None]:
    """Afterwards the instance is `terminated`, its addresses are given back and its network interfaces are gone."""
    now = world.clock.now()

    def publish(connection: Connection) -> None:
        if instances.move(
            connection,
            instance_id,
            [InstanceState.SHUTTING_DOWN],
            InstanceState.TERMINATED,
            at=now,
            public_ip=None,
            terminated_at=now,
        ):
            network_interfaces.end_with(connection, instance_id)

    return rows(publish)


@begins_with_rows
async def ensure_start_failed(world: World, instance_id: str, target: InstanceState, reason: str) -> Rows[None]:
    """Afterwards the instance is back in `target` (`stopped`, or `terminated` for a launch), and says why."""
    now = world.clock.now()

    def publish(connection: Connection) -> None:
        moved = instances.move(
            connection,
            instance_id,
            [InstanceState.PENDING],
            target,
            at=now,
            public_ip=None,
            terminated_at=now if target is InstanceState.TERMINATED else None,
            state_transition_reason="Server.InternalError",
            state_reason_code="Server.InternalError",
            state_reason_message=f"Server.InternalError: {reason}",
        )
        if moved and target is InstanceState.TERMINATED:
            network_interfaces.end_with(connection, instance_id)

    return rows(publish)
