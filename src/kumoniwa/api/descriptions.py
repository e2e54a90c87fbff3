"""Descriptions of resources, kept until the version of what they describe counts up."""

import threading
from collections.abc import Collection, Mapping
from typing import Generic, Protocol, TypeVar


class Weighed(Protocol):
    """A description."""

    @property
    def weight(self) -> int:
        """About how many bytes of memory it takes, with all that is kept with it."""
        ...


T = TypeVar("T", bound=Weighed)

KEPT_BYTES = 64 << 20
"""What is kept takes about so much memory at most, whatever the cloud's size."""


class Descriptions(Generic[T]):
    """Descriptions by id and version, `most` bytes of them. May be used in several threads."""

    def __init__(self, most: int = KEPT_BYTES) -> None:
        self._most = most
        self._weight = 0
        self._kept: dict[str, tuple[int, T, int]] = {}
        self._changing = threading.Lock()

    def that_hold(self, versions: Mapping[str, int]) -> dict[str, T]:
        """By id, those descriptions that are of the version given."""
        kept = self._kept
        return {
            resource_id: known[1]
            for resource_id, version in versions.items()
            if (known := kept.get(resource_id)) is not None and known[0] == version
        }

    def keep(self, versions: Mapping[str, int], made: Mapping[str, T]) -> None:
        """Keep descriptions made of these versions, where there is room for them.

        Older ones go for them, but none of a resource that is in `versions`: a listing of more than there is room for
        finds the same ones each time.
        """
        with self._changing:
            for resource_id, description in made.items():
                self._drop(resource_id)
                self._weight += (weight := description.weight)
                self._kept[resource_id] = (versions[resource_id], description, weight)
            if self._weight > self._most:
                self._make_room(versions)

    def _make_room(self, wanted: Mapping[str, int]) -> None:
        for resource_id in list(self._kept):
            if self._weight <= self._most:
                return
            if resource_id not in wanted:
                self._drop(resource_id)
        for resource_id in reversed(list(self._kept)):
            if self._weight <= self._most:
                return
            self._drop(resource_id)

    def known(self) -> frozenset[str]:
        """Which resources have a description."""
        return frozenset(self._kept)

    def forget(self, ids: Collection[str]) -> None:
        """Keep no description of these resources, which are no more."""
        with self._changing:
            for resource_id in ids:
                self._drop(resource_id)

    def _drop(self, resource_id: str) -> None:
        if (known := self._kept.pop(resource_id, None)) is not None:
            self._weight -= known[2]
