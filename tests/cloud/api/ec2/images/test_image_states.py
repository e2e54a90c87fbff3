"""Which images are offered: disabled, deprecated, protected ones, and who else may launch them."""

from datetime import timedelta
from typing import Any

import pytest
from asgi import Refused
from stack import Stack
from volumes_at_hand import held, refused

from kumoniwa.store import images

pytestmark = pytest.mark.anyio

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
FRIEND = "210987654321"


async def _image(stack: Stack) -> str:
    """An available image of a stopped instance."""
    instance_id = await stack.launch()
    image_id = str((await stack.call("CreateImage", InstanceId=instance_id, Name="golden", NoReboot=True))["ImageId"])
    await stack.idle()
    return image_id


async def _told(stack: Stack, image_id: str) -> dict[str, Any]:
    told = await stack.call("DescribeImages", ImageIds=[image_id], IncludeDisabled=True)
    image: dict[str, Any] = told["Images"][0]
    return image


async def _snapshots(stack: Stack, image_id: str) -> list[str]:
    mappings = (await _told(stack, image_id))["BlockDeviceMappings"]
    return [mapping["Ebs"]["SnapshotId"] for mapping in mappings]


async def _attribute(stack: Stack, image_id: str, attribute: str) -> Any:
    answer = await stack.call("DescribeImageAttribute", ImageId=image_id, Attribute=attribute)
    (value,) = [answer[name] for name in answer if name not in ("ImageId", "ResponseMetadata")]
    return value


async def _shared_with(stack: Stack, image_id: str) -> list[dict[str, str]]:
    permissions: list[dict[str, str]] = await _attribute(stack, image_id, "launchPermission")
    return permissions


async def test_a_disabled_image_is_hidden_and_launches_nothing(stack: Stack) -> None:
    image_id = await _image(stack)
    await stack.call("ModifyImageAttribute", ImageId=image_id, LaunchPermission={"Add": [{"Group": "all"}]})
    assert (await stack.call("DisableImage", ImageId=image_id))["Return"] is True
    assert (await stack.call("DescribeImages", ImageIds=[image_id]))["Images"] == []
    image = await _told(stack, image_id)
    assert (image["State"], image["Public"]) == ("disabled", False)
    with pytest.raises(Refused) as refused:
        await stack.launch(ImageId=image_id)
    assert refused.value.code == "InvalidAMIID.Unavailable"
    assert refused.value.message == f"AMI '{image_id}' is disabled, and cannot be run"
    (snapshot_id,) = await _snapshots(stack, image_id)
    with pytest.raises(Refused, match=f"The snapshot {snapshot_id} is currently in use by {image_id}"):
        await stack.call("DeleteSnapshot", SnapshotId=snapshot_id)
    with pytest.raises(Refused, match="IncorrectState"):
        await stack.call("ModifyImageAttribute", ImageId=image_id, LaunchPermission={"Add": [{"UserId": FRIEND}]})


async def test_an_enabled_image_is_launched_again_and_shared_no_more(stack: Stack) -> None:
    image_id = await _image(stack)
    await stack.call("ModifyImageAttribute", ImageId=image_id, LaunchPermission={"Add": [{"UserId": FRIEND}]})
    await stack.call("DisableImage", ImageId=image_id)
    assert (await stack.call("EnableImage", ImageId=image_id))["Return"] is True
    assert await _shared_with(stack, image_id) == []
    assert (await stack.instance(await stack.launch(ImageId=image_id)))["State"]["Name"] == "running"


async def test_a_disabled_image_is_deregistered(stack: Stack) -> None:
    image_id = await _image(stack)
    await stack.call("DisableImage", ImageId=image_id)
    await stack.call("DeregisterImage", ImageId=image_id)
    assert (await stack.call("DescribeImages", ImageIds=[image_id], IncludeDisabled=True))["Images"] == []


async def test_an_image_is_deprecated_to_the_nearest_minute(stack: Stack) -> None:
    image_id = await _image(stack)
    at = (stack.clock.now() + MINUTE).replace(second=31, microsecond=0)
    await stack.call("EnableImageDeprecation", ImageId=image_id, DeprecateAt=at)
    minute = (at + MINUTE).replace(second=0)
    assert (await _told(stack, image_id))["DeprecationTime"] == f"{minute:%Y-%m-%dT%H:%M:%S}.000Z"
    await stack.clock.advance((5 * MINUTE).total_seconds())
    # Its owner sees and launches it whatever IncludeDeprecated says.
    for asked in ({}, {"IncludeDeprecated": False}, {"IncludeDeprecated": True}):
        found = (await stack.call("DescribeImages", Owners=["self"], **asked))["Images"]
        assert image_id in [image["ImageId"] for image in found]
    await stack.call("DisableImageDeprecation", ImageId=image_id)
    assert "DeprecationTime" not in await _told(stack, image_id)


async def test_a_deprecation_is_neither_past_nor_far(stack: Stack) -> None:
    image_id, now = await _image(stack), stack.clock.now()
    for at in (now - DAY, now.replace(year=now.year + 10) + DAY):
        with pytest.raises(Refused, match="InvalidParameterValue"):
            await stack.call("EnableImageDeprecation", ImageId=image_id, DeprecateAt=at)
    await stack.call("ModifyImageAttribute", ImageId=image_id, LaunchPermission={"Add": [{"Group": "all"}]})
    with pytest.raises(Refused, match="2 years"):
        await stack.call("EnableImageDeprecation", ImageId=image_id, DeprecateAt=now + 800 * DAY)


async def test_a_protected_image_is_not_deregistered(stack: Stack) -> None:
    image_id = await _image(stack)
    assert (await _told(stack, image_id))["DeregistrationProtection"] == "disabled"
    assert (await stack.call("EnableImageDeregistrationProtection", ImageId=image_id))["Return"] == "true"
    assert (await _told(stack, image_id))["DeregistrationProtection"] == "enabled-without-cooldown"
    assert await _attribute(stack, image_id, "deregistrationProtection") == {"Value": "enabled-without-cooldown"}
    with pytest.raises(Refused, match="OperationNotPermitted"):
        await stack.call("DeregisterImage", ImageId=image_id, DeleteAssociatedSnapshots=True)
    assert len(await _snapshots(stack, image_id)) == 1
    assert (await stack.call("DisableImageDeregistrationProtection", ImageId=image_id))["Return"] == "true"
    await stack.call("DeregisterImage", ImageId=image_id)


async def test_protection_with_a_cooldown_lasts_a_day_longer(stack: Stack) -> None:
    image_id = await _image(stack)
    await stack.call("EnableImageDeregistrationProtection", ImageId=image_id, WithCooldown=True)
    assert (await _told(stack, image_id))["DeregistrationProtection"] == "enabled-with-cooldown"
    await stack.call("DisableImageDeregistrationProtection", ImageId=image_id)
    until = stack.clock.now() + DAY
    await stack.clock.advance(MINUTE.total_seconds())
    await stack.call("DisableImageDeregistrationProtection", ImageId=image_id)  # begins no new cooldown
    told = f"disabled after {until:%Y-%m-%dT%H:%M:%S}.000Z"
    assert (await _told(stack, image_id))["DeregistrationProtection"] == told
    with pytest.raises(Refused, match="OperationNotPermitted"):
        await stack.call("DeregisterImage", ImageId=image_id)
    # Calls are signed with the host's time: the cooldown comes to the test, not the test to its end.
    over = stack.clock.now()
    await stack.running.cloud.world.database.write(
        lambda connection: images.change(connection, image_id, protected_until=over)
    )
    assert (await _told(stack, image_id))["DeregistrationProtection"] == "disabled"
    await stack.call("DeregisterImage", ImageId=image_id)


@pytest.mark.parametrize(
    ("add", "remove"),
    [
        (
            {"LaunchPermission": {"Add": [{"UserId": FRIEND}, {"Group": "all"}]}},
            {"LaunchPermission": {"Remove": [{"UserId": FRIEND}]}},
        ),
        (
            {
                "Attribute": "launchPermission",
                "OperationType": "add",
                "UserIds": [FRIEND],
                "UserGroups": ["all"],
            },
            {"Attribute": "launchPermission", "OperationType": "remove", "UserIds": [FRIEND]},
        ),
    ],
)
async def test_an_image_is_shared(stack: Stack, add: dict[str, Any], remove: dict[str, Any]) -> None:
    image_id = await _image(stack)
    await stack.call("ModifyImageAttribute", ImageId=image_id, **add)
    await stack.call("ModifyImageAttribute", ImageId=image_id, **add)  # twice is once
    assert await _shared_with(stack, image_id) == [{"UserId": FRIEND}, {"Group": "all"}]
    assert (await _told(stack, image_id))["Public"] is True

    async def found(**asked: Any) -> list[str]:
        return [image["ImageId"] for image in (await stack.call("DescribeImages", **asked))["Images"]]

    assert await found(ExecutableUsers=[FRIEND]) == [image_id]
    assert await found(ExecutableUsers=["all"]) == [image_id]
    assert await found(ExecutableUsers=["self"]) == []
    assert await found(Filters=[{"Name": "is-public", "Values": ["true"]}]) == [image_id]
    await stack.call("ModifyImageAttribute", ImageId=image_id, **remove)
    assert await _shared_with(stack, image_id) == [{"Group": "all"}]
    assert await found(ExecutableUsers=[FRIEND]) == []
    await stack.call("ResetImageAttribute", ImageId=image_id, Attribute="launchPermission")
    assert await _shared_with(stack, image_id) == []
    assert (await _told(stack, image_id))["Public"] is False


@pytest.mark.parametrize("form", [{"Description": {"Value": "words"}}, {"Attribute": "description", "Value": "words"}])
async def test_a_description_is_changed(stack: Stack, form: dict[str, Any]) -> None:
    image_id = await _image(stack)
    await stack.call("ModifyImageAttribute", ImageId=image_id, **form)
    assert (await _told(stack, image_id))["Description"] == "words"


@pytest.mark.parametrize("form", [{"ImdsSupport": {"Value": "v2.0"}}, {"Attribute": "imdsSupport", "Value": "v2.0"}])
async def test_an_image_comes_to_require_imdsv2_for_good(stack: Stack, form: dict[str, Any]) -> None:
    image_id = await _image(stack)
    await stack.call("ModifyImageAttribute", ImageId=image_id, **form)
    assert await _attribute(stack, image_id, "imdsSupport") == {"Value": "v2.0"}
    options = (await stack.instance(await stack.launch(ImageId=image_id)))["MetadataOptions"]
    assert (options["HttpTokens"], options["HttpPutResponseHopLimit"]) == ("required", 2)
    with pytest.raises(Refused, match="InvalidParameterValue"):
        await stack.call("ModifyImageAttribute", ImageId=image_id, ImdsSupport={"Value": "v1.0"})
    with pytest.raises(Refused, match="InvalidParameterValue"):
        await stack.call("ResetImageAttribute", ImageId=image_id, Attribute="imdsSupport")


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({}, "InvalidParameterCombination"),
        ({"Attribute": "bootMode", "Value": "uefi"}, "InvalidParameterValue"),
        ({"Attribute": "description"}, "MissingParameter"),
        ({"Description": {"Value": "x" * 256}}, "InvalidParameterValue"),
        ({"Description": {"Value": "x"}, "ImdsSupport": {"Value": "v2.0"}}, "InvalidParameterCombination"),
        ({"Value": "x"}, "InvalidParameterCombination"),
        ({"UserIds": [FRIEND], "OperationType": "add"}, "InvalidParameterCombination"),
        ({"Attribute": "launchPermission", "UserIds": [FRIEND]}, "MissingParameter"),
        ({"Attribute": "description", "UserIds": [FRIEND], "Value": "x"}, "InvalidParameterCombination"),
        ({"LaunchPermission": {"Add": [{"UserId": "me"}]}}, "InvalidAMIAttributeItemValue"),
        ({"LaunchPermission": {"Add": [{"Group": "Developers"}]}}, "InvalidAMIAttributeItemValue"),
        ({"LaunchPermission": {"Remove": [{"Group": "Developers"}]}}, "InvalidAMIAttributeItemValue"),
        (
            {"Attribute": "launchPermission", "OperationType": "add", "UserGroups": ["x"]},
            "InvalidAMIAttributeItemValue",
        ),
    ],
)
async def test_what_an_image_cannot_have_is_refused(stack: Stack, asked: dict[str, Any], code: str) -> None:
    (image,) = (await stack.call("DescribeImages"))["Images"]
    with pytest.raises(Refused) as refused:
        await stack.call("ModifyImageAttribute", ImageId=image["ImageId"], **asked)
    assert refused.value.code == code


async def test_the_last_launch_of_an_image_is_told(stack: Stack) -> None:
    image_id = await _image(stack)
    await stack.launch(ImageId=image_id)
    launched = f"{stack.clock.now():%Y-%m-%dT%H:%M:%S}.000Z"
    assert await _attribute(stack, image_id, "lastLaunchedTime") == {"Value": launched}
    assert (await _told(stack, image_id))["LastLaunchedTime"] == launched


@pytest.mark.parametrize(
    ("action", "parameters"),
    [
        ("ModifyImageAttribute", {"LaunchPermission": {"Add": [{"UserId": FRIEND}]}}),
        ("DisableImage", {}),
        ("EnableImage", {}),
    ],
)
async def test_an_image_that_is_still_made_is_not_shared_or_disabled(
    stack: Stack, action: str, parameters: dict[str, Any]
) -> None:
    instance_id = await stack.launch()
    async with held(stack, "measure") as reached:
        asked = await stack.call("CreateImage", InstanceId=instance_id, Name="golden", NoReboot=True)
        image_id = asked["ImageId"]
        await reached.wait()
        with refused(
            "InvalidAMIID.Unavailable",
            f"The AMI ID '{image_id}' is currently pending and may not be used for this operation",
        ):
            await stack.call(action, ImageId=image_id, **parameters)
    await stack.idle()
    await stack.call(action, ImageId=image_id, **parameters)
