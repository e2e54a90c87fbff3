"""The tables, one file for each resource."""

from kumoniwa.store.tables.claims import claims
from kumoniwa.store.tables.cloud import client_tokens, facts
from kumoniwa.store.tables.columns import Moment, Word, metadata
from kumoniwa.store.tables.images import image_devices, images
from kumoniwa.store.tables.instances import boots, instance_moves, instances, replace_root_tasks
from kumoniwa.store.tables.key_pairs import key_pairs
from kumoniwa.store.tables.layers import layers
from kumoniwa.store.tables.network_interfaces import interface_groups, network_interfaces
from kumoniwa.store.tables.security_groups import security_group_rules, security_groups
from kumoniwa.store.tables.sharing import permissions
from kumoniwa.store.tables.snapshots import import_tasks, snapshots
from kumoniwa.store.tables.tags import tags
from kumoniwa.store.tables.volumes import attachments, volume_modifications, volumes
from kumoniwa.store.tables.vpcs import subnets, vpcs
from kumoniwa.store.tables.workflows import steps, workflows

__all__ = [
    "Moment",
    "Word",
    "attachments",
    "boots",
    "claims",
    "client_tokens",
    "facts",
    "image_devices",
    "images",
    "import_tasks",
    "instance_moves",
    "instances",
    "interface_groups",
    "key_pairs",
    "layers",
    "metadata",
    "network_interfaces",
    "permissions",
    "replace_root_tasks",
    "security_group_rules",
    "security_groups",
    "snapshots",
    "steps",
    "subnets",
    "tags",
    "volume_modifications",
    "volumes",
    "vpcs",
    "workflows",
]
