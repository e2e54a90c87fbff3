"""Steps that publish what became of an instance."""

from functools import partial

from sqlalchemy import Connection

from kumoniwa.model.instances import InstanceState, Reachability
from kumoniwa.model.kms_keys import KEY_UNUSABLE
from kumoniwa.store import elastic_ips, instance_profiles, instances, network_interfaces
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
    """Afterwards the instance is `stopped`, its public address given back; an Elastic IP address stays."""
    now = world.clock.now()

    def publish(connection: Connection) -> None:
        instances.move(
            connection,
            instance_id,
            [InstanceState.STOPPING],
            InstanceState.STOPPED,
            at=now,
            public_ip=elastic_ips.of_instance(connection, instance_id),
            reachability=Reachability.INITIALIZING,
            impaired_since=None,
        )

    return rows(publish)


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
            _let_go(connection, instance_id)

    return rows(publish)


@begins_with_rows
async def ensure_start_failed(world: World, instance_id: str, target: InstanceState, reason: str) -> Rows[None]:
    """Afterwards the instance is back in `target` (`stopped`, or `terminated` for a launch), and says why."""
    now = world.clock.now()
    code, text = "Server.InternalError", f"Server.InternalError: {reason}"
    if reason.startswith(KEY_UNUSABLE):
        code, text = KEY_UNUSABLE, reason

    def publish(connection: Connection) -> None:
        moved = instances.move(
            connection,
            instance_id,
            [InstanceState.PENDING],
            target,
            at=now,
            public_ip=elastic_ips.of_instance(connection, instance_id) if target is InstanceState.STOPPED else None,
            terminated_at=now if target is InstanceState.TERMINATED else None,
            state_transition_reason=code,
            state_reason_code=code,
            state_reason_message=text,
        )
        if moved and target is InstanceState.TERMINATED:
            _let_go(connection, instance_id)

    return rows(publish)


def _let_go(connection: Connection, instance_id: str) -> None:
    """Take its profile and network interfaces from an instance; those interfaces that end with it are deleted."""
    instance_profiles.disassociate(connection, instance_id)
    ending = network_interfaces.ending_with(connection, instance_id)
    elastic_ips.disassociate_interfaces(connection, ending)
    network_interfaces.end_with(connection, instance_id)
    network_interfaces.detach_all(connection, instance_id)
