"""What KMS's keys have besides: policies, rotation, tags and grants, all of which are records."""

import json
from datetime import timedelta
from typing import Any

import pytest
from kms_calls import MISSING, make_key, refused
from stack import Stack

pytestmark = pytest.mark.anyio

POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:*", "Resource": "*"}],
}
ROLE = "arn:aws:iam::123456789012:role/reader"


async def test_a_key_has_the_default_policy_until_another_is_put(stack: Stack) -> None:
    key_id = (await make_key(stack))["KeyId"]
    answer = await stack.ask("kms", "GetKeyPolicy", KeyId=key_id)
    policy = json.loads(answer.pop("Policy"))
    assert answer == {"PolicyName": "default"}
    [statement] = policy["Statement"]
    assert (policy["Id"], statement["Sid"]) == ("key-default-1", "Enable IAM User Permissions")
    assert statement["Principal"] == {"AWS": f"arn:aws:iam::{stack.running.key['account']}:root"}
    text = json.dumps(POLICY)
    await stack.ask("kms", "PutKeyPolicy", KeyId=key_id, Policy=text, PolicyName="default")
    assert (await stack.ask("kms", "GetKeyPolicy", KeyId=key_id, PolicyName="default"))["Policy"] == text
    assert await stack.ask("kms", "ListKeyPolicies", KeyId=key_id) == {"PolicyNames": ["default"], "Truncated": False}
    with_one = (await make_key(stack, Policy=text, BypassPolicyLockoutSafetyCheck=True))["KeyId"]
    assert (await stack.ask("kms", "GetKeyPolicy", KeyId=with_one))["Policy"] == text


@pytest.mark.parametrize(
    "document",
    [
        "text",
        "[]",
        "{}",
        '{"Statement": []}',
        '{"Statement": [1]}',
        '{"Statement": [{"Effect": "Maybe", "Principal": "*"}]}',
        '{"Statement": {"Effect": "Allow", "Action": "kms:*"}}',
    ],
)
async def test_what_is_no_key_policy_is_refused(stack: Stack, document: str) -> None:
    key_id = (await make_key(stack))["KeyId"]
    for action, asked in (("CreateKey", {}), ("PutKeyPolicy", {"KeyId": key_id})):
        assert (await refused(stack, action, **asked, Policy=document))[0] == "MalformedPolicyDocumentException"


async def test_a_policy_of_another_name_or_too_long_is_refused(stack: Stack) -> None:
    key_id = (await make_key(stack))["KeyId"]
    for action, asked in (("GetKeyPolicy", {}), ("PutKeyPolicy", {"Policy": json.dumps(POLICY)})):
        refusal = await refused(stack, action, KeyId=key_id, PolicyName="other", **asked)
        assert refusal == ("NotFoundException", "No such policy exists")
    other_text = json.dumps({**POLICY, "Id": "雲"}, ensure_ascii=False)
    assert (await refused(stack, "PutKeyPolicy", KeyId=key_id, Policy=other_text))[0] == "ValidationException"
    long = json.dumps({**POLICY, "Id": 33_000 * "x"})
    assert (await refused(stack, "PutKeyPolicy", KeyId=key_id, Policy=long))[0] == "LimitExceededException"


async def test_rotation_is_recorded(stack: Stack) -> None:
    key = await make_key(stack)
    its = {"KeyId": key["KeyId"]}
    off = {"KeyId": key["Arn"], "KeyRotationEnabled": False}
    assert await stack.ask("kms", "GetKeyRotationStatus", **its) == off
    await stack.ask("kms", "EnableKeyRotation", **its)
    begun = stack.clock.now()

    async def rotation() -> tuple[int, float]:
        found = await stack.ask("kms", "GetKeyRotationStatus", **its)
        assert (found["KeyId"], found["KeyRotationEnabled"]) == (key["Arn"], True)
        days = round((found["NextRotationDate"] - begun) / timedelta(days=1), 3)
        return found["RotationPeriodInDays"], days

    assert await rotation() == (365, 365)
    await stack.clock.advance(600)
    await stack.ask("kms", "EnableKeyRotation", **its)
    assert await rotation() == (365, 365)
    await stack.ask("kms", "EnableKeyRotation", **its, RotationPeriodInDays=90)
    assert await rotation() == (90, 90.007)
    assert await stack.ask("kms", "ListKeyRotations", **its) == {"Rotations": [], "Truncated": False}
    await stack.ask("kms", "ScheduleKeyDeletion", **its)
    assert await stack.ask("kms", "GetKeyRotationStatus", **its) == off
    await stack.ask("kms", "CancelKeyDeletion", **its)
    assert await rotation() == (90, 90.007)
    for action in ("EnableKeyRotation", "DisableKeyRotation"):
        assert await refused(stack, action, **its) == ("DisabledException", f"{key['Arn']} is disabled.")
    await stack.ask("kms", "EnableKey", **its)
    await stack.ask("kms", "DisableKeyRotation", **its)
    assert await stack.ask("kms", "GetKeyRotationStatus", **its) == off
    assert (await refused(stack, "EnableKeyRotation", **its, RotationPeriodInDays=2561))[0] == "ValidationException"


def tagged(**tags: str) -> list[dict[str, str]]:
    return [{"TagKey": key, "TagValue": value} for key, value in tags.items()]


async def test_tags_are_given_changed_and_taken(stack: Stack) -> None:
    key_id = (await make_key(stack, Tags=tagged(b="1", a="2")))["KeyId"]

    async def tags(**asked: Any) -> dict[str, Any]:
        return await stack.ask("kms", "ListResourceTags", KeyId=key_id, **asked)

    assert await tags() == {"Tags": tagged(a="2", b="1"), "Truncated": False}
    await stack.ask("kms", "TagResource", KeyId=key_id, Tags=tagged(a="", c="3"))
    await stack.ask("kms", "UntagResource", KeyId=key_id, TagKeys=["b", "none"])
    assert (await tags())["Tags"] == tagged(a="", c="3")
    first = await tags(Limit=1)
    assert (first["Tags"], first["Truncated"]) == (tagged(a=""), True)
    assert (await tags(Limit=1, Marker=first["NextMarker"]))["Tags"] == tagged(c="3")


async def test_tags_that_cannot_be_are_refused(stack: Stack) -> None:
    key_id = (await make_key(stack))["KeyId"]
    many = tagged(**{f"k{number}": "x" for number in range(51)})
    for action, asked in (("CreateKey", {}), ("TagResource", {"KeyId": key_id})):
        reserved = await refused(stack, action, **asked, Tags=[{"TagKey": "AWS:x", "TagValue": "y"}])
        assert reserved == ("TagException", "Tags beginning with aws: are reserved")
        assert await refused(stack, action, **asked, Tags=[*tagged(a="1"), *tagged(a="2")]) == (
            "TagException",
            "Duplicate tag keys",
        )
        assert (await refused(stack, action, **asked, Tags=many))[0] == "LimitExceededException"
        long = [{"TagKey": 129 * "x", "TagValue": ""}]
        assert (await refused(stack, action, **asked, Tags=long))[0] == "ValidationException"
    await stack.ask("kms", "TagResource", KeyId=key_id, Tags=many[:50])
    assert (await refused(stack, "TagResource", KeyId=key_id, Tags=many[50:]))[0] == "LimitExceededException"
    assert (await refused(stack, "UntagResource", KeyId=key_id, TagKeys=["aws:x"]))[0] == "TagException"


async def test_grants_are_recorded_listed_and_taken_back(stack: Stack) -> None:
    key = await make_key(stack)
    its = {"KeyId": key["KeyId"]}
    grant = {**its, "GranteePrincipal": ROLE, "RetiringPrincipal": ROLE, "Operations": ["Decrypt", "CreateGrant"]}
    named = {**grant, "Name": "reader", "Constraints": {"EncryptionContextEquals": {"a": "b"}}}
    made = await stack.ask("kms", "CreateGrant", **named)
    assert await stack.ask("kms", "CreateGrant", **named) == made
    other = await stack.ask("kms", "CreateGrant", **{**named, "Operations": ["Encrypt"]})
    nameless = [(await stack.ask("kms", "CreateGrant", **grant))["GrantId"] for _ in range(2)]
    assert len({made["GrantId"], other["GrantId"], *nameless}) == 4
    [row] = (await stack.ask("kms", "ListGrants", **its, GrantId=made["GrantId"]))["Grants"]
    assert abs(row.pop("CreationDate") - stack.clock.now()) < timedelta(seconds=1)
    assert row == {
        "KeyId": key["Arn"],
        "GrantId": made["GrantId"],
        "Name": "reader",
        "GranteePrincipal": ROLE,
        "RetiringPrincipal": ROLE,
        "IssuingAccount": f"arn:aws:iam::{stack.running.key['account']}:root",
        "Operations": ["Decrypt", "CreateGrant"],
        "Constraints": {"EncryptionContextEquals": {"a": "b"}},
    }
    first = await stack.ask("kms", "ListGrants", **its, Limit=3)
    rest = await stack.ask("kms", "ListGrants", **its, Limit=3, Marker=first["NextMarker"])
    ids = [one["GrantId"] for one in (*first["Grants"], *rest["Grants"])]
    assert ids == sorted({made["GrantId"], other["GrantId"], *nameless})
    assert len((await stack.ask("kms", "ListRetirableGrants", RetiringPrincipal=ROLE))["Grants"]) == 4
    assert (await stack.ask("kms", "ListRetirableGrants", RetiringPrincipal=f"{ROLE}x"))["Grants"] == []
    assert (await stack.ask("kms", "ListGrants", **its, GranteePrincipal=f"{ROLE}x"))["Grants"] == []
    await stack.ask("kms", "RevokeGrant", **its, GrantId=nameless[0])
    await stack.ask("kms", "RetireGrant", GrantToken=made["GrantToken"])
    await stack.ask("kms", "RetireGrant", KeyId=key["Arn"], GrantId=nameless[1])
    assert [one["GrantId"] for one in (await stack.ask("kms", "ListGrants", **its))["Grants"]] == [other["GrantId"]]
    assert (await refused(stack, "RevokeGrant", **its, GrantId=nameless[0]))[0] == "NotFoundException"


async def test_a_grant_that_cannot_be_is_refused(stack: Stack) -> None:
    key = await make_key(stack)
    grant = {"KeyId": key["KeyId"], "GranteePrincipal": ROLE, "Operations": ["Decrypt"]}
    for asked, code in (
        ({**grant, "Operations": []}, "ValidationException"),
        ({**grant, "Operations": ["Paint"]}, "ValidationException"),
        ({"KeyId": key["KeyId"], "Operations": ["Decrypt"]}, "ValidationException"),
        ({**grant, "KeyId": MISSING}, "NotFoundException"),
    ):
        assert (await refused(stack, "CreateGrant", **asked))[0] == code, asked
    assert await refused(stack, "CreateGrant", **grant, DryRun=True) == (
        "DryRunOperationException",
        "The request would have succeeded, but the DryRun option is set.",
    )
    assert (await stack.ask("kms", "ListGrants", KeyId=key["KeyId"]))["Grants"] == []
    for asked in ({}, {"KeyId": key["KeyId"]}):
        assert (await refused(stack, "RetireGrant", **asked))[0] == "ValidationException"
    assert (await refused(stack, "RetireGrant", GrantToken="nonsense"))[0] == "InvalidGrantTokenException"
    assert (await refused(stack, "ListRetirableGrants"))[0] == "ValidationException"
    await stack.ask("kms", "DisableKey", KeyId=key["KeyId"])
    assert await refused(stack, "CreateGrant", **grant) == ("DisabledException", f"{key['Arn']} is disabled.")
