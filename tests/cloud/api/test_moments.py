"""Moments of every action: what is asked for is judged alike at any depth and through each door, and what is answered
has EC2's form."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode
from xml.etree import ElementTree

import moments
import pytest
from asgi import Answer
from browser import Browser
from every_action import EXAMPLES, IN_ORDER, MODEL, REFUSED, answered, scene, serialized
from moments import FORMS, NO_MOMENTS, in_json, moments_in, on_the_wire, refusal, with_moment
from service_models import JSON_SERVICES, service_model
from stack import Stack

from kumoniwa.api.registry import ACTIONS
from kumoniwa.gateway.protocols.ec2 import ec2_codec

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


ASKED = [(name, path) for name in EXAMPLES for path in moments_in(MODEL.operation_model(name).input_shape)]
"""Every moment that an action's request can have: in its members, in structures, in lists."""
CODEC = ec2_codec()


def _form(name: str, example: Mapping[str, Any], path: moments.Path, text: str) -> str:
    """The example's request with this text at that path."""
    asked = dict(parse_qsl(serialized(name, example), keep_blank_values=True))
    needed = with_moment(MODEL.operation_model(name).input_shape, path, text)
    return urlencode({**needed, **asked, on_the_wire(path): text})


def _json(name: str, example: Mapping[str, Any], path: moments.Path, given: object) -> dict[str, Any]:
    """The same, as a page of the console asks for it."""
    form = dict(parse_qsl(_form(name, example, path, "0")))
    del form["Action"], form["Version"]
    return in_json(CODEC.parse(name, form), path, given)


def _refused(answer: Answer) -> tuple[str | None, str | None]:
    """The code and the message of an answer of the signed API."""
    found = ElementTree.fromstring(answer.text)
    return found.findtext(".//Code"), found.findtext(".//Message")


def test_the_moments_of_all_services_are_walked() -> None:
    assert {name for name, _ in ASKED} >= {"EnableImageDeprecation", "ImportSnapshot", "RunInstances"}
    without = {name: JSON_SERVICES[name] for name in ("kms", "ssm", "ec2-instance-connect")}
    for service, version in {"sts": "2011-06-15", **without}.items():
        model = service_model(service, version)
        assert [path for name in ACTIONS[service] for path in moments_in(model.operation_model(name).input_shape)] == []
    asked_about = {
        "autoscaling",
        "elasticloadbalancing",
        "elasticloadbalancingv2",
    }  # they have nothing, whenever it was
    assert ACTIONS.keys() == {"cloudtrail", "ec2", "ec2-instance-connect", "iam", "kms", "ssm", "sts"} | asked_about, (
        "a new service is to be walked here"
    )


async def test_every_form_of_a_moment_is_taken_by_every_action(stack: Stack, tmp_path: Path) -> None:
    """Whatever becomes of it: all forms of one moment have the same answer, and none is our error."""
    known, taken = await scene(stack, tmp_path), set()
    for name, path in ASKED:
        answers: dict[datetime, tuple[int, str | None]] = {}
        for text, moment in FORMS.items():
            answer = await stack.caller.post(_form(name, EXAMPLES[name](known), path, text))
            code, message = _refused(answer)
            assert answer.status in (200, 400), (name, path, text, answer.text)
            assert message != refusal(path, text), (name, path)
            assert answers.setdefault(moment, (answer.status, code)) == (answer.status, code), (name, path, text)
            taken.add((name, answer.status))
            await stack.idle()
    assert {("EnableImageDeprecation", 200), ("ImportSnapshot", 200)} <= taken


async def test_what_is_no_moment_is_refused_by_every_action(stack: Stack, tmp_path: Path) -> None:
    known = await scene(stack, tmp_path)
    for name, path in ASKED:
        for text in NO_MOMENTS:
            answer = await stack.caller.post(_form(name, EXAMPLES[name](known), path, text))
            assert (answer.status, *_refused(answer)) == (400, "InvalidParameterValue", refusal(path, text)), name


async def test_moments_in_what_a_page_of_the_console_asks_for_are_judged_alike(stack: Stack, tmp_path: Path) -> None:
    known, browser = await scene(stack, tmp_path), Browser(stack)
    await browser.sign_in()
    for name, path in ASKED:
        for given in (*FORMS, *NO_MOMENTS):
            answer = await browser.call(name, **_json(name, EXAMPLES[name](known), path, given))
            told = json.loads(answer.body)
            assert answer.status in (200, 400), (name, path, given, told)
            if given in NO_MOMENTS:
                refused = (told.get("code"), told.get("message"))
                assert refused == ("InvalidParameterValue", refusal(path, given)), (name, path)
            else:
                assert told.get("message") != refusal(path, given), (name, path)
            await stack.idle()
