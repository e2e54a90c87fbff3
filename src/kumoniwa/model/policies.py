"""IAM's policies: kept as they were given, evaluated by nobody."""

from collections.abc import Mapping
from datetime import datetime

from kumoniwa.values import dataclass


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy of the account's own (EC2's documentation: customer managed)."""

    id: str
    """`ANPA…`, never given twice."""
    account: str
    name: str
    path: str
    description: str | None
    default_version: int
    latest_version: int
    created_at: datetime
    updated_at: datetime
    tags: Mapping[str, str]

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{self.account}:policy{self.path}{self.name}"


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    policy_id: str
    number: int
    document: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class InlinePolicy:
    """A policy that is part of a user, group or role."""

    holder_id: str
    name: str
    document: str


@dataclass(frozen=True, slots=True)
class AttachedPolicy:
    """A policy by its ARN, attached to a user, group or role: one of the account's own, or one of AWS's."""

    holder_id: str
    policy_arn: str
