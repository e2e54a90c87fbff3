"""JSON 1.1: what botocore writes is read as it was meant, what is answered botocore reads, and all else is refused."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from service_models import JSON_SERVICES, json_model

from kumoniwa.errors import AuthFailure, Ec2Error, InternalError, InvalidAction, NotBuilt
from kumoniwa.gateway.protocols.json import JsonCodec, SerializationException, status

SSM = JsonCodec("ssm", JSON_SERVICES["ssm"], "AmazonSSM")

PUT = {
    "Name": "/web/ami",
    "Value": "ami-1 雲",
    "Type": "String",
    "Overwrite": True,
    "Tags": [{"Key": "a", "Value": ""}],
}


def _sent(action: str, parameters: dict[str, Any]) -> tuple[str, bytes]:
    """What botocore sends: the target and the body."""
    request = create_serializer("json").serialize_to_request(parameters, json_model("ssm").operation_model(action))
    body = request["body"]
    return request["headers"]["X-Amz-Target"], body if isinstance(body, bytes) else body.encode()


def _read(action: str, given: object) -> dict[str, Any]:
    named, asked = SSM.asked(f"AmazonSSM.{action}", json.dumps(given).encode())
    return SSM.parse(named, asked)


def test_what_botocore_writes_is_read_as_it_was_given() -> None:
    action, given = SSM.asked(*_sent("PutParameter", PUT))
    assert action == "PutParameter"
    assert SSM.parse(action, given) == PUT
    assert SSM.parse(action, SSM.written(action, PUT)) == PUT


def test_an_answer_is_read_by_botocore() -> None:
    at = datetime(2026, 1, 2, 3, 4, 5, 678000, UTC)
    output = {"Parameter": {"Name": "a", "Version": 3, "LastModifiedDate": at, "Selector": None}}
    body = b"".join(SSM.result("GetParameter", output, "request"))
    shape = json_model("ssm").operation_model("GetParameter").output_shape
    read = create_parser("json").parse({"status_code": 200, "headers": {}, "body": body}, shape)
    assert read["Parameter"] == {"Name": "a", "Version": 3, "LastModifiedDate": at}


def test_a_member_that_the_model_lacks_is_our_bug() -> None:
    with pytest.raises(KeyError):
        SSM.result("GetParameter", {"Colour": {}}, "request")


def test_a_refusal_is_read_by_botocore() -> None:
    body = SSM.error(Ec2Error("ParameterNotFound", "none"), "request")
    read = create_parser("json").parse({"status_code": 400, "headers": {}, "body": body}, None)
    assert (read["Error"]["Code"], read["Error"]["Message"]) == ("ParameterNotFound", "none")


@pytest.mark.parametrize(
    ("error", "code", "answered"),
    [
        (InvalidAction("Paint"), "UnknownOperationException", 400),
        (NotBuilt("policies"), "ValidationException", 400),
        (AuthFailure(), "InvalidSignatureException", 400),
        (InternalError(), "InternalFailure", 500),
    ],
)
def test_refusals_of_all_services_have_the_codes_of_json(error: Ec2Error, code: str, answered: int) -> None:
    assert (json.loads(SSM.error(error, "request"))["__type"], status(error)) == (code, answered)


@pytest.mark.parametrize(
    "target", [None, "", "GetParameter", "AmazonSSM", "AmazonEC2.GetParameter", "AmazonSSM.X.GetParameter"]
)
def test_a_target_of_another_service_is_refused(target: str | None) -> None:
    with pytest.raises(InvalidAction):
        SSM.asked(target, b"{}")


def test_an_action_that_the_model_lacks_is_refused() -> None:
    action, given = SSM.asked("AmazonSSM.PaintParameter", b"{}")
    with pytest.raises(InvalidAction):
        SSM.parse(action, given)


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"null",
        b'"Name"',
        b"{",
        b"\xff{}",
        b'{"Name": NaN}',
        b'{"Name": "\\ud800"}',
        b'{"Name":' * 100_000,
        b'{"Name": ' + b"[" * 5000 + b"]" * 5000 + b"}",
        b'{"Name": ' + b"9" * 5000 + b"}",
    ],
    ids=range(10),
)
def test_a_body_that_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(SerializationException):
        SSM.asked("AmazonSSM.GetParameter", body)


@pytest.mark.parametrize(
    "body", [rb'{"Name": "a\u0000b"}', rb'{"Name": "\\\u0000"}', rb'{"a\u0000b": 1}', rb'{"Names": [["\u0000"]]}']
)
def test_the_character_that_no_text_may_have_is_refused(body: bytes) -> None:
    """PostgreSQL cannot keep it, and EC2's query protocol refuses it too."""
    with pytest.raises(SerializationException, match=r"U\+0000"):
        SSM.asked("AmazonSSM.GetParameter", body)


@pytest.mark.parametrize("name", ["\\u0000", "\\\\u0000", "\x01", "\\"])
def test_what_looks_like_it_is_read(name: str) -> None:
    read = SSM.asked("AmazonSSM.GetParameter", json.dumps({"Name": name}).encode())
    assert read == ("GetParameter", {"Name": name})


@pytest.mark.parametrize(
    ("action", "given", "said"),
    [
        ("GetParameter", {"Name": 1}, "NUMBER_VALUE can not be converted to a String"),
        ("GetParameter", {"Name": True}, "TRUE_VALUE can not be converted to a String"),
        ("GetParameter", {"Name": ["x"]}, "START_ARRAY can not be converted to a String"),
        ("GetParameter", {"Name": {}}, "START_OBJECT can not be converted to a String"),
        ("GetParameter", {"Name": "x", "WithDecryption": "true"}, "STRING_VALUE can not be converted to a Boolean"),
        ("GetParameters", {"Names": "x"}, "Expected a list at 'names'"),
        ("PutParameter", {**PUT, "Tags": ["x"]}, "Expected an object at 'tags.1.member'"),
        ("GetParametersByPath", {"Path": "/", "MaxResults": "1"}, "STRING_VALUE can not be converted to an Integer"),
        ("GetParametersByPath", {"Path": "/", "MaxResults": 2**31}, "NUMBER_VALUE can not be converted to an Integer"),
        ("GetParametersByPath", {"Path": "/", "MaxResults": 1.5}, "NUMBER_VALUE can not be converted to an Integer"),
        ("GetParametersByPath", {"Path": "/", "MaxResults": True}, "TRUE_VALUE can not be converted to an Integer"),
    ],
)
def test_values_of_other_types_are_refused(action: str, given: dict[str, Any], said: str) -> None:
    with pytest.raises(SerializationException) as refused:
        _read(action, given)
    assert refused.value.message == said


@pytest.mark.parametrize(
    ("action", "given", "said"),
    [
        ("GetParameter", {}, "Value null at 'name' failed to satisfy constraint: Member must not be null"),
        ("GetParameter", {"Name": None}, "Value null at 'name' failed to satisfy constraint: Member must not be null"),
        (
            "GetParameter",
            {"Name": ""},
            "Value '' at 'name' failed to satisfy constraint: Member must have length greater than or equal to 1",
        ),
        (
            "GetParametersByPath",
            {"Path": "/", "MaxResults": 11},
            "Value '11' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 10",
        ),
        (
            "PutParameter",
            {**PUT, "Type": "Secret"},
            "Value 'Secret' at 'type' failed to satisfy constraint: Member must satisfy enum value set: "
            "[String, StringList, SecureString]",
        ),
        (
            "PutParameter",
            {**PUT, "Tags": [{"Key": "a", "Value": "b"}, {"Key": "a"}]},
            "Value null at 'tags.2.member.value' failed to satisfy constraint: Member must not be null",
        ),
    ],
)
def test_what_breaks_the_models_limits_is_refused_in_awss_words(action: str, given: dict[str, Any], said: str) -> None:
    with pytest.raises(Ec2Error) as refused:
        _read(action, given)
    assert (refused.value.code, refused.value.message) == (
        "ValidationException",
        f"1 validation error detected: {said}",
    )


def test_a_service_may_call_what_breaks_the_models_limits_otherwise() -> None:
    codec = JsonCodec(
        "ec2-instance-connect", JSON_SERVICES["ec2-instance-connect"], "x", invalid="InvalidArgsException"
    )
    with pytest.raises(Ec2Error) as refused:
        codec.parse(
            "SendSSHPublicKey", {"InstanceId": "i-1234567890", "InstanceOSUser": "moss", "SSHPublicKey": "short"}
        )
    assert refused.value.code == "InvalidArgsException"


def test_several_problems_are_told_together_and_not_without_end() -> None:
    with pytest.raises(Ec2Error) as refused:
        _read("PutParameter", {"Tags": [{}] * 500})
    assert refused.value.message.startswith("1002 validation errors detected: Value null at ")
    assert len(refused.value.message) < 2000


def test_what_the_model_does_not_have_is_passed_over() -> None:
    assert _read("GetParameter", {"Name": "x", "__type": "y", "Colour": [[[]]]}) == {"Name": "x"}


def test_shapes_that_contain_themselves_are_read_up_to_a_depth() -> None:
    aggregator: dict[str, Any] = {}
    for _ in range(200):
        aggregator = {"Aggregators": [aggregator]}
    with pytest.raises(SerializationException, match="more than 32 deep"):
        _read("GetInventory", aggregator)


@pytest.mark.parametrize("moment", [1767323045, 1767323045.0, "2026-01-02T03:04:05Z"])
def test_moments_are_seconds_or_iso_8601(moment: object) -> None:
    read = _read("CreateActivation", _until(moment))
    assert read["ExpirationDate"] == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize("moment", [True, "soon", 1e300, -1e18, [], "2026-13-01"])
def test_what_is_no_moment_is_refused(moment: object) -> None:
    with pytest.raises(SerializationException):
        _read("CreateActivation", _until(moment))


def _until(moment: object) -> dict[str, Any]:
    return {"IamRole": "role", "ExpirationDate": moment}
