"""The resources that a call names: found in its scope, or refused in EC2's words for their kind."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from sqlalchemy import Connection

from kumoniwa.api.ec2.kinds import StoredKind
from kumoniwa.model.scope import Scope


class Identified(Protocol):
    """A resource with an id."""

    @property
    def id(self) -> str: ...


T = TypeVar("T", bound=Identified)


def named(connection: Connection, scope: Scope, kind: StoredKind[T], identifier: str) -> T:
    """The resource with this id. Raises EC2's refusals of a malformed id and of an id that no resource has."""
    return all_named(connection, scope, kind, [identifier])[0]


def all_named(connection: Connection, scope: Scope, kind: StoredKind[T], ids: Sequence[str]) -> list[T]:
    """The resources with these ids, in the order in which they are named, each once. A missing one refuses all."""
    kind.check_form(ids)
    wanted = list(dict.fromkeys(ids))
    found = {resource.id: resource for resource in kind.in_scope(connection, scope, wanted)}
    kind.check_all_found(wanted, found)
    return [found[identifier] for identifier in wanted]
