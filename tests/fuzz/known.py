"""What a cloud's answers have told so far: ids by the kind of resource, and other values by the name of their element.

A request that names what is there gets further than one that makes everything up.
"""

import re
from collections import defaultdict
from typing import TypeVar
from xml.etree import ElementTree

T = TypeVar("T")

_ID = re.compile(r"\b([a-z]+(?:-[a-z]+){0,2})-[0-9a-f]{8}(?:[0-9a-f]{9})?\b")
_MOST = 40  # of a kind: what is old is mostly gone


class Known:
    """Ids and values, each once, the newest last."""

    def __init__(self) -> None:
        self._ids: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self._values: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self.pages: dict[str, list[tuple[str, str]]] = {}
        """By action, a request that continues a listing: its parameters, the token included."""
        self._rows: dict[tuple[tuple[str, str], ...], None] = {}

    def ids(self, prefix: str) -> list[str]:
        return list(self._ids[prefix])

    def all_ids(self) -> list[str]:
        return [one for ids in self._ids.values() for one in ids]

    def values(self, name: str) -> list[str]:
        """What elements of this name held, whatever the case of its letters."""
        return list(self._values[name.casefold()])

    def rows(self, names: frozenset[str]) -> list[dict[str, str]]:
        """What elements held that belongs together, by its elements' names: rows of which two or more are asked for."""
        return [dict(row) for row in self._rows if len(names.intersection(name for name, _ in row)) >= 2]

    def learn(self, root: ElementTree.Element) -> None:
        """Take in an answer."""
        for element in root.iter():
            row = [(_name(child), child.text or "") for child in element if not len(child) and child.text]
            if sum(_ID.fullmatch(value) is not None for _, value in row) >= 2:
                _keep(self._rows, tuple(row), 4 * _MOST)
            text = element.text or ""
            if len(element) or not 0 < len(text) <= 256:
                continue
            _keep(self._values[_name(element)], text)
            for found in _ID.finditer(text):
                _keep(self._ids[found[1]], found[0])


def _name(element: ElementTree.Element) -> str:
    return str(element.tag).rpartition("}")[2].casefold()


def _keep(kept: dict[T, None], value: T, most: int = _MOST) -> None:
    kept.pop(value, None)
    kept[value] = None
    if len(kept) > most:
        del kept[next(iter(kept))]
