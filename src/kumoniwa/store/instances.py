"""Instances in the database."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, select, update

from kumoniwa.model.instances import MOVES, Instance, InstanceState
from kumoniwa.model.scope import Scope
from kumoniwa.store.rows import all_of, insert, one_of
from kumoniwa.store.tables import instance_groups, instances


class IllegalMove(Exception):
    """Code asked for a move between instance states that EC2 does not have. Our bug, never the caller's."""


def add(connection: Connection, instance: Instance, group_ids: Sequence[str]) -> None:
    """Write a new instance and its security groups."""
    insert(connection, instances, instance)
    _put_groups(connection, instance.id, group_ids)


def get(connection: Connection, instance_id: str) -> Instance | None:
    return one_of(Instance, connection, select(instances).where(instances.c.id == instance_id))


def in_scope(connection: Connection, scope: Scope, ids: Collection[str] | None = None) -> list[Instance]:
    """The instances of an account in a region, oldest first; only these, where `ids` are given."""
    query = select(instances).where(instances.c.account == scope.account, instances.c.region == scope.region)
    if ids is not None:
        query = query.where(instances.c.id.in_(ids))
    return all_of(
        Instance,
        connection,
        query.order_by(instances.c.first_launch_time, instances.c.reservation_id, instances.c.launch_index),
    )


def versions(connection: Connection, scope: Scope, ids: Collection[str] | None = None) -> dict[str, int]:
    """The instances of an account in a region, or these of them, by id: how many changes each has seen."""
    query = select(instances.c.id, instances.c.version).where(
        instances.c.account == scope.account, instances.c.region == scope.region
    )
    if ids is not None:
        query = query.where(instances.c.id.in_(ids))
    return dict(connection.execute(query).all())


def in_states(connection: Connection, states: Collection[InstanceState]) -> list[Instance]:
    """The instances of every account and region that are in one of these states."""
    return all_of(Instance, connection, select(instances).where(instances.c.state.in_(states)))


def change(connection: Connection, instance_id: str, **columns: Any) -> None:
    """Change columns of an instance, other than its state."""
    assert "state" not in columns, "states are moved by `move`"
    connection.execute(
        update(instances).where(instances.c.id == instance_id).values(version=instances.c.version + 1, **columns)
    )


def move(
    connection: Connection, instance_id: str, sources: Collection[InstanceState], target: InstanceState, **columns: Any
) -> bool:
    """Move an instance to `target`, if it is in one of `sources`; gives whether it was. Nothing else moves one."""
    for source in sources:
        if target not in MOVES[source]:
            raise IllegalMove(f"{source} → {target}")
    result = connection.execute(
        update(instances)
        .where(instances.c.id == instance_id, instances.c.state.in_(sources))
        .values(state=target, version=instances.c.version + 1, **columns)
    )
    return result.rowcount == 1


def forget(connection: Connection, instance_id: str) -> None:
    """Remove an instance that was terminated long ago, with its places in security groups."""
    connection.execute(instances.delete().where(instances.c.id == instance_id))


def groups_of(connection: Connection, instance_ids: Collection[str] | None = None) -> dict[str, list[str]]:
    """The ids of the security groups of instances, in their order; of all instances where no ids are given."""
    query = select(instance_groups.c.instance_id, instance_groups.c.group_id).order_by(instance_groups.c.position)
    if instance_ids is not None:
        query = query.where(instance_groups.c.instance_id.in_(instance_ids))
    found: dict[str, list[str]] = {}
    for instance_id, group_id in connection.execute(query):
        found.setdefault(instance_id, []).append(group_id)
    return found


def set_groups(connection: Connection, instance_id: str, group_ids: Sequence[str]) -> None:
    """Afterwards the instance is in exactly these security groups."""
    connection.execute(instance_groups.delete().where(instance_groups.c.instance_id == instance_id))
    _put_groups(connection, instance_id, group_ids)
    change(connection, instance_id)


def members_of(connection: Connection, group_id: str) -> list[str]:
    """The ids of the instances that are in a security group, terminated ones left out."""
    query = (
        select(instance_groups.c.instance_id)
        .join(instances, instances.c.id == instance_groups.c.instance_id)
        .where(instance_groups.c.group_id == group_id, instances.c.state != InstanceState.TERMINATED)
    )
    return list(connection.execute(query).scalars())


def public_addresses(connection: Connection) -> set[str]:
    """The public addresses in use, in the whole cloud: they are all on this one host."""
    return set(connection.execute(select(instances.c.public_ip).where(instances.c.public_ip.is_not(None))).scalars())


def private_addresses(connection: Connection, subnet_id: str) -> set[str]:
    """The private addresses in use in a subnet. A terminated instance has none."""
    query = select(instances.c.private_ip).where(
        instances.c.subnet_id == subnet_id, instances.c.state != InstanceState.TERMINATED
    )
    return set(connection.execute(query).scalars())


def _put_groups(connection: Connection, instance_id: str, group_ids: Sequence[str]) -> None:
    if group_ids:
        connection.execute(
            instance_groups.insert(),
            [
                {"instance_id": instance_id, "position": position, "group_id": group_id}
                for position, group_id in enumerate(group_ids)
            ],
        )
