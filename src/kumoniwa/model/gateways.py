"""Internet gateways, egress-only ones, and NAT gateways."""

from datetime import datetime
from enum import StrEnum

from kumoniwa.values import dataclass


@dataclass(frozen=True, slots=True)
class InternetGateway:
    id: str
    account: str
    region: str
    vpc_id: str | None


@dataclass(frozen=True, slots=True)
class EgressOnlyGateway:
    """An egress-only internet gateway: for IPv6."""

    id: str
    account: str
    region: str
    vpc_id: str


class NatGatewayState(StrEnum):
    """A deleted gateway, and one that failed, is still shown for a while."""

    PENDING = "pending"
    FAILED = "failed"
    AVAILABLE = "available"
    DELETING = "deleting"
    DELETED = "deleted"


IN_USE = (NatGatewayState.PENDING, NatGatewayState.AVAILABLE, NatGatewayState.DELETING)
"""The states that count for EC2's quota."""


@dataclass(frozen=True, slots=True)
class NatGateway:
    """Its private address is that of its network interface, its public one the Elastic IP associated with that."""

    id: str
    account: str
    region: str
    vpc_id: str
    subnet_id: str
    public: bool
    state: NatGatewayState
    created_at: datetime
    interface_id: str | None
    """None once it is deleted."""
    private_ip: str
    allocation_id: str | None = None
    public_ip: str | None = None
    deleted_at: datetime | None = None
    failure_code: str | None = None
    failure_message: str | None = None


@dataclass(frozen=True, slots=True)
class NatGatewayAddress:
    """A secondary address of a NAT gateway: a further one of its network interface, and with a public gateway the
    Elastic IP address that is led to it."""

    nat_gateway_id: str
    private_ip: str
    position: int
    allocation_id: str | None = None
    public_ip: str | None = None
    """None until the address leads to it."""
