"""The kinds of resources: what their ids look like, how tags name them, and how EC2 refuses an id of each kind."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Generic, TypeVar

from sqlalchemy import Column, Connection, select

from kumoniwa.api.call import Call
from kumoniwa.errors import Ec2Error
from kumoniwa.ids import is_well_formed, is_well_formed_uuid
from kumoniwa.model.dhcp_options import DhcpOptions
from kumoniwa.model.elastic_ips import ElasticIp
from kumoniwa.model.fleets import Fleet
from kumoniwa.model.flow_logs import FlowLog
from kumoniwa.model.gateways import EgressOnlyGateway, InternetGateway, NatGateway
from kumoniwa.model.images import Image
from kumoniwa.model.instances import Instance
from kumoniwa.model.launch_templates import LaunchTemplate
from kumoniwa.model.network_acls import NetworkAcl
from kumoniwa.model.network_insights import InsightsAnalysis, InsightsPath
from kumoniwa.model.network_interfaces import NetworkInterface
from kumoniwa.model.peerings import Peering
from kumoniwa.model.placement_groups import PlacementGroup
from kumoniwa.model.prefix_lists import PrefixList
from kumoniwa.model.replace_root_tasks import ReplaceRootTask
from kumoniwa.model.roles import ProfileAssociation
from kumoniwa.model.route_tables import RouteTable
from kumoniwa.model.scope import Scope
from kumoniwa.model.security_groups import SecurityGroup
from kumoniwa.model.snapshots import ImportTask, Snapshot
from kumoniwa.model.spot_requests import SpotRequest
from kumoniwa.model.volumes import Volume
from kumoniwa.model.vpcs import Subnet, SubnetReservation, Vpc
from kumoniwa.store import all_tables as tables
from kumoniwa.store import (
    dhcp_options,
    elastic_ips,
    fleets,
    flow_logs,
    gateways,
    images,
    imports,
    instance_profiles,
    instances,
    launch_templates,
    network_acls,
    network_insights,
    network_interfaces,
    peerings,
    placement_groups,
    prefix_lists,
    replace_root,
    route_tables,
    security_groups,
    snapshots,
    spot_requests,
    subnet_reservations,
    volumes,
    vpcs,
)
from kumoniwa.store.prepared import Prepared, among, listed

T = TypeVar("T")

InScope = Callable[[Connection, Scope, Collection[str] | None], list[T]]
"""Reads the resources of a scope; where ids are given, those of them that exist."""

EXPECTING = 'Invalid id: "{id}" (expecting "{prefix}-...")'
"""EC2's text for an id that cannot belong to its kind; each kind names the text that EC2 has for it."""
BARE = 'Invalid id: "{id}"'
OF_PARAMETER = "Value ({id}) for parameter {parameter} is invalid. Expected: '{prefix}-...'."


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Kind:
    """One kind of resource. The texts for missing ones hold `{}` where the ids stand, or `{spaced}`, without commas."""

    prefix: str
    resource_type: str
    column: "Column[Any]"
    """Where the ids of those that exist are kept."""
    also_of: "tuple[Column[Any], Column[Any]] | None" = None
    """The account and the region that see a resource besides its own."""
    missing_code: str
    missing: str
    several_missing: str
    malformed_code: str
    malformed_text: str = EXPECTING
    unprefixed_text: str = ""
    """The text for what does not even begin as an id of this kind, where it is another."""
    parameter: str = ""
    """What `malformed_text` names the parameter, where it names it at all."""
    has_uuid: bool = False
    """Whether its ids are a prefix and a UUID."""

    def is_id(self, identifier: str) -> bool:
        """Whether this could be an id of this kind at all."""
        return (is_well_formed_uuid if self.has_uuid else is_well_formed)(identifier, self.prefix)

    def not_found(self, ids: Sequence[str]) -> Ec2Error:
        """EC2's refusal for ids that no resource has."""
        text = self.missing if len(ids) == 1 else self.several_missing
        return Ec2Error(self.missing_code, text.format(", ".join(ids), spaced=" ".join(ids), count=len(ids)))

    def check_form(self, ids: Collection[str], parameter: str = "") -> None:
        """Raises EC2's refusal of the first id that cannot belong to this kind; `parameter` is where they stand."""
        for identifier in ids:
            if not self.is_id(identifier):
                raise self.malformed(identifier, parameter=parameter)

    def malformed(self, identifier: str, *, parameter: str = "", text: str = "") -> Ec2Error:
        """EC2's refusal of a text that is no id of this kind, in its usual text or in the one given."""
        words = {"id": identifier[:200], "prefix": self.prefix, "parameter": parameter or self.parameter}
        usual = self.malformed_text
        if self.unprefixed_text and not identifier.startswith(f"{self.prefix}-"):
            usual = self.unprefixed_text
        return Ec2Error(self.malformed_code, (text or usual).format(**words))

    def check_all_found(self, asked: Collection[str] | None, found: Collection[str]) -> None:
        """Raises EC2's refusal where an id was asked for and not found. `asked` is None for all there are."""
        if asked is not None and (missing := [identifier for identifier in asked if identifier not in found]):
            raise self.not_found(missing)


@dataclass(frozen=True, eq=False, kw_only=True)
class StoredKind(Kind, Generic[T]):
    """A kind whose resources are read by their ids (`named.lookup.named`)."""

    in_scope: InScope[T]


INSTANCE = StoredKind[Instance](
    prefix="i",
    resource_type="instance",
    column=tables.instances.c.id,
    missing_code="InvalidInstanceID.NotFound",
    missing="The instance ID '{}' does not exist",
    several_missing="The instance IDs '{}' do not exist",
    malformed_code="InvalidInstanceID.Malformed",
    malformed_text=BARE,
    in_scope=instances.in_scope,
)
VOLUME = StoredKind[Volume](
    prefix="vol",
    resource_type="volume",
    column=tables.volumes.c.id,
    missing_code="InvalidVolume.NotFound",
    missing="The volume '{}' does not exist.",
    several_missing="The volumes '{}' do not exist.",
    malformed_code="InvalidParameterValue",
    malformed_text=OF_PARAMETER,
    parameter="volumeId",
    in_scope=volumes.in_scope,
)
SNAPSHOT = StoredKind[Snapshot](
    prefix="snap",
    resource_type="snapshot",
    column=tables.snapshots.c.id,
    missing_code="InvalidSnapshot.NotFound",
    missing="The snapshot '{}' does not exist.",
    several_missing="The snapshots '{}' do not exist.",
    malformed_code="InvalidParameterValue",
    malformed_text=OF_PARAMETER,
    parameter="snapshotId",
    in_scope=snapshots.in_scope,
)
IMAGE = StoredKind[Image](
    prefix="ami",
    resource_type="image",
    column=tables.images.c.id,
    missing_code="InvalidAMIID.NotFound",
    missing="The image id '[{}]' does not exist",
    several_missing="The image ids '[{}]' do not exist",
    malformed_code="InvalidAMIID.Malformed",
    malformed_text=BARE,
    unprefixed_text=EXPECTING,
    in_scope=images.in_scope,
)
SECURITY_GROUP = StoredKind[SecurityGroup](
    prefix="sg",
    resource_type="security-group",
    column=tables.security_groups.c.id,
    missing_code="InvalidGroup.NotFound",
    missing="The security group '{}' does not exist",
    several_missing="The security groups '{}' do not exist",
    malformed_code="InvalidGroupId.Malformed",
    in_scope=security_groups.in_scope,
)
SECURITY_GROUP_RULE = Kind(
    prefix="sgr",
    resource_type="security-group-rule",
    column=tables.security_group_rules.c.id,
    missing_code="InvalidSecurityGroupRuleId.NotFound",
    missing="The security group rule ID '{}' does not exist",
    several_missing="The security group rule IDs '{}' do not exist",
    malformed_code="InvalidSecurityGroupRuleId.Malformed",
)
KEY_PAIR = Kind(
    prefix="key",
    resource_type="key-pair",
    column=tables.key_pairs.c.id,
    missing_code="InvalidKeyPair.NotFound",
    missing="The key pair '{}' does not exist",
    several_missing="The key pairs '{}' do not exist",
    malformed_code="InvalidParameterValue",
)
VPC = StoredKind[Vpc](
    prefix="vpc",
    resource_type="vpc",
    column=tables.vpcs.c.id,
    missing_code="InvalidVpcID.NotFound",
    missing="The vpc ID '{}' does not exist",
    several_missing="The vpc IDs '{}' do not exist",
    malformed_code="InvalidVpcID.NotFound",
    malformed_text="The vpc ID '{id}' does not exist",
    in_scope=vpcs.in_scope,
)
SUBNET = StoredKind[Subnet](
    prefix="subnet",
    resource_type="subnet",
    column=tables.subnets.c.id,
    missing_code="InvalidSubnetID.NotFound",
    missing="The subnet ID '{}' does not exist",
    several_missing="The subnet IDs '{}' do not exist",
    malformed_code="InvalidSubnetID.NotFound",
    malformed_text="The subnet ID '{id}' does not exist",
    in_scope=vpcs.subnets_in,
)
SUBNET_RESERVATION = StoredKind[SubnetReservation](
    prefix="scr",
    resource_type="subnet-cidr-reservation",
    column=tables.subnet_reservations.c.id,
    missing_code="InvalidSubnetCidrReservationID.NotFound",
    missing="The subnet CIDR reservation ID '{}' does not exist",
    several_missing="The subnet CIDR reservation IDs '{}' do not exist",
    malformed_code="InvalidSubnetCidrReservationId.Malformed",
    in_scope=subnet_reservations.in_scope,
)
DHCP_OPTIONS = StoredKind[DhcpOptions](
    prefix="dopt",
    resource_type="dhcp-options",
    column=tables.dhcp_options.c.id,
    missing_code="InvalidDhcpOptionID.NotFound",
    missing="The dhcpOption ID '{}' does not exist",
    several_missing="The dhcpOption IDs '{}' do not exist",
    malformed_code="InvalidDhcpOptionID.NotFound",
    malformed_text="The dhcpOption ID '{id}' does not exist",
    in_scope=dhcp_options.in_scope,
)
ROUTE_TABLE = StoredKind[RouteTable](
    prefix="rtb",
    resource_type="route-table",
    column=tables.route_tables.c.id,
    missing_code="InvalidRouteTableID.NotFound",
    missing="The routeTable ID '{}' does not exist",
    several_missing="The routeTable IDs '{}' do not exist",
    malformed_code="InvalidRouteTableId.Malformed",
    in_scope=route_tables.in_scope,
)
INTERNET_GATEWAY = StoredKind[InternetGateway](
    prefix="igw",
    resource_type="internet-gateway",
    column=tables.internet_gateways.c.id,
    missing_code="InvalidInternetGatewayID.NotFound",
    missing="The internetGateway ID '{}' does not exist",
    several_missing="The internetGateway IDs '{}' do not exist",
    malformed_code="InvalidInternetGatewayId.Malformed",
    in_scope=gateways.in_scope,
)
EGRESS_ONLY_GATEWAY = StoredKind[EgressOnlyGateway](
    prefix="eigw",
    resource_type="egress-only-internet-gateway",
    column=tables.egress_only_gateways.c.id,
    missing_code="InvalidGatewayID.NotFound",
    missing="The eigw ID '{}' does not exist",
    several_missing="The eigw IDs '{}' do not exist",
    malformed_code="InvalidGatewayID.NotFound",
    malformed_text="The eigw ID '{id}' does not exist",
    in_scope=gateways.egress_only_in,
)
NAT_GATEWAY = StoredKind[NatGateway](
    prefix="nat",
    resource_type="natgateway",
    column=tables.nat_gateways.c.id,
    missing_code="NatGatewayNotFound",
    missing="The Nat Gateway {} was not found",
    several_missing="The Nat Gateways {} were not found",
    malformed_code="NatGatewayMalformed",
    malformed_text="The Nat Gateway id {id} is malformed",
    in_scope=gateways.nat_in,
)
NETWORK_ACL = StoredKind[NetworkAcl](
    prefix="acl",
    resource_type="network-acl",
    column=tables.network_acls.c.id,
    missing_code="InvalidNetworkAclID.NotFound",
    missing="The networkAcl ID '{}' does not exist",
    several_missing="The networkAcl IDs '{}' do not exist",
    malformed_code="InvalidNetworkAclID.NotFound",
    malformed_text="The networkAcl ID '{id}' does not exist",
    in_scope=network_acls.in_scope,
)
ELASTIC_IP = StoredKind[ElasticIp](
    prefix="eipalloc",
    resource_type="elastic-ip",
    column=tables.elastic_ips.c.id,
    missing_code="InvalidAllocationID.NotFound",
    missing="The allocation ID '{}' does not exist",
    several_missing="The allocation IDs '{}' do not exist",
    malformed_code="InvalidAllocationID.Malformed",
    in_scope=elastic_ips.in_scope,
)
OTHERWISE_NAMED_IP = replace(
    ELASTIC_IP,
    missing_code="InvalidElasticIpID.NotFound",
    missing="The elastic-ip ID '{}' does not exist",
    several_missing="The elastic-ip IDs '{}' do not exist",
    malformed_code="InvalidElasticIpID.Malformed",
    malformed_text="The elastic-ip ID '{id}' is malformed",
)
"""An Elastic IP address as tags and NAT gateways name it: in words that addresses themselves do not have."""
PEERING = StoredKind[Peering](
    prefix="pcx",
    resource_type="vpc-peering-connection",
    column=tables.peerings.c.id,
    also_of=(tables.peerings.c.accepter_account, tables.peerings.c.accepter_region),
    missing_code="InvalidVpcPeeringConnectionID.NotFound",
    missing="The vpcPeeringConnection ID '{}' does not exist",
    several_missing="The vpcPeeringConnection IDs '{}' do not exist",
    malformed_code="InvalidVpcPeeringConnectionId.Malformed",
    in_scope=peerings.in_scope,
)
PREFIX_LIST = StoredKind[PrefixList](
    prefix="pl",
    resource_type="prefix-list",
    column=tables.prefix_lists.c.id,
    missing_code="InvalidPrefixListID.NotFound",
    missing="The prefix list ID '{}' does not exist",
    several_missing="The prefix list IDs '{}' do not exist",
    malformed_code="InvalidPrefixListId.Malformed",
    in_scope=prefix_lists.in_scope,
)
NETWORK_INTERFACE = StoredKind[NetworkInterface](
    prefix="eni",
    resource_type="network-interface",
    column=tables.network_interfaces.c.id,
    missing_code="InvalidNetworkInterfaceID.NotFound",
    missing="The networkInterface ID '{}' does not exist",
    several_missing="The networkInterface IDs '{}' do not exist",
    malformed_code="InvalidNetworkInterfaceId.Malformed",
    in_scope=network_interfaces.in_scope,
)
IMPORT_SNAPSHOT_TASK = StoredKind[ImportTask](
    prefix="import-snap",
    resource_type="import-snapshot-task",
    column=tables.import_tasks.c.id,
    missing_code="InvalidConversionTaskId",
    missing="The import task ID '{}' does not exist",
    several_missing="The import task IDs '{}' do not exist",
    malformed_code="InvalidConversionTaskId.Malformed",
    in_scope=imports.in_scope,
)
REPLACE_ROOT_TASK = StoredKind[ReplaceRootTask](
    prefix="replacevol",
    resource_type="replace-root-volume-task",
    column=tables.replace_root_tasks.c.id,
    missing_code="InvalidReplaceRootVolumeTaskId.NotFound",
    missing="The replace root volume task ID '{}' does not exist",
    several_missing="The replace root volume task IDs '{}' do not exist",
    malformed_code="InvalidReplaceRootVolumeTaskId.Malformed",
    in_scope=replace_root.in_scope,
)

PROFILE_ASSOCIATION = StoredKind[ProfileAssociation](
    prefix="iip-assoc",
    resource_type="iam-instance-profile-association",  # which can have no tags
    column=tables.profile_associations.c.id,
    missing_code="InvalidAssociationID.NotFound",
    missing="An invalid association-id of '{}' was given",
    several_missing="Invalid association-ids of '{}' were given",
    malformed_code="InvalidAssociationID.Malformed",
    in_scope=instance_profiles.associations,
)

INSIGHTS_PATH = StoredKind[InsightsPath](
    prefix="nip",
    resource_type="network-insights-path",
    column=tables.insights_paths.c.id,
    missing_code="InvalidNetworkInsightsPathId.NotFound",
    missing="The network insights path ID '{}' does not exist",
    several_missing="The network insights path IDs '{}' do not exist",
    malformed_code="InvalidNetworkInsightsPathId.Malformed",
    in_scope=network_insights.paths_in,
)
INSIGHTS_ANALYSIS = StoredKind[InsightsAnalysis](
    prefix="nia",
    resource_type="network-insights-analysis",
    column=tables.insights_analyses.c.id,
    missing_code="InvalidNetworkInsightsAnalysisId.NotFound",
    missing="The network insights analysis ID '{}' does not exist",
    several_missing="The network insights analysis IDs '{}' do not exist",
    malformed_code="InvalidNetworkInsightsAnalysisId.Malformed",
    in_scope=network_insights.analyses_in,
)
FLOW_LOG = StoredKind[FlowLog](
    prefix="fl",
    resource_type="vpc-flow-log",
    column=tables.flow_logs.c.id,
    missing_code="InvalidFlowLogId.NotFound",
    missing="These flow log ids in the input list are not found: [TotalCount: 1] {}",
    several_missing="These flow log ids in the input list are not found: [TotalCount: {count}] {spaced}",
    malformed_code="InvalidFlowLogId.Malformed",
    in_scope=flow_logs.in_scope,
)
LAUNCH_TEMPLATE = StoredKind[LaunchTemplate](
    prefix="lt",
    resource_type="launch-template",
    column=tables.launch_templates.c.id,
    missing_code="InvalidLaunchTemplateId.NotFound",
    missing="The specified launch template, with template ID {}, does not exist.",
    several_missing="The specified launch templates, with template IDs {}, do not exist.",
    malformed_code="InvalidLaunchTemplateId.Malformed",
    in_scope=launch_templates.in_scope,
)
PLACEMENT_GROUP = StoredKind[PlacementGroup](
    prefix="pg",
    resource_type="placement-group",
    column=tables.placement_groups.c.id,
    missing_code="InvalidPlacementGroup.Unknown",
    missing="The Placement Group '{}' is unknown.",
    several_missing="The Placement Groups '{}' are unknown.",
    malformed_code="InvalidPlacementGroupId.Malformed",
    in_scope=placement_groups.in_scope,
)
SPOT_REQUEST = StoredKind[SpotRequest](
    prefix="sir",
    resource_type="spot-instances-request",
    column=tables.spot_requests.c.id,
    missing_code="InvalidSpotInstanceRequestID.NotFound",
    missing="The spot instance request ID '{}' does not exist",
    several_missing="The spot instance request IDs '{}' do not exist",
    malformed_code="InvalidSpotInstanceRequestID.Malformed",
    malformed_text=BARE,
    in_scope=spot_requests.in_scope,
)
FLEET = StoredKind[Fleet](
    prefix="fleet",
    resource_type="fleet",
    column=tables.fleets.c.id,
    missing_code="InvalidFleetId.NotFound",
    missing="The fleet ID '{}' does not exist",
    several_missing="The fleet IDs '{}' do not exist",
    malformed_code="InvalidFleetId.Malformed",
    has_uuid=True,
    in_scope=fleets.in_scope,
)

KINDS: dict[str, Kind] = {
    kind.prefix: kind
    for kind in (
        INSTANCE,
        VOLUME,
        SNAPSHOT,
        IMAGE,
        SECURITY_GROUP,
        SECURITY_GROUP_RULE,
        KEY_PAIR,
        VPC,
        SUBNET,
        SUBNET_RESERVATION,
        DHCP_OPTIONS,
        ROUTE_TABLE,
        INTERNET_GATEWAY,
        EGRESS_ONLY_GATEWAY,
        NAT_GATEWAY,
        NETWORK_ACL,
        OTHERWISE_NAMED_IP,
        PEERING,
        PREFIX_LIST,
        NETWORK_INTERFACE,
        IMPORT_SNAPSHOT_TASK,
        REPLACE_ROOT_TASK,
        INSIGHTS_PATH,
        INSIGHTS_ANALYSIS,
        FLOW_LOG,
        LAUNCH_TEMPLATE,
        PLACEMENT_GROUP,
        SPOT_REQUEST,
        FLEET,
    )
}
"""By the prefix of their ids."""


def kind_of(identifier: str) -> Kind:
    """The kind that an id belongs to. Raises EC2's refusal where there is none."""
    kind = KINDS.get(identifier.rpartition("-")[0]) or KINDS.get(identifier.partition("-")[0])
    if kind is None or not kind.is_id(identifier):
        raise Ec2Error("InvalidID", f"The ID '{identifier[:200]}' is not valid")
    return kind


@cache
def _those_of(kind: Kind) -> Prepared:
    """Those of some ids that there are, with the account and the region of each that sees them."""
    whose = (kind.column.table.c.account, kind.column.table.c.region, *(kind.also_of or ()))
    return Prepared(select(kind.column, *whose).where(among(kind.column, "ids")))


def check_exist(connection: Connection, call: Call, ids: Sequence[str]) -> dict[str, Kind]:
    """The kinds of these resources by id. Raises the refusal of each kind for what the caller does not have."""
    asked: dict[Kind, list[str]] = {}
    kinds = {identifier: kind_of(identifier) for identifier in ids}
    for identifier, kind in kinds.items():
        asked.setdefault(kind, []).append(identifier)
    for kind, those in asked.items():
        found = _those_of(kind).rows(connection, ids=listed(those))
        own = (call.account, call.region)
        kind.check_all_found(those, {one for one, *whose in found if own in zip(whose[::2], whose[1::2], strict=True)})
    return kinds
