"""KMS's keys: made, described, listed, enabled and disabled, deleted after their waiting period, and refused."""

import re
from datetime import timedelta
from typing import Any

import pytest
from kms_calls import MISSING, days_later, described, key_arn, make_key, refused
from stack import Stack

pytestmark = pytest.mark.anyio


async def test_a_key_is_described_as_it_was_made(stack: Stack) -> None:
    made = await make_key(stack, Description="for volumes", Tags=[{"TagKey": "env", "TagValue": ""}])
    created = made.pop("CreationDate")
    assert abs(created - stack.clock.now()) < timedelta(seconds=1)
    key_id = made["KeyId"]
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", key_id)
    assert made == {
        "AWSAccountId": stack.running.key["account"],
        "KeyId": key_id,
        "Arn": key_arn(stack, key_id),
        "Enabled": True,
        "Description": "for volumes",
        "KeyUsage": "ENCRYPT_DECRYPT",
        "KeyState": "Enabled",
        "Origin": "AWS_KMS",
        "KeyManager": "CUSTOMER",
        "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
        "KeySpec": "SYMMETRIC_DEFAULT",
        "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
        "MultiRegion": False,
    }
    for name in (key_id, made["Arn"]):
        assert await described(stack, name) == {**made, "CreationDate": created}
    plain = {"KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT", "Origin": "AWS_KMS", "MultiRegion": False}
    assert (await make_key(stack, **plain))["Description"] == ""


@pytest.mark.parametrize(
    ("asked", "what"),
    [
        ({"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"}, "other than symmetric encryption keys"),
        ({"CustomerMasterKeySpec": "HMAC_256"}, "other than symmetric encryption keys"),
        ({"KeyUsage": "GENERATE_VERIFY_MAC"}, "other than symmetric encryption keys"),
        ({"Origin": "EXTERNAL"}, "material comes from elsewhere"),
        ({"CustomKeyStoreId": "cks-1234567890abcdef0"}, "material comes from elsewhere"),
        ({"MultiRegion": True}, "multi-Region KMS keys"),
    ],
)
async def test_other_keys_are_not_built(stack: Stack, asked: dict[str, Any], what: str) -> None:
    code, message = await refused(stack, "CreateKey", **asked)
    assert (code, "Kumoniwa does not implement" in message, what in message) == ("ValidationException", True, True)
    assert (await stack.ask("kms", "ListKeys"))["Keys"] == []


async def test_a_key_is_asked_for_by_one_name_of_its_spec(stack: Stack) -> None:
    both = {"KeySpec": "SYMMETRIC_DEFAULT", "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT"}
    assert (await refused(stack, "CreateKey", **both))[0] == "ValidationException"


async def test_what_is_no_key_is_refused_in_kmss_words(stack: Stack) -> None:
    key = await make_key(stack)
    arn = key["Arn"]
    other = arn.replace(stack.running.key["account"], "210987654321")
    elsewhere = arn.replace("us-east-1", "eu-west-1")
    not_there = f"Key '{key_arn(stack, MISSING)}' does not exist"
    for asked, code, said in (
        (MISSING, "NotFoundException", not_there),
        (key_arn(stack, MISSING), "NotFoundException", not_there),
        ("mrk-" + 32 * "a", "NotFoundException", f"Key '{key_arn(stack, 'mrk-' + 32 * 'a')}' does not exist"),
        ("fake-key-id", "NotFoundException", "Invalid keyId 'fake-key-id'"),
        ("alias/none", "NotFoundException", f"Alias {arn.partition(':key')[0]}:alias/none is not found."),
        (elsewhere, "NotFoundException", "Invalid arn eu-west-1"),
        (other, "AccessDeniedException", None),
        ("arn:aws:kms", "InvalidArnException", "Invalid arn arn:aws:kms"),
        ("arn:aws:ec2:us-east-1:123456789012:key/x", "InvalidArnException", None),
    ):
        refusal = await refused(stack, "DescribeKey", KeyId=asked)
        assert refusal[0] == code, asked
        assert said in (None, refusal[1]), asked
    assert (await refused(stack.in_region("eu-west-1"), "DescribeKey", KeyId=key["KeyId"]))[1] == (
        f"Key '{key_arn(stack, key['KeyId'], 'eu-west-1')}' does not exist"
    )


async def test_an_alias_is_no_name_where_a_key_is_changed(stack: Stack) -> None:
    key = await make_key(stack)
    await stack.ask("kms", "CreateAlias", AliasName="alias/a", TargetKeyId=key["KeyId"])
    assert await refused(stack, "DisableKey", KeyId="alias/a") == ("NotFoundException", "Invalid keyId 'alias/a'")
    arn = f"{key['Arn'].partition(':key')[0]}:alias/a"
    said = ("InvalidArnException", "Key Aliases are not supported for this operation.")
    assert await refused(stack, "DisableKey", KeyId=arn) == said


async def test_keys_are_listed_page_by_page(stack: Stack) -> None:
    made = sorted([(await make_key(stack))["KeyId"] for _ in range(5)])
    whole = await stack.ask("kms", "ListKeys")
    assert whole == {"Keys": [{"KeyId": one, "KeyArn": key_arn(stack, one)} for one in made], "Truncated": False}
    first = await stack.ask("kms", "ListKeys", Limit=3)
    assert ([one["KeyId"] for one in first["Keys"]], first["Truncated"]) == (made[:3], True)
    rest = await stack.ask("kms", "ListKeys", Limit=2, Marker=first["NextMarker"])
    assert [one["KeyId"] for one in rest["Keys"]] == made[3:]
    assert (rest["Truncated"], "NextMarker" in rest) == (False, False)
    assert (await refused(stack, "ListKeys", Marker="abc"))[0] == "InvalidMarkerException"
    assert (await refused(stack, "ListAliases", Marker=first["NextMarker"]))[0] == "InvalidMarkerException"
    assert (await refused(stack, "ListKeys", Limit=1001))[0] == "ValidationException"
    assert (await stack.in_region("eu-west-1").ask("kms", "ListKeys"))["Keys"] == []
    shared = await stack.ask("kms", "ListKeys", ResourceOwners=["OTHER_ACCOUNTS_VIA_RAM"])
    assert shared == {"Keys": [], "Truncated": False}
    assert len((await stack.ask("kms", "ListKeys", ResourceOwners=["SELF"]))["Keys"]) == 5


async def test_a_key_is_disabled_and_enabled_and_described_in_other_words(stack: Stack) -> None:
    key_id = (await make_key(stack))["KeyId"]
    await stack.ask("kms", "DisableKey", KeyId=key_id)
    found = await described(stack, key_id)
    assert (found["KeyState"], found["Enabled"]) == ("Disabled", False)
    await stack.ask("kms", "EnableKey", KeyId=key_id)
    await stack.ask("kms", "UpdateKeyDescription", KeyId=key_id, Description="other")
    found = await described(stack, key_id)
    assert (found["KeyState"], found["Enabled"], found["Description"]) == ("Enabled", True, "other")


async def test_a_key_is_deleted_when_its_waiting_period_is_over(stack: Stack) -> None:
    key = await make_key(stack)
    key_id = key["KeyId"]
    await stack.ask("kms", "CreateAlias", AliasName="alias/gone", TargetKeyId=key_id)
    answer = await stack.ask("kms", "ScheduleKeyDeletion", KeyId=key_id, PendingWindowInDays=7)
    at = answer.pop("DeletionDate")
    assert abs(at - stack.clock.now() - timedelta(days=7)) < timedelta(seconds=1)
    assert answer == {"KeyId": key["Arn"], "KeyState": "PendingDeletion", "PendingWindowInDays": 7}
    found = await described(stack, "alias/gone")
    assert (found["KeyState"], found["Enabled"], found["DeletionDate"]) == ("PendingDeletion", False, at)
    await days_later(stack, 6.9)
    assert (await described(stack, key_id))["KeyState"] == "PendingDeletion"
    await days_later(stack, 7.1)
    assert (await refused(stack, "DescribeKey", KeyId=key_id))[0] == "NotFoundException"
    assert (await refused(stack, "DescribeKey", KeyId="alias/gone"))[0] == "NotFoundException"
    assert (await stack.ask("kms", "ListKeys"))["Keys"] == []


async def test_a_deletion_is_cancelled_and_the_key_is_disabled_then(stack: Stack) -> None:
    key = await make_key(stack)
    asked = {"KeyId": key["KeyId"]}
    said = ("KMSInvalidStateException", f"{key['Arn']} is not pending deletion.")
    assert await refused(stack, "CancelKeyDeletion", **asked) == said
    assert (await stack.ask("kms", "ScheduleKeyDeletion", **asked))["PendingWindowInDays"] == 30
    assert await stack.ask("kms", "CancelKeyDeletion", **asked) == {"KeyId": key["Arn"]}
    found = await described(stack, key["KeyId"])
    assert (found["KeyState"], "DeletionDate" in found) == ("Disabled", False)
    await days_later(stack, 31)
    assert (await described(stack, key["KeyId"]))["KeyState"] == "Disabled"
    for days in (1, 6, 31, 365):
        assert (await refused(stack, "ScheduleKeyDeletion", **asked, PendingWindowInDays=days))[0] == (
            "ValidationException"
        )


async def test_a_key_that_is_to_be_deleted_is_left_alone(stack: Stack) -> None:
    key, other = await make_key(stack), await make_key(stack)
    await stack.ask("kms", "CreateAlias", AliasName="alias/other", TargetKeyId=other["KeyId"])
    await stack.ask("kms", "ScheduleKeyDeletion", KeyId=key["KeyId"])
    pending = ("KMSInvalidStateException", f"{key['Arn']} is pending deletion.")
    its = {"KeyId": key["KeyId"]}
    for action, asked in (
        ("ScheduleKeyDeletion", its),
        ("EnableKey", its),
        ("DisableKey", its),
        ("UpdateKeyDescription", {**its, "Description": "x"}),
        ("EnableKeyRotation", its),
        ("DisableKeyRotation", its),
        ("TagResource", {**its, "Tags": [{"TagKey": "a", "TagValue": "b"}]}),
        ("UntagResource", {**its, "TagKeys": ["a"]}),
        ("CreateGrant", {**its, "GranteePrincipal": "arn:aws:iam::123456789012:root", "Operations": ["Decrypt"]}),
        ("CreateAlias", {"AliasName": "alias/new", "TargetKeyId": key["KeyId"]}),
        ("UpdateAlias", {"AliasName": "alias/other", "TargetKeyId": key["KeyId"]}),
    ):
        assert await refused(stack, action, **asked) == pending, action
    await stack.ask("kms", "PutKeyPolicy", **its, Policy=(await stack.ask("kms", "GetKeyPolicy", **its))["Policy"])


async def test_a_call_of_kms_is_in_cloudtrail(stack: Stack) -> None:
    key = await make_key(stack)
    await stack.ask("kms", "CreateAlias", AliasName="alias/told", TargetKeyId=key["KeyId"])
    await refused(stack, "DescribeKey", KeyId=MISSING)
    events = (await stack.ask("cloudtrail", "LookupEvents"))["Events"]
    assert [(one["EventName"], one["ReadOnly"], one["EventSource"]) for one in events] == [
        ("DescribeKey", "true", "kms.amazonaws.com"),
        ("CreateAlias", "false", "kms.amazonaws.com"),
        ("CreateKey", "false", "kms.amazonaws.com"),
    ]
    assert events[1]["Resources"] == [
        {"ResourceType": "AWS::KMS::Key", "ResourceName": key["KeyId"]},
        {"ResourceType": "AWS::KMS::Alias", "ResourceName": "alias/told"},
    ]
    assert {"ResourceType": "AWS::KMS::Key", "ResourceName": key["Arn"]} in events[2]["Resources"]
