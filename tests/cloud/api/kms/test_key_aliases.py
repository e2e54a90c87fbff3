"""Aliases of KMS's keys, and the keys that AWS manages, which are named by theirs."""

import json

import pytest
from kms_calls import MISSING, alias_arn, described, make_key, refused
from sqlalchemy import Connection
from stack import Stack

from kumoniwa.model.kms_keys import EBS_ALIAS, KmsKey
from kumoniwa.store import kms_keys

pytestmark = pytest.mark.anyio

REGION = "us-east-1"


async def names(stack: Stack, **asked: str) -> list[str]:
    return [one["AliasName"] for one in (await stack.ask("kms", "ListAliases", **asked))["Aliases"]]


async def test_an_alias_names_a_key_and_then_another(stack: Stack) -> None:
    one, other = await make_key(stack), await make_key(stack)
    await stack.ask("kms", "CreateAlias", AliasName="alias/app/x", TargetKeyId=one["Arn"])
    made = stack.clock.now()
    for name in ("alias/app/x", alias_arn(stack, "alias/app/x")):
        assert await described(stack, name) == one
    await stack.clock.advance(60)
    await stack.ask("kms", "UpdateAlias", AliasName="alias/app/x", TargetKeyId=other["KeyId"])
    assert await described(stack, "alias/app/x") == other
    [row] = (await stack.ask("kms", "ListAliases", KeyId=other["KeyId"]))["Aliases"]
    assert (row["AliasArn"], row["TargetKeyId"]) == (alias_arn(stack, "alias/app/x"), other["KeyId"])
    assert (row["CreationDate"] - made).total_seconds() < 1 <= 59 < (row["LastUpdatedDate"] - made).total_seconds()
    assert await names(stack, KeyId=one["Arn"]) == []
    await stack.ask("kms", "DeleteAlias", AliasName="alias/app/x")
    gone = ("NotFoundException", f"Alias {alias_arn(stack, 'alias/app/x')} is not found.")
    assert await refused(stack, "DescribeKey", KeyId="alias/app/x") == gone
    assert await refused(stack, "DeleteAlias", AliasName="alias/app/x") == gone
    assert await refused(stack, "UpdateAlias", AliasName="alias/app/x", TargetKeyId=one["KeyId"]) == gone
    assert await described(stack, other["KeyId"]) == other


async def test_a_name_that_cannot_be_is_refused_in_kmss_words(stack: Stack) -> None:
    key = (await make_key(stack))["KeyId"]
    await stack.ask("kms", "CreateAlias", AliasName="alias/a", TargetKeyId=key)
    exists = f"An alias with the name {alias_arn(stack, 'alias/a')} already exists"
    prefix = 'Alias must start with the prefix "alias/".'
    for name, code, said in (
        ("alias/a", "AlreadyExistsException", exists),
        ("a", "ValidationException", prefix),
        ("alias/aws/mine", "NotAuthorizedException", ""),
        ("alias/ebs:1", "InvalidAliasNameException", "alias/ebs:1 contains invalid characters for an alias"),
        ("alias/", "InvalidAliasNameException", ""),
        ("alias/ü", "ValidationException", "Member must satisfy regular expression pattern"),
    ):
        refusal = await refused(stack, "CreateAlias", AliasName=name, TargetKeyId=key)
        assert (refusal[0], said in refusal[1]) == (code, True), name
    to_alias = await refused(stack, "CreateAlias", AliasName="alias/b", TargetKeyId="alias/a")
    assert to_alias == ("ValidationException", "Aliases must refer to keys. Not aliases")
    assert (await refused(stack, "CreateAlias", AliasName="alias/b", TargetKeyId=MISSING))[0] == "NotFoundException"
    assert await refused(stack, "DeleteAlias", AliasName=EBS_ALIAS) == ("NotAuthorizedException", "")
    assert (await refused(stack, "DeleteAlias", AliasName="a"))[0] == "ValidationException"
    assert await names(stack) == ["alias/a", EBS_ALIAS]


async def test_a_key_has_fifty_aliases_at_most(stack: Stack) -> None:
    key, other = (await make_key(stack))["KeyId"], (await make_key(stack))["KeyId"]
    for number in range(50):
        await stack.ask("kms", "CreateAlias", AliasName=f"alias/{number:02}", TargetKeyId=key)
    await stack.ask("kms", "CreateAlias", AliasName="alias/more", TargetKeyId=other)
    for action, name in (("CreateAlias", "alias/50"), ("UpdateAlias", "alias/more")):
        assert (await refused(stack, action, AliasName=name, TargetKeyId=key))[0] == "LimitExceededException"
    await stack.ask("kms", "UpdateAlias", AliasName="alias/00", TargetKeyId=key)


async def test_aliases_are_listed_page_by_page(stack: Stack) -> None:
    key = (await make_key(stack))["KeyId"]
    for name in ("c", "a", "b"):
        await stack.ask("kms", "CreateAlias", AliasName=f"alias/{name}", TargetKeyId=key)
    first = await stack.ask("kms", "ListAliases", Limit=2)
    assert ([one["AliasName"] for one in first["Aliases"]], first["Truncated"]) == (["alias/a", EBS_ALIAS], True)
    await stack.ask("kms", "DeleteAlias", AliasName="alias/a")
    rest = await stack.ask("kms", "ListAliases", Limit=2, Marker=first["NextMarker"])
    assert ([one["AliasName"] for one in rest["Aliases"]], rest["Truncated"]) == (["alias/b", "alias/c"], False)
    assert (await refused(stack, "ListAliases", Limit=101))[0] == "ValidationException"


async def test_the_key_of_volumes_is_made_when_it_is_first_asked_for(stack: Stack) -> None:
    [row] = (await stack.ask("kms", "ListAliases"))["Aliases"]
    assert row == {"AliasName": EBS_ALIAS, "AliasArn": alias_arn(stack, EBS_ALIAS)}
    assert (await stack.ask("kms", "ListKeys"))["Keys"] == []
    found = await described(stack, alias_arn(stack, EBS_ALIAS))
    assert (found["KeyManager"], found["KeyState"]) == ("AWS", "Enabled")
    assert found["Description"] == "Default key that protects my EBS volumes when no other key is defined"
    for name in (EBS_ALIAS, found["KeyId"], found["Arn"]):
        assert await described(stack, name) == found
    [row] = (await stack.ask("kms", "ListAliases"))["Aliases"]
    assert (row["AliasName"], row["TargetKeyId"]) == (EBS_ALIAS, found["KeyId"])
    assert [one["KeyId"] for one in (await stack.ask("kms", "ListKeys"))["Keys"]] == [found["KeyId"]]
    there = await described(stack.in_region("eu-west-1"), EBS_ALIAS)
    assert there["KeyId"] != found["KeyId"]


async def test_nobody_changes_a_key_that_aws_manages(stack: Stack) -> None:
    key = await described(stack, EBS_ALIAS)
    its = {"KeyId": key["KeyId"]}
    policy = (await stack.ask("kms", "GetKeyPolicy", **its))["Policy"]
    assert json.loads(policy)["Id"] == "auto-ebs-2"
    for action, asked in (
        ("ScheduleKeyDeletion", its),
        ("CancelKeyDeletion", its),
        ("DisableKey", its),
        ("UpdateKeyDescription", {**its, "Description": "mine"}),
        ("PutKeyPolicy", {**its, "Policy": policy}),
        ("EnableKeyRotation", its),
        ("DisableKeyRotation", its),
        ("TagResource", {**its, "Tags": []}),
        ("UntagResource", {**its, "TagKeys": []}),
        ("CreateGrant", {**its, "GranteePrincipal": "arn:aws:iam::123456789012:root", "Operations": ["Decrypt"]}),
        ("CreateAlias", {"AliasName": "alias/mine", "TargetKeyId": key["KeyId"]}),
    ):
        code, message = await refused(stack, action, **asked)
        because = f"on resource: {key['Arn']} because no resource-based policy allows the kms:{action} action"
        assert (code, because in message) == ("AccessDeniedException", True), action
    assert await described(stack, EBS_ALIAS) == key
    assert (await stack.ask("kms", "GetKeyRotationStatus", **its))["KeyRotationEnabled"] is True
    assert (await stack.ask("kms", "ListResourceTags", **its))["Tags"] == []


async def test_the_store_finds_a_key_by_each_of_its_names(stack: Stack) -> None:
    account = stack.running.key["account"]
    mine = await make_key(stack)
    await stack.ask("kms", "CreateAlias", AliasName="alias/mine", TargetKeyId=mine["KeyId"])

    def found(connection: Connection, asked: str, region: str = REGION) -> str | None:
        key = kms_keys.find(connection, account, region, asked)
        return None if key is None else key.id

    def look(connection: Connection) -> KmsKey:
        for name in (mine["KeyId"], mine["Arn"], "alias/mine", alias_arn(stack, "alias/mine")):
            assert found(connection, name) == mine["KeyId"]
            assert found(connection, name, "eu-west-1") is None
            assert kms_keys.find(connection, "210987654321", REGION, name) is None
        for name in (MISSING, "", "arn:", "alias/", "alias/aws/ebs", f"{mine['Arn']}:x", "key/" + mine["KeyId"]):
            assert found(connection, name) is None, name
        default = kms_keys.default_for_ebs(connection, account, REGION, stack.clock.now())
        assert kms_keys.default_for_ebs(connection, account, REGION, stack.clock.now()) == default
        for name in (EBS_ALIAS, alias_arn(stack, EBS_ALIAS), default.id):
            assert found(connection, name) == default.id
        elsewhere = kms_keys.find_or_make(connection, account, "eu-west-1", EBS_ALIAS, stack.clock.now())
        assert elsewhere is not None
        assert elsewhere.region == "eu-west-1"
        return default

    default = await stack.running.cloud.world.database.write(look)
    assert (await described(stack, EBS_ALIAS))["KeyId"] == default.id
