"""IAM's users, and their access keys."""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from enum import StrEnum

from kumoniwa.model.principals import Principal, PrincipalKind
from kumoniwa.values import dataclass


class KeyStatus(StrEnum):
    ACTIVE = "Active"
    INACTIVE = "Inactive"
    """It signs nothing until it is active again."""


@dataclass(frozen=True, slots=True)
class User:
    id: str
    """`AIDA…`, never given twice: a user that is made again under the same name is another one."""
    account: str
    name: str
    path: str
    created_at: datetime
    tags: Mapping[str, str]

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{self.account}:user{self.path}{self.name}"

    @property
    def principal(self) -> Principal:
        """Who calls with one of its keys."""
        return Principal(PrincipalKind.USER, self.account, self.id, self.arn, self.name)


@dataclass(frozen=True, slots=True)
class AccessKey:
    """One access key of a user. The cloud's first key is none of these: it is the account's own, in a file."""

    id: str
    account: str
    user_id: str
    secret: str = field(repr=False)
    status: KeyStatus
    created_at: datetime
