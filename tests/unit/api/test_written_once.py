"""What is written once is written as it would be anew, in XML and in JSON."""

import json
from typing import Any

import pytest

from kumoniwa.api.written_once import Frame, Framed, WrittenOnce, in_parts, joined
from kumoniwa.console.json_text import written_json
from kumoniwa.gateway.protocols.ec2 import ec2_codec

_CODEC = ec2_codec()
_ODD = "<é> & \x00 \ud800 🌱"


def _framed(count: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """An answer with a reservation of so many instances, as it is kept and as it would be anew."""
    reservation = {"ReservationId": "r-1", "OwnerId": _ODD, "Groups": []}
    instances = [{"InstanceId": f"i-{number}", "KeyName": _ODD, "ImageId": None} for number in range(count)]
    kept = Framed(Frame(reservation, "Instances"), [WrittenOnce(instance) for instance in instances])
    return {"Reservations": [kept]}, {"Reservations": [{**reservation, "Instances": instances}]}


@pytest.mark.parametrize("count", [1, 2, 3])
def test_items_in_a_frame_are_written_as_they_would_be_anew(count: int) -> None:
    kept, anew = _framed(count)
    for _ in range(2):
        assert _xml(kept) == _xml(anew)
        assert written_json(kept) == written_json(anew)
    assert json.loads(written_json(kept))["Reservations"][0]["Instances"][count - 1]["InstanceId"] == f"i-{count - 1}"


def _xml(answer: dict[str, Any]) -> bytes:
    return b"".join(_CODEC.result("DescribeInstances", answer, "r"))


def test_what_was_written_before_is_a_part_of_the_answer_and_not_copied() -> None:
    text = b"<written-before/>"
    parts = in_parts(["a", "é", text, "b", text])
    assert parts == ["aé".encode(), text, b"b", text]
    assert parts[1] is text
    assert in_parts([text]) == [text]


def test_a_frame_with_its_items_reads_like_the_output_it_is() -> None:
    kept, anew = _framed(2)
    assert kept == anew


def test_pieces_are_joined_in_their_order() -> None:
    assert joined(["a", "é", b"b", b"c", "d"]) == "aébcd".encode()
    assert joined([b"b"]) == b"b"
    assert joined([]) == b""
