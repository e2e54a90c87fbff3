"""ModifyManagedPrefixList and RestoreManagedPrefixListVersion."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import PREFIX_LIST
from kumoniwa.api.ec2.network.effects import PORTS_IN_USER
from kumoniwa.api.ec2.network.managed_prefix_lists import (
    MOST_NAMED,
    VERSIONS_KEPT,
    check_current,
    check_fits,
    check_kept,
    check_name,
    check_size,
    own_list,
    prefix_list_output,
)
from kumoniwa.api.ec2.network.prefix_list_entries import entries_asked_for
from kumoniwa.api.ec2.network.prefix_list_references import overfull
from kumoniwa.api.ec2.tags import tags_of
from kumoniwa.api.not_built import NotBuiltParameter, refuse
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import Ec2Error, InvalidParameterCombination, InvalidParameterValue
from kumoniwa.model.prefix_lists import PrefixList, PrefixListEntry, PrefixListState
from kumoniwa.store import prefix_lists, security_groups
from kumoniwa.workflows.steps.instances.instance_ports import ensure_forwards

_NOT_BUILT = (NotBuiltParameter("IpamPrefixListResolverSyncEnabled", "IPAM"),)


@action("ModifyManagedPrefixList", depth=Depth.PARTLY, missing=PORTS_IN_USER, not_built=_NOT_BUILT)
async def modify_managed_prefix_list(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Give a prefix list a new version with other entries, or another name or size. What names it follows at once."""
    refuse(parameters, _NOT_BUILT)
    adds, removes = parameters.get("AddEntries", ()), parameters.get("RemoveEntries", ())
    most, name = parameters.get("MaxEntries"), parameters.get("PrefixListName")
    if (adds or removes) and most is not None:
        raise InvalidParameterCombination(
            "You cannot modify the entries and the maximum entries for the prefix list in the same request."
        )
    if name is not None:
        check_name(name)
    if most is not None:
        check_size(most)

    def modify(connection: Connection) -> Answer:
        one = own_list(connection, call, parameters["PrefixListId"])
        check_current(one, parameters.get("CurrentVersion"))
        now = replace(one, name=name or one.name, state=PrefixListState.MODIFIED, state_message=None)
        present = _present(connection, one, one.version)
        if most is not None:
            check_fits(len(present), most)
            now = _with_size(connection, call, now, most)
        if adds or removes:
            wanted = _wanted(
                present,
                entries_asked_for(adds, ipv6=one.ipv6),
                entries_asked_for(removes, ipv6=one.ipv6),
            )
            now = _with_entries(connection, now, present, wanted)
        return _changed(connection, call, now)

    answer = await cloud.change(call, modify)
    if adds or removes:
        await _ensure_ports_follow(cloud, parameters["PrefixListId"])
    return answer


@action("RestoreManagedPrefixListVersion", depth=Depth.PARTLY, missing=PORTS_IN_USER)
async def restore_managed_prefix_list_version(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Give a prefix list a new version with the entries of an earlier one."""

    def restore(connection: Connection) -> Answer:
        one = own_list(connection, call, parameters["PrefixListId"])
        check_current(one, parameters["CurrentVersion"])
        check_kept(one, parameters["PreviousVersion"])
        now = replace(one, state=PrefixListState.RESTORED, state_message=None)
        present = _present(connection, one, one.version)
        wanted = _present(connection, one, parameters["PreviousVersion"])
        return _changed(connection, call, _with_entries(connection, now, present, wanted))

    answer = await cloud.change(call, restore)
    await _ensure_ports_follow(cloud, parameters["PrefixListId"])
    return answer


async def _ensure_ports_follow(cloud: Cloud, prefix_list_id: str) -> None:
    """Let the ports of running instances follow what their groups admit by this list, whose entries are committed."""
    admitting = partial(security_groups.instances_admitting, prefix_list_id=prefix_list_id)
    await ensure_forwards(cloud.world, await cloud.read(admitting))


_Entries = Mapping[str, str | None]
"""Blocks with their descriptions."""


def _present(connection: Connection, one: PrefixList, version: int) -> _Entries:
    return {entry.cidr: entry.description for entry in prefix_lists.entries_of(connection, one.id, version)}


def _wanted(present: _Entries, adds: _Entries, removes: _Entries) -> _Entries:
    """The entries after a modification. Raises EC2's refusals. A block that is added again gets another description."""
    for cidr in removes:
        if cidr in adds:
            raise InvalidParameterValue(
                f"Request cannot contain Cidr {cidr} in both AddPrefixListEntries and RemovePrefixListEntries"
            )
        if cidr not in present:
            raise Ec2Error("InvalidPrefixListModification", f"An entry with the CIDR ({cidr}) does not exist.")
    for cidr, description in adds.items():
        if cidr in present and present[cidr] == description:
            said = "" if description is None else f" and description ({description})"
            raise Ec2Error("InvalidPrefixListModification", f"An entry with the CIDR ({cidr}){said} already exists.")
    return {cidr: said for cidr, said in (dict(present) | dict(adds)).items() if cidr not in removes}


def _with_entries(connection: Connection, one: PrefixList, present: _Entries, wanted: _Entries) -> PrefixList:
    """The prefix list with a new version that has these entries."""
    check_fits(len(wanted), one.most_entries)
    now = replace(one, version=one.version + 1)
    for cidr, description in present.items():
        if cidr not in wanted or wanted[cidr] != description:
            prefix_lists.end_entry(connection, now.id, cidr, now.version)
    prefix_lists.add_entries(
        connection,
        [
            PrefixListEntry(now.id, cidr, description, now.version)
            for cidr, description in wanted.items()
            if cidr not in present or present[cidr] != description
        ],
    )
    prefix_lists.forget_versions(connection, now.id, now.version - VERSIONS_KEPT + 1)
    return now


def _with_size(connection: Connection, call: Call, one: PrefixList, most: int) -> PrefixList:
    """The prefix list with this size; as it was, and `modify-failed`, where what names it cannot bear that."""
    prefix_lists.change(connection, one.id, most_entries=most)
    if not (unable := overfull(connection, call.scope, one.id)):
        return replace(one, most_entries=most)
    message = f"These resources do not support the new maximum size: {', '.join(unable[:MOST_NAMED])}"
    return replace(one, state=PrefixListState.NOT_MODIFIED, state_message=message)


def _changed(connection: Connection, call: Call, now: PrefixList) -> dict[str, Any]:
    columns = ("name", "most_entries", "version", "state", "state_message")
    prefix_lists.change(connection, now.id, **{column: getattr(now, column) for column in columns})
    tags = tags_of(connection, call.scope, PREFIX_LIST.resource_type, [now.id]).get(now.id)
    return {"PrefixList": prefix_list_output(now, tags)}
