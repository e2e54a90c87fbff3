"""Every table: for what is about all of them. Who needs some imports their files, so that a server starts without the
others."""

from kumoniwa.store.tables.account_settings import account_settings
from kumoniwa.store.tables.claims import claims
from kumoniwa.store.tables.cloud import client_tokens, facts
from kumoniwa.store.tables.columns import Moment, Word, metadata
from kumoniwa.store.tables.connect_keys import connect_keys
from kumoniwa.store.tables.elastic_ips import elastic_ips
from kumoniwa.store.tables.fast_launch import fast_launches, prepared_machines
from kumoniwa.store.tables.fleets import fleet_instances, fleets
from kumoniwa.store.tables.flow_logs import flow_logs
from kumoniwa.store.tables.identities import (
    access_keys,
    iam_attached_policies,
    iam_groups,
    iam_inline_policies,
    iam_memberships,
    iam_policies,
    iam_policy_versions,
    iam_roles,
    iam_users,
    instance_profiles,
    profile_associations,
)
from kumoniwa.store.tables.images import image_devices, images
from kumoniwa.store.tables.instances import boots, hibernations, instance_moves, instances, replace_root_tasks
from kumoniwa.store.tables.key_pairs import key_pairs
from kumoniwa.store.tables.kms_keys import kms_aliases, kms_grants, kms_keys
from kumoniwa.store.tables.launch_templates import launch_template_versions, launch_templates
from kumoniwa.store.tables.layers import layers
from kumoniwa.store.tables.network_acls import acl_entries, network_acls
from kumoniwa.store.tables.network_insights import insights_analyses, insights_paths
from kumoniwa.store.tables.network_interfaces import (
    interface_groups,
    ipv6_addresses,
    network_interfaces,
    secondary_addresses,
)
from kumoniwa.store.tables.network_records import dhcp_options, peerings, prefix_list_entries, prefix_lists
from kumoniwa.store.tables.parameters import parameter_tags, parameters
from kumoniwa.store.tables.placement_groups import placement_groups
from kumoniwa.store.tables.routing import (
    egress_only_gateways,
    internet_gateways,
    nat_gateway_addresses,
    nat_gateways,
    route_table_associations,
    route_tables,
    routes,
)
from kumoniwa.store.tables.security_groups import group_associations, security_group_rules, security_groups
from kumoniwa.store.tables.sharing import permissions
from kumoniwa.store.tables.snapshots import import_tasks, snapshot_locks, snapshots
from kumoniwa.store.tables.spot_requests import spot_requests
from kumoniwa.store.tables.tags import tags
from kumoniwa.store.tables.trail_events import trail_events
from kumoniwa.store.tables.volumes import attachments, volume_modifications, volumes
from kumoniwa.store.tables.vpcs import former_blocks, subnet_reservations, subnets, vpc_blocks, vpcs
from kumoniwa.store.tables.workflows import steps, workflows

__all__ = [
    "Moment",
    "Word",
    "access_keys",
    "account_settings",
    "acl_entries",
    "attachments",
    "boots",
    "claims",
    "client_tokens",
    "connect_keys",
    "dhcp_options",
    "egress_only_gateways",
    "elastic_ips",
    "facts",
    "fast_launches",
    "fleet_instances",
    "fleets",
    "flow_logs",
    "former_blocks",
    "group_associations",
    "hibernations",
    "iam_attached_policies",
    "iam_groups",
    "iam_inline_policies",
    "iam_memberships",
    "iam_policies",
    "iam_policy_versions",
    "iam_roles",
    "iam_users",
    "image_devices",
    "images",
    "import_tasks",
    "insights_analyses",
    "insights_paths",
    "instance_moves",
    "instance_profiles",
    "instances",
    "interface_groups",
    "internet_gateways",
    "ipv6_addresses",
    "key_pairs",
    "kms_aliases",
    "kms_grants",
    "kms_keys",
    "launch_template_versions",
    "launch_templates",
    "layers",
    "metadata",
    "nat_gateway_addresses",
    "nat_gateways",
    "network_acls",
    "network_interfaces",
    "parameter_tags",
    "parameters",
    "peerings",
    "permissions",
    "placement_groups",
    "prefix_list_entries",
    "prefix_lists",
    "prepared_machines",
    "profile_associations",
    "replace_root_tasks",
    "route_table_associations",
    "route_tables",
    "routes",
    "secondary_addresses",
    "security_group_rules",
    "security_groups",
    "snapshot_locks",
    "snapshots",
    "spot_requests",
    "steps",
    "subnet_reservations",
    "subnets",
    "tags",
    "trail_events",
    "volume_modifications",
    "volumes",
    "vpc_blocks",
    "vpcs",
    "workflows",
]
