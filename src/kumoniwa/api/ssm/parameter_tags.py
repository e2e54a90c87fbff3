"""AddTagsToResource, ListTagsForResource and RemoveTagsFromResource, of parameters."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.registry import Depth, action
from kumoniwa.api.ssm.parameter_refusals import InvalidParameters
from kumoniwa.errors import Ec2Error
from kumoniwa.store import parameters as store

_PARAMETER = "Parameter"
_MOST_TAGS = 50
_MISSING = "Parameters have tags; of the other types there are no resources."


@action("AddTagsToResource", service="ssm", depth=Depth.PARTLY, missing=_MISSING)
async def add_tags_to_resource(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Give a parameter tags, or other values to those that it has."""
    tags = checked_tags(parameters["Tags"])

    def add(connection: Connection) -> Answer:
        name = _named(connection, call, parameters)
        if len({*store.tags_of(connection, call.scope, name), *tags}) > _MOST_TAGS:
            raise _too_many()
        store.tag(connection, call.scope, name, tags)
        return {}

    return await cloud.change(call, add)


@action("ListTagsForResource", service="ssm", depth=Depth.PARTLY, missing=_MISSING)
async def list_tags_for_resource(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The tags of a parameter."""

    def read(connection: Connection) -> Answer:
        found = store.tags_of(connection, call.scope, _named(connection, call, parameters))
        return {"TagList": [{"Key": key, "Value": value} for key, value in found.items()]}

    return await cloud.read(read)


@action("RemoveTagsFromResource", service="ssm", depth=Depth.PARTLY, missing=_MISSING)
async def remove_tags_from_resource(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Take tags from a parameter, by their keys."""

    def remove(connection: Connection) -> Answer:
        store.untag(connection, call.scope, _named(connection, call, parameters), parameters["TagKeys"])
        return {}

    return await cloud.change(call, remove)


def checked_tags(given: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Tags by key. Raises the refusals of too many, and of keys that are AWS's own."""
    tags = {one["Key"]: one["Value"] for one in given}
    if len(tags) != len(given):
        raise InvalidParameters("A tag's key was given twice.")
    if reserved := [key for key in tags if key.lower().startswith("aws:")]:
        raise InvalidParameters(f"aws: prefixed tag key names are not allowed for external use: {reserved[0][:128]}")
    if len(tags) > _MOST_TAGS:
        raise _too_many()
    return tags


def _named(connection: Connection, call: Call, parameters: Parameters) -> str:
    """The parameter that is meant. Raises `InvalidResourceId`."""
    name: str = parameters["ResourceId"]
    if parameters["ResourceType"] != _PARAMETER or store.latest(connection, call.scope, name) is None:
        raise Ec2Error("InvalidResourceId", "")
    return name


def _too_many() -> Ec2Error:
    return Ec2Error("TooManyTagsError", f"A parameter can have a maximum of {_MOST_TAGS} tags.")
