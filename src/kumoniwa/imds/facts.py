"""What is known of one instance, gathered from the database."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection

from kumoniwa.credentials.session_tokens import SessionTokens
from kumoniwa.imds.profile import profile_facts
from kumoniwa.imds.tree import Addresses, GuestFacts, InterfaceFacts
from kumoniwa.model.network_interfaces import NetworkInterface
from kumoniwa.model.scope import Scope
from kumoniwa.model.security_groups import SecurityGroup
from kumoniwa.model.vpcs import Subnet
from kumoniwa.store import (
    connect_keys,
    elastic_ips,
    instances,
    network_interfaces,
    security_groups,
    spot_requests,
    tags,
    volumes,
    vpcs,
)

T = TypeVar("T", SecurityGroup, Subnet)


def gather(connection: Connection, instance_id: str, tokens: SessionTokens, now: datetime) -> GuestFacts | None:
    """The facts of an instance, or None where there is no such instance, or it is terminated.

    `tokens` issue the credentials that its guest finds now.
    """
    instance = instances.get(connection, instance_id)
    attached = network_interfaces.attached_to(connection, instance_id)
    if instance is None or not attached:
        return None
    scope = Scope.of(instance)
    primary, *further = _interfaces(connection, scope, attached)
    [vpc] = vpcs.in_scope(connection, scope, [primary.interface.vpc_id])
    disks = volumes.attachments_of(connection, [instance_id]).get(instance_id, [])
    told_tags = tags.tags_of(connection, scope, ids=[instance_id]) if instance.metadata_tags else {}
    return GuestFacts(
        instance=instance,
        interface=primary.interface,
        vpc=vpc,
        further_blocks=tuple(block.cidr for block in vpcs.blocks_of(connection, vpc.id) if "." in block.cidr),
        subnet=primary.subnet,
        groups=primary.groups,
        attachments=tuple(disks),
        tags=told_tags.get(instance_id, {}),
        secondary=primary.addresses[1:],
        further=tuple(further),
        profile=profile_facts(connection, instance_id, tokens, now),
        spot=spot_requests.of_instance(connection, instance_id),
        connect_keys=tuple(connect_keys.in_force(connection, instance_id, now)),
    )


def _interfaces(connection: Connection, scope: Scope, attached: Sequence[NetworkInterface]) -> list[InterfaceFacts]:
    ids = [interface.id for interface in attached]
    secondary = network_interfaces.secondary_of(connection, ids)
    elastic = elastic_ips.of_interfaces(connection, ids)
    group_ids = {
        interface_id: [group_id for group_id, _ in groups]
        for interface_id, groups in network_interfaces.groups_in_scope(connection, scope, ids).items()
    }
    groups = _by_id(security_groups.in_scope(connection, scope, list({one for of in group_ids.values() for one in of})))
    subnets = _by_id(vpcs.subnets_in(connection, scope, list({interface.subnet_id for interface in attached})))

    def addresses(interface: NetworkInterface) -> Addresses:
        leading = elastic.get(interface.id, {})
        private = (interface.private_ip, *secondary.get(interface.id, ()))
        return tuple((one, leading[one].public_ip if one in leading else None) for one in private)

    return [
        InterfaceFacts(
            interface,
            subnets[interface.subnet_id],
            tuple(groups[group_id] for group_id in group_ids.get(interface.id, ())),
            addresses(interface),
        )
        for interface in attached
    ]


def _by_id(found: Iterable[T]) -> dict[str, T]:
    return {one.id: one for one in found}
