"""Answers in JSON: what an SDK would read out of EC2's XML."""

import json
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any

import pytest

from kumoniwa.api.written_once import Pieces, WrittenOnce
from kumoniwa.console.json_text import written_json

_AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("answer", "read"),
    [
        ({}, {}),
        ({"Return": True, "Size": 8, "Rate": 0.5}, {"Return": True, "Size": 8, "Rate": 0.5}),
        ({"Absent": None, "Empty": [], "Nothing": {}}, {"Empty": [], "Nothing": {}}),
        ({"Text": 'ü "\\ \x00'}, {"Text": 'ü "\\ \x00'}),
        ({"At": _AT}, {"At": "2026-01-02T03:04:05.000Z"}),
        ({"Data": b"\x00\xff"}, {"Data": "AP8="}),
        ({"Sets": ({"a": 1}, {"b": None})}, {"Sets": [{"a": 1}, {}]}),
        ({"Instances": [WrittenOnce({"At": _AT, "No": None})]}, {"Instances": [{"At": "2026-01-02T03:04:05.000Z"}]}),
    ],
)
def test_an_answer_is_written(answer: dict[str, Any], read: dict[str, Any]) -> None:
    assert json.loads(written_json(answer)) == read


def test_what_never_changes_is_written_once_for_each_writer() -> None:
    def write_xml(out: Pieces, value: Any) -> None:
        out.append(f"<instanceId>{value['InstanceId']}</instanceId>")

    instance = WrittenOnce({"InstanceId": "i-1"})
    assert instance.text(write_xml) == b"<instanceId>i-1</instanceId>"
    first = written_json({"Instances": [instance]})
    instance["InstanceId"] = "i-2"  # which nobody does: here it shows that it is not read again
    assert written_json({"Instances": [instance]}) == first
    assert instance.text(write_xml) == b"<instanceId>i-1</instanceId>"


def test_half_a_character_does_not_break_an_answer() -> None:
    assert json.loads(written_json({"Text": "\ud800"})) == {"Text": "?"}


def test_what_has_no_place_in_json_is_our_own_bug() -> None:
    with pytest.raises(TypeError):
        written_json({"Address": ip_address("127.0.0.1")})
