"""The one parser of what guests may have the say of: bounded before it parses, typed after."""

import contextlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kumoniwa.hypervisor.driver import DiskRefused, GuestLost, LayerDamaged
from kumoniwa.hypervisor.qemu.disks.layer_checks import extent
from kumoniwa.hypervisor.qemu.disks.qemu_disks import needed
from kumoniwa.hypervisor.qemu.untrusted import Limits, NotJson, Value, parsed, shown

LIMITS = Limits(bytes=200_000, nested=5, parts=150_000)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
READ: list[Callable[[Value], Any]] = [
    lambda value: value["return"],
    lambda value: value.get("return"),
    lambda value: list(value.each()),
    Value.text,
    Value.page,
    Value.count,
    Value.flag,
]


def _depth(value: object) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(_depth, inner), default=0)


@given(_JSON)
def test_depth_is_counted_as_it_is_whatever_strings_hold(value: object) -> None:
    """Brackets in strings are no depth; nor do quotes and backslashes in them hide any."""
    message = json.dumps(value).encode()
    if _depth(value) > LIMITS.nested:
        with pytest.raises(NotJson, match="nested"):
            parsed(message, LIMITS)
    else:
        assert parsed(message, LIMITS) == value


@given(st.binary() | st.text(alphabet='[]{}",:\\0').map(str.encode))
def test_any_bytes_are_json_or_none(message: bytes) -> None:
    with contextlib.suppress(NotJson):
        parsed(message, LIMITS)


@pytest.mark.parametrize(
    "message",
    [
        b"[" * 100_000,
        b"[" * 60_000 + b"]" * 60_000,
        b'{"a":' * 20_000,
        b'"' + b'\\"' * 90_000 + b"[" * 10_000,
        b"[]" * 70_000,
        b'{"a": "' + b"[{" * 90_000,
        b"[" + b"{}," * 60_000 + b"{}]",
        b"[" + b"1," * 99_000 + b"1]",
        b"9" * 5_000,
        b"1e" + b"9" * 10_000,
        b'{"a": NaN}',
        b"-Infinity",
        b"\xff\xfe[\x00]\x00",
        b"\xef\xbb\xbf1",
        b"",
        b" " * 300_000,
    ],
    ids=lambda message: repr(message[:12]),
)
def test_what_is_too_much_or_no_json_is_refused_or_harmless(message: bytes) -> None:
    with contextlib.suppress(NotJson):
        assert isinstance(parsed(message, LIMITS), list | float)


def test_of_a_name_said_twice_the_last_counts() -> None:
    assert parsed(b'{"return": 1, "return": 2}', LIMITS) == {"return": 2}


@given(_JSON)
def test_a_value_is_what_is_asked_for_or_its_error(value: object) -> None:
    said = Value(value, "what was said", LayerDamaged)
    for read in READ:
        with contextlib.suppress(LayerDamaged):
            read(said)


@pytest.mark.parametrize("raw", [True, False, -1, 1.0, 2**63, "1", None, [1], {}])
def test_what_is_no_count_is_refused(raw: object) -> None:
    with pytest.raises(GuestLost, match=r"^what i-1 answers makes no sense\. Try"):
        Value(raw, "what i-1 answers").count()


@pytest.mark.parametrize("raw", ["\x1b[2J", "a\nb", "\ud800", "\u202e", "x" * 5_000, 7, None])
def test_text_is_safe_to_show(raw: object) -> None:
    with pytest.raises(GuestLost):
        Value(raw, "what i-1 answers").text()


def test_words_are_shown_escaped_and_few() -> None:
    assert shown("\x1b]0;owned\x07\r\n") == r"\x1b]0;owned\x07\r\n"
    assert len(shown("x" * 10_000)) < 310


def test_extents_of_a_disk_are_counted() -> None:
    line = '[{ "start": 0, "length": 65536, "depth": %d, "present": true, "zero": %s, "data": true, "offset": 327680},'
    assert extent("a.qcow2", line % (0, "false")) == (65536, 65536)
    assert extent("a.qcow2", line % (1, "false")) == (0, 65536)
    assert extent("a.qcow2", line % (0, "true")) == (65536, 0)
    assert extent("a.qcow2", "]\n") == (0, 0)
    assert extent("a.qcow2", '{"data": false}') == (0, 0)
    assert needed('{"required": 327680, "fully-allocated": 1074135040}') == 327680


@given(st.text() | _JSON.map(json.dumps) | _JSON.map(lambda value: json.dumps({"data": True, "length": value})))
def test_whatever_qemu_img_says_is_an_extent_or_damage(line: str) -> None:
    with contextlib.suppress(LayerDamaged):
        assert min(extent("a.qcow2", line)) >= 0
    with contextlib.suppress(DiskRefused):
        assert needed(line) >= 0
