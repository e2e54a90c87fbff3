"""Groups of IAM's users: who is in them, names and pages, and what keeps one from being deleted."""

from typing import Any

import pytest
from asgi import Refused
from stack import Stack

pytestmark = pytest.mark.anyio


async def _refused(stack: Stack, action: str, **asked: Any) -> tuple[str, str, int]:
    with pytest.raises(Refused) as caught:
        await stack.caller.iam(action, **asked)
    return caught.value.code, caught.value.message, caught.value.status


async def _members(stack: Stack, group: str) -> list[str]:
    return [user["UserName"] for user in (await stack.caller.iam("GetGroup", GroupName=group))["Users"]]


async def test_a_group_is_answered_as_it_was_made(stack: Stack) -> None:
    iam = stack.caller.iam
    made = (await iam("CreateGroup", GroupName="Gardeners", Path="/x/"))["Group"]
    assert made["GroupId"].startswith("AGPA") and len(made["GroupId"]) == 21
    assert made["Arn"] == "arn:aws:iam::123456789012:group/x/Gardeners"
    assert await iam("GetGroup", GroupName="gardeners") == {"Group": made, "Users": [], "IsTruncated": False}
    await iam("CreateGroup", GroupName="others")
    assert [group["GroupName"] for group in (await iam("ListGroups"))["Groups"]] == ["Gardeners", "others"]
    assert (await iam("ListGroups", PathPrefix="/x/"))["Groups"] == [made]
    assert (await iam("GetAccountSummary"))["SummaryMap"]["Groups"] == 2


async def test_users_come_to_a_group_and_leave_it(stack: Stack) -> None:
    iam = stack.caller.iam
    for name in ("b", "a", "c"):
        await iam("CreateUser", UserName=name)
    for group in ("second", "first"):
        await iam("CreateGroup", GroupName=group)
        for name in ("b", "a", "b"):
            await iam("AddUserToGroup", GroupName=group, UserName=name)
    assert await _members(stack, "first") == ["a", "b"]
    groups = (await iam("ListGroupsForUser", UserName="a"))["Groups"]
    assert [group["GroupName"] for group in groups] == ["first", "second"]
    assert (await iam("ListGroupsForUser", UserName="c"))["Groups"] == []
    for name in ("a", "a", "c"):
        await iam("RemoveUserFromGroup", GroupName="first", UserName=name)
    assert (await _members(stack, "first"), await _members(stack, "second")) == (["b"], ["a", "b"])


async def test_a_renamed_group_and_user_stay_what_they_are(stack: Stack) -> None:
    iam = stack.caller.iam
    await iam("CreateUser", UserName="u")
    made = (await iam("CreateGroup", GroupName="g"))["Group"]
    await iam("AddUserToGroup", GroupName="g", UserName="u")
    await iam("UpdateUser", UserName="u", NewUserName="v")
    await iam("UpdateGroup", GroupName="g", NewGroupName="h", NewPath="/p/")
    got = await iam("GetGroup", GroupName="h")
    assert got["Group"] == made | {"GroupName": "h", "Path": "/p/", "Arn": "arn:aws:iam::123456789012:group/p/h"}
    assert [user["UserName"] for user in got["Users"]] == ["v"]
    await iam("CreateGroup", GroupName="g")
    taken = ("EntityAlreadyExists", "Group with name H already exists.", 409)
    assert await _refused(stack, "UpdateGroup", GroupName="g", NewGroupName="H") == taken
    assert await _refused(stack, "CreateGroup", GroupName="H") == taken


async def test_a_group_with_users_stays_and_so_do_they(stack: Stack) -> None:
    iam = stack.caller.iam
    await iam("CreateUser", UserName="u")
    await iam("CreateGroup", GroupName="g")
    await iam("AddUserToGroup", GroupName="g", UserName="u")
    first = ("DeleteConflict", "Cannot delete entity, must remove users from group first.", 409)
    assert await _refused(stack, "DeleteGroup", GroupName="g") == first
    assert await _refused(stack, "DeleteUser", UserName="u") == first
    await iam("RemoveUserFromGroup", GroupName="g", UserName="u")
    await iam("DeleteGroup", GroupName="g")
    await iam("DeleteUser", UserName="u")
    missing = ("NoSuchEntity", "The group with name g cannot be found.", 404)
    for action in ("GetGroup", "UpdateGroup", "DeleteGroup", "ListGroupPolicies", "ListAttachedGroupPolicies"):
        assert await _refused(stack, action, GroupName="g") == missing
    await iam("CreateGroup", GroupName="g")
    for action in ("AddUserToGroup", "RemoveUserFromGroup"):
        assert await _refused(stack, action, GroupName="none", UserName="u") == (
            "NoSuchEntity",
            "The group with name none cannot be found.",
            404,
        )
        assert await _refused(stack, action, GroupName="g", UserName="u") == (
            "NoSuchEntity",
            "The user with name u cannot be found.",
            404,
        )


async def test_a_user_is_in_ten_groups_at_most(stack: Stack) -> None:
    iam = stack.caller.iam
    await iam("CreateUser", UserName="u")
    for number in range(11):
        await iam("CreateGroup", GroupName=f"g{number}")
        if number < 10:
            await iam("AddUserToGroup", GroupName=f"g{number}", UserName="u")
    full = ("LimitExceeded", "Cannot exceed quota for GroupsPerUser: 10", 409)
    assert await _refused(stack, "AddUserToGroup", GroupName="g10", UserName="u") == full
    await iam("AddUserToGroup", GroupName="g9", UserName="u")


async def test_the_users_of_a_group_come_page_by_page(stack: Stack) -> None:
    iam = stack.caller.iam
    await iam("CreateGroup", GroupName="g")
    names = [f"u{number}" for number in range(5)]
    for name in names:
        await iam("CreateUser", UserName=name)
        await iam("AddUserToGroup", GroupName="g", UserName=name)
    first = await iam("GetGroup", GroupName="g", MaxItems=3)
    assert first["IsTruncated"] and [user["UserName"] for user in first["Users"]] == names[:3]
    await iam("RemoveUserFromGroup", GroupName="g", UserName="u2")
    rest = await iam("GetGroup", GroupName="g", Marker=first["Marker"])
    assert not rest["IsTruncated"] and [user["UserName"] for user in rest["Users"]] == names[3:]


@pytest.mark.parametrize(
    ("asked", "code", "words"),
    [
        ({"GroupName": "a b"}, "ValidationError", "The specified value for groupName is invalid"),
        ({"GroupName": "a" * 129}, "ValidationError", "Member must have length less than or equal to 128"),
        ({"GroupName": "a", "Path": "x/"}, "ValidationError", "The specified value for path is invalid"),
    ],
)
async def test_a_group_that_cannot_be_is_refused_in_iams_words(
    stack: Stack, asked: dict[str, Any], code: str, words: str
) -> None:
    refused = await _refused(stack, "CreateGroup", **asked)
    assert (refused[0], words in refused[1]) == (code, True), refused
