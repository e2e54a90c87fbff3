"""How the database finds, orders and filters instances, for every action that lists them.

They come in the order of their first launch, those of one reservation together. A filter compares here what the filter
of the same name compares in a description (`instance_filters.py`).
"""

from typing import Any

from kumoniwa.model.instances import InstanceState
from kumoniwa.store.selection import Comparison, Selection, boolean, number, other_boolean, other_text, text, words
from kumoniwa.store.tables.instances import instances
from kumoniwa.store.tables.network_interfaces import interface_groups, network_interfaces
from kumoniwa.store.tables.security_groups import security_groups
from kumoniwa.store.tables.volumes import attachments

_own, _interface = instances.c, network_interfaces.c
_of, _primary = _interface.instance_id, [_interface.device_index == 0]
_attached_to = instances.alias("attached_to")
_in_groups = network_interfaces.join(interface_groups)
_named_groups = _in_groups.join(security_groups, security_groups.c.id == interface_groups.c.group_id)
_group_id = other_text(_of, interface_groups.c.group_id, among=_in_groups, also=_primary)
_by_name: dict[str, Any] = {"among": _named_groups, "scoped": security_groups}
_group_name = other_text(_of, security_groups.c.name, also=_primary, **_by_name)

COMPARISONS: dict[str, Comparison] = {
    "architecture": text(_own.architecture),
    "availability-zone": text(_own.zone),
    "block-device-mapping.volume-id": other_text(
        attachments.c.instance_id,
        attachments.c.volume_id,
        among=attachments.join(_attached_to),
        also=[_attached_to.c.state != InstanceState.TERMINATED],
    ),
    "client-token": text(_own.client_token),
    "ebs-optimized": boolean(_own.ebs_optimized),
    "group-id": _group_id,
    "group-name": _group_name,
    "image-id": text(_own.image_id),
    "instance-id": text(_own.id),
    "instance-state-code": words(_own.state, {str(state): str(state.code) for state in InstanceState}),
    "instance-state-name": text(_own.state),
    "instance-type": text(_own.instance_type),
    "instance.group-id": _group_id,
    "instance.group-name": _group_name,
    "ip-address": text(_own.public_ip),
    "key-name": text(_own.key_name),
    "launch-index": number(_own.launch_index),
    "metadata-options.http-endpoint": boolean(_own.metadata_endpoint, "enabled", "disabled"),
    "metadata-options.http-put-response-hop-limit": number(_own.metadata_hop_limit),
    "metadata-options.http-tokens": boolean(_own.metadata_tokens_required, "required", "optional"),
    "metadata-options.instance-metadata-tags": boolean(_own.metadata_tags, "enabled", "disabled"),
    "monitoring-state": boolean(_own.monitoring, "enabled", "disabled"),
    "network-interface.addresses.private-ip-address": other_text(_of, _interface.private_ip, scoped=network_interfaces),
    "network-interface.attachment.attachment-id": other_text(_of, _interface.attachment_id, scoped=network_interfaces),
    "network-interface.description": other_text(_of, _interface.description, scoped=network_interfaces),
    "network-interface.group-id": other_text(_of, interface_groups.c.group_id, among=_in_groups),
    "network-interface.group-name": other_text(
        _of, security_groups.c.name, among=_named_groups, scoped=security_groups
    ),
    "network-interface.mac-address": other_text(_of, _interface.mac, scoped=network_interfaces),
    "network-interface.network-interface-id": other_text(_of, _interface.id, scoped=network_interfaces),
    "network-interface.owner-id": other_text(_of, _interface.account, scoped=network_interfaces),
    "network-interface.private-ip-address": other_text(_of, _interface.private_ip, scoped=network_interfaces),
    "network-interface.source-dest-check": other_boolean(_of, _interface.source_dest_check, scoped=network_interfaces),
    "network-interface.subnet-id": other_text(_of, _interface.subnet_id),
    "network-interface.vpc-id": other_text(_of, _interface.vpc_id, scoped=network_interfaces),
    "owner-id": text(_own.account),
    "private-ip-address": other_text(_of, _interface.private_ip, also=_primary, scoped=network_interfaces),
    "reason": text(_own.state_transition_reason),
    "requester-id": text(_own.requester),
    "reservation-id": text(_own.reservation_id),
    "root-device-name": text(_own.root_device_name),
    "source-dest-check": other_boolean(_of, _interface.source_dest_check, also=_primary, scoped=network_interfaces),
    "state-reason-code": text(_own.state_reason_code),
    "subnet-id": other_text(_of, _interface.subnet_id, also=_primary),
    "vpc-id": other_text(_of, _interface.vpc_id, also=_primary, scoped=network_interfaces),
}

INSTANCES = Selection(
    instances,
    order=(_own.first_launch_time, _own.reservation_id, _own.launch_index, _own.id),
    comparisons=COMPARISONS,
    resource_type="instance",
    columns=(_own.id, _own.version),
)
