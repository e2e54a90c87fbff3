"""VPC peering connections.

Source of the states, the moves between them and how long a request waits: the VPC peering guide, "VPC peering
connection lifecycle".
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from kumoniwa.model.scope import Scope
from kumoniwa.values import dataclass

WAITS = timedelta(days=7)
"""So long a request can be accepted."""


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


OPEN = (PeeringState.PENDING_ACCEPTANCE, PeeringState.ACTIVE)
"""The states in which it stays until something is done. Those between two states are in answers only."""
MOVES: Mapping[PeeringState, frozenset[PeeringState]] = {
    PeeringState.PENDING_ACCEPTANCE: frozenset(
        {
            PeeringState.ACTIVE,
            PeeringState.DELETED,
            PeeringState.REJECTED,
            PeeringState.FAILED,
            PeeringState.EXPIRED,
        }
    ),
    PeeringState.ACTIVE: frozenset({PeeringState.DELETED}),
}
EXPIRED_MESSAGE = "Expired"


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

    @property
    def accepter(self) -> Scope:
        """Whose the accepter's VPC is, and where."""
        return Scope(self.accepter_account, self.accepter_region)

    def state_at(self, at: datetime) -> PeeringState:
        """Its state, also where a request has expired and that is not written yet."""
        if self.state is PeeringState.PENDING_ACCEPTANCE and self.expires_at <= at:
            return PeeringState.EXPIRED
        return self.state
