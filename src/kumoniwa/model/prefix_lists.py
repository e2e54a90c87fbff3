"""Managed prefix lists: an account's own, and those that AWS provides in each region."""

from collections.abc import Sequence
from enum import StrEnum
from hashlib import blake2b

from kumoniwa.values import dataclass

AWS = "AWS"
"""The owner of the lists that AWS provides."""
_SERVICES = ("dynamodb", "s3")


class PrefixListState(StrEnum):
    """What was done last. Nothing of it takes time here, so that no list is ever in progress."""

    CREATED = "create-complete"
    MODIFIED = "modify-complete"
    NOT_MODIFIED = "modify-failed"
    RESTORED = "restore-complete"
    NOT_DELETED = "delete-failed"
    DELETED = "delete-complete"  # in the answer: it is gone then


@dataclass(frozen=True, slots=True)
class PrefixList:
    id: str
    account: str
    region: str
    name: str
    ipv6: bool
    most_entries: int
    version: int
    state: PrefixListState = PrefixListState.CREATED
    state_message: str | None = None


@dataclass(frozen=True, slots=True)
class PrefixListEntry:
    """An entry of the versions from `since` up to and without `until` (None: it is there still)."""

    prefix_list_id: str
    cidr: str
    description: str | None
    since: int
    until: int | None = None


def provided(region: str) -> Sequence[PrefixList]:
    """The lists that AWS provides in a region. They have no entries: there are no such services here."""
    names = [f"com.amazonaws.{region}.{service}" for service in _SERVICES]
    return [PrefixList(_provided_id(name), AWS, region, name, ipv6=False, most_entries=0, version=1) for name in names]


def _provided_id(name: str) -> str:
    return f"pl-{blake2b(name.encode(), digest_size=4).hexdigest()}"
