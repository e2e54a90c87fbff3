"""Descriptions of resources, kept until the version of what they describe counts up."""

import random
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
        self._ids: list[str] = []
        self._places: dict[str, int] = {}  # in that list
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
        """Keep descriptions made of these versions. Others go at random when they take too much.

        The oldest would be those that a listing of more than is kept comes to next: it would find none.
        """
        with self._changing:
            for resource_id, description in made.items():
                self._drop(resource_id)
                self._weight += (weight := description.weight)
                self._kept[resource_id] = (versions[resource_id], description, weight)
                self._places[resource_id] = len(self._ids)
                self._ids.append(resource_id)
            while self._weight > self._most:
                self._drop(random.choice(self._ids))

    def known(self) -> frozenset[str]:
        """Which resources have a description."""
        return frozenset(self._kept)

    def forget(self, ids: Collection[str]) -> None:
        """Keep no description of these resources, which are no more."""
        with self._changing:
            for resource_id in ids:
                self._drop(resource_id)

    def _drop(self, resource_id: str) -> None:
        if (known := self._kept.pop(resource_id, None)) is None:
            return
        self._weight -= known[2]
        place, last = self._places.pop(resource_id), self._ids.pop()
        if last != resource_id:
            self._ids[place], self._places[last] = last, place
