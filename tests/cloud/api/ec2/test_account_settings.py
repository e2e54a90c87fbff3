"""What an account decides for a region, and what that does to its resources."""

from typing import Any

import pytest
from asgi import Refused
from stack import Stack
from volumes_at_hand import own_key

pytestmark = pytest.mark.anyio

ACCOUNT_LEVEL = {"ManagedBy": "account"}


async def refused(stack: Stack, action: str, **parameters: Any) -> tuple[str, str]:
    with pytest.raises(Refused) as refusal:
        await stack.call(action, **parameters)
    return refusal.value.code, refusal.value.message


async def metadata_of(stack: Stack, **launch: Any) -> tuple[str, int, str, str]:
    options = (await stack.instance(await stack.launch(**launch)))["MetadataOptions"]
    names = ("HttpTokens", "HttpPutResponseHopLimit", "HttpEndpoint", "InstanceMetadataTags")
    tokens, hops, endpoint, tags = (options[name] for name in names)
    return tokens, hops, endpoint, tags


async def test_metadata_defaults_hold_for_launches_that_say_nothing_else(stack: Stack) -> None:
    assert (await stack.call("GetInstanceMetadataDefaults"))["AccountLevel"] == ACCOUNT_LEVEL
    decided = {"HttpTokens": "required", "HttpPutResponseHopLimit": 3, "InstanceMetadataTags": "enabled"}
    assert (await stack.call("ModifyInstanceMetadataDefaults", **decided)) == {"Return": True}
    assert (await stack.call("GetInstanceMetadataDefaults"))["AccountLevel"] == {**decided, **ACCOUNT_LEVEL}
    assert await metadata_of(stack) == ("required", 3, "enabled", "enabled")
    own = {"HttpTokens": "optional", "HttpPutResponseHopLimit": 1}
    assert await metadata_of(stack, MetadataOptions=own) == ("optional", 1, "enabled", "enabled")
    elsewhere = stack.in_region("eu-west-1")
    assert (await elsewhere.call("GetInstanceMetadataDefaults"))["AccountLevel"] == ACCOUNT_LEVEL
    none = {"HttpTokens": "no-preference", "HttpPutResponseHopLimit": -1, "InstanceMetadataTags": "no-preference"}
    await stack.call("ModifyInstanceMetadataDefaults", **none)
    assert await metadata_of(stack) == ("optional", 1, "enabled", "disabled")


async def test_the_defaults_of_an_account_go_before_those_of_an_image(stack: Stack) -> None:
    image = (await stack.call("DescribeImages"))["Images"][0]["ImageId"]
    await stack.call("ModifyImageAttribute", ImageId=image, ImdsSupport={"Value": "v2.0"})
    assert await metadata_of(stack) == ("required", 2, "enabled", "disabled")
    await stack.call("ModifyInstanceMetadataDefaults", HttpTokens="optional", HttpEndpoint="disabled")
    assert await metadata_of(stack) == ("optional", 2, "disabled", "disabled")


async def test_where_tokens_are_enforced_no_instance_is_without(stack: Stack) -> None:
    instance = await stack.launch()
    await stack.call("ModifyInstanceMetadataDefaults", HttpTokensEnforced="enabled")
    code, message = await refused(stack, "RunInstances", ImageId=await _image(stack), MinCount=1, MaxCount=1)
    assert (code, "can't launch instances with IMDSv1" in message) == ("UnsupportedOperation", True)
    change = {"InstanceId": instance, "HttpTokens": "optional"}
    code, message = await refused(stack, "ModifyInstanceMetadataOptions", **change)
    assert (code, "can't enable IMDSv1 on this instance" in message) == ("UnsupportedOperation", True)
    await stack.call("ModifyInstanceMetadataOptions", InstanceId=instance, HttpTokens="required")
    await stack.call("ModifyInstanceMetadataOptions", InstanceId=instance, InstanceMetadataTags="enabled")
    await stack.call("ModifyInstanceMetadataDefaults", HttpTokens="required")
    assert (await metadata_of(stack))[0] == "required"


async def _image(stack: Stack) -> str:
    return str((await stack.call("DescribeImages"))["Images"][0]["ImageId"])


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({}, "InvalidParameterCombination"),
        ({"HttpPutResponseHopLimit": 65}, "InvalidParameterValue"),
        ({"HttpPutResponseHopLimit": 0}, "InvalidParameterValue"),
        ({"HttpTokens": "maybe"}, "InvalidParameterValue"),
    ],
)
async def test_metadata_defaults_that_cannot_be_are_refused(stack: Stack, asked: dict[str, Any], code: str) -> None:
    assert (await refused(stack, "ModifyInstanceMetadataDefaults", **asked))[0] == code
    assert (await stack.call("GetInstanceMetadataDefaults"))["AccountLevel"] == ACCOUNT_LEVEL


async def test_images_are_not_shared_with_everybody_where_that_is_blocked(stack: Stack) -> None:
    image, everybody = await _image(stack), {"Add": [{"Group": "all"}]}
    share = {"ImageId": image, "LaunchPermission": everybody}
    answer = await stack.call("EnableImageBlockPublicAccess", ImageBlockPublicAccessState="block-new-sharing")
    assert answer == {"ImageBlockPublicAccessState": "block-new-sharing"}
    assert await stack.call("GetImageBlockPublicAccessState") == {**answer, **ACCOUNT_LEVEL}
    code, message = await refused(stack, "ModifyImageAttribute", **share)
    assert (code, "block public access for AMIs is enabled" in message) == ("OperationNotPermitted", True)
    older = {"ImageId": image, "Attribute": "launchPermission", "OperationType": "add", "UserGroups": ["all"]}
    assert (await refused(stack, "ModifyImageAttribute", **older))[0] == "OperationNotPermitted"
    one = {"Add": [{"UserId": "210987654321"}]}
    await stack.call("ModifyImageAttribute", ImageId=image, LaunchPermission=one)
    await stack.call("DisableImageBlockPublicAccess")
    await stack.call("ModifyImageAttribute", **share)
    assert (await stack.call("DescribeImages", ImageIds=[image]))["Images"][0]["Public"] is True
    await stack.call("EnableImageBlockPublicAccess", ImageBlockPublicAccessState="block-new-sharing")
    assert (await stack.call("DescribeImages", ImageIds=[image]))["Images"][0]["Public"] is True


@pytest.mark.parametrize("state", ["block-new-sharing", "block-all-sharing"])
async def test_snapshots_are_not_shared_with_everybody_where_that_is_blocked(stack: Stack, state: str) -> None:
    snapshot = (await stack.call("DescribeSnapshots"))["Snapshots"][0]["SnapshotId"]
    share = {"SnapshotId": snapshot, "CreateVolumePermission": {"Add": [{"Group": "all"}]}}
    assert await stack.call("GetSnapshotBlockPublicAccessState") == {"State": "unblocked", **ACCOUNT_LEVEL}
    assert await stack.call("EnableSnapshotBlockPublicAccess", State=state) == {"State": state}
    code, message = await refused(stack, "ModifySnapshotAttribute", **share)
    assert (code, "block public access for snapshots" in message) == ("OperationNotPermitted", True)
    older = {"SnapshotId": snapshot, "OperationType": "add", "GroupNames": ["all"]}
    assert (await refused(stack, "ModifySnapshotAttribute", **older))[0] == "OperationNotPermitted"
    code, message = await refused(stack, "EnableSnapshotBlockPublicAccess", State="unblocked")
    assert (code, "Value 'unblocked' for State is not valid." in message) == ("InvalidRequest", True)
    assert await stack.call("DisableSnapshotBlockPublicAccess") == {"State": "unblocked"}
    await stack.call("ModifySnapshotAttribute", **share)


async def test_encryption_by_default_is_decided_by_region(stack: Stack) -> None:
    off = {"EbsEncryptionByDefault": False, "SseType": "none"}
    assert await stack.call("GetEbsEncryptionByDefault") == off
    assert await stack.call("EnableEbsEncryptionByDefault") == {"EbsEncryptionByDefault": True}
    assert await stack.call("GetEbsEncryptionByDefault") == {"EbsEncryptionByDefault": True, "SseType": "sse-kms"}
    assert await stack.in_region("eu-west-1").call("GetEbsEncryptionByDefault") == off
    assert await stack.call("DisableEbsEncryptionByDefault") == {"EbsEncryptionByDefault": False}
    assert await stack.call("GetEbsEncryptionByDefault") == off


async def test_the_default_key_of_volumes_is_one_that_there_is(stack: Stack) -> None:
    assert await stack.call("GetEbsDefaultKmsKeyId") == {"KmsKeyId": "alias/aws/ebs"}
    assert (await refused(stack, "ModifyEbsDefaultKmsKeyId", KmsKeyId="alias/mine"))[0] == "InvalidParameterValue"
    key = await own_key(stack)
    assert await stack.call("ModifyEbsDefaultKmsKeyId", KmsKeyId="alias/mine") == {"KmsKeyId": key}
    assert await stack.call("GetEbsDefaultKmsKeyId") == {"KmsKeyId": key}
    for action in ("ResetEbsDefaultKmsKeyId", "GetEbsDefaultKmsKeyId"):
        assert await stack.call(action) == {"KmsKeyId": "alias/aws/ebs"}


async def test_access_to_serial_consoles_is_known_by_region(stack: Stack) -> None:
    status = {"SerialConsoleAccessEnabled": True, **ACCOUNT_LEVEL}
    assert await stack.call("GetSerialConsoleAccessStatus") == status
    assert await stack.call("DisableSerialConsoleAccess") == {"SerialConsoleAccessEnabled": False}
    assert (await stack.call("GetSerialConsoleAccessStatus"))["SerialConsoleAccessEnabled"] is False
    assert await stack.in_region("eu-west-1").call("GetSerialConsoleAccessStatus") == status
    assert await stack.call("EnableSerialConsoleAccess") == {"SerialConsoleAccessEnabled": True}
