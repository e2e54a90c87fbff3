"""What is refused to a person says what happened and what can be done: neither is made alone."""

from typing import Self

REPORT_IT = "This is a fault of Kumoniwa: please report it, with what the server's log says of it."
"""The way out of what no caller and no host can have brought about."""


class Refusal(Exception):
    """What is refused to a person: a sentence of what happened, and one of what can be done about it."""

    def __init__(self, what: str, *, way_out: str) -> None:
        super().__init__(f"{what} {way_out}")
        self.what, self.way_out = what, way_out

    @classmethod
    def of(cls, refusal: "Refusal") -> Self:
        """The same, as a refusal of this class."""
        return cls(refusal.what, way_out=refusal.way_out)


def sentence(text: str) -> str:
    """Text that may end in another's words, ended with a period where it has none."""
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def happened(failure: Exception) -> str:
    """What happened, without what can be done: for where that is said beside it."""
    return failure.what if isinstance(failure, Refusal) else str(failure)
