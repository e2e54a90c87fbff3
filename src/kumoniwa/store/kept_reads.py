"""What the writer has read of tables that seldom change, kept until something is written to them.

A launch reads what the launch before it has read: the image, the default VPC with its subnets and group, settings of
the account. Only the connection that writes keeps it, because nothing is written without its knowledge: another
program's writes are noticed at the beginning of each transaction.
"""

from collections.abc import Hashable, Mapping
from functools import cache
from typing import Any

KEPT = "kumoniwa: what was read"
"""The note on a writing connection that holds its `KeptReads`."""

_MOST_READS = 256  # of one table: there are as many as resources that are named, in the worst case
_MOST_ROWS = 64  # of one read


class KeptReads:
    """Rows by what was asked for, for each table."""

    def __init__(self) -> None:
        self._of: dict[str, dict[Hashable, list[Any]]] = {}
        self._version: int | None = None

    def as_of(self, version: int) -> None:
        """Forget all where another program has written since: what it writes, the database gives another version."""
        if version != self._version:
            self._version = version
            self.forget()

    def get(self, table: str, asked: Hashable) -> list[Any] | None:
        """What this read gave, where nothing was written to its table since. It is the caller's own list."""
        kept = self._of.get(table)
        found = None if kept is None else kept.get(asked)
        return None if found is None else list(found)

    def keep(self, table: str, asked: Hashable, found: list[Any]) -> None:
        """Remember what a read gave."""
        kept = self._of.setdefault(table, {})
        if len(found) > _MOST_ROWS:
            return
        if len(kept) >= _MOST_READS:
            kept.clear()
        kept[asked] = list(found)

    def written(self, table: str) -> None:
        """Something was written to the table."""
        self._of.pop(table, None)

    def deleted_from(self, table: str) -> None:
        """Rows of the table went, and with them rows of other tables."""
        if self._of:
            for other in _going_with().get(table, ()):
                self._of.pop(other, None)

    def forget(self) -> None:
        """Forget all: what was read may have been taken back."""
        self._of.clear()


@cache
def _going_with() -> Mapping[str, frozenset[str]]:
    """The tables from which the database itself may delete rows when rows of a table go, by its name."""
    from kumoniwa.store.all_tables import metadata  # a server starts without most of them

    directly = {
        table.name: {
            other.name
            for other in metadata.tables.values()
            for key in other.foreign_keys
            if key.column.table is table and key.ondelete is not None
        }
        for table in metadata.tables.values()
    }
    return {name: frozenset(_reached(name, directly)) for name in directly}


def _reached(name: str, directly: Mapping[str, set[str]]) -> set[str]:
    reached: set[str] = set()
    to_visit = [name]
    while to_visit:
        for other in directly[to_visit.pop()] - reached:
            reached.add(other)
            to_visit.append(other)
    return reached
