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

from kumoniwa.aws.ec2query import Codec, service_model
from kumoniwa.aws.parameters import LEFT_TO_ACTIONS, wire_name

CODEC = Codec()
MODEL = service_model("ec2", "2016-11-15")
SERIALIZER = create_serializer("ec2", include_validation=False)
PARSER = create_parser("ec2")

TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"), max_size=5
)
SPECIAL = st.sampled_from(["a&b<c>", 'q"q', "r\r\nr", "\t", " x ", "é☁", "a+b=c%20"])
MOMENT = st.integers(0, 4_000_000_000_000).map(lambda ms: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms))
DEEPEST = 4


def values(shape: Any, *, sent: bool, depth: int = 0, may_be_empty: bool = False) -> st.SearchStrategy[Any]:
    """Values of a shape. Those to be sent have no empty text, list or structure: EC2's protocol cannot say them."""
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


A_FEW = settings(
    max_examples=2,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


INITIALS = sorted({name[0] for name in MODEL.operation_names})


def check_request(action: str) -> None:
    """Requests of one action, drawn by hypothesis, are read as they were meant."""

    @A_FEW
    @given(structures(MODEL.operation_model(action).input_shape, sent=True, depth=0))
    def read_back(value: dict[str, Any]) -> None:
        assert CODEC.parse(action, wire(action, value)) == value, action

    read_back()


def check_answer(action: str, shape: Any) -> None:
    """Answers of one action, drawn by hypothesis, reach botocore's caller as they were given."""

    @A_FEW
    @given(structures(shape, sent=False, depth=0).filter(bool))
    def read_back(value: dict[str, Any]) -> None:
        body = CODEC.result(action, value, "the-request")
        parsed = PARSER.parse({"body": body, "headers": {}, "status_code": 200}, shape)
        metadata = parsed.pop("ResponseMetadata")
        assert parsed == value, action
        assert metadata["RequestId"] == "the-request"

    read_back()


@pytest.mark.parametrize("initial", INITIALS)
def test_what_botocore_sends_is_read_as_it_was_meant(initial: str) -> None:
    for action in MODEL.operation_names:
        if action.startswith(initial):
            check_request(action)


@pytest.mark.parametrize("initial", INITIALS)
def test_what_is_answered_reaches_botocores_caller_as_it_was_given(initial: str) -> None:
    for action in MODEL.operation_names:
        shape = MODEL.operation_model(action).output_shape
        if action.startswith(initial) and shape is not None:
            check_answer(action, shape)
