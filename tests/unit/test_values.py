"""Frozen values behave as the standard library's dataclasses do, whatever they are asked."""

import copy
import dataclasses
import pickle
from dataclasses import field
from typing import Any

import pytest

from kumoniwa import values


class _Plain:
    """One with fields of every kind."""

    a: int
    b: str = "b"
    c: list[int] = field(default_factory=list)
    secret: str = field(default="", repr=False)
    beside: int = field(default=0, compare=False)
    made: dict[str, int] = field(init=False, default_factory=dict, compare=False)
    total: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "total", self.a + sum(self.c))


Ours: Any = values.dataclass(frozen=True, slots=True)(type("Value", (), dict(vars(_Plain))))
Standard: Any = dataclasses.dataclass(frozen=True, slots=True)(type("Value", (), dict(vars(_Plain))))
KINDS = pytest.mark.parametrize("kind", [Ours, Standard], ids=["ours", "standard"])


@KINDS
def test_what_is_given_and_what_is_not(kind: Any) -> None:
    value = kind(1, c=[2])
    assert (value.a, value.b, value.c, value.secret, value.made, value.total) == (1, "b", [2], "", {}, 3)
    assert kind(1).c is not kind(1).c, "each has its own"
    assert kind(1, "x", [], "y", 5).beside == 5, "in the order of the fields"


@KINDS
def test_what_does_not_fit_is_refused(kind: Any) -> None:
    for given, named in (((), {}), ((1, "b", [], "", 0, 0), {}), ((1,), {"a": 1}), ((1,), {"total": 1})):
        with pytest.raises(TypeError, match=r"Value\.__init__"):
            kind(*given, **named)


@KINDS
def test_nothing_is_assigned_or_deleted(kind: Any) -> None:
    value = kind(1)
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign to field 'a'"):
        value.a = 2
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot delete field 'a'"):
        del value.a
    assert not hasattr(value, "__dict__")


@KINDS
def test_values_are_equal_by_what_is_compared(kind: Any) -> None:
    assert kind(1) == kind(1, beside=7)
    assert kind(1) != kind(2)
    assert kind(1) != (1, "b", [], "", 1)
    assert kind(1) != type("Value", (kind,), {"__slots__": ()})(1)
    assert hash(kind(1, c=(2,))) == hash(kind(1, c=(2,), beside=7))
    with pytest.raises(TypeError, match="unhashable"):
        hash(kind(1))


@KINDS
def test_a_value_is_shown_without_what_is_secret(kind: Any) -> None:
    assert repr(kind(1, secret="s")) == "Value(a=1, b='b', c=[], beside=0, made={}, total=1)"
    value = kind(1)
    value.c.append(value)
    assert repr(value) == "Value(a=1, b='b', c=[...], beside=0, made={}, total=1)"


@KINDS
def test_the_standard_library_knows_them(kind: Any) -> None:
    value = kind(1, c=[2])
    assert dataclasses.replace(value, a=5).total == 7
    assert dataclasses.asdict(value)["c"] == [2]
    assert copy.deepcopy(value) == value and copy.deepcopy(value).c is not value.c
    assert kind.__match_args__ == ("a", "b", "c", "secret", "beside")
    assert dataclasses.is_dataclass(kind)


@values.dataclass(frozen=True, slots=True)
class Kept:
    """Found by its name, as pickle does."""

    a: int


@values.dataclass(frozen=True, slots=True)
class Own:
    """With methods of its own."""

    a: int

    def __repr__(self) -> str:
        return "own"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Own)

    def __hash__(self) -> int:
        return 7


@values.dataclass(frozen=True, slots=True)
class Empty:
    pass


def test_values_are_pickled() -> None:
    assert pickle.loads(pickle.dumps(Kept(1))) == Kept(1)


def test_a_class_keeps_methods_of_its_own() -> None:
    assert (repr(Own(1)), Own(1) == Own(2), hash(Own(1))) == ("own", True, 7)


def test_a_value_may_have_no_fields() -> None:
    assert Empty() == Empty() and hash(Empty()) == hash(Empty()) and repr(Empty()) == "Empty()"


def test_other_dataclasses_are_refused() -> None:
    for options in ({"frozen": False, "slots": True}, {"frozen": True, "slots": False}):
        with pytest.raises(TypeError, match="standard library"):
            values.dataclass(**options)
