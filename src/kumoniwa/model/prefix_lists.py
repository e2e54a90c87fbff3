"""Managed prefix lists."""

from kumoniwa.values import dataclass


@dataclass(frozen=True, slots=True)
class PrefixList:
    id: str
    account: str
    region: str
    name: str
    ipv6: bool
    most_entries: int
    version: int


@dataclass(frozen=True, slots=True)
class PrefixListEntry:
    """An entry of the versions from `since` up to and without `until` (None: it is there still)."""

    prefix_list_id: str
    cidr: str
    description: str | None
    since: int
    until: int | None = None
