"""The three actions on the tags of a kind of entity, which each kind has under names of its own."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.iam.pages import page
from kumoniwa.api.iam.tags import given_tags, tag_list, with_tags, without_tags
from kumoniwa.values import dataclass


class Entity(Protocol):
    """What has tags."""

    @property
    def id(self) -> str: ...

    @property
    def tags(self) -> Mapping[str, str]: ...


@dataclass(frozen=True, slots=True)
class Tagged:
    """A kind of entity that has tags."""

    named: Callable[[Connection, Call, Parameters], Entity]
    """The one that a request names. Raises `NoSuchEntity`."""
    change: Callable[[Connection, str, Mapping[str, Any]], None]
    """Gives columns of the one with this id other values."""
    quota: str

    async def tag(self, cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
        """Give it tags."""
        more = given_tags(parameters)

        def tag(connection: Connection) -> Answer:
            entity = self.named(connection, call, parameters)
            self.change(connection, entity.id, {"tags": with_tags(entity.tags, more, self.quota)})
            return None

        return await cloud.change(call, tag)

    async def untag(self, cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
        """Take tags from it."""

        def untag(connection: Connection) -> Answer:
            entity = self.named(connection, call, parameters)
            self.change(connection, entity.id, {"tags": without_tags(entity.tags, parameters["TagKeys"])})
            return None

        return await cloud.change(call, untag)

    async def listed(self, cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
        """Its tags, by key."""
        entity = await cloud.read(lambda connection: self.named(connection, call, parameters))
        return page(parameters, "Tags", tag_list(entity.tags), lambda tag: tag["Key"], lambda tag: tag)
