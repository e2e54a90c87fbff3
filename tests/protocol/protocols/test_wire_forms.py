"""The rules of EC2's query protocol, one small case each, on a model made for them (after Smithy's protocol tests)."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from kumoniwa.api.written_once import Pieces, joined
from kumoniwa.errors import Ec2Error
from kumoniwa.gateway.protocols.answers import Writers
from kumoniwa.gateway.protocols.ec2 import wire_name
from kumoniwa.gateway.protocols.model import Shape
from kumoniwa.gateway.protocols.parameters import Names, Readers, tree

MODEL: dict[str, Any] = {
    "shapes": {
        "All": {
            "type": "structure",
            "required": [],
            "members": {
                "Plain": {"shape": "Text"},
                "located": {"shape": "Text"},
                "Lower": {"shape": "Text", "locationName": "lowerName"},
                "Queried": {"shape": "Text", "locationName": "other", "queryName": "asItIs"},
                "Names": {"shape": "Texts", "locationName": "Name"},
                "Flag": {"shape": "Flag", "locationName": "flag"},
                "Whole": {"shape": "Whole"},
                "Long": {"shape": "Long"},
                "Real": {"shape": "Real"},
                "When": {"shape": "When", "locationName": "when"},
                "Bytes": {"shape": "Bytes"},
                "Word": {"shape": "Word"},
                "Inner": {"shape": "Inner", "locationName": "inner"},
                "Inners": {"shape": "Inners", "locationName": "innerSet"},
                "Unnamed": {"shape": "Unnamed"},
            },
        },
        "Inner": {
            "type": "structure",
            "required": ["Key"],
            "members": {
                "Key": {"shape": "Text", "locationName": "key"},
                "Value": {"shape": "Text", "locationName": "value"},
                "Size": {"shape": "Whole"},
                "Again": {"shape": "Inner", "locationName": "again"},
                "Many": {"shape": "Inners", "locationName": "many"},
            },
        },
        "Texts": {"type": "list", "member": {"shape": "Text", "locationName": "item"}},
        "Inners": {"type": "list", "member": {"shape": "Inner", "locationName": "item"}},
        "Unnamed": {"type": "list", "member": {"shape": "Text"}},
        "Text": {"type": "string"},
        "Word": {"type": "string", "enum": ["red", "green"]},
        "Flag": {"type": "boolean"},
        "Whole": {"type": "integer"},
        "Long": {"type": "long"},
        "Real": {"type": "double"},
        "When": {"type": "timestamp"},
        "Bytes": {"type": "blob"},
    },
}
ALL = Shape({"shape": "All"}, MODEL["shapes"])
READ = Readers(Names(wire_name)).request(ALL)
WRITE = Writers().members(ALL)
MAY = datetime(2013, 5, 8, 18, 45, 53, tzinfo=UTC)


def read(form: str) -> dict[str, Any]:
    """What `A=1&B=2` is read as; nothing is decoded here."""
    return READ(tree([(name, value) for name, _, value in (pair.partition("=") for pair in form.split("&"))]))


def written(**value: Any) -> str:
    out: Pieces = []
    WRITE(out, value)
    return joined(out).decode()


@pytest.mark.parametrize(
    ("form", "value"),
    [
        ("Plain=x", {"Plain": "x"}),
        ("Located=x", {"located": "x"}),
        ("LowerName=x", {"Lower": "x"}),
        ("asItIs=x", {"Queried": "x"}),
        ("Name.1=a&Name.2=b", {"Names": ["a", "b"]}),
        ("Name.10=j&Name.9=i&Name.1=a", {"Names": ["a", "i", "j"]}),
        ("Name.0=libcloud&Name.1=starts", {"Names": ["libcloud", "starts"]}),
        ("Name.999999999=far", {"Names": ["far"]}),
        ("Name=fog", {"Names": ["fog"]}),
        ("Flag=true", {"Flag": True}),
        ("Flag=False", {"Flag": False}),
        ("Whole=-2147483648", {"Whole": -(2**31)}),
        ("Long=9223372036854775807", {"Long": 2**63 - 1}),
        ("Real=1.5e3", {"Real": 1500.0}),
        ("When=2013-05-08T18:45:53Z", {"When": MAY}),
        ("When=2013-05-08T18:45:53.000Z", {"When": MAY}),
        ("When=2013-05-08T20:45:53+02:00", {"When": MAY}),
        ("When=2013-05-08T18:45:53", {"When": MAY}),
        ("When=1368038753", {"When": MAY}),
        ("When=1368038753.5", {"When": MAY + timedelta(seconds=0.5)}),
        ("When=2013-05-08", {"When": datetime(2013, 5, 8, tzinfo=UTC)}),
        ("Bytes=aGk=", {"Bytes": b"hi"}),
        ("Word=red", {"Word": "red"}),
        ("Inner.Key=a&Inner.Again.Key=b&Inner.Again.Many.1.Key=c", None),
        ("Inner.Key=a&Inner.Value=", {"Inner": {"Key": "a", "Value": ""}}),
        ("Plain=&Whole=&Flag=&When=", {}),
    ],
)
def test_a_request_is_read(form: str, value: dict[str, Any] | None) -> None:
    if value is None:
        value = {"Inner": {"Key": "a", "Again": {"Key": "b", "Many": [{"Key": "c"}]}}}
    assert read(form) == value


@pytest.mark.parametrize(
    ("form", "code", "told"),
    [
        ("plain=x", "UnknownParameter", "The parameter plain is not recognized"),
        ("lowerName=x", "UnknownParameter", "The parameter lowerName is not recognized"),
        ("Inner.Key=a&Inner.Tea=x", "UnknownParameter", "The parameter Inner.Tea is not recognized"),
        ("Name.member.1=x", "UnknownParameter", "The parameter Name.member is not recognized"),
        ("Name.-1=x", "UnknownParameter", "Name.-1"),
        ("Name.01=x", "UnknownParameter", "Name.01"),
        ("Name.１=x", "UnknownParameter", "Name.１"),
        ("Name.99999999999=x", "UnknownParameter", "Name.99999999999"),
        ("Plain.Deeper=x", "UnknownParameter", "The parameter Plain.Deeper is not recognized"),
        ("=x", "UnknownParameter", "The parameter  is not recognized"),
        ("Inner..Key=x", "UnknownParameter", "The parameter Inner. is not recognized"),
        ("Name=", "InvalidRequest", "The request received was invalid."),
        ("InnerSet=x", "InvalidRequest", "InnerSet.1 has members"),
        ("Inner=x", "InvalidRequest", "Inner has members"),
        ("Name.1=", "MissingParameter", "The request must contain the parameter Name"),
        ("InnerSet.1.Key=", "MissingParameter", "The request must contain the parameter InnerSet.1"),
        ("Inner.Value=x", "MissingParameter", "The request must contain the parameter Inner.Key"),
        ("InnerSet.1.Key=a&InnerSet.2.Size=1", "MissingParameter", "the parameter InnerSet.2.Key"),
        ("Plain=x&Plain=x", "InvalidRequest", "Plain was given twice"),
        ("Inner=x&Inner.Key=a", "InvalidRequest", "Inner.Key continues one that has a value"),
        ("Inner.Key=a&Inner=x", "InvalidRequest", "Inner was given twice"),
        ("Flag=yes", "InvalidParameterValue", "Value (yes) for parameter Flag is invalid."),
        ("Whole=1_000", "InvalidParameterValue", "Value (1_000) for parameter Whole is invalid."),
        ("Whole= 1", "InvalidParameterValue", "Value ( 1) for parameter Whole is invalid."),
        ("Whole=１", "InvalidParameterValue", "Value (１)"),
        ("Whole=2147483648", "InvalidParameterValue", "Value (2147483648)"),
        ("Whole=" + "9" * 5000, "InvalidParameterValue", "9…) for parameter Whole is invalid."),
        ("Real=nan", "InvalidParameterValue", "Value (nan)"),
        ("When=yesterday", "InvalidParameterValue", "Value (yesterday)"),
        ("When=999999999999", "InvalidParameterValue", "Value (999999999999)"),
        ("When=9999-12-31T23:59:59Z", "InvalidParameterValue", "Value (9999-12-31T23:59:59Z) for parameter When"),
        ("When=9999-12-31T23:59:59-01:00", "InvalidParameterValue", "for parameter When is invalid"),
        ("When=253402300799", "InvalidParameterValue", "Value (253402300799)"),
        ("When=0001-01-01T00:00:00Z", "InvalidParameterValue", "for parameter When is invalid"),
        ("When=0001-01-01T00:00:00+14:00", "InvalidParameterValue", "for parameter When is invalid"),
        ("Bytes=a", "InvalidParameterValue", "Value (a) for parameter Bytes is invalid."),
        ("Word=blue", "InvalidParameterValue", "Value (blue) for parameter Word is invalid."),
        ("Inner.Key=a\x00b", "InvalidParameterValue", "Inner.Key contains a character that XML cannot hold"),
        ("Plain=\x1b[31m", "InvalidParameterValue", "XML cannot hold"),
        ("Inner" + ".Again" * 32 + ".Key=x", "InvalidRequest", "nested more than 32 deep"),
        ("Inner" + ".Again" * 100_000 + "=x", "InvalidRequest", "nested more than 32 deep"),
    ],
)
def test_a_request_is_refused_in_the_names_that_were_sent(form: str, code: str, told: str) -> None:
    with pytest.raises(Ec2Error) as refusal:
        read(form)
    assert refusal.value.code == code
    assert told in refusal.value.message
    assert len(refusal.value.message) < 400


def test_more_parameters_than_the_limit_are_refused_before_they_are_read() -> None:
    with pytest.raises(Ec2Error, match="more than 10000 parameters"):
        tree((f"Name.{number}", "x") for number in range(10_001))


def test_what_was_sent_empty_throughout_is_absent() -> None:
    assert read("Inner.Size=") == {}


@pytest.mark.parametrize(
    ("value", "xml"),
    [
        ({"Plain": "x"}, "<Plain>x</Plain>"),
        ({"Lower": "x"}, "<lowerName>x</lowerName>"),
        ({"Queried": "x"}, "<other>x</other>"),
        ({"Plain": ""}, "<Plain/>"),
        ({"Plain": None}, ""),
        ({"Plain": 'a<b>&"c"\r\n'}, "<Plain>a&lt;b&gt;&amp;&quot;c&quot;&#13;\n</Plain>"),
        ({"Plain": "\x1b[31m\ud800"}, "<Plain>\ufffd[31m\ufffd</Plain>"),
        ({"Names": ["a", "b"]}, "<Name><item>a</item><item>b</item></Name>"),
        ({"Names": []}, "<Name/>"),
        ({"Names": None}, ""),
        ({"Unnamed": ["a"]}, "<Unnamed><member>a</member></Unnamed>"),
        ({"Flag": True}, "<flag>true</flag>"),
        ({"Whole": 7}, "<Whole>7</Whole>"),
        ({"Real": 0.5}, "<Real>0.5</Real>"),
        ({"When": MAY}, "<when>2013-05-08T18:45:53.000Z</when>"),
        ({"When": MAY.astimezone(timezone(timedelta(hours=9)))}, "<when>2013-05-08T18:45:53.000Z</when>"),
        ({"Bytes": b"hi"}, "<Bytes>aGk=</Bytes>"),
        ({"Inner": {}}, "<inner/>"),
        ({"Inner": {"Key": "a", "Again": {"Key": "b"}}}, "<inner><key>a</key><again><key>b</key></again></inner>"),
        ({"Inners": [{"Key": "a"}, {}]}, "<innerSet><item><key>a</key></item><item/></innerSet>"),
    ],
)
def test_an_answer_is_written(value: dict[str, Any], xml: str) -> None:
    assert written(**value) == xml


def test_a_member_that_the_model_lacks_is_our_own_mistake() -> None:
    with pytest.raises(KeyError, match="All has no member Tea"):
        written(Tea=None)


def test_a_time_that_does_not_say_where_it_is_is_our_own_mistake() -> None:
    with pytest.raises(ValueError, match="aware"):
        written(When=MAY.replace(tzinfo=None))
