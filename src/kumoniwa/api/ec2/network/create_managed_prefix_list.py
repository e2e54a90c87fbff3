"""CreateManagedPrefixList and DeleteManagedPrefixList."""

from dataclasses import replace

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import PREFIX_LIST
from kumoniwa.api.ec2.network.effects import PORTS_IN_USER
from kumoniwa.api.ec2.network.managed_prefix_lists import (
    FAMILIES,
    MOST_NAMED,
    check_fits,
    check_name,
    check_size,
    own_list,
    prefix_list_output,
)
from kumoniwa.api.ec2.network.prefix_list_entries import entries_asked_for
from kumoniwa.api.ec2.tags import from_specifications, tags_of, write
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import InvalidParameterValue
from kumoniwa.ids import new_id
from kumoniwa.model.prefix_lists import PrefixList, PrefixListEntry, PrefixListState
from kumoniwa.store import prefix_lists
from kumoniwa.store import tags as tag_rows

_TYPE = PREFIX_LIST.resource_type


@action("CreateManagedPrefixList", depth=Depth.PARTLY, missing=PORTS_IN_USER)
async def create_managed_prefix_list(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Make a list of blocks of addresses, which rules and routes can name."""
    if (family := parameters["AddressFamily"]) not in FAMILIES:
        raise InvalidParameterValue(f"Value ({family[:200]}) for parameter addressFamily is invalid.")
    check_name(parameters["PrefixListName"])
    check_size(parameters["MaxEntries"])
    entries = entries_asked_for(parameters.get("Entries", ()), ipv6=FAMILIES[family])
    check_fits(len(entries), parameters["MaxEntries"])
    tags = from_specifications(parameters, [_TYPE]).get(_TYPE)

    def create(connection: Connection) -> Answer:
        made = PrefixList(
            id=new_id(PREFIX_LIST.prefix),
            account=call.account,
            region=call.region,
            name=parameters["PrefixListName"],
            ipv6=FAMILIES[family],
            most_entries=parameters["MaxEntries"],
            version=1,
        )
        prefix_lists.add(connection, made)
        prefix_lists.add_entries(
            connection, [PrefixListEntry(made.id, cidr, said, made.version) for cidr, said in entries.items()]
        )
        write(connection, call, made.id, _TYPE, tags)
        return {"PrefixList": prefix_list_output(made, tags)}

    return await cloud.change(call, create)


@action("DeleteManagedPrefixList")
async def delete_managed_prefix_list(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Delete a prefix list that no rule and no route names.

    One that is named stays: EC2 takes the call, and the list is `delete-failed` (source: Terraform's tests of default
    route tables).
    """

    def delete(connection: Connection) -> Answer:
        one = own_list(connection, call, parameters["PrefixListId"])
        tags = tags_of(connection, call.scope, _TYPE, [one.id]).get(one.id)
        if naming := sorted(prefix_lists.naming(connection, call.scope, one.id)):
            message = f"The prefix list {one.id} is referenced by: {', '.join(naming[:MOST_NAMED])}"
            prefix_lists.change(connection, one.id, state=PrefixListState.NOT_DELETED, state_message=message)
            now = replace(one, state=PrefixListState.NOT_DELETED, state_message=message)
        else:
            prefix_lists.remove(connection, one.id)
            tag_rows.remove_all(connection, one.id)
            now = replace(one, state=PrefixListState.DELETED, state_message=None)
        return {"PrefixList": prefix_list_output(now, tags)}

    return await cloud.change(call, delete)
