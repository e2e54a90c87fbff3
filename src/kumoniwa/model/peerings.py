"""VPC peering connections."""

from datetime import datetime
from enum import StrEnum

from kumoniwa.values import dataclass


class PeeringState(StrEnum):
    INITIATING_REQUEST = "initiating-request"
    PENDING_ACCEPTANCE = "pending-acceptance"
    ACTIVE = "active"
    DELETED = "deleted"
    REJECTED = "rejected"
    FAILED = "failed"
    EXPIRED = "expired"
    PROVISIONING = "provisioning"
    DELETING = "deleting"


@dataclass(frozen=True, slots=True)
class Peering:
    """`account` and `region` are the requester's."""

    id: str
    account: str
    region: str
    requester_vpc_id: str
    accepter_account: str
    accepter_region: str
    accepter_vpc_id: str
    state: PeeringState
    message: str
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None
    requester_resolves: bool = False
    """Whether the accepter's public names resolve to private addresses in the requester's VPC."""
    accepter_resolves: bool = False
