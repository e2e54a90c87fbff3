"""Outputs that are written once: the same value is the answer until what it describes changes."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Pieces = list[str | bytes]
"""What was written: text, and what was written before in bytes of UTF-8."""
Write = Callable[[Pieces, Any], None]
"""Writes a value down, in pieces at the end of the list."""

_MARK = "\0"  # stands for the items of a frame: no writer lets it into a text


def joined(pieces: Pieces) -> bytes:
    """All pieces, in UTF-8."""
    try:
        return "".join(pieces).encode("utf-8", "replace")  # type: ignore[arg-type]
    except TypeError:
        return b"".join(in_parts(pieces))


def in_parts(pieces: Pieces) -> list[bytes]:
    """The same in parts, which are not copied where they are bytes: of a large listing that is nearly all."""
    parts: list[bytes] = []
    texts: list[str] = []
    for piece in pieces:
        if type(piece) is bytes:
            if texts:
                parts.append("".join(texts).encode("utf-8", "replace"))
                texts.clear()
            parts.append(piece)
        else:
            texts.append(piece)  # type: ignore[arg-type]
    if texts:
        parts.append("".join(texts).encode("utf-8", "replace"))
    return parts


class WrittenOnce(dict[str, Any]):
    """An output that never changes again. What was written of it is kept with it, for the next time."""

    __slots__ = ("_written",)

    def __init__(self, output: dict[str, Any]) -> None:
        super().__init__(output)
        self._written: dict[Write, bytes] = {}

    def text(self, write: Write) -> bytes:
        """What this writer writes of it: another writer's text is in other words."""
        if (text := self._written.get(write)) is None:
            pieces: Pieces = []
            write(pieces, self)
            text = self._written[write] = joined(pieces)
        return text


class Frame:
    """An output but for the items of one of its lists. What stands around them is written once."""

    __slots__ = ("_around", "member", "output")

    def __init__(self, output: Mapping[str, Any], member: str) -> None:
        self.output = output
        self.member = member
        self._around: dict[Write, tuple[bytes, bytes, Write]] = {}

    def around(self, write: Write) -> tuple[bytes, bytes, Write]:
        """What this writer writes before the items and behind them, and what writes an item."""
        if (known := self._around.get(write)) is None:
            pieces: Pieces = []
            place = Place()
            write(pieces, {**self.output, self.member: [place]})
            before, _, behind = joined(pieces).partition(_MARK.encode())
            assert place.write is not None, "the list was written"
            known = self._around[write] = before, behind, place.write
        return known


class Place:
    """Stands in a list where a frame has its items."""

    __slots__ = ("write",)

    def __init__(self) -> None:
        self.write: Write | None = None

    def fill(self, out: Pieces, write: Write) -> None:
        """Mark the place, and remember what would have written an item there."""
        self.write = write
        out.append(_MARK)


class Framed(dict[str, Any]):
    """A frame with its items: the outputs of a list that is not empty."""

    __slots__ = ("_items", "frame")

    def __init__(self, frame: Frame, items: Sequence[WrittenOnce]) -> None:
        super().__init__(frame.output)
        self[frame.member] = items
        self.frame, self._items = frame, items

    def pieces(self, write: Write, separator: bytes = b"") -> Sequence[bytes]:
        """What this writer writes of it, if it separates items so."""
        before, behind, write_item = self.frame.around(write)
        if len(self._items) == 1:  # as most are, in a large listing
            return before, self._items[0].text(write_item), behind
        first, *others = self._items
        found = [before, first.text(write_item)]
        for item in others:
            found += (separator, item.text(write_item)) if separator else (item.text(write_item),)
        found.append(behind)
        return found
