"""Moments of every action: what is asked for is never our error, and what is answered has EC2's form."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from every_action import EXAMPLES, IN_ORDER, MODEL, REFUSED, answered, scene, serialized
from stack import Stack

from kumoniwa.gateway.protocols.ec2 import wire_name

pytestmark = pytest.mark.anyio

WITH_MILLISECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
LOOKS_LIKE_A_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")
WHOLE_SECONDS = {"attachTime", "launchTime", "usageOperationUpdateTime"}
"""What EC2 shows so although it has milliseconds elsewhere: people parse LaunchTime."""
WITHOUT_FRACTION = {
    ("DescribeReplaceRootVolumeTasks", "startTime"),
    ("DescribeReplaceRootVolumeTasks", "completeTime"),
    ("CreateReplaceRootVolumeTask", "startTime"),
}
"""Texts in EC2's model, whose documentation has no fraction."""


def _leaves(element: ElementTree.Element) -> Iterator[tuple[str, str]]:
    for one in element.iter():
        if not len(one) and one.text:
            yield one.tag.rpartition("}")[2], one.text


def _moments(shape: Any, above: tuple[str, ...] = ()) -> Iterator[str]:
    """The elements of an answer that are moments in the model."""
    if shape is None or shape.name in above:
        return
    if shape.type_name == "list":
        yield from _moments(shape.member, (*above, shape.name))
    elif shape.type_name == "structure":
        for name, member in shape.members.items():
            if member.type_name == "timestamp":
                yield str(member.serialization.get("name", name))
            yield from _moments(member, (*above, shape.name))


async def test_every_moment_in_an_answer_has_ec2_s_form(stack: Stack, tmp_path: Path) -> None:
    now = stack.clock.now()
    await stack.clock.advance((1_235_000 - now.microsecond) / 1_000_000)
    known, seen = await scene(stack, tmp_path), set()
    for name in IN_ORDER:
        answer = await answered(stack, name, EXAMPLES[name](known))
        assert answer.status == 200 or name in REFUSED, (name, answer.text)
        await stack.idle()
        of_model = set(_moments(MODEL.operation_model(name).output_shape))
        for tag, text in _leaves(ElementTree.fromstring(answer.text)):
            if tag not in of_model and not LOOKS_LIKE_A_MOMENT.match(text):
                continue
            if (name, tag) in WITHOUT_FRACTION:
                assert re.fullmatch(r"[\dT:-]+Z", text), (name, tag, text)
                continue
            assert WITH_MILLISECONDS.fullmatch(text), (name, tag, text)
            if tag in WHOLE_SECONDS:
                assert text.endswith(".000Z"), (name, tag, text)
            seen.add(f"{tag} {text[20:]}")
    whole = {f"{tag} 000Z" for tag in WHOLE_SECONDS}
    assert seen >= {*whole, "createTime 235Z", "startTime 235Z", "timestamp 235Z"}, seen


def _asked(shape: Any, path: str = "", above: tuple[str, ...] = ()) -> Iterator[str]:
    if shape.name in above:
        return
    for name, member in shape.members.items():
        wire = f"{path}{wire_name(name, member.serialization)}"
        if member.type_name == "timestamp":
            yield wire
        elif member.type_name == "structure":
            yield from _asked(member, f"{wire}.", (*above, shape.name))


ASKED = [(name, path) for name in EXAMPLES for path in _asked(MODEL.operation_model(name).input_shape)]


@pytest.mark.parametrize(
    "text", ["0001-01-01T00:00:00Z", "0002-01-01T00:00:00Z", "9998-12-31T23:59:59Z", "9999-12-31T23:59:59Z", "0", "now"]
)
async def test_no_moment_that_is_asked_for_is_our_error(stack: Stack, tmp_path: Path, text: str) -> None:
    """Its action compares it with others and adds intervals to it."""
    known = await scene(stack, tmp_path)
    for name, path in ASKED:
        example: Mapping[str, Any] = EXAMPLES[name](known)
        form = "&".join(one for one in serialized(name, example).split("&") if not one.startswith(f"{path}="))
        answer = await stack.caller.post(f"{form}&{path}={text}")
        assert answer.status in (200, 400), (name, path, answer.text)
