"""GetManagedPrefixListEntries and GetManagedPrefixListAssociations."""

from collections.abc import Iterable

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import PREFIX_LIST
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.ec2.network.managed_prefix_lists import check_kept
from kumoniwa.api.listing import Asked, Listing
from kumoniwa.api.registry import action
from kumoniwa.model.prefix_lists import PrefixList, PrefixListEntry
from kumoniwa.store import prefix_lists


def _entries(connection: Connection, asked: Asked) -> Iterable[PrefixListEntry]:
    one = _named(connection, asked)
    version: int | None = asked.parameters.get("TargetVersion")
    if version is None:
        return prefix_lists.entries_of(connection, one.id, one.version)
    check_kept(one, version)
    return prefix_lists.entries_of(connection, one.id, version)


def _associations(connection: Connection, asked: Asked) -> Iterable[tuple[str, str]]:
    return prefix_lists.naming(connection, asked.call.scope, _named(connection, asked).id).items()


def _named(connection: Connection, asked: Asked) -> PrefixList:
    return named(connection, asked.call.scope, PREFIX_LIST, asked.parameters["PrefixListId"])


_ENTRIES = Listing(
    member="Entries",
    read=_entries,
    row=lambda entry, _: {"Cidr": entry.cidr, "Description": entry.description},
    key=lambda entry: entry.cidr,
    limits=(1, 100),
)
_ASSOCIATIONS = Listing(
    member="PrefixListAssociations",
    read=_associations,
    row=lambda one, _: {"ResourceId": one[0], "ResourceOwner": one[1]},
    key=lambda one: one[0],
    limits=(5, 255),
)


@action("GetManagedPrefixListEntries")
async def get_managed_prefix_list_entries(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The entries of a prefix list, in its current version or another."""
    return await _ENTRIES.answer(cloud, call, parameters)


@action("GetManagedPrefixListAssociations")
async def get_managed_prefix_list_associations(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The security groups and route tables that name a prefix list."""
    return await _ASSOCIATIONS.answer(cloud, call, parameters)
