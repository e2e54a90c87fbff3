"""What becomes of a packet, and what decided that."""

from enum import StrEnum

from kumoniwa.network.vpc.packet import Packet
from kumoniwa.network.vpc.plan import AclEntry, Route, Rule
from kumoniwa.values import dataclass

INTERNET = "internet"
"""As where a packet comes from or arrives: beyond the internet gateway, where this host is too."""
ROUTER = "router"
"""As where a packet arrives: the VPC's own services."""


class Decider(StrEnum):
    """What kind of thing decides."""

    ADDRESS = "address"
    """Whether anything has the destination, or a public address at all."""
    SOURCE_DEST_CHECK = "source/destination check"
    SECURITY_GROUP = "security group"
    NETWORK_ACL = "network ACL"
    ROUTE = "route table"
    INTERNET_GATEWAY = "internet gateway"
    NAT_GATEWAY = "NAT gateway"
    PEERING = "VPC peering connection"
    SERVICE = "service of the VPC"
    FLOW = "flow"
    """That an earlier packet was admitted, or that there can be none."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One check of a packet: by what it was made, and what came of it.

    `id` is the most precise that EC2 has: a rule's, an ACL's, a route table's, a gateway's, an interface's. `by` is the
    rule, entry or route that decided, where one did; `egress` says of a group's or an ACL's check which way it was.
    """

    admits: bool
    decider: Decider
    id: str
    sentence: str
    by: Rule | AclEntry | Route | None = None
    egress: bool | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a packet that came from an interface, a peering connection (by id) or the `INTERNET`.

    `to` says in the same words where it arrives; None: it is dropped. `arriving` is the packet as it arrives, its
    addresses translated. `decisions` has every check in order; the last one is what decides.
    """

    packet: Packet
    origin: str
    to: str | None
    arriving: Packet
    decisions: tuple[Decision, ...]

    @property
    def admitted(self) -> bool:
        return self.to is not None

    @property
    def deciding(self) -> Decision:
        return self.decisions[-1]

    @property
    def nat_gateway(self) -> str | None:
        """The NAT gateway that translated it."""
        return next((one.id for one in self.decisions if one.decider is Decider.NAT_GATEWAY), None)
