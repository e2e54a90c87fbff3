"""botocore is the judge: what its serializer sends we read, what we write its parser reads, for every action."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import pytest
from botocore.awsrequest import AWSRequest
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from service_models import service_model

from kumoniwa.gateway.protocols.ec2 import ec2_codec, wire_name
from kumoniwa.gateway.protocols.parameters import LEFT_TO_ACTIONS

CODEC = ec2_codec()
MODEL = service_model("ec2", "2016-11-15")
SERIALIZER = create_serializer("ec2", include_validation=False)
PARSER = create_parser("ec2")

TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"), max_size=5
)
SPECIAL = st.sampled_from(["a&b<c>", 'q"q', "r\r\nr", "\t", " x ", "é☁", "a+b=c%20"])
MOMENT = st.integers(0, 4_000_000_000_000).map(lambda ms: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms))
DEEPEST = 4
MADE: dict[tuple[str, bool, int, bool], st.SearchStrategy[Any]] = {}  # to make a strategy costs more than to draw


def values(shape: Any, *, sent: bool, depth: int, may_be_empty: bool = False) -> st.SearchStrategy[Any]:
    """Values of a shape. Those to be sent have no empty text, list or structure: EC2's protocol cannot say them."""
    key = (shape.name, sent, depth, may_be_empty)
    if key not in MADE:
        MADE[key] = new_values(shape, sent=sent, depth=depth, may_be_empty=may_be_empty)
    return MADE[key]


def new_values(shape: Any, *, sent: bool, depth: int, may_be_empty: bool) -> st.SearchStrategy[Any]:
    match shape.type_name:
        case "structure":
            return structures(shape, sent=sent, depth=depth)
        case "list":
            item = values(shape.member, sent=sent, depth=depth + 1, may_be_empty=may_be_empty)
            return st.lists(item, min_size=1 if sent else 0, max_size=1 if depth > DEEPEST else 2)
        case "string":
            if (words := shape.metadata.get("enum")) and shape.name not in LEFT_TO_ACTIONS:
                return st.sampled_from(list(words))
            text = TEXT | SPECIAL
            return text if may_be_empty or not sent else text.filter(bool)
        case "boolean":
            return st.booleans()
        case "integer":
            return st.integers(-(2**31), 2**31 - 1)
        case "long":
            return st.integers(-(2**63), 2**63 - 1)
        case "double" | "float":
            return st.floats(-1e9, 1e9, allow_nan=False).filter(
                lambda number: not math.isclose(number, 0, abs_tol=1e-9)
            )
        case "timestamp":
            return MOMENT.map(lambda moment: moment.replace(microsecond=0)) if sent else MOMENT
        case "blob":
            return st.binary(min_size=1, max_size=8)
        case other:
            raise AssertionError(other)


@st.composite
def structures(draw: st.DrawFn, shape: Any, *, sent: bool, depth: int) -> dict[str, Any]:
    """A structure with what it requires and a few of what it may have: hundreds of members would tell no more."""
    names = list(shape.members)
    chosen = set(shape.required_members)
    if names and (depth <= DEEPEST or (sent and not chosen)):
        simple = [n for n in names if depth < DEEPEST or shape.members[n].type_name not in ("structure", "list")]
        chosen |= draw(
            st.sets(st.sampled_from(simple or names), min_size=1 if sent else 0, max_size=6 if depth == 0 else 3)
        )
    value = {}
    for name in sorted(chosen):
        member = shape.members[name]
        empty = wire_name(name, member.serialization) == "Value"
        drawn = draw(values(member, sent=sent, depth=depth + 1, may_be_empty=empty))
        if drawn != {} or not sent:
            value[name] = drawn
    return value


def wire(action: str, value: dict[str, Any]) -> list[tuple[str, str]]:
    """What botocore sends, after the HTTP form that it takes on the way."""
    serialized = SERIALIZER.serialize_to_request(value, MODEL.operation_model(action))
    prepared = AWSRequest(method="POST", url="http://127.0.0.1/", data=serialized["body"]).prepare()
    pairs = parse_qsl(prepared.body, keep_blank_values=True, strict_parsing=True)
    return [(name, text) for name, text in pairs if name not in ("Action", "Version")]


def with_texts_for_moments(value: Any) -> Any:
    """The same as a page gives it: JSON has no moments."""
    match value:
        case dict():
            return {name: with_texts_for_moments(child) for name, child in value.items()}
        case list():
            return [with_texts_for_moments(child) for child in value]
        case datetime():
            return f"{value:%Y-%m-%dT%H:%M:%SZ}"
        case _:
            return value


A_FEW = settings(
    max_examples=2,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


INITIALS = sorted({name[0] for name in MODEL.operation_names})


def check(action: str) -> None:
    """Both halves of one action in one run of hypothesis: a run of its own costs more than what is drawn in it."""
    operation = MODEL.operation_model(action)
    asked = structures(operation.input_shape, sent=True, depth=0)
    shape = operation.output_shape
    told = st.just({}) if shape is None else structures(shape, sent=False, depth=0).filter(bool)

    @A_FEW
    @given(asked, told)
    def read_back(request: dict[str, Any], output: dict[str, Any]) -> None:
        sent = wire(action, request)
        assert CODEC.parse(action, sent) == request, action
        assert CODEC.written(action, with_texts_for_moments(request)) == sent, action
        body = b"".join(CODEC.result(action, output, "the-request"))
        parsed = PARSER.parse({"body": body, "headers": {}, "status_code": 200}, shape)
        assert parsed.pop("ResponseMetadata")["RequestId"] == "the-request"
        assert parsed == output, action

    read_back()


@pytest.mark.parametrize("initial", sorted({name[0] for name in MODEL.operation_names}))
def test_requests_and_answers_pass_between_botocore_and_us_as_they_were_meant(initial: str) -> None:
    for action in MODEL.operation_names:
        if action.startswith(initial):
            check(action)
