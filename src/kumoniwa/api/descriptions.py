"""Descriptions of resources, kept until the version of what they describe counts up."""

import threading
from collections.abc import Collection, Mapping
from typing import Generic, TypeVar

T = TypeVar("T")

_KEPT = 4000  # descriptions, of about 12 kB each with their XML


class Descriptions(Generic[T]):
    """Descriptions by id and version. May be used in several threads."""

    def __init__(self, most: int = _KEPT) -> None:
        self._most = most
        self._kept: dict[str, tuple[int, T]] = {}
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
        """Keep descriptions made of these versions. The oldest go when they become too many."""
        with self._changing:
            for resource_id, description in made.items():
                self._kept.pop(resource_id, None)
                self._kept[resource_id] = (versions[resource_id], description)
            for resource_id in list(self._kept)[: max(0, len(self._kept) - self._most)]:
                del self._kept[resource_id]

    def known(self) -> frozenset[str]:
        """Which resources have a description."""
        return frozenset(self._kept)

    def forget(self, ids: Collection[str]) -> None:
        """Keep no description of these resources, which are no more."""
        with self._changing:
            for resource_id in ids:
                self._kept.pop(resource_id, None)
