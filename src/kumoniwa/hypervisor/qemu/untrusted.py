"""What comes from where a guest may have the say: its agent, its QEMU, which it may have broken out into, and qemu-img
about files that it wrote. This is the one place where that is parsed.

It is bounded in size and depth before it is parsed, and read field by field as what the caller expects. Whatever is
something else raises the one error that callers expect of that speaker.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import field
from typing import NoReturn

from kumoniwa.hypervisor.driver import DriverError, GuestLost
from kumoniwa.logs import printable
from kumoniwa.values import dataclass

_STRING = re.compile(rb'"(?:[^"\\]+|\\.)*+"?', re.DOTALL)  # to its end, or the text's: never looked at twice
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_MOST_SHOWN = 300  # characters of a speaker's own words that are passed on
_LONGEST_TEXT = 4096  # characters: as long as a path can be
_LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one message may be."""

    bytes: int
    nested: int
    """How deep arrays and objects stand in each other."""
    parts: int
    """How many arrays, objects and elements there are at most, each of which takes some hundred bytes when parsed."""


class NotJson(ValueError):
    """A message is no JSON, or more than its limits allow."""


def parsed(message: bytes, limits: Limits) -> object:
    """The message's value. Raises `NotJson`."""
    if len(message) > limits.bytes:
        raise NotJson(f"it has more than {limits.bytes} bytes")
    opened = message.count(b"[") + message.count(b"{")
    if opened + message.count(b",") > limits.parts:
        raise NotJson(f"it has more than {limits.parts} parts")
    if opened > limits.nested and _is_deeper(message, limits.nested):
        raise NotJson(f"it is nested more than {limits.nested} deep")
    try:
        return json.loads(message.decode(), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as failure:  # also what is not UTF-8, and numbers of thousands of digits
        raise NotJson("it is not JSON") from failure


def shown(words: str) -> str:
    """A speaker's words for a log, a reason or a terminal: not many of them, and what is a control there is escaped."""
    return printable(words[:_MOST_SHOWN]) + (" …" if len(words) > _MOST_SHOWN else "")


@dataclass(frozen=True, slots=True)
class Value:
    """A value that was said, or a part of it. It is read as what it should be, and raises `error` where it is not."""

    raw: object = field(repr=False)
    what: str
    """What was said, for the error's text: `QEMU's answer to query-status`."""
    error: Callable[[str], DriverError] = GuestLost

    def __getitem__(self, name: str) -> "Value":
        """A member that must be there."""
        if (member := self.get(name)) is None:
            self.refuse()
        return member

    def get(self, name: str) -> "Value | None":
        """A member, or None where there is no such member."""
        if not isinstance(self.raw, dict):
            self.refuse()
        return Value(self.raw[name], self.what, self.error) if name in self.raw else None

    def each(self) -> Iterator["Value"]:
        """The elements of an array."""
        if not isinstance(self.raw, list):
            self.refuse()
        return (Value(element, self.what, self.error) for element in self.raw)

    def text(self) -> str:
        """A name, a path, a sentence: of one line, and safe to show."""
        if not isinstance(self.raw, str) or len(self.raw) > _LONGEST_TEXT or not self.raw.isprintable():
            self.refuse()
        return self.raw

    def page(self) -> str:
        """Text of many lines, as it came. What is passed on of it goes through `shown`."""
        if not isinstance(self.raw, str):
            self.refuse()
        return self.raw

    def count(self, most: int = _LARGEST) -> int:
        """A whole number from 0 to `most`."""
        if isinstance(self.raw, bool) or not isinstance(self.raw, int) or not 0 <= self.raw <= most:
            self.refuse()
        return self.raw

    def flag(self) -> bool:
        """True or false."""
        if not isinstance(self.raw, bool):
            self.refuse()
        return self.raw

    def refuse(self) -> NoReturn:
        """Raise the error for what makes no sense."""
        raise self.error(f"{self.what} makes no sense")


def _is_deeper(message: bytes, most: int) -> bool:
    """Whether brackets stand in each other more than so deep. What is unbalanced counts as deeper or is no JSON."""
    brackets = _STRING.sub(b"", message).translate(None, _NO_BRACKETS)
    for _ in range(most):
        inner = brackets.replace(b"[]", b"").replace(b"{}", b"")
        if len(inner) == len(brackets):
            break
        brackets = inner
    return bool(brackets)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON's")
