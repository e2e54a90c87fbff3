"""Another root volume, a screenshot, an image meanwhile: on real guests, which are boot sectors."""

from base64 import b64decode
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from real_cloud import RealCloud, end_guests, layer_holds, real_cloud

pytestmark = [pytest.mark.vm, pytest.mark.anyio, pytest.mark.timeout(300)]


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[RealCloud]:
    try:
        async with real_cloud(tmp_path) as made:
            yield made
    finally:
        end_guests(tmp_path)


async def _stop(cloud: RealCloud, instance_id: str) -> None:
    """Stop the instance: what its guest wrote is in its files then, for a boot sector cannot flush."""
    await cloud.call("StopInstances", InstanceIds=[instance_id])
    await cloud.idle()


async def test_a_real_root_volume_returns_to_its_launch_state(cloud: RealCloud) -> None:
    instance_id = await cloud.launch(await cloud.boot_sector_image())
    await cloud.press(instance_id, "a")
    old = await cloud.head(instance_id)
    asked = await cloud.call("CreateReplaceRootVolumeTask", InstanceId=instance_id)
    await cloud.idle()
    task_id = asked["ReplaceRootVolumeTask"]["ReplaceRootVolumeTaskId"]
    (task,) = (await cloud.call("DescribeReplaceRootVolumeTasks", ReplaceRootVolumeTaskIds=[task_id]))[
        "ReplaceRootVolumeTasks"
    ]
    assert task["TaskState"] == "succeeded"
    boots = await cloud.booted(instance_id, 2)
    assert boots[0]["end_clean"] is True
    assert [boot["action"] for boot in boots] == ["RunInstances", "CreateReplaceRootVolumeTask"]
    await cloud.press(instance_id, "b")
    await _stop(cloud, instance_id)
    new = await cloud.head(instance_id)
    assert [await layer_holds(cloud.folder, new, letter) for letter in "ab"] == [False, True]
    assert [await layer_holds(cloud.folder, old, letter) for letter in "ab"] == [True, False]


async def test_an_image_meanwhile_is_of_the_root_it_was_asked_for(cloud: RealCloud) -> None:
    instance_id = await cloud.launch(await cloud.boot_sector_image())
    await cloud.press(instance_id, "a")
    await cloud.call("CreateReplaceRootVolumeTask", InstanceId=instance_id)
    made = await cloud.call("CreateImage", InstanceId=instance_id, Name="meanwhile")
    await cloud.idle()
    (image,) = (await cloud.call("DescribeImages", ImageIds=[made["ImageId"]]))["Images"]
    assert image["State"] == "available", image
    assert await cloud.snapshot_holds(image["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"], "a")
    await cloud.booted(instance_id, 3)
    await cloud.press(instance_id, "b")
    await _stop(cloud, instance_id)
    assert await layer_holds(cloud.folder, await cloud.head(instance_id), "b")


async def test_a_real_display_is_told_as_a_jpg(cloud: RealCloud) -> None:
    instance_id = await cloud.launch(await cloud.boot_sector_image())
    told = await cloud.call("GetConsoleScreenshot", InstanceId=instance_id)
    with Image.open(BytesIO(b64decode(told["ImageData"]))) as picture:
        assert picture.format == "JPEG"
        assert picture.size[0] >= 640
