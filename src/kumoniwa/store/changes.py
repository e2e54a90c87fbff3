"""What commits changed: tables and the resources whose rows those are, told to followers once the commit is durable."""

import contextlib
from collections.abc import Callable, Collection, Mapping

Changed = Mapping[str, frozenset[str] | None]
"""By table, the ids of the resources whose rows were written; None where they may be any, or are too many to name."""

Heard = Callable[[Changed], None]
"""Is given what a commit wrote to. It is called in the writer's thread: it returns at once."""

Touched = Callable[[str, Collection[str] | None], None]
"""Is told that a statement wrote to a table: to the rows of these resources; to any of its rows, for None."""

LET_GO = "layers let go"
"""No table: under this name are told the layers that something referred to until this commit. Whoever collects those
that nothing needs looks at them."""

MOST_NAMED = 100
"""Ids of one table: beyond that, whoever shows the table is quicker to read it whole."""


class Gathered:
    """Changes of several writes, put together. Takes no more room than `MOST_NAMED` ids for each table."""

    def __init__(self) -> None:
        self._tables: dict[str, set[str] | None] = {}

    def add(self, table: str, ids: Collection[str] | None) -> None:
        """These rows of a table changed; any of its rows, for None."""
        known = self._tables.setdefault(table, set())
        if ids is None or known is None or len(ids) > MOST_NAMED:
            self._tables[table] = None
            return
        known.update(ids)
        if len(known) > MOST_NAMED:
            self._tables[table] = None

    def add_all(self, changed: Changed) -> None:
        """All of these."""
        for table, ids in changed.items():
            self.add(table, ids)

    def take(self) -> Changed:
        """What has changed since the last time."""
        tables, self._tables = self._tables, {}
        return {table: None if ids is None else frozenset(ids) for table, ids in tables.items()}


class Changes:
    """Gathers the changes of one transaction, and tells followers of them after its commit."""

    def __init__(self) -> None:
        self._followers: list[Heard] = []
        self._touched = Gathered()
        self._unsure: Changed = {}

    def follow(self, heard: Heard) -> None:
        """Tell `heard` of every commit from now on."""
        self._followers.append(heard)

    def forget(self, heard: Heard) -> None:
        """Tell it no more, if it was told. A start that fails ends what it has not begun, too."""
        with contextlib.suppress(ValueError):
            self._followers.remove(heard)

    def touched(self, table: str, ids: Collection[str] | None = None) -> None:
        """The transaction that is open wrote to this table: to the rows of these resources, where that is known."""
        self._touched.add(table, ids)

    def committed(self) -> None:
        """It is durable now."""
        if self._unsure:
            self._touched.add_all(self._unsure)
            self._unsure = {}
        if touched := self._touched.take():
            for heard in tuple(self._followers):
                heard(touched)

    def undone(self) -> None:
        """It was rolled back: nothing has changed."""
        self._touched.take()

    def unsure(self) -> None:
        """Nobody knows whether it is durable: it is told with the next commit that is, and may have changed nothing."""
        self._touched.add_all(self._unsure)
        self._unsure = self._touched.take()
