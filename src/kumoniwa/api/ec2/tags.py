"""Tags: CreateTags, DeleteTags, DescribeTags, and what every action that makes or shows a resource needs of them."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2 import kinds
from kumoniwa.api.listing import Listing
from kumoniwa.api.registry import action
from kumoniwa.errors import Ec2Error, InvalidParameterValue, empty_tag_key
from kumoniwa.model.tags import Tag
from kumoniwa.store import instances
from kumoniwa.store import tags as rows
from kumoniwa.store.selection import Selection, text
from kumoniwa.store.tables.tags import tags as tags_table
from kumoniwa.store.tags import tags_of

__all__ = ["from_specifications", "tag_set", "tags_of", "write"]

_METADATA_KEY = re.compile(r"[0-9a-zA-Z\-_+=,.@:]{1,255}")
_NO_METADATA_KEYS = frozenset({".", "..", "_index"})
_OF_VPC = frozenset(
    {
        "dhcp-options",
        "egress-only-internet-gateway",
        "internet-gateway",
        "natgateway",
        "network-acl",
        "prefix-list",
        "route-table",
        "subnet",
        "subnet-cidr-reservation",
        "vpc",
        "vpc-peering-connection",
    }
)
MAX_TAGS = 50
MAX_KEY = 127
MAX_VALUE = 256


def from_specifications(parameters: Parameters, allowed: Collection[str]) -> dict[str, dict[str, str]]:
    """The tags that a new resource is to have, by resource type, of a request's `TagSpecifications`.

    Raises EC2's refusals: of types the action does not make (`allowed`), of a type or key given twice, of bad tags.
    """
    found: dict[str, dict[str, str]] = {}
    for specification in parameters.get("TagSpecifications", ()):
        resource_type = specification.get("ResourceType")
        if resource_type is None:
            raise _refused("Tag specification resource type must have a value", allowed)
        if resource_type not in allowed:
            raise _refused(f"'{resource_type}' is not a valid taggable resource type for this operation.", allowed)
        if resource_type in found:
            raise _refused("The same resource type may not be specified more than once in tag specifications", allowed)
        if not (tags := specification.get("Tags")):
            raise _refused("Tag specification must have at least one tag", allowed)
        found[resource_type] = _checked(tags)
    return found


def write(
    connection: Connection, call: Call, resource_id: str, resource_type: str, tags: Mapping[str, str] | None
) -> None:
    """Tag a resource that was just made. Raises EC2's refusal of more tags than a resource can have."""
    write_each(connection, call, [resource_id], resource_type, tags)


def write_each(
    connection: Connection,
    call: Call,
    resource_ids: Collection[str],
    resource_type: str,
    tags: Mapping[str, str] | None,
) -> None:
    """Tag each of these resources, as `write` does."""
    if tags and len(tags) > MAX_TAGS:
        raise _too_many()
    if tags:
        rows.add(connection, *(row for one in resource_ids for row in _rows(call, one, resource_type, tags)))


def check_keys_for_metadata(keys: Iterable[str]) -> None:
    """Raises EC2's refusal of a key that an instance cannot have while its tags are in its metadata: it is a path."""
    for key in keys:
        if _METADATA_KEY.fullmatch(key) is None or key in _NO_METADATA_KEYS:
            raise InvalidParameterValue(
                f"'{key}' is not a valid tag key. Tag keys must match pattern ([0-9a-zA-Z\\-_+=,.@:]{{1,255}}), and "
                "must not be a reserved name ('.', '..', '_index')"
            )


def is_mark(key: str) -> bool:
    """Whether it is the key of a tag that EC2 itself gives: callers neither give nor take such, and none counts."""
    return key.startswith(rows.MARK)


def _refused(message: str, allowed: Collection[str]) -> Ec2Error:
    # The actions of VPC have another code for the same words.
    return Ec2Error("InvalidParameter" if _OF_VPC.issuperset(allowed) else "InvalidParameterValue", message)


def tag_set(tags: Mapping[str, str] | None) -> list[dict[str, str]] | None:
    """Tags as a resource shows them. EC2 leaves the element out where there are none."""
    return [{"Key": key, "Value": value} for key, value in tags.items()] if tags else None


@action("CreateTags")
async def create_tags(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Tag each of the resources with each of the tags; a key that is there gets the new value. All or nothing."""
    tags = _checked(parameters["Tags"])

    def create(connection: Connection) -> Answer:
        named = kinds.check_exist(connection, call, parameters["Resources"])
        present = tags_of(connection, call.scope, ids=named.keys())
        for identifier, kind in named.items():
            if sum(not is_mark(key) for key in present.get(identifier, {}) | tags) > MAX_TAGS:
                raise _too_many()
            if kind is kinds.INSTANCE and instances.has_tags_in_metadata(connection, identifier):
                check_keys_for_metadata(tags)
            rows.put(connection, *_rows(call, identifier, kind.resource_type, tags))
            _changed(connection, identifier, kind)
        return None

    return await cloud.change(call, create)


@action("DeleteTags")
async def delete_tags(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Remove tags by key, or by key and value; without tags, all but EC2's own. What is not there is not missed."""
    pairs: dict[str, str | None] | None = None
    if parameters.get("Tags"):
        pairs = {_checked_key(tag): tag.get("Value") for tag in parameters["Tags"]}

    def delete(connection: Connection) -> Answer:
        for identifier, kind in kinds.check_exist(connection, call, parameters["Resources"]).items():
            rows.remove(connection, call.scope, identifier, pairs)
            _changed(connection, identifier, kind)
        return None

    return await cloud.change(call, delete)


def _tag_output(tag: Tag, _tags: Mapping[str, str]) -> dict[str, str]:
    return {"ResourceId": tag.resource_id, "ResourceType": tag.resource_type, "Key": tag.key, "Value": tag.value}


_COLUMNS = tags_table.c
_SELECTION = Selection(
    tags_table,
    order=(_COLUMNS.resource_id, _COLUMNS.key),
    comparisons={
        "key": text(_COLUMNS.key),
        "resource-id": text(_COLUMNS.resource_id),
        "resource-type": text(_COLUMNS.resource_type),
        "tag-key": text(_COLUMNS.key),
        "tag-value": text(_COLUMNS.value),
        "value": text(_COLUMNS.value),
    },
    columns=[_COLUMNS[each.name] for each in fields(Tag)],
)

_TAGS = Listing[Tag](
    member="Tags",
    read=lambda connection, asked: rows.in_scope(connection, asked.call.scope),
    row=_tag_output,
    key=_SELECTION.key,
    selection=_SELECTION,
    of_rows=lambda rows: [Tag(*row) for row in rows],
    filters={
        "key": lambda tag: (tag.key,),
        "resource-id": lambda tag: (tag.resource_id,),
        "resource-type": lambda tag: (tag.resource_type,),
        "value": lambda tag: (tag.value,),
    },
    own_tags=lambda tag: {tag.key: tag.value},
    limits=(5, 1000),
    of_any_filters=True,
)


@action("DescribeTags")
async def describe_tags(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The tags of all resources, by resource and key."""
    return await _TAGS.answer(cloud, call, parameters)


def _checked(tags: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """A request's list of tags. Raises EC2's refusal of the first invalid tag."""
    checked: dict[str, str] = {}
    for tag in tags:
        key, value = _checked_key(tag), tag.get("Value")
        if value is None:
            raise InvalidParameterValue("Tag value cannot be null. Use empty string instead.")
        if len(value) > MAX_VALUE:
            raise InvalidParameterValue(f"Tag value exceeds the maximum length of {MAX_VALUE} characters")
        if key in checked:
            raise InvalidParameterValue(f"Duplicate tag key '{key}' specified.")
        checked[key] = value
    if len(checked) > MAX_TAGS:
        raise _too_many()
    return checked


def _checked_key(tag: Mapping[str, Any]) -> str:
    key: str | None = tag.get("Key")
    if not key:
        raise empty_tag_key()
    if len(key) > MAX_KEY:
        raise InvalidParameterValue(f"Tag key exceeds the maximum length of {MAX_KEY} characters")
    if is_mark(key.lower()):
        raise InvalidParameterValue("Tag keys starting with 'aws:' are reserved for internal use")
    return key


def _too_many() -> Ec2Error:
    return Ec2Error("TagLimitExceeded", "The maximum number of Tags for a resource has been reached.")


def _rows(call: Call, resource_id: str, resource_type: str, tags: Mapping[str, str]) -> list[Tag]:
    return [Tag(call.account, call.region, resource_id, resource_type, key, value) for key, value in tags.items()]


def _changed(connection: Connection, identifier: str, kind: kinds.Kind) -> None:
    if kind is kinds.INSTANCE:
        instances.change(connection, identifier)  # kept descriptions of the instance show its tags
