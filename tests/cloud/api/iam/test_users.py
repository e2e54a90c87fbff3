"""Users of IAM: names, paths, tags, pages, and what keeps one from being deleted."""

from typing import Any

import pytest
from asgi import Refused
from signers import user_with_key
from stack import Stack

pytestmark = pytest.mark.anyio


async def test_a_user_is_answered_as_it_was_made(stack: Stack) -> None:
    tags = [{"Key": "team", "Value": "b"}, {"Key": "empty", "Value": ""}]
    made = (await stack.caller.iam("CreateUser", UserName="a.b", Path="/x/y/", Tags=tags))["User"]
    assert made["UserId"].startswith("AIDA") and len(made["UserId"]) == 21
    assert made["Arn"] == "arn:aws:iam::123456789012:user/x/y/a.b"
    got = (await stack.caller.iam("GetUser", UserName="A.B"))["User"]
    assert got == made | {"Tags": [{"Key": "empty", "Value": ""}, {"Key": "team", "Value": "b"}]}
    [listed] = (await stack.caller.iam("ListUsers", PathPrefix="/x/"))["Users"]
    assert listed == {name: value for name, value in made.items() if name != "Tags"}
    assert (await stack.caller.iam("ListUsers", PathPrefix="/z"))["Users"] == []


@pytest.mark.parametrize(
    ("asked", "code", "words"),
    [
        ({"UserName": "a b"}, "ValidationError", "The specified value for userName is invalid"),
        ({"UserName": "ä"}, "ValidationError", "The specified value for userName is invalid"),
        ({"UserName": "a" * 65}, "ValidationError", "Member must have length less than or equal to 64"),
        ({"UserName": "a", "Path": "x/"}, "ValidationError", "The specified value for path is invalid"),
        ({"UserName": "a", "Path": f"/{'p' * 511}/"}, "ValidationError", "less than or equal to 512"),
        ({"UserName": "TAKEN"}, "EntityAlreadyExists", "User with name TAKEN already exists."),
        ({"UserName": "a", "Tags": [{"Key": "aws:x", "Value": ""}]}, "InvalidInput", "reserved prefix aws:"),
        ({"UserName": "a", "Tags": [{"Key": "x", "Value": "1"}, {"Key": "X", "Value": "2"}]}, "InvalidInput", "Dupl"),
        ({"UserName": "a", "Tags": [{"Key": "<", "Value": ""}]}, "ValidationError", "tags.1.member.key"),
        ({"UserName": "a", "Tags": [{"Key": "k", "Value": "v" * 257}]}, "ValidationError", "equal to 256"),
        (
            {"UserName": "a", "Tags": [{"Key": f"k{number}", "Value": ""} for number in range(51)]},
            "LimitExceeded",
            "Cannot exceed quota for TagsPerUser: 50",
        ),
        ({"UserName": "a", "PermissionsBoundary": "arn:aws:iam::aws:policy/X"}, "UnsupportedOperation", "boundar"),
    ],
)
async def test_a_user_that_cannot_be_is_refused_in_iams_words(
    stack: Stack, asked: dict[str, Any], code: str, words: str
) -> None:
    await stack.caller.iam("CreateUser", UserName="taken")
    with pytest.raises(Refused) as caught:
        await stack.caller.iam("CreateUser", **asked)
    assert (caught.value.code, words in caught.value.message) == (code, True), caught.value
    assert [user["UserName"] for user in (await stack.caller.iam("ListUsers"))["Users"]] == ["taken"]


async def test_a_user_with_keys_is_not_deleted(stack: Stack) -> None:
    caller = await user_with_key(stack, "keeper")
    with pytest.raises(Refused) as caught:
        await stack.caller.iam("DeleteUser", UserName="keeper")
    assert (caught.value.code, caught.value.status) == ("DeleteConflict", 409)
    assert caught.value.message == "Cannot delete entity, must delete access keys first."
    await stack.caller.iam("DeleteAccessKey", AccessKeyId=caller._credentials.access_key)
    await stack.caller.iam("DeleteUser", UserName="keeper")
    for action in ("GetUser", "DeleteUser", "ListAccessKeys", "CreateAccessKey", "ListUserTags"):
        with pytest.raises(Refused) as caught:
            await stack.caller.iam(action, UserName="keeper")
        assert caught.value.message == "The user with name keeper cannot be found."
        assert (caught.value.code, caught.value.status) == ("NoSuchEntity", 404)


async def test_tags_are_added_changed_and_taken(stack: Stack) -> None:
    await stack.caller.iam("CreateUser", UserName="u", Tags=[{"Key": "a", "Value": "1"}])
    await stack.caller.iam("TagUser", UserName="u", Tags=[{"Key": "A", "Value": "2"}, {"Key": "b", "Value": "3"}])
    tags = (await stack.caller.iam("ListUserTags", UserName="u"))["Tags"]
    assert tags == [{"Key": "A", "Value": "2"}, {"Key": "b", "Value": "3"}]
    await stack.caller.iam("UntagUser", UserName="u", TagKeys=["b", "none"])
    assert (await stack.caller.iam("ListUserTags", UserName="u"))["Tags"] == tags[:1]


async def test_users_come_page_by_page_and_none_is_left_out(stack: Stack) -> None:
    names = [f"u{number}" for number in range(5)]
    for name in names:
        await stack.caller.iam("CreateUser", UserName=name)
    found: list[str] = []
    marker: dict[str, str] = {}
    while True:
        page = await stack.caller.iam("ListUsers", MaxItems=2, **marker)
        found += [user["UserName"] for user in page["Users"]]
        await stack.caller.iam("DeleteUser", UserName=found[-1])  # what was listed may go meanwhile
        if not page["IsTruncated"]:
            break
        marker = {"Marker": page["Marker"]}
    assert found == names and "Marker" not in page
    for asked in ("MaxItems=0", "MaxItems=1001", "Marker=%C3%A9", "Marker=A", "Marker=gICA"):
        answer = await stack.caller.post(f"Action=ListUsers&Version=2010-05-08&{asked}", service="iam")
        assert (answer.status, "<Code>ValidationError</Code>" in answer.text) == (400, True), answer.text
