"""TagResource, UntagResource and ListResourceTags."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.kms.kms_refusals import KmsLimitExceeded, TagRefused
from kumoniwa.api.kms.marked_pages import most_of, page_of
from kumoniwa.api.kms.named_keys import check_stays, named_key, own_key
from kumoniwa.api.registry import action
from kumoniwa.store import kms_keys

_MOST_TAGS = 50
_MARK = "aws:"


@action("TagResource", service="kms")
async def tag_resource(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Give a key tags, or other values to those that it has."""
    tags = checked_tags(parameters["Tags"])

    def tag(connection: Connection) -> Answer:
        key = own_key(connection, call, parameters["KeyId"])
        check_stays(key)
        together = {**key.tags, **tags}
        _check_count(together)
        kms_keys.change(connection, key, tags=together)
        return None

    return await cloud.change(call, tag)


@action("UntagResource", service="kms")
async def untag_resource(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Take tags from a key, by their keys."""
    gone = frozenset(parameters["TagKeys"])
    _check_marks(gone)

    def untag(connection: Connection) -> Answer:
        key = own_key(connection, call, parameters["KeyId"])
        check_stays(key)
        kms_keys.change(connection, key, tags={name: value for name, value in key.tags.items() if name not in gone})
        return None

    return await cloud.change(call, untag)


@action("ListResourceTags", service="kms")
async def list_resource_tags(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The tags of a key."""
    most = most_of(parameters, _MOST_TAGS, _MOST_TAGS)

    def read(connection: Connection) -> Sequence[tuple[str, str]]:
        return sorted(named_key(connection, call, parameters["KeyId"]).tags.items())

    shown, left = page_of(call, parameters, await cloud.read(read), most, lambda tag: tag[0])
    return {"Tags": [{"TagKey": name, "TagValue": value} for name, value in shown], **left}


def checked_tags(given: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Tags by key. Raises KMS's refusals of too many, of a key that is there twice, and of those that are AWS's own."""
    tags = {one["TagKey"]: one["TagValue"] for one in given}
    if len(tags) != len(given):
        raise TagRefused("Duplicate tag keys")
    _check_marks(tags)
    _check_count(tags)
    return tags


def _check_marks(keys: Mapping[str, str] | frozenset[str]) -> None:
    if any(key.lower().startswith(_MARK) for key in keys):
        raise TagRefused("Tags beginning with aws: are reserved")


def _check_count(tags: Mapping[str, str]) -> None:
    if len(tags) > _MOST_TAGS:
        raise KmsLimitExceeded(f"A key can have a maximum of {_MOST_TAGS} tags.")
