"""How many there may be of what a network is made of: EC2's quotas, in one table.

EC2 has a default for each, and raises most of them for who asks. What one VPC, table, list, group or interface may have
is EC2's default here, for programs are written around it. What an account may have in a region or zone is what EC2
raises it to: a test run is not to be refused what the account it stands in for may have. Instances, and with them
network interfaces, are bounded by what the host has room for.

Sources: the VPC user guide, "Amazon VPC quotas"; "Error codes for the Amazon EC2 API".
"""

from sqlalchemy import Connection, Table

from kumoniwa.errors import Ec2Error
from kumoniwa.model.scope import Scope
from kumoniwa.store import rows
from kumoniwa.values import dataclass

_RAISED = 1000
"""Of an account in a region: EC2 raises it to "hundreds"."""
_CIDRS = "This network {of} has met its maximum number of allowed CIDRs: {most}"
_REACHED = "The maximum number of {} has been reached."


@dataclass(frozen=True, slots=True)
class Quota:
    """So many there may be, and how EC2 refuses one more."""

    what: str
    default: int
    """EC2's."""
    code: str
    message: str
    """May name the number, `{most}`, and the id of what has too many, `{of}`."""
    raised: int | None = None
    """What holds here, if it is not the default."""

    @property
    def most(self) -> int:
        return self.default if self.raised is None else self.raised

    def check(self, count: int, of: str = "") -> None:
        """Raises EC2's refusal where these are too many."""
        if count > self.most:
            raise Ec2Error(self.code, self.message.format(most=self.most, of=of))

    def check_one_more(self, connection: Connection, table: Table, of: Scope | str) -> None:
        """Raises EC2's refusal where a scope, or the VPC with this id, has as many rows in the table as it may."""
        whose = {"vpc_id": of} if isinstance(of, str) else {"account": of.account, "region": of.region}
        self.check(rows.count(connection, table, whose) + 1)


def _of_region(things: str, code: str, default: int = 5, raised: int | None = _RAISED) -> Quota:
    return Quota(f"{things} of a region", default, code, _REACHED.format(things), raised)


VPCS = _of_region("VPCs", "VpcLimitExceeded")
INTERNET_GATEWAYS = _of_region("internet gateways", "InternetGatewayLimitExceeded")
EGRESS_ONLY_GATEWAYS = _of_region("egress-only internet gateways", "EgressOnlyInternetGatewayLimitExceeded")
ELASTIC_IPS = _of_region("addresses", "AddressLimitExceeded")
SECURITY_GROUPS = _of_region("security groups", "SecurityGroupLimitExceeded", 2500, None)
NAT_GATEWAYS = Quota(
    "NAT gateways of a zone",
    5,
    "NatGatewayLimitExceeded",
    "Performing this operation would exceed the limit of {most} NAT gateways",
    _RAISED,
)
NAT_ADDRESSES = Quota(
    "addresses of a NAT gateway",
    2,
    "AddressLimitExceeded",
    "The maximum number of addresses of a NAT gateway, {most}, has been reached.",
    8,
)
IPV4_BLOCKS = Quota("IPv4 blocks of a VPC", 5, "CidrLimitExceeded", _CIDRS)
IPV6_BLOCKS = Quota("IPv6 blocks of a VPC", 5, "CidrLimitExceeded", _CIDRS)
SUBNETS = Quota("subnets of a VPC", 200, "SubnetLimitExceeded", _REACHED.format("subnets"))
ROUTE_TABLES = Quota("route tables of a VPC", 200, "RouteTableLimitExceeded", _REACHED.format("route tables"))
NETWORK_ACLS = Quota("network ACLs of a VPC", 200, "NetworkAclLimitExceeded", _REACHED.format("network ACLs"))
PEERINGS = Quota(
    "active peering connections of a VPC",
    50,
    "VpcPeeringConnectionsPerVpcLimitExceeded",
    "The maximum number of VPC peering connections has been reached for {of}.",
)
PEERING_REQUESTS = Quota(
    "peering requests of a region that wait",
    25,
    "OutstandingVpcPeeringConnectionLimitExceeded",
    _REACHED.format("outstanding VPC peering connection requests"),
)
ROUTES = Quota(
    "routes of a table for each kind of address, but the local ones",
    500,
    "RouteLimitExceeded",
    _REACHED.format("routes"),
)
ACL_ENTRIES = Quota(
    "entries of a network ACL, each way and for each kind of address, EC2's own last one among them",
    20,
    "NetworkAclEntryLimitExceeded",
    _REACHED.format("network acl entries"),
)
GROUP_RULES = Quota(
    "rules of a security group, each way and for each kind of address",
    60,
    "RulesPerSecurityGroupLimitExceeded",
    _REACHED.format("rules per security group"),
)
INTERFACE_GROUPS = Quota(
    "security groups of a network interface",
    5,
    "SecurityGroupsPerInterfaceLimitExceeded",
    _REACHED.format("security groups per interface"),
)
