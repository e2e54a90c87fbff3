"""IAM's roles, and the instance profiles that hand them to instances."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from kumoniwa.model.principals import Principal, PrincipalKind
from kumoniwa.values import dataclass


@dataclass(frozen=True, slots=True)
class Role:
    id: str
    """`AROA…`, never given twice."""
    account: str
    name: str
    path: str
    trust_policy: str
    """Who may assume it, in JSON as it was given. It is stored, and nobody evaluates it."""
    description: str | None
    max_session: int
    """Seconds."""
    created_at: datetime
    tags: Mapping[str, str]

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{self.account}:role{self.path}{self.name}"

    def session(self, name: str, since: datetime) -> Principal:
        """Who calls in a session of this role."""
        return Principal(
            PrincipalKind.ASSUMED_ROLE,
            self.account,
            f"{self.id}:{name}",
            f"arn:aws:sts::{self.account}:assumed-role/{self.name}/{name}",
            self.name,
            self.arn,
            since,
        )


@dataclass(frozen=True, slots=True)
class InstanceProfile:
    id: str
    """`AIPA…`, never given twice."""
    account: str
    name: str
    path: str
    role_id: str | None
    """The one role that it may have."""
    created_at: datetime
    tags: Mapping[str, str]

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{self.account}:instance-profile{self.path}{self.name}"


class AssociationState(StrEnum):
    """Of an instance profile with an instance."""

    ASSOCIATED = "associated"
    DISASSOCIATED = "disassociated"


@dataclass(frozen=True, slots=True)
class ProfileAssociation:
    """An instance profile that an instance has. It stays when the profile is deleted, as EC2 has it."""

    id: str
    account: str
    region: str
    instance_id: str
    profile_id: str
    profile_arn: str
    associated_at: datetime
