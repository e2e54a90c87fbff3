"""Whose resources, and where: an account in a region."""

from typing import Protocol

from kumoniwa.values import dataclass


class Owned(Protocol):
    """A resource, which belongs to one account in one region."""

    @property
    def account(self) -> str: ...

    @property
    def region(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Scope:
    """One account in one region. A call sees the resources of its own scope alone."""

    account: str
    region: str

    @classmethod
    def of(cls, resource: Owned) -> "Scope":
        """The scope that a resource belongs to."""
        return cls(resource.account, resource.region)
