"""DescribeManagedPrefixLists and DescribePrefixLists."""

from collections.abc import Mapping

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import PREFIX_LIST
from kumoniwa.api.ec2.network.managed_prefix_lists import prefix_list_output
from kumoniwa.api.filters import Values
from kumoniwa.api.listing import NOT_PAGED_CAPITAL, Listing
from kumoniwa.api.registry import Depth, action
from kumoniwa.model.prefix_lists import AWS, PrefixList
from kumoniwa.store import prefix_lists

_FILTERS: Mapping[str, Values[PrefixList]] = {
    "prefix-list-id": lambda one: (one.id,),
    "prefix-list-name": lambda one: (one.name,),
}
_OF_SERVICES = "The lists that AWS provides have no entries: there are no such services here."

_PREFIX_LISTS = Listing(
    member="PrefixLists",
    kind=PREFIX_LIST,
    ids="PrefixListIds",
    read=lambda connection, asked: prefix_lists.in_scope(connection, asked.call.scope, asked.ids),
    row=prefix_list_output,
    key=lambda one: one.id,
    filters={**_FILTERS, "owner-id": lambda one: (one.account,)},
    tagged=True,
    limits=(1, 100),
    whole={"PrefixListIds": NOT_PAGED_CAPITAL.format("PrefixListIds")},
)
_OF_AWS = Listing(
    member="PrefixLists",
    kind=PREFIX_LIST,
    ids="PrefixListIds",
    read=lambda connection, asked: [
        one for one in prefix_lists.in_scope(connection, asked.call.scope, asked.ids) if one.account == AWS
    ],
    row=lambda one, _: {"PrefixListId": one.id, "PrefixListName": one.name, "Cidrs": []},
    key=lambda one: one.id,
    filters=_FILTERS,
    limits=(5, 1000),
    whole={"PrefixListIds": NOT_PAGED_CAPITAL.format("PrefixListIds")},
)


@action("DescribeManagedPrefixLists", depth=Depth.PARTLY, missing=_OF_SERVICES)
async def describe_managed_prefix_lists(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The prefix lists of an account in a region, and those that AWS provides there."""
    return await _PREFIX_LISTS.answer(cloud, call, parameters)


@action("DescribePrefixLists", depth=Depth.RECORDED, missing=_OF_SERVICES)
async def describe_prefix_lists(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The prefix lists that AWS provides in a region for its services."""
    return await _OF_AWS.answer(cloud, call, parameters)
