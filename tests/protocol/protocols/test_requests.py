"""Requests that are given as values, as pages of the console give them, and what is refused of them."""

from typing import Any

import pytest

from kumoniwa.errors import Ec2Error, InvalidAction, InvalidParameterValue, InvalidRequest, UnknownParameter
from kumoniwa.gateway.protocols.ec2 import ec2_codec, wire_name
from kumoniwa.gateway.protocols.model import Shape
from kumoniwa.gateway.protocols.parameters import Names
from kumoniwa.gateway.protocols.query import query_codec
from kumoniwa.gateway.protocols.requests import RequestWriters

CODEC = ec2_codec()


def test_values_are_named_and_numbered_as_on_the_wire() -> None:
    filters = [{"Name": "tag:a", "Values": ["x", "y"]}]
    assert CODEC.written("DescribeInstances", {"Filters": filters, "MaxResults": 5, "DryRun": False}) == [
        ("Filter.1.Name", "tag:a"),
        ("Filter.1.Value.1", "x"),
        ("Filter.1.Value.2", "y"),
        ("MaxResults", "5"),
        ("DryRun", "false"),
    ]


def test_a_service_of_the_query_protocol_has_a_level_for_lists() -> None:
    sts = query_codec("sts", "2011-06-15", "https://sts.amazonaws.com/doc/2011-06-15/")
    assert sts.written("AssumeRole", {"PolicyArns": [{"arn": "a"}], "RoleArn": "r"}) == [
        ("PolicyArns.member.1.arn", "a"),
        ("RoleArn", "r"),
    ]


def test_a_blob_is_written_in_base64() -> None:
    assert CODEC.written("ImportKeyPair", {"KeyName": "k", "PublicKeyMaterial": "é"})[1][1] == "w6k="


def test_an_empty_list_says_nothing() -> None:
    assert CODEC.written("DescribeInstances", {"InstanceIds": []}) == []


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"InstanceIds": "i-1"}, "Invalid type for parameter InstanceId: 'i-1' is not a list."),
        ({"InstanceIds": [["i-1"]]}, "Invalid type for parameter InstanceId.1: ['i-1'] is not a text."),
        ({"InstanceIds": [None]}, "Invalid type for parameter InstanceId.1: None is not a text."),
        ({"Filters": [{"Name": 3}]}, "Invalid type for parameter Filter.1.Name: 3 is not a text."),
        ({"Filters": ["a"]}, "Invalid type for parameter Filter.1: 'a' is not an object."),
        ({"MaxResults": True}, "Invalid type for parameter MaxResults: True is not a whole number."),
        ({"MaxResults": 1.0}, "Invalid type for parameter MaxResults: 1.0 is not a whole number."),
        ({"DryRun": "true"}, "Invalid type for parameter DryRun: 'true' is not true or false."),
        ({"DryRun": 1}, "Invalid type for parameter DryRun: 1 is not true or false."),
        ({"MaxResults": 10**5000}, "Value for parameter MaxResults is invalid."),
    ],
)
def test_what_has_another_type_is_refused_and_named(given: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidParameterValue) as refused:
        CODEC.written("DescribeInstances", given)
    assert refused.value.message == message


def test_half_of_a_character_is_refused_in_a_blob_and_in_a_text() -> None:
    with pytest.raises(InvalidParameterValue):
        CODEC.written("ImportKeyPair", {"KeyName": "k", "PublicKeyMaterial": "\ud800"})
    with pytest.raises(InvalidParameterValue):
        CODEC.parse("ImportKeyPair", CODEC.written("ImportKeyPair", {"KeyName": "\ud800", "PublicKeyMaterial": "a"}))


@pytest.mark.parametrize(
    ("given", "name"), [({"Nope": 1}, "Nope"), ({"Filters": [{"Value": "x"}]}, "Filter.1.Value"), ({"x" * 999: 1}, "x")]
)
def test_what_the_model_has_not_is_refused_and_named(given: dict[str, Any], name: str) -> None:
    with pytest.raises(UnknownParameter) as refused:
        CODEC.written("DescribeInstances", given)
    assert f"The parameter {name}" in refused.value.message and len(refused.value.message) < 300


def test_an_unknown_action_is_refused() -> None:
    with pytest.raises(InvalidAction):
        CODEC.written("MakeTea", {})


def test_what_is_missing_is_left_to_who_reads_it() -> None:
    with pytest.raises(Ec2Error) as refused:
        CODEC.parse("ImportKeyPair", CODEC.written("ImportKeyPair", {}))
    assert refused.value.code == "MissingParameter"


def test_a_structure_within_itself_is_written_to_a_bounded_depth() -> None:
    shapes = {"Nest": {"type": "structure", "members": {"Egg": {"shape": "Nest"}, "Name": {"shape": "Text"}}}}
    write = RequestWriters(Names(wire_name)).request(Shape({"shape": "Nest"}, {**shapes, "Text": {"type": "string"}}))
    assert write({"Egg": {"Egg": {"Name": "a"}}}) == [("Egg.Egg.Name", "a")]
    nest: dict[str, Any] = {}
    for _ in range(100):
        nest = {"Egg": nest}
    with pytest.raises(InvalidRequest):
        write(nest)
