"""What Kumoniwa's own routes say of images: the request that made them, their snapshots, and who booted from them."""

import pytest
from stack import Stack

pytestmark = pytest.mark.anyio


async def test_an_images_request_is_the_one_that_rebooted_its_instance(stack: Stack) -> None:
    instance_id = await stack.launch()
    image_id = (await stack.call("CreateImage", InstanceId=instance_id, Name="golden"))["ImageId"]
    pending = await stack.get(f"/_kumoniwa/images/{image_id}")
    assert [part["state"] for part in pending["snapshots"]] == ["pending"]
    await stack.idle()
    told = await stack.get(f"/_kumoniwa/images/{image_id}")
    before, after = (await stack.get(f"/_kumoniwa/instances/{instance_id}/boots"))["boots"]
    assert told["request_id"] == after["request_id"] == before["end_request_id"]
    assert told["asked_at"] <= before["at_rest_at"] <= after["started_at"]
    [part] = told["snapshots"]
    [device] = (await stack.instance(instance_id))["BlockDeviceMappings"]
    assert (part["device"], part["volume_id"]) == (device["DeviceName"], device["Ebs"]["VolumeId"])
    assert (part["state"], part["progress"], part["consistency"]) == ("completed", 100, "at-rest")
    assert told["booted"] == []


async def test_an_image_names_the_instances_that_booted_from_it_and_a_copy_its_own_request(stack: Stack) -> None:
    instance_id = await stack.launch()
    image_id = (await stack.call("CreateImage", InstanceId=instance_id, Name="golden"))["ImageId"]
    await stack.idle()
    launched = [await stack.launch(ImageId=image_id) for _ in range(2)]
    told = await stack.get(f"/_kumoniwa/images/{image_id}")
    assert {boot["instance_id"] for boot in told["booted"]} == set(launched)
    assert all(boot["reachable_at"] >= boot["started_at"] for boot in told["booted"])
    copied = await stack.call("CopyImage", SourceImageId=image_id, SourceRegion="us-east-1", Name="copied")
    await stack.idle()
    copy = await stack.get(f"/_kumoniwa/images/{copied['ImageId']}")
    assert (copy["consistency"], copy["booted"]) == ("at-rest", [])
    assert copy["request_id"] not in (None, told["request_id"])


async def test_a_deleted_snapshot_of_a_deregistered_image_is_named_without_more(stack: Stack) -> None:
    [built_in] = (await stack.call("DescribeImages"))["Images"]
    told = await stack.get(f"/_kumoniwa/images/{built_in['ImageId']}")
    assert (told["request_id"], told["consistency"]) == (None, "at-rest")
    await stack.call("DeregisterImage", ImageId=built_in["ImageId"], DeleteAssociatedSnapshots=True)
    [part] = (await stack.get(f"/_kumoniwa/images/{built_in['ImageId']}"))["snapshots"]
    assert (part["snapshot_id"], part["state"]) == (told["snapshots"][0]["snapshot_id"], None)
