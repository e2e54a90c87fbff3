"""The query protocol, as STS speaks it: botocore is the judge here too."""

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from service_models import service_model

from kumoniwa.errors import InvalidAction, UnknownParameter
from kumoniwa.gateway.protocols.query import query_codec

CODEC = query_codec("sts", "2011-06-15", "https://sts.amazonaws.com/doc/2011-06-15/")
MODEL = service_model("sts", "2011-06-15")
SERIALIZER = create_serializer("query", include_validation=False)
PARSER = create_parser("query")


def filled(shape: Any) -> Any:
    """A value of a shape in which every member is there, every list with two items."""
    match shape.type_name:
        case "structure":
            return {name: filled(member) for name, member in shape.members.items()}
        case "list":
            return [filled(shape.member), filled(shape.member)]
        case "string":
            return (shape.metadata.get("enum") or ["a & b"])[0]
        case "boolean":
            return True
        case "integer" | "long":
            return 900
        case "timestamp":
            return datetime(2026, 11, 29, tzinfo=UTC)
        case "blob":
            return b"bytes"
        case other:
            raise AssertionError(other)


@pytest.mark.parametrize("action", MODEL.operation_names)
def test_requests_and_answers_pass_between_botocore_and_us_as_they_were_meant(action: str) -> None:
    operation = MODEL.operation_model(action)
    request, output = filled(operation.input_shape), filled(operation.output_shape)
    sent = SERIALIZER.serialize_to_request(request, operation)["body"]
    pairs = [(name, str(value)) for name, value in sent.items() if name not in ("Action", "Version")]
    assert CODEC.parse(action, [(name, {"True": "true"}.get(text, text)) for name, text in pairs]) == request
    body = b"".join(CODEC.result(action, output, "the-request"))
    answer = {"body": body, "headers": {}, "status_code": 200}
    parsed = PARSER.parse(answer, operation.output_shape)
    assert parsed.pop("ResponseMetadata")["RequestId"] == "the-request"
    assert parsed == output


def test_a_list_without_its_level_is_refused_by_the_name_that_was_sent() -> None:
    with pytest.raises(UnknownParameter, match=r"PolicyArns\.1"):
        CODEC.parse("AssumeRole", {"RoleArn": "x", "RoleSessionName": "y", "PolicyArns.1.arn": "z"})


def test_an_action_that_the_service_does_not_have_is_refused() -> None:
    with pytest.raises(InvalidAction, match="MakeTea"):
        CODEC.parse("MakeTea", {})


def test_a_list_that_is_sent_empty_is_one() -> None:
    asked = {"RoleArn": "arn", "RoleSessionName": "me", "Tags": []}
    body = SERIALIZER.serialize_to_request(asked, MODEL.operation_model("AssumeRole"))["body"]
    assert body["Tags"] == ""
    sent = {name: value for name, value in body.items() if name not in ("Action", "Version")}
    assert CODEC.parse("AssumeRole", sent) == asked
