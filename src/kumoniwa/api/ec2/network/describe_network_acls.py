"""DescribeNetworkAcls."""

from collections.abc import Iterable

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import NETWORK_ACL
from kumoniwa.api.ec2.network.acl_protocols import protocol_names
from kumoniwa.api.ec2.network.default_vpc import read_region
from kumoniwa.api.ec2.network.network_acl_output import acl_row, described_acls
from kumoniwa.api.filters import Values
from kumoniwa.api.listing import NOT_PAGED_CAPITAL, Asked, Listing
from kumoniwa.api.member_paths import Described, at
from kumoniwa.api.registry import action
from kumoniwa.store import network_acls


def _protocols(one: Described) -> Iterable[str]:
    return (name for entry in one[1]["Entries"] for name in protocol_names(entry["Protocol"]))


_FILTERS: dict[str, Values[Described]] = {
    "association.association-id": at("Associations.NetworkAclAssociationId"),
    "association.network-acl-id": at("Associations.NetworkAclId"),
    "association.subnet-id": at("Associations.SubnetId"),
    "default": at("IsDefault"),
    "entry.cidr": at("Entries.CidrBlock"),
    "entry.egress": at("Entries.Egress"),
    "entry.icmp.code": at("Entries.IcmpTypeCode.Code"),
    "entry.icmp.type": at("Entries.IcmpTypeCode.Type"),
    "entry.ipv6-cidr": at("Entries.Ipv6CidrBlock"),
    "entry.port-range.from": at("Entries.PortRange.From"),
    "entry.port-range.to": at("Entries.PortRange.To"),
    "entry.protocol": _protocols,
    "entry.rule-action": at("Entries.RuleAction"),
    "entry.rule-number": at("Entries.RuleNumber"),
    "network-acl-id": at("NetworkAclId"),
    "owner-id": at("OwnerId"),
    "vpc-id": at("VpcId"),
}


def _read(connection: Connection, asked: Asked) -> list[Described]:
    scope = asked.call.scope
    return described_acls(connection, scope, network_acls.in_scope(connection, scope, asked.ids))


_ACLS = Listing(
    member="NetworkAcls",
    kind=NETWORK_ACL,
    ids="NetworkAclIds",
    read=_read,
    row=acl_row,
    id_of=lambda one: one[0].id,
    key=lambda one: one[0].id,
    filters=_FILTERS,
    tagged=True,
    view=read_region,
    limits=(5, 1000),
    whole={"NetworkAclIds": NOT_PAGED_CAPITAL.format("NetworkAclIds")},
)


@action("DescribeNetworkAcls")
async def describe_network_acls(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The network ACLs of a region with their entries, and the subnets that each has."""
    return await _ACLS.answer(cloud, call, parameters)
