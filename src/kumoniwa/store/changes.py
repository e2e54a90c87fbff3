"""What commits changed: the tables, told to whoever follows once the commit is durable."""

from collections.abc import Callable

Heard = Callable[[frozenset[str]], None]
"""Is given the names of the tables that a commit wrote to. It is called in the writer's thread: it returns at once."""


class Changes:
    """Gathers the tables of one transaction, and tells followers of them after its commit."""

    def __init__(self) -> None:
        self._followers: list[Heard] = []
        self._touched: set[str] = set()

    def follow(self, heard: Heard) -> None:
        """Tell `heard` of every commit from now on."""
        self._followers.append(heard)

    def forget(self, heard: Heard) -> None:
        """Tell it no more."""
        self._followers.remove(heard)

    def touched(self, table: str) -> None:
        """The transaction that is open wrote to this table."""
        self._touched.add(table)

    def committed(self) -> None:
        """It is durable now."""
        touched, self._touched = frozenset(self._touched), set()
        if touched:
            for heard in tuple(self._followers):
                heard(touched)

    def undone(self) -> None:
        """It was rolled back: nothing has changed."""
        self._touched = set()
