"""Instance profiles of instances: at launch and later, in EC2's words, and what guests can do with them."""

import json
from typing import Any

import pytest
from asgi import Caller, Refused
from stack import Stack

from kumoniwa.credentials.session_tokens import SessionTokens, key_of_tokens
from kumoniwa.imds.facts import gather
from kumoniwa.imds.tree import find, metadata

pytestmark = pytest.mark.anyio

ARN = "arn:aws:iam::123456789012:instance-profile/x/{}"
TRUST = json.dumps(
    {"Statement": {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}}
)
NAMED = {"IamInstanceProfile": {"Name": "web"}}


@pytest.fixture(autouse=True)
async def profiles(stack: Stack) -> None:
    """The profiles `web` and `db`, each with a role of its name, and `empty` without one."""
    for name in ("web", "db", "empty"):
        await stack.caller.iam("CreateInstanceProfile", InstanceProfileName=name, Path="/x/")
        if name != "empty":
            await stack.caller.iam("CreateRole", RoleName=name, AssumeRolePolicyDocument=TRUST)
            await stack.caller.iam("AddRoleToInstanceProfile", InstanceProfileName=name, RoleName=name)


async def _shown(stack: Stack, instance_id: str) -> str | None:
    """The ARN of the profile that DescribeInstances shows."""
    found = (await stack.instance(instance_id)).get("IamInstanceProfile")
    return None if found is None else str(found["Arn"])


async def _associations(stack: Stack, **asked: Any) -> list[dict[str, Any]]:
    answer = await stack.call("DescribeIamInstanceProfileAssociations", **asked)
    found: list[dict[str, Any]] = answer["IamInstanceProfileAssociations"]
    return found


async def _in_guest(stack: Stack, instance_id: str, path: str) -> bytes | None:
    """What the instance's guest reads in its metadata now."""
    database, now = stack.running.cloud.world.database, stack.clock.now()
    tokens = SessionTokens(await database.write(key_of_tokens))
    facts = await database.read(lambda connection: gather(connection, instance_id, tokens, now))
    return None if facts is None else find(metadata(facts), path)


@pytest.mark.parametrize("by", [{"Name": "web"}, {"Name": "WEB"}, {"Arn": ARN.format("web")}])
async def test_a_launch_gives_the_profile_that_it_names(stack: Stack, by: dict[str, str]) -> None:
    instance_id = await stack.launch(IamInstanceProfile=by)
    profile = (await stack.caller.iam("GetInstanceProfile", InstanceProfileName="web"))["InstanceProfile"]
    shown = {"Arn": profile["Arn"], "Id": profile["InstanceProfileId"]}
    assert (await stack.instance(instance_id))["IamInstanceProfile"] == shown
    [association] = await _associations(stack, Filters=[{"Name": "instance-id", "Values": [instance_id]}])
    assert association["AssociationId"].startswith("iip-assoc-0")
    assert (association["IamInstanceProfile"], association["State"]) == (shown, "associated")
    for name, value in (("arn", shown["Arn"]), ("id", shown["Id"])):
        filters = [{"Name": f"iam-instance-profile.{name}", "Values": [value]}]
        assert len((await stack.call("DescribeInstances", Filters=filters))["Reservations"]) == 1


@pytest.mark.parametrize(
    ("by", "code", "words"),
    [
        (
            {"Name": "none"},
            "InvalidParameterValue",
            "Value (none) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name",
        ),
        (
            {"Arn": ARN.format("none")},
            "InvalidParameterValue",
            f"Value ({ARN.format('none')}) for parameter iamInstanceProfile.arn is invalid. "
            "Invalid IAM Instance Profile ARN",
        ),
        (
            {"Arn": "arn:aws:iam::123456789012:instance-profile/web"},  # another path
            "InvalidParameterValue",
            "Value (arn:aws:iam::123456789012:instance-profile/web) for parameter iamInstanceProfile.arn is invalid. "
            "Invalid IAM Instance Profile ARN",
        ),
        (
            {"Name": "empty"},
            "InvalidParameterValue",
            f'IAM Instance Profile "{ARN.format("empty")}" has no associated IAM Roles',
        ),
        (
            {"Name": "web", "Arn": ARN.format("web")},
            "InvalidParameterCombination",
            "The parameter 'iamInstanceProfile.name' may not be used in combination with 'iamInstanceProfile.arn'",
        ),
    ],
)
async def test_a_profile_that_cannot_be_had_is_refused_in_ec2s_words(
    stack: Stack, by: dict[str, str], code: str, words: str
) -> None:
    instance_id = await stack.launch()
    asked = {"InstanceId": instance_id, "IamInstanceProfile": by}
    for ask in (stack.launch(IamInstanceProfile=by), stack.call("AssociateIamInstanceProfile", **asked)):
        with pytest.raises(Refused) as caught:
            await ask
        assert (caught.value.code, caught.value.message) == (code, words)
    assert await _associations(stack) == []
    assert len((await stack.call("DescribeInstances"))["Reservations"]) == 1


async def test_a_profile_is_associated_replaced_and_taken(stack: Stack) -> None:
    instance_id = await stack.launch()
    assert await _shown(stack, instance_id) is None
    made = await stack.call("AssociateIamInstanceProfile", InstanceId=instance_id, **NAMED)
    first = made["IamInstanceProfileAssociation"]
    assert first["State"] == "associating"
    assert await _shown(stack, instance_id) == ARN.format("web")
    with pytest.raises(Refused) as caught:
        await stack.call("AssociateIamInstanceProfile", InstanceId=instance_id, **NAMED)
    assert (caught.value.code, caught.value.message) == (
        "IncorrectState",
        f"There is an existing association for instance {instance_id}",
    )
    replaced = await stack.call(
        "ReplaceIamInstanceProfileAssociation",
        AssociationId=first["AssociationId"],
        IamInstanceProfile={"Name": "db"},
    )
    second = replaced["IamInstanceProfileAssociation"]["AssociationId"]
    assert second != first["AssociationId"] and await _shown(stack, instance_id) == ARN.format("db")
    [listed] = await _associations(stack, AssociationIds=[second])
    assert listed["InstanceId"] == instance_id
    for missing in (first["AssociationId"], "iip-assoc-0123456789abcdef0"):
        with pytest.raises(Refused) as caught:
            await stack.call("DisassociateIamInstanceProfile", AssociationId=missing)
        assert (caught.value.code, caught.value.message) == (
            "InvalidAssociationID.NotFound",
            f"An invalid association-id of '{missing}' was given",
        )
    ended = await stack.call("DisassociateIamInstanceProfile", AssociationId=second)
    assert ended["IamInstanceProfileAssociation"]["State"] == "disassociating"
    assert await _shown(stack, instance_id) is None and await _associations(stack) == []


async def test_a_refused_replacement_leaves_the_profile_that_was_there(stack: Stack) -> None:
    instance_id = await stack.launch(**NAMED)
    [association] = await _associations(stack)
    with pytest.raises(Refused, match="has no associated IAM Roles"):
        await stack.call(
            "ReplaceIamInstanceProfileAssociation",
            AssociationId=association["AssociationId"],
            IamInstanceProfile={"Name": "empty"},
        )
    assert await _associations(stack) == [association]
    assert await _shown(stack, instance_id) == ARN.format("web")


async def test_an_association_is_seen_in_its_region_alone_and_ends_with_its_instance(stack: Stack) -> None:
    instance_id = await stack.launch(**NAMED)
    [association] = await _associations(stack)
    elsewhere = stack.in_region("eu-west-1")
    assert await _associations(elsewhere) == []
    for action, more in (("DisassociateIamInstanceProfile", {}), ("ReplaceIamInstanceProfileAssociation", NAMED)):
        with pytest.raises(Refused, match=r"InvalidAssociationID\.NotFound"):
            await elsewhere.call(action, AssociationId=association["AssociationId"], **more)
    await stack.call("TerminateInstances", InstanceIds=[instance_id])
    await stack.idle()
    assert await _associations(stack) == []
    with pytest.raises(Refused, match="IncorrectInstanceState"):
        await stack.call("AssociateIamInstanceProfile", InstanceId=instance_id, **NAMED)


async def test_a_stopped_instance_keeps_its_profile(stack: Stack) -> None:
    instance_id = await stack.launch(**NAMED)
    await stack.call("StopInstances", InstanceIds=[instance_id])
    await stack.idle()
    assert await _shown(stack, instance_id) == ARN.format("web")


async def test_a_guest_calls_this_cloud_with_the_credentials_that_it_finds(stack: Stack) -> None:
    instance_id = await stack.launch(**NAMED)
    of_role = "latest/meta-data/iam/security-credentials/"
    assert await _in_guest(stack, instance_id, of_role) == b"web"
    found = json.loads(await _in_guest(stack, instance_id, f"{of_role}web") or b"")
    key, secret, token = found["AccessKeyId"], found["SecretAccessKey"], found["Token"]
    guest = Caller(stack.running.gateway, key, secret, session_token=token)
    arn = f"arn:aws:sts::123456789012:assumed-role/web/{instance_id}"
    assert (await guest.sts("GetCallerIdentity"))["Arn"] == arn
    await guest.call("RebootInstances", InstanceIds=[instance_id])
    await stack.idle()
    assert (await stack.boots(instance_id, 2))[1]["principal_arn"] == arn
    [association] = await _associations(stack)
    await stack.call("DisassociateIamInstanceProfile", AssociationId=association["AssociationId"])
    assert await _in_guest(stack, instance_id, of_role) is None
    await guest.call("DescribeRegions")  # what the guest has stays good until it expires, or the role is gone
    await stack.caller.iam("RemoveRoleFromInstanceProfile", InstanceProfileName="web", RoleName="web")
    await stack.caller.iam("DeleteRole", RoleName="web")
    with pytest.raises(Refused, match="AuthFailure"):
        await guest.call("DescribeRegions")
