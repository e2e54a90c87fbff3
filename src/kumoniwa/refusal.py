"""What is refused to a person at a terminal says what happened and what can be done: neither is made alone."""

from typing import Self


class Refusal(Exception):
    """What is refused to a person at a terminal: a sentence of what happened, and one of what can be done about it."""

    def __init__(self, what: str, *, way_out: str) -> None:
        super().__init__(f"{what} {way_out}")
        self.what, self.way_out = what, way_out

    @classmethod
    def of(cls, refusal: "Refusal") -> Self:
        """The same, as a refusal of this class."""
        return cls(refusal.what, way_out=refusal.way_out)
