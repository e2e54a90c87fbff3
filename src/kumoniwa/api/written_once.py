"""Outputs that are written once: the same value is the answer until what it describes changes."""

from typing import Any


class WrittenOnce(dict[str, Any]):
    """An output that never changes again. Whoever writes it down may keep the text with it, for the next time."""

    __slots__ = ("written",)

    def __init__(self, output: dict[str, Any]) -> None:
        super().__init__(output)
        self.written: dict[object, str] = {}
        """The text, by who wrote it: another writer's text is in other words."""
