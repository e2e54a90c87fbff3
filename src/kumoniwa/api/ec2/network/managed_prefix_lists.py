"""Managed prefix lists: how they are shown, which of them a caller can change, and for how much they count."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Call
from kumoniwa.api.ec2.kinds import PREFIX_LIST
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.ec2.tags import tag_set
from kumoniwa.errors import Ec2Error, InvalidParameterValue, OperationNotPermitted
from kumoniwa.model.prefix_lists import AWS, PrefixList
from kumoniwa.model.route_tables import Route
from kumoniwa.model.scope import Scope
from kumoniwa.store import prefix_lists

MOST_ENTRIES = 1000
"""Of a prefix list, the most that its `MaxEntries` may be: EC2's quota."""
VERSIONS_KEPT = 1000
"""Of a prefix list: older ones are forgotten. EC2's quota."""
MOST_NAMED = 10
"""Resources that the message of a state names, as EC2's do."""
_IPV4, _IPV6 = "IPv4", "IPv6"
FAMILIES = {_IPV4: False, _IPV6: True}
"""By EC2's name of each, whether the addresses are IPv6 ones."""


def prefix_list_output(one: PrefixList, tags: Mapping[str, str] | None) -> dict[str, Any]:
    """A prefix list under EC2's member names. Of those that AWS provides it shows neither size nor version."""
    by_aws = one.account == AWS
    return {
        "PrefixListId": one.id,
        "PrefixListName": one.name,
        "PrefixListArn": f"arn:aws:ec2:{one.region}:{one.account.lower()}:{PREFIX_LIST.resource_type}/{one.id}",
        "OwnerId": one.account,
        "AddressFamily": _IPV6 if one.ipv6 else _IPV4,
        "State": str(one.state),
        "StateMessage": one.state_message,
        "MaxEntries": None if by_aws else one.most_entries,
        "Version": None if by_aws else one.version,
        "Tags": tag_set(tags) or [],
    }


def own_list(connection: Connection, call: Call, prefix_list_id: str) -> PrefixList:
    """The prefix list of this id, to change it. Raises EC2's refusals, also of one that AWS provides."""
    one = named(connection, call.scope, PREFIX_LIST, prefix_list_id)
    if one.account == AWS:
        raise OperationNotPermitted(f"The prefix list {one.id} is managed by AWS and cannot be modified or deleted.")
    return one


def check_current(one: PrefixList, version: int | None) -> None:
    """Raises EC2's refusals of a request that is about another version than the current one."""
    if version is not None and version < 1:
        raise InvalidParameterValue("The specified value for version is not valid. The value must be greater than (1).")
    if version not in (None, one.version):
        raise Ec2Error("PrefixListVersionMismatch", "The prefix list has the incorrect version number.")


def check_kept(one: PrefixList, version: int) -> None:
    """Raises EC2's refusal of a version that a prefix list does not have, or no longer."""
    if not max(1, one.version - VERSIONS_KEPT + 1) <= version <= one.version:
        raise InvalidParameterValue(f"The specified value for version is not valid. {one.id} has no version {version}.")


def check_fits(count: int, most: int) -> None:
    """Raises EC2's refusal of more entries than a prefix list may have."""
    if count > most:
        raise Ec2Error(
            "PrefixListMaxEntriesExceeded", f"The prefix list cannot have more than its maximum of {most} entries."
        )


def check_size(most: int) -> None:
    """Raises EC2's refusal of a size that no prefix list can have."""
    if not 1 <= most <= MOST_ENTRIES:
        raise InvalidParameterValue(f"Must specify a max size between 1 and {MOST_ENTRIES}")


def check_name(name: str) -> None:
    """Raises EC2's refusals of a name that a caller's prefix list cannot have."""
    if not 1 <= len(name) <= 255 or name.startswith("com.amazonaws"):
        raise InvalidParameterValue(f"Value ({name[:200]}) for parameter prefixListName is invalid.")


def counted(connection: Connection, scope: Scope, named_lists: Iterable[str | None]) -> int:
    """For how many rules these count: one that names a prefix list for as many as that may have entries, any other
    (None) for one."""
    all_of_them = list(named_lists)
    found = _by_id(connection, scope, {one for one in all_of_them if one is not None})
    return sum(_size(found.get(one)) if one is not None else 1 for one in all_of_them)


def counted_routes(connection: Connection, scope: Scope, routes: Collection[Route]) -> int:
    """How many routes of a table these are: those for IPv4 or those for IPv6, whichever are more.

    One to a prefix list is of that list's kind of addresses, and counts for as many as it may have entries.
    """
    destinations = [route.destination for route in routes]
    found = _by_id(connection, scope, {to for to in destinations if to.startswith(f"{PREFIX_LIST.prefix}-")})
    counts = {False: 0, True: 0}
    for to in destinations:
        one = found.get(to)
        counts[":" in to if one is None else one.ipv6] += _size(one)
    return max(counts.values())


def _by_id(connection: Connection, scope: Scope, ids: Collection[str]) -> dict[str, PrefixList]:
    return {one.id: one for one in prefix_lists.in_scope(connection, scope, ids)} if ids else {}


def _size(one: PrefixList | None) -> int:
    return 1 if one is None else max(1, one.most_entries)
