"""Outputs that are written once: the same value is the answer until what it describes changes."""

from collections.abc import Callable
from typing import Any

Write = Callable[[list[str], Any], None]
"""Writes a value down, in pieces at the end of the list."""


class WrittenOnce(dict[str, Any]):
    """An output that never changes again. What was written of it is kept with it, for the next time."""

    __slots__ = ("_written",)

    def __init__(self, output: dict[str, Any]) -> None:
        super().__init__(output)
        self._written: dict[Write, str] = {}

    def text(self, write: Write) -> str:
        """What this writer writes of it: another writer's text is in other words."""
        if (text := self._written.get(write)) is None:
            pieces: list[str] = []
            write(pieces, self)
            text = self._written[write] = "".join(pieces)
        return text
