"""IAM's groups of users."""

from datetime import datetime

from kumoniwa.values import dataclass

MOST_GROUPS = 300
"""AWS's quota of an account."""
MOST_GROUPS_OF_A_USER = 10
"""AWS's quota of a user."""


@dataclass(frozen=True, slots=True)
class Group:
    id: str
    """`AGPA…`, never given twice."""
    account: str
    name: str
    path: str
    created_at: datetime

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{self.account}:group{self.path}{self.name}"


@dataclass(frozen=True, slots=True)
class Membership:
    """A user in a group."""

    group_id: str
    user_id: str
