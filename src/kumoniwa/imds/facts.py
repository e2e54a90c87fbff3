"""What is known of one instance, gathered from the database."""

from sqlalchemy import Connection

from kumoniwa.imds.tree import GuestFacts
from kumoniwa.model.instances import Instance
from kumoniwa.model.scope import Scope
from kumoniwa.model.security_groups import SecurityGroup
from kumoniwa.store import instances, network_interfaces, security_groups, tags, volumes, vpcs


def gather(connection: Connection, instance_id: str) -> GuestFacts | None:
    """The facts of an instance, or None where there is no such instance, or it is terminated."""
    instance = instances.get(connection, instance_id)
    interface = network_interfaces.primary(connection, instance_id)
    if instance is None or interface is None:
        return None
    scope = Scope.of(instance)
    [vpc] = vpcs.in_scope(connection, scope, [interface.vpc_id])
    [subnet] = vpcs.subnets_in(connection, scope, [interface.subnet_id])
    attached = volumes.attachments_of(connection, [instance_id]).get(instance_id, [])
    told_tags = tags.tags_of(connection, scope, ids=[instance_id]) if instance.metadata_tags else {}
    return GuestFacts(
        instance=instance,
        interface=interface,
        vpc=vpc,
        further_blocks=tuple(block.cidr for block in vpcs.blocks_of(connection, vpc.id) if "." in block.cidr),
        subnet=subnet,
        groups=_groups(connection, instance),
        attachments=tuple(attached),
        tags=told_tags.get(instance_id, {}),
    )


def _groups(connection: Connection, instance: Instance) -> tuple[SecurityGroup, ...]:
    ids = network_interfaces.groups_of_instance(connection, instance.id)
    groups = security_groups.in_scope(connection, Scope.of(instance), ids)
    return tuple(sorted(groups, key=lambda group: ids.index(group.id)))
