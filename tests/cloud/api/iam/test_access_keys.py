"""Access keys of users: what they sign is theirs, and what is deleted signs nothing from the next request on."""

import asyncio

import pytest
from asgi import Caller, Refused
from signers import another_key, user_with_key
from stack import Stack

pytestmark = pytest.mark.anyio

ACCOUNT = "123456789012"
NOT_VALIDATED = ("AuthFailure", "AWS was not able to validate the provided access credentials", 401)
INVALID = ("InvalidClientTokenId", "The security token included in the request is invalid.", 403)


def _as_refused(caught: pytest.ExceptionInfo[Refused]) -> tuple[str, str, int]:
    return caught.value.code, caught.value.message, caught.value.status


async def _is_refused(caller: Caller) -> None:
    """EC2, STS and IAM refuse what is signed with a key that they do not know, each in its own words."""
    with pytest.raises(Refused) as caught:
        await caller.call("DescribeInstances")
    assert _as_refused(caught) == NOT_VALIDATED
    for service in (caller.sts, caller.iam):
        with pytest.raises(Refused) as caught:
            await service("GetCallerIdentity" if service == caller.sts else "ListUsers")
        assert _as_refused(caught) == INVALID


def _key(caller: Caller) -> str:
    return str(caller._credentials.access_key)


async def test_each_key_answers_for_whom_it_is(stack: Stack) -> None:
    own = await stack.caller.sts("GetCallerIdentity")
    assert own == {"UserId": ACCOUNT, "Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:root"}
    caller = await user_with_key(stack, "backup-job")
    user = (await stack.caller.iam("GetUser", UserName="backup-job"))["User"]
    told = await caller.sts("GetCallerIdentity")
    assert told == {"UserId": user["UserId"], "Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:user/backup-job"}
    assert (await caller.iam("GetUser"))["User"]["Arn"] == user["Arn"]
    assert (await stack.caller.iam("GetUser"))["User"] == {"UserId": ACCOUNT, "Arn": own["Arn"]}


async def test_causes_of_boots_name_who_called(stack: Stack) -> None:
    caller = await user_with_key(stack, "backup-job")
    instance_id = await stack.launch()
    await caller.call("RebootInstances", InstanceIds=[instance_id])
    await stack.idle()
    first, second = await stack.boots(instance_id, 2)
    arn = f"arn:aws:iam::{ACCOUNT}:user/backup-job"
    assert first["principal_arn"] == f"arn:aws:iam::{ACCOUNT}:root"
    assert (first["end_principal"], first["end_principal_arn"]) == (_key(caller), arn)
    assert (second["principal"], second["principal_arn"]) == (_key(caller), arn)
    events = (await stack.get("/_kumoniwa/events"))["events"]
    assert {one["number"]: one["principal_arn"] for one in events if one["what"] == "boot"}[2] == arn
    # What happened is told also when the key and its user are no more.
    await stack.caller.iam("DeleteAccessKey", AccessKeyId=_key(caller))
    await stack.caller.iam("DeleteUser", UserName="backup-job")
    assert (await stack.boots(instance_id, 2))[1]["principal_arn"] == arn


async def test_a_deleted_key_is_refused_at_once(stack: Stack) -> None:
    caller = await user_with_key(stack, "leaver")
    await caller.call("DescribeInstances")
    await stack.caller.iam("DeleteAccessKey", UserName="leaver", AccessKeyId=_key(caller))
    await _is_refused(caller)
    with pytest.raises(Refused) as caught:
        await stack.caller.iam("DeleteAccessKey", UserName="leaver", AccessKeyId=_key(caller))
    assert _as_refused(caught) == ("NoSuchEntity", f"The Access Key with id {_key(caller)} cannot be found.", 404)


async def test_a_user_deletes_its_own_key_and_that_was_its_last_call(stack: Stack) -> None:
    caller = await user_with_key(stack, "leaver")
    await caller.iam("DeleteAccessKey", AccessKeyId=_key(caller))
    await _is_refused(caller)


async def test_of_many_requests_none_is_granted_after_the_deletion_was_answered(stack: Stack) -> None:
    caller = await user_with_key(stack, "leaver")
    deleted = asyncio.Event()

    async def ask() -> bool:
        was_deleted = deleted.is_set()
        try:
            await caller.call("DescribeRegions")
        except Refused:
            return True
        return not was_deleted

    async def delete() -> bool:
        await stack.caller.iam("DeleteAccessKey", UserName="leaver", AccessKeyId=_key(caller))
        deleted.set()
        return all(await asyncio.gather(*(ask() for _ in range(20))))

    assert all(await asyncio.gather(*(ask() for _ in range(20)), delete()))


async def test_an_inactive_key_signs_nothing_until_it_is_active_again(stack: Stack) -> None:
    caller = await user_with_key(stack, "sleeper")
    asked = {"UserName": "sleeper", "AccessKeyId": _key(caller)}
    await stack.caller.iam("UpdateAccessKey", **asked, Status="Inactive")
    await _is_refused(caller)
    [listed] = (await stack.caller.iam("ListAccessKeys", UserName="sleeper"))["AccessKeyMetadata"]
    assert listed["Status"] == "Inactive"
    await stack.caller.iam("UpdateAccessKey", **asked, Status="Active")
    await caller.call("DescribeInstances")


async def test_a_user_has_two_keys_at_most_and_no_secret_is_told_twice(stack: Stack) -> None:
    first, second = await user_with_key(stack, "rotator"), await another_key(stack, "rotator")
    with pytest.raises(Refused) as caught:
        await first.iam("CreateAccessKey")
    assert _as_refused(caught) == ("LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2", 409)
    listed = (await second.iam("ListAccessKeys"))["AccessKeyMetadata"]
    assert {one["AccessKeyId"] for one in listed} == {_key(first), _key(second)}
    assert all(set(one) == {"UserName", "AccessKeyId", "Status", "CreateDate"} for one in listed)


async def test_a_user_cannot_reach_a_key_of_another_by_its_name(stack: Stack) -> None:
    mine, other = await user_with_key(stack, "mine"), await user_with_key(stack, "other")
    for asked in ({}, {"UserName": "mine"}):
        with pytest.raises(Refused, match="NoSuchEntity"):
            await mine.iam("DeleteAccessKey", AccessKeyId=_key(other), **asked)
    await other.call("DescribeInstances")


async def test_the_clouds_own_key_is_listed_and_stays(stack: Stack) -> None:
    own = stack.running.key["access_key_id"]
    listed = (await stack.caller.iam("ListAccessKeys"))["AccessKeyMetadata"]
    assert listed == [{"AccessKeyId": own, "Status": "Active"}]
    with pytest.raises(Refused, match=r"UnmodifiableEntity.*credentials\.json"):
        await stack.caller.iam("DeleteAccessKey", AccessKeyId=own)
    with pytest.raises(Refused, match=r"ValidationError.*Must specify userName when calling with non-User credentials"):
        await stack.caller.iam("CreateAccessKey")


async def test_when_where_and_for_what_a_key_signed_last_is_told(stack: Stack) -> None:
    caller = await user_with_key(stack, "backup-job")
    asked = {"AccessKeyId": _key(caller)}
    told = await stack.caller.iam("GetAccessKeyLastUsed", **asked)
    assert told == {"UserName": "backup-job", "AccessKeyLastUsed": {"ServiceName": "N/A", "Region": "N/A"}}
    made = await caller.call("CreateVolume", AvailabilityZone="us-east-1a", Size=1)
    await stack.written()
    told = await stack.caller.iam("GetAccessKeyLastUsed", **asked)
    used = told["AccessKeyLastUsed"]
    assert (used["ServiceName"], used["Region"]) == ("ec2", "us-east-1")
    assert abs(used["LastUsedDate"] - made["CreateTime"]).total_seconds() < 1
    own = await stack.caller.iam("GetAccessKeyLastUsed", AccessKeyId=stack.running.key["access_key_id"])
    assert "UserName" not in own and own["AccessKeyLastUsed"]["ServiceName"] == "iam"
    with pytest.raises(Refused) as caught:
        await stack.caller.iam("GetAccessKeyLastUsed", AccessKeyId="AKIAIOSFODNN7EXAMPLE")
    assert _as_refused(caught) == ("NoSuchEntity", "The Access Key with id AKIAIOSFODNN7EXAMPLE cannot be found.", 404)


async def test_a_key_that_is_refused_is_refused_before_its_body_is_read(stack: Stack) -> None:
    caller = await user_with_key(stack, "leaver")
    await stack.caller.iam("DeleteAccessKey", AccessKeyId=_key(caller))
    answer = await caller.post("Action=DescribeInstances&Version=2016-11-15&X=" + "x" * 100_000)
    assert (answer.status, "AuthFailure" in answer.text, answer.headers["connection"]) == (401, True, "close")


async def test_a_renamed_user_signs_as_the_new_one(stack: Stack) -> None:
    caller = await user_with_key(stack, "before")
    await stack.caller.iam("UpdateUser", UserName="before", NewUserName="after", NewPath="/ops/")
    assert (await caller.sts("GetCallerIdentity"))["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/ops/after"
