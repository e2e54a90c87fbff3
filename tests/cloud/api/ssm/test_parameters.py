"""Parameters of Systems Manager: written, read, listed, labelled, tagged, deleted, and refused in its words."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from asgi import Refused
from stack import Stack

from kumoniwa.api.ssm.secure_strings import KEY_FILE
from kumoniwa.store.new_state import DATABASE_FILE

pytestmark = pytest.mark.anyio


async def put(stack: Stack, name: str, value: str = "x", **more: Any) -> dict[str, Any]:
    return await stack.ask("ssm", "PutParameter", **{"Name": name, "Value": value, "Type": "String", **more})


async def value(stack: Stack, name: str, **more: Any) -> str:
    found = await stack.ask("ssm", "GetParameter", Name=name, **more)
    return str(found["Parameter"]["Value"])


async def refused(stack: Stack, action: str, **parameters: Any) -> tuple[str, str]:
    with pytest.raises(Refused) as refusal:
        await stack.ask("ssm", action, **parameters)
    assert refusal.value.status == 400
    return refusal.value.code, refusal.value.message


async def test_what_was_put_is_got(stack: Stack) -> None:
    assert await put(stack, "/web/port", "8080") == {"Version": 1, "Tier": "Standard"}
    found = (await stack.ask("ssm", "GetParameter", Name="/web/port"))["Parameter"]
    account = stack.running.key["account"]
    assert abs(found.pop("LastModifiedDate") - stack.clock.now()) < timedelta(seconds=1)
    arn = f"arn:aws:ssm:us-east-1:{account}:parameter/web/port"
    assert found == {
        "Name": "/web/port",
        "Type": "String",
        "Value": "8080",
        "Version": 1,
        "ARN": arn,
        "DataType": "text",
    }
    assert await value(stack, arn) == "8080"
    assert await refused(stack.in_region("eu-west-1"), "GetParameter", Name="/web/port") == ("ParameterNotFound", "")
    assert await refused(stack, "GetParameter", Name=arn.replace("us-east-1", "eu-west-1")) == ("ParameterNotFound", "")


async def test_a_parameter_is_overwritten_only_where_that_is_asked_for(stack: Stack) -> None:
    await put(stack, "port", "1", Description="told")
    code, message = await refused(stack, "PutParameter", Name="port", Value="2", Type="String")
    assert (code, message.startswith("The parameter already exists.")) == ("ParameterAlreadyExists", True)
    assert (await stack.ask("ssm", "PutParameter", Name="port", Value="2", Overwrite=True))["Version"] == 2
    assert [await value(stack, name) for name in ("port", "port:1", "port:2")] == ["2", "1", "2"]
    code, message = await refused(stack, "GetParameter", Name="port:3")
    assert (code, "version 3 of port" in message) == ("ParameterVersionNotFound", True)
    history = (await stack.ask("ssm", "GetParameterHistory", Name="port"))["Parameters"]
    assert [(one["Version"], one["Value"], one["Description"], one["Labels"]) for one in history] == [
        (1, "1", "told", []),
        (2, "2", "told", []),
    ]


async def test_a_hundred_versions_are_kept_and_a_label_keeps_the_oldest(stack: Stack) -> None:
    for number in range(1, 102):
        await put(stack, "busy", str(number), Overwrite=True)
    history = await stack.ask("ssm", "GetParameterHistory", Name="busy", MaxResults=50)
    assert [one["Version"] for one in history["Parameters"]] == list(range(2, 52))
    rest = await stack.ask("ssm", "GetParameterHistory", Name="busy", MaxResults=50, NextToken=history["NextToken"])
    assert [one["Version"] for one in rest["Parameters"]] == list(range(52, 102))
    assert "NextToken" not in rest
    await stack.ask("ssm", "LabelParameterVersion", Name="busy", ParameterVersion=2, Labels=["good"])
    code, _ = await refused(stack, "PutParameter", Name="busy", Value="x", Overwrite=True)
    assert code == "ParameterMaxVersionLimitExceeded"


async def test_labels_name_versions_and_move(stack: Stack) -> None:
    for text in ("1", "2"):
        await put(stack, "app", text, Overwrite=True)
    answer = await stack.ask("ssm", "LabelParameterVersion", Name="app", ParameterVersion=1, Labels=["good", "aws.x"])
    assert answer == {"InvalidLabels": ["aws.x"], "ParameterVersion": 1}
    assert await value(stack, "app:good") == "1"
    await stack.ask("ssm", "LabelParameterVersion", Name="app", Labels=["good"])
    assert await value(stack, "app:good") == "2"
    code, message = await refused(stack, "GetParameter", Name="app:bad")
    assert (code, "label bad of app" in message) == ("ParameterVersionNotFound", True)
    answer = await stack.ask("ssm", "UnlabelParameterVersion", Name="app", ParameterVersion=2, Labels=["good", "no"])
    assert answer == {"RemovedLabels": ["good"], "InvalidLabels": ["no"]}


async def test_several_are_got_and_those_that_are_missing_are_named(stack: Stack) -> None:
    await put(stack, "a", "1")
    await put(stack, "b", "2")
    found = await stack.ask("ssm", "GetParameters", Names=["b:1", "none", "a", "a:7"])
    assert [(one["Value"], one.get("Selector")) for one in found["Parameters"]] == [("2", ":1"), ("1", None)]
    assert found["InvalidParameters"] == ["none", "a:7"]
    code, message = await refused(stack, "GetParameters", Names=[f"n{number}" for number in range(11)])
    assert (code, "length less than or equal to 10" in message) == ("ValidationException", True)


async def test_a_path_is_read_page_by_page(stack: Stack) -> None:
    for number in range(12):
        await put(stack, f"/app/{number:02}", str(number))
    for name in ("/app/deep/x", "/app-of-others/y", "/apple"):
        await put(stack, name)
    first = await stack.ask("ssm", "GetParametersByPath", Path="/app")
    assert [one["Value"] for one in first["Parameters"]] == [str(number) for number in range(10)]
    rest = await stack.ask("ssm", "GetParametersByPath", Path="/app", NextToken=first["NextToken"])
    assert [one["Value"] for one in rest["Parameters"]] == ["10", "11"]
    below = await stack.ask("ssm", "GetParametersByPath", Path="/app/", Recursive=True, MaxResults=10)
    more = {"Path": "/app/", "Recursive": True, "NextToken": below["NextToken"]}
    last = await stack.ask("ssm", "GetParametersByPath", **more)
    assert [one["Name"] for one in last["Parameters"]] == ["/app/10", "/app/11", "/app/deep/x"]
    assert (await refused(stack, "GetParametersByPath", Path="app"))[0] == "ValidationException"
    code = (await refused(stack, "GetParametersByPath", Path="/other", NextToken=first["NextToken"]))[0]
    assert code == "InvalidNextToken"


async def test_parameters_are_described_by_filters(stack: Stack) -> None:
    await put(stack, "/app/a", Tags=[{"Key": "env", "Value": "test"}])
    await put(stack, "/app/sub/b", "1,2", Type="StringList")
    await put(stack, "c", Tier="Advanced")

    async def names(**asked: Any) -> list[str]:
        return [one["Name"] for one in (await stack.ask("ssm", "DescribeParameters", **asked))["Parameters"]]

    def by(key: str, *values: str, option: str | None = None) -> dict[str, Any]:
        one: dict[str, Any] = {"Key": key, "Values": list(values)}
        return {"ParameterFilters": [one if option is None else {**one, "Option": option}]}

    assert await names() == ["/app/a", "/app/sub/b", "c"]
    assert await names(**by("Name", "/app/a", "c")) == ["/app/a", "c"]
    assert await names(**by("Name", "app", option="BeginsWith")) == ["/app/a", "/app/sub/b"]
    assert await names(**by("Name", "sub", option="Contains")) == ["/app/sub/b"]
    assert await names(**by("Path", "/app")) == ["/app/a"]
    assert await names(**by("Path", "/app", option="Recursive")) == ["/app/a", "/app/sub/b"]
    assert await names(**by("Type", "StringList")) == ["/app/sub/b"]
    assert await names(**by("Tier", "Advanced")) == ["c"]
    assert await names(**by("tag:env", "test")) == ["/app/a"]
    assert await names(Filters=[{"Key": "Name", "Values": ["c"]}]) == ["c"]
    page = await stack.ask("ssm", "DescribeParameters", MaxResults=2)
    assert [one["Name"] for one in page["Parameters"]] == ["/app/a", "/app/sub/b"]
    assert await names(MaxResults=2, NextToken=page["NextToken"]) == ["c"]
    for asked, code in (
        (by("Colour", "red"), "InvalidFilterKey"),
        (by("Type", "String", option="Contains"), "InvalidFilterOption"),
        (by("Path", "app"), "InvalidFilterValue"),
        ({"ParameterFilters": [{"Key": "Name"}]}, "InvalidFilterValue"),
    ):
        assert (await refused(stack, "DescribeParameters", **asked))[0] == code


async def test_a_secure_string_is_told_only_to_who_asks_for_decryption_and_lies_nowhere_in_the_clear(
    stack: Stack,
) -> None:
    secret = "correct horse battery staple"
    for text in ("old", secret):
        await put(stack, "/db/password", text, Type="SecureString", Overwrite=True)
    assert await value(stack, "/db/password", WithDecryption=True) == secret
    assert await value(stack, "/db/password:1", WithDecryption=True) == "old"
    sealed = await value(stack, "/db/password")
    assert secret not in sealed
    described = (await stack.ask("ssm", "DescribeParameters"))["Parameters"][0]
    assert (described["Type"], described["KeyId"]) == ("SecureString", "alias/aws/ssm")
    folder = stack.running.cloud.world.config.data_dir
    for path in folder.glob(f"{DATABASE_FILE}*"):
        assert secret.encode() not in path.read_bytes()
    assert (folder / KEY_FILE).stat().st_mode & 0o777 == 0o600
    (folder / KEY_FILE).unlink()
    code, message = await refused(stack, "GetParameter", Name="/db/password", WithDecryption=True)
    assert (code, "Put a copy of it back" in message) == ("InvalidKeyId", True)
    another = {"Name": "/db/other", "Value": "x", "Type": "SecureString"}
    assert (await refused(stack, "PutParameter", **another))[0] == "InvalidKeyId"
    assert not (folder / KEY_FILE).exists(), "another key would open none of those that there are"


async def test_first_secure_strings_that_come_together_have_one_key(stack: Stack) -> None:
    names = [f"secret-{number}" for number in range(8)]
    async with asyncio.TaskGroup() as group:
        for name in names:
            group.create_task(put(stack, name, name, Type="SecureString"))
    assert [await value(stack, name, WithDecryption=True) for name in names] == names


@pytest.mark.parametrize(
    ("asked", "code", "said"),
    [
        ({"Name": "aws-thing"}, "ValidationException", 'prefixed with "aws" or "ssm"'),
        ({"Name": "/SSM/x"}, "ValidationException", 'prefixed with "aws" or "ssm"'),
        ({"Name": "a b"}, "ValidationException", "mix of letters, numbers"),
        ({"Name": "/a//b"}, "ValidationException", "mix of letters, numbers"),
        ({"Name": "a/b"}, "ValidationException", "fully qualified name"),
        ({"Name": "/a" * 16}, "HierarchyLevelLimitExceededException", "maximum of 15 levels"),
        ({"Name": "x" * 1012}, "ValidationException", "less than or equal to 1011"),
        ({"Value": ""}, "ValidationException", "greater than or equal to 1"),
        ({"Value": "x" * 4097}, "ValidationException", "maximum parameter value of 4096"),
        ({"Value": "x" * 8193, "Tier": "Advanced"}, "ValidationException", "maximum parameter value of 8192"),
        ({"Value": "雲" * 2000}, "ValidationException", "maximum parameter value of 4096"),
        ({"Value": "a,,b", "Type": "StringList"}, "ValidationException", "commas"),
        ({"Type": None}, "ValidationException", "A parameter type is required"),
        ({"KeyId": "alias/mine", "Type": "SecureString"}, "InvalidKeyId", "alias/aws/ssm"),
        ({"KeyId": "alias/aws/ssm"}, "ValidationException", "SecureString type parameter only"),
        ({"AllowedPattern": "(a+)+$"}, "ValidationException", "Kumoniwa does not implement AllowedPattern"),
        ({"Policies": '[{"Type":"Expiration"}]'}, "ValidationException", "Kumoniwa does not implement policies"),
        ({"DataType": "aws:ssm:integration"}, "ValidationException", "Kumoniwa does not implement the data type"),
        ({"DataType": "aws:ec2:image", "Value": "ami-12345678"}, "ValidationException", "not the id of an AMI"),
        ({"DataType": "aws:ec2:image", "Value": "a;b"}, "ValidationException", "not the id of an AMI"),
        ({"Overwrite": True, "Tags": [{"Key": "a", "Value": "b"}]}, "ValidationException", "can't be used together"),
        ({"Tags": [{"Key": "aws:x", "Value": "b"}]}, "ValidationException", "aws: prefixed tag key"),
        ({"Tags": [{"Key": str(n), "Value": ""} for n in range(51)]}, "TooManyTagsError", "maximum of 50"),
    ],
)
async def test_what_cannot_be_put_is_refused(stack: Stack, asked: dict[str, Any], code: str, said: str) -> None:
    given = {"Name": "x", "Value": "y", "Type": "String", **asked}
    found = await refused(stack, "PutParameter", **{name: one for name, one in given.items() if one is not None})
    assert (found[0], said in found[1]) == (code, True), found
    assert (await stack.ask("ssm", "DescribeParameters"))["Parameters"] == []


async def test_a_type_and_a_tier_do_not_go_back(stack: Stack) -> None:
    await put(stack, "big", "x" * 5000, Tier="Intelligent-Tiering")
    code, _ = await refused(stack, "PutParameter", Name="big", Value="x", Type="SecureString", Overwrite=True)
    assert code == "HierarchyTypeMismatchException"
    code, message = await refused(stack, "PutParameter", Name="big", Value="x", Tier="Standard", Overwrite=True)
    assert (code, "can't downgrade" in message) == ("ValidationException", True)
    assert (await put(stack, "big", "x", Overwrite=True))["Tier"] == "Advanced"


async def test_tags_of_parameters_are_none_of_ec2s(stack: Stack) -> None:
    of = {"ResourceType": "Parameter", "ResourceId": "x"}
    assert (await refused(stack, "ListTagsForResource", **of))[0] == "InvalidResourceId"
    await put(stack, "x", Tags=[{"Key": "a", "Value": "1"}])
    await stack.ask("ssm", "AddTagsToResource", **of, Tags=[{"Key": "a", "Value": "2"}, {"Key": "b", "Value": ""}])
    tags = (await stack.ask("ssm", "ListTagsForResource", **of))["TagList"]
    assert tags == [{"Key": "a", "Value": "2"}, {"Key": "b", "Value": ""}]
    assert (await stack.call("DescribeTags"))["Tags"] == []
    await stack.ask("ssm", "RemoveTagsFromResource", **of, TagKeys=["a", "none"])
    assert (await stack.ask("ssm", "ListTagsForResource", **of))["TagList"] == [{"Key": "b", "Value": ""}]
    more = [{"Key": f"k{number}", "Value": ""} for number in range(50)]
    assert (await refused(stack, "AddTagsToResource", **of, Tags=more))[0] == "TooManyTagsError"
    document = {"ResourceType": "Document", "ResourceId": "x"}
    assert (await refused(stack, "ListTagsForResource", **document))[0] == "InvalidResourceId"


async def test_what_is_deleted_is_gone_with_versions_and_tags(stack: Stack) -> None:
    await put(stack, "x", Tags=[{"Key": "a", "Value": "1"}])
    await put(stack, "x", "2", Overwrite=True)
    await put(stack, "y")
    await stack.ask("ssm", "DeleteParameter", Name="x")
    assert (await refused(stack, "DeleteParameter", Name="x"))[0] == "ParameterNotFound"
    assert (await refused(stack, "GetParameter", Name="x:1"))[0] == "ParameterNotFound"
    answer = await stack.ask("ssm", "DeleteParameters", Names=["x", "y"])
    assert answer == {"DeletedParameters": ["y"], "InvalidParameters": ["x"]}
    assert (await put(stack, "x"))["Version"] == 1
    assert (await stack.ask("ssm", "ListTagsForResource", ResourceType="Parameter", ResourceId="x"))["TagList"] == []


async def test_a_call_is_signed_for_the_service_it_is_for(stack: Stack) -> None:
    headers = {"X_Amz_Target": "AmazonSSM.DescribeParameters", "Content_Type": "application/x-amz-json-1.1"}
    good = await stack.caller.post("{}", service="ssm", **headers)
    assert (good.status, good.headers["content-type"]) == (200, "application/x-amz-json-1.1")
    assert good.text == '{"Parameters":[]}'
    other = await stack.caller.post("{}", service="ec2", **headers)
    assert (other.status, "InvalidRequest" in other.text) == (400, True)
    assert "UnknownOperationException" in (await stack.caller.post("{}", service="ssm")).text
    wrong = await stack.caller.post(
        "{}", service="ssm", X_Amz_Target="AmazonSSM.SendCommand", Content_Type="application/x-amz-json-1.1"
    )
    assert "Kumoniwa does not implement the action SendCommand of Systems Manager" in wrong.text


async def test_a_region_that_there_is_not_is_refused_as_json(stack: Stack) -> None:
    with pytest.raises(Refused) as refusal:
        await stack.in_region("moon-1").ask("ssm", "DescribeParameters")
    assert refusal.value.code == "InvalidSignatureException"
