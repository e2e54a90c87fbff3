"""What is known of one instance, gathered from the database."""

from sqlalchemy import Connection, select

from kumoniwa.imds.tree import GuestFacts
from kumoniwa.model.instances import Instance
from kumoniwa.model.network import KeyPair, SecurityGroup, Subnet, Vpc
from kumoniwa.model.storage import Attachment, AttachmentState
from kumoniwa.store import instances
from kumoniwa.store.rows import all_of, one_of
from kumoniwa.store.tables import attachments, instance_groups, key_pairs, security_groups, subnets, tags, vpcs


def gather(connection: Connection, instance_id: str) -> GuestFacts | None:
    """The facts of an instance, or None where there is no such instance."""
    instance = instances.get(connection, instance_id)
    if instance is None:
        return None
    vpc = one_of(Vpc, connection, select(vpcs).where(vpcs.c.id == instance.vpc_id))
    subnet = one_of(Subnet, connection, select(subnets).where(subnets.c.id == instance.subnet_id))
    assert vpc is not None and subnet is not None, "an instance's network outlives it"
    return GuestFacts(
        instance=instance,
        vpc=vpc,
        subnet=subnet,
        groups=_groups(connection, instance_id),
        attachments=_attachments(connection, instance_id),
        tags=_tags(connection, instance_id) if instance.metadata_tags else {},
        key_pair=_key_pair(connection, instance),
    )


def _groups(connection: Connection, instance_id: str) -> tuple[SecurityGroup, ...]:
    query = (
        select(security_groups)
        .join(instance_groups, instance_groups.c.group_id == security_groups.c.id)
        .where(instance_groups.c.instance_id == instance_id)
        .order_by(instance_groups.c.position)
    )
    return tuple(all_of(SecurityGroup, connection, query))


def _attachments(connection: Connection, instance_id: str) -> tuple[Attachment, ...]:
    query = (
        select(attachments)
        .where(attachments.c.instance_id == instance_id, attachments.c.state != AttachmentState.DETACHED)
        .order_by(attachments.c.position)
    )
    return tuple(all_of(Attachment, connection, query))


def _tags(connection: Connection, instance_id: str) -> dict[str, str]:
    query = select(tags.c.key, tags.c.value).where(tags.c.resource_id == instance_id).order_by(tags.c.key)
    return {row.key: row.value for row in connection.execute(query)}


def _key_pair(connection: Connection, instance: Instance) -> KeyPair | None:
    """The key pair that the instance was launched with, as long as it is not deleted."""
    if instance.key_name is None:
        return None
    columns = key_pairs.c
    query = select(key_pairs).where(
        columns.account == instance.account, columns.region == instance.region, columns.name == instance.key_name
    )
    return one_of(KeyPair, connection, query)
