"""AssumeRole and GetSessionToken: credentials that sign as who they are of, until they expire or the role is gone."""

import base64
import json
from datetime import timedelta
from typing import Any

import botocore.auth
import pytest
from asgi import Caller, Refused
from signers import user_with_key, with_temporary
from stack import Stack

pytestmark = pytest.mark.anyio

ACCOUNT = "123456789012"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
    }
)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/ops/deploy"


@pytest.fixture(autouse=True)
async def role(stack: Stack) -> str:
    made = await stack.caller.iam(
        "CreateRole", RoleName="deploy", Path="/ops/", AssumeRolePolicyDocument=TRUST, MaxSessionDuration=7200
    )
    return str(made["Role"]["RoleId"])


async def _assumed(caller: Caller, **more: Any) -> dict[str, Any]:
    return await caller.sts("AssumeRole", RoleArn=ROLE, RoleSessionName="me@work", **more)


async def _refusals(caller: Caller) -> list[tuple[str, int]]:
    """How EC2, STS and IAM refuse what this caller signs."""
    found = []
    for ask in (
        caller.call("DescribeRegions"),
        caller.sts("GetCallerIdentity"),
        caller.iam("ListUsers"),
    ):
        with pytest.raises(Refused) as caught:
            await ask
        found.append((caught.value.code, caught.value.status))
    return found


INVALID = [("AuthFailure", 401), ("InvalidClientTokenId", 403), ("InvalidClientTokenId", 403)]
EXPIRED = [("RequestExpired", 400), ("ExpiredToken", 403), ("ExpiredToken", 403)]


async def test_a_session_of_a_role_calls_by_its_own_name(stack: Stack, role: str) -> None:
    answer = await _assumed(stack.caller)
    arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/me@work"
    assert answer["AssumedRoleUser"] == {"AssumedRoleId": f"{role}:me@work", "Arn": arn}
    assert answer["Credentials"]["AccessKeyId"].startswith("ASIA")
    session = with_temporary(stack, answer)
    assert await session.sts("GetCallerIdentity") == {"UserId": f"{role}:me@work", "Account": ACCOUNT, "Arn": arn}
    instance_id = await stack.launch()
    await session.call("RebootInstances", InstanceIds=[instance_id])
    await stack.idle()
    _, second = await stack.boots(instance_id, 2)
    assert (second["principal"], second["principal_arn"]) == (answer["Credentials"]["AccessKeyId"], arn)
    told = json.loads((await session.get("/_kumoniwa/caller")).body)
    assert (told["arn"], told["kind"], told["policies_evaluated"]) == (arn, "AssumedRole", False)
    assert told["session_since"] is not None and told["there_are"] == {"users": 0, "roles": 1, "policies": 0}
    presigned = await session.presigned("/?Action=DescribeRegions&Version=2016-11-15")
    assert presigned.status == 200, presigned.text


async def test_credentials_expire_in_each_services_words(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = stack.clock  # signatures are made at the cloud's own time, not the host's
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda **_: clock.now().replace(tzinfo=None))
    answer = await _assumed(stack.caller, DurationSeconds=900)
    left = answer["Credentials"]["Expiration"] - clock.now()
    assert timedelta(seconds=898) < left <= timedelta(seconds=900)
    session = with_temporary(stack, answer)
    await clock.advance(left.total_seconds() - 1)
    await session.call("DescribeRegions")
    await clock.advance(1)
    assert await _refusals(session) == EXPIRED
    await stack.caller.call("DescribeRegions")


async def test_a_token_is_believed_of_its_own_key_and_unchanged_alone(stack: Stack) -> None:
    issued = (await _assumed(stack.caller))["Credentials"]
    other = (await _assumed(stack.caller))["Credentials"]
    raw = base64.b64decode(issued["SessionToken"])
    longer = raw.replace(b'"until":', b'"until":9')
    forged = base64.b64encode(longer).decode()
    gateway, key, secret = stack.running.gateway, issued["AccessKeyId"], issued["SecretAccessKey"]
    own = stack.running.key
    for caller in (
        Caller(gateway, key, secret),  # without its token
        Caller(gateway, key, secret, session_token=other["SessionToken"]),
        Caller(gateway, other["AccessKeyId"], secret, session_token=issued["SessionToken"]),
        Caller(gateway, key, other["SecretAccessKey"], session_token=issued["SessionToken"]),
        Caller(gateway, key, secret, session_token=forged),
        Caller(gateway, key, secret, session_token="x" * 4000),
        Caller(gateway, key, secret, session_token="not ours"),
        Caller(gateway, own["access_key_id"], own["secret_access_key"], session_token="not ours"),
        Caller(gateway, own["access_key_id"], own["secret_access_key"], session_token=issued["SessionToken"]),
    ):
        codes = [code for code, _ in await _refusals(caller)]
        assert codes[0] == "AuthFailure" and codes[1] in ("InvalidClientTokenId", "SignatureDoesNotMatch"), codes
    await with_temporary(stack, {"Credentials": issued}).call("DescribeRegions")


async def test_a_session_ends_with_its_role_and_a_new_role_of_that_name_is_another(stack: Stack) -> None:
    session = with_temporary(stack, await _assumed(stack.caller))
    await session.call("DescribeRegions")
    await stack.caller.iam("DeleteRole", RoleName="deploy")
    assert await _refusals(session) == INVALID
    await stack.caller.iam("CreateRole", RoleName="deploy", Path="/ops/", AssumeRolePolicyDocument=TRUST)
    assert await _refusals(session) == INVALID


async def test_get_session_token_gives_credentials_of_whoever_calls(stack: Stack) -> None:
    caller = await user_with_key(stack, "clerk")
    answer = await caller.sts("GetSessionToken")
    assert answer["Credentials"]["Expiration"] - stack.clock.now() > timedelta(hours=11)
    session = with_temporary(stack, answer)
    assert (await session.sts("GetCallerIdentity"))["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/clerk"
    with pytest.raises(Refused, match=r"AccessDenied.*Cannot call GetSessionToken with session credentials"):
        await session.sts("GetSessionToken")
    keys = (await caller.iam("ListAccessKeys"))["AccessKeyMetadata"]
    await stack.caller.iam("DeleteAccessKey", AccessKeyId=keys[0]["AccessKeyId"])
    await session.call("DescribeRegions")  # they are of the user, not of the key that asked for them
    await stack.caller.iam("DeleteUser", UserName="clerk")
    assert await _refusals(session) == INVALID
    own = (await stack.caller.sts("GetSessionToken", DurationSeconds=129_600))["Credentials"]
    assert own["Expiration"] - stack.clock.now() <= timedelta(hours=1)
    listed = await with_temporary(stack, {"Credentials": own}).iam("ListAccessKeys")
    assert listed["AccessKeyMetadata"][0]["AccessKeyId"] == stack.running.key["access_key_id"]


async def test_a_session_of_a_role_assumes_another_for_an_hour_at_most(stack: Stack) -> None:
    session = with_temporary(stack, await _assumed(stack.caller))
    chained = with_temporary(stack, await _assumed(session))
    await chained.call("DescribeRegions")
    with pytest.raises(Refused, match=r"1 hour session limit for roles assumed by role chaining\."):
        await _assumed(session, DurationSeconds=3601)


async def test_temporary_credentials_begin_no_session_of_the_console(stack: Stack) -> None:
    session = with_temporary(stack, await _assumed(stack.caller))
    answer = await session.post("", target="/_kumoniwa/console/sign-in-codes")
    assert (answer.status, "Temporary credentials" in answer.text) == (400, True)


@pytest.mark.parametrize(
    ("asked", "code", "words"),
    [
        ({"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/none"}, "AccessDenied", f"User: arn:aws:iam::{ACCOUNT}:root is not"),
        ({"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/deploy"}, "AccessDenied", "sts:AssumeRole on resource: arn:aws:iam"),
        ({"RoleArn": "arn:aws:iam::210987654321:role/ops/deploy"}, "AccessDenied", "is not authorized to perform"),
        ({"RoleArn": "arn:aws:iam::123456789012:user/deploy"}, "ValidationError", "is invalid"),
        ({"DurationSeconds": 7201}, "ValidationError", "exceeds the MaxSessionDuration set for this role."),
        ({"DurationSeconds": 43201}, "ValidationError", "Member must have value less than or equal to 43200"),
        (
            {"RoleSessionName": "a:b"},
            "ValidationError",
            "1 validation error detected: Value 'a:b' at 'roleSessionName' failed to satisfy constraint: Member must "
            r"satisfy regular expression pattern: [\w+=,.@-]*",
        ),
        ({"RoleSessionName": "a" * 65}, "ValidationError", "Member must have length less than or equal to 64"),
        (
            {"Tags": [{"Key": "a", "Value": "b"}], "TransitiveTagKeys": ["c"]},
            "InvalidParameterValue",
            "The specified transitive tag key must be included in the requested tags.",
        ),
        (
            {"Tags": [{"Key": "a", "Value": "b"}, {"Key": "A", "Value": "c"}]},
            "InvalidParameterValue",
            "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
        ),
        ({"RoleSessionName": "a/b"}, "ValidationError", "roleSessionName"),
        ({"SerialNumber": "arn:aws:iam::123456789012:mfa/x"}, "UnsupportedOperation", "second factor"),
    ],
)
async def test_what_cannot_be_assumed_is_refused_in_stss_words(
    stack: Stack, asked: dict[str, Any], code: str, words: str
) -> None:
    with pytest.raises(Refused) as caught:
        await stack.caller.sts("AssumeRole", **{"RoleArn": ROLE, "RoleSessionName": "me", **asked})
    assert (caught.value.code, words in caught.value.message) == (code, True), caught.value
