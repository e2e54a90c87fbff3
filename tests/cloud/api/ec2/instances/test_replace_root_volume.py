"""CreateReplaceRootVolumeTask: another root volume for a running instance that keeps all else."""

from typing import Any

import pytest
from asgi import Refused
from stack import Stack

from kumoniwa.hypervisor.driver import DriverError, GuestLost, GuestState
from kumoniwa.workflows.steps.instances.guests import spec_of

pytestmark = pytest.mark.anyio

MARK = "/etc/mark"


async def _marked(stack: Stack, **parameters: Any) -> str:
    """A running instance that wrote to its root volume since its launch."""
    instance_id = await stack.launch(**parameters)
    stack.guest(instance_id).write(MARK, b"since the launch", sync=True)
    return instance_id


async def _replaced(stack: Stack, instance_id: str, **parameters: Any) -> dict[str, Any]:
    """Replace the root volume; gives the task, ended."""
    asked = await stack.call("CreateReplaceRootVolumeTask", InstanceId=instance_id, **parameters)
    task = asked["ReplaceRootVolumeTask"]
    assert (task["TaskState"], task["InstanceId"]) == ("pending", instance_id)
    assert ("CompleteTime" in task, "Tags" in task) == (False, True)
    await stack.idle()
    return await _task(stack, task["ReplaceRootVolumeTaskId"])


async def _task(stack: Stack, task_id: str) -> dict[str, Any]:
    told = await stack.call("DescribeReplaceRootVolumeTasks", ReplaceRootVolumeTaskIds=[task_id])
    task: dict[str, Any] = told["ReplaceRootVolumeTasks"][0]
    return task


async def _root(stack: Stack, instance_id: str) -> dict[str, Any]:
    """The root volume of an instance, as EC2 describes it."""
    (root, *_) = (await stack.instance(instance_id))["BlockDeviceMappings"]
    assert root["DeviceName"] == (await stack.instance(instance_id))["RootDeviceName"]
    volume: dict[str, Any] = (await stack.call("DescribeVolumes", VolumeIds=[root["Ebs"]["VolumeId"]]))["Volumes"][0]
    return volume


async def test_a_root_volume_returns_to_its_launch_state(stack: Stack) -> None:
    instance_id = await _marked(
        stack, BlockDeviceMappings=[{"DeviceName": "/dev/xvdb", "Ebs": {"VolumeSize": 2, "DeleteOnTermination": True}}]
    )
    before, old = await stack.instance(instance_id), await _root(stack, instance_id)
    task = await _replaced(stack, instance_id)
    assert task["TaskState"] == "succeeded"
    assert task["CompleteTime"] >= task["StartTime"]
    assert task["Tags"] == []
    assert (task["SnapshotId"], task["DeleteReplacedRootVolume"]) == (old["SnapshotId"], False)
    after, new = await stack.instance(instance_id), await _root(stack, instance_id)
    with pytest.raises(FileNotFoundError):
        stack.guest(instance_id).read(MARK)
    assert new["VolumeId"] != old["VolumeId"]
    same = ("Size", "VolumeType", "Iops", "SnapshotId", "AvailabilityZone", "State")
    assert [new[name] for name in same] == [old[name] for name in same]
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"BlockDeviceMappings"}
    assert before["BlockDeviceMappings"][1] == after["BlockDeviceMappings"][1]
    assert after["BlockDeviceMappings"][0]["Ebs"]["DeleteOnTermination"] is True
    assert [boot["action"] for boot in await stack.boots(instance_id, 2)] == [
        "RunInstances",
        "CreateReplaceRootVolumeTask",
    ]
    (kept,) = (await stack.call("DescribeVolumes", VolumeIds=[old["VolumeId"]]))["Volumes"]
    assert (kept["State"], kept["Attachments"]) == ("available", [])


async def _volume(stack: Stack, **parameters: Any) -> str:
    """A volume that nobody has."""
    made = await stack.call("CreateVolume", **({"AvailabilityZone": "us-east-1a"} | parameters))
    await stack.idle()
    return str(made["VolumeId"])


async def test_a_volume_that_is_there_becomes_the_root(stack: Stack) -> None:
    instance_id = await _marked(stack)
    before, old = await stack.instance(instance_id), await _root(stack, instance_id)
    taken = (await stack.call("CreateSnapshot", VolumeId=old["VolumeId"]))["SnapshotId"]
    await stack.idle()
    stack.guest(instance_id).write(MARK, b"after the snapshot", sync=True)
    volume_id = await _volume(stack, SnapshotId=taken, AvailabilityZone=before["Placement"]["AvailabilityZone"])
    task = await _replaced(stack, instance_id, VolumeId=volume_id)
    assert task["TaskState"] == "succeeded"
    assert not {"SnapshotId", "ImageId"} & task.keys()
    after, root = await stack.instance(instance_id), await _root(stack, instance_id)
    assert (root["VolumeId"], root["State"]) == (volume_id, "in-use")
    assert stack.guest(instance_id).read(MARK) == b"since the launch"
    assert {name for name in before if before[name] != after[name]} == {"BlockDeviceMappings"}
    (kept,) = (await stack.call("DescribeVolumes", VolumeIds=[old["VolumeId"]]))["Volumes"]
    assert (kept["State"], kept["Attachments"]) == ("available", [])
    back = await _replaced(stack, instance_id, VolumeId=old["VolumeId"], DeleteReplacedRootVolume=True)
    assert back["TaskState"] == "succeeded"
    assert stack.guest(instance_id).read(MARK) == b"after the snapshot"
    with pytest.raises(Refused, match=r"InvalidVolume\.NotFound"):
        await stack.call("DescribeVolumes", VolumeIds=[volume_id])


async def test_a_volume_that_was_to_become_the_root_is_kept_for_it_and_given_back(stack: Stack) -> None:
    instance_id = await _marked(stack)
    zone = (await stack.instance(instance_id))["Placement"]["AvailabilityZone"]
    root = await _root(stack, instance_id)
    volume_id = await _volume(stack, Size=1, AvailabilityZone=zone)
    stack.driver.fail_next("ensure_running", DriverError("No.", way_out="Ask again."))
    asked = await stack.call("CreateReplaceRootVolumeTask", InstanceId=instance_id, VolumeId=volume_id)
    for action, code, parameters in (
        ("AttachVolume", "VolumeInUse", {"InstanceId": instance_id, "Device": "/dev/sdf"}),
        ("DeleteVolume", "IncorrectState", {}),
    ):
        with pytest.raises(Refused, match=code):
            await stack.call(action, VolumeId=volume_id, **parameters)
    await stack.idle()
    assert (await _task(stack, asked["ReplaceRootVolumeTask"]["ReplaceRootVolumeTaskId"]))["TaskState"] == "failed"
    assert (await _root(stack, instance_id))["VolumeId"] == root["VolumeId"]
    (given_back,) = (await stack.call("DescribeVolumes", VolumeIds=[volume_id]))["Volumes"]
    assert (given_back["State"], given_back["Attachments"]) == ("available", [])


async def test_a_volume_that_cannot_become_the_root_is_refused(stack: Stack) -> None:
    instance_id = await _marked(stack)
    zone = (await stack.instance(instance_id))["Placement"]["AvailabilityZone"]
    elsewhere = await _volume(stack, Size=1, AvailabilityZone="us-east-1b" if zone == "us-east-1a" else "us-east-1a")
    cold = await _volume(stack, Size=125, VolumeType="sc1", AvailabilityZone=zone)
    for volume_id, code in (
        ((await _root(stack, instance_id))["VolumeId"], "VolumeInUse"),
        (elsewhere, "InvalidVolume.ZoneMismatch"),
        (cold, "InvalidParameterValue"),
        ("vol-0123456789abcdef0", "InvalidVolume.NotFound"),
    ):
        with pytest.raises(Refused) as refused:
            await stack.call("CreateReplaceRootVolumeTask", InstanceId=instance_id, VolumeId=volume_id)
        assert refused.value.code == code
    for one, other in (("SnapshotId", "VolumeId"), ("ImageId", "VolumeId"), ("SnapshotId", "ImageId")):
        with pytest.raises(Refused) as refused:
            await stack.call("CreateReplaceRootVolumeTask", InstanceId=instance_id, **{one: "x-1", other: "x-2"})
        assert refused.value.message == f"The parameters {one} and {other} cannot be used together"


async def test_a_replaced_root_volume_is_deleted_where_that_is_asked(stack: Stack) -> None:
    instance_id = await _marked(stack)
    old = await _root(stack, instance_id)
    task = await _replaced(stack, instance_id, DeleteReplacedRootVolume=True)
    assert (task["TaskState"], task["DeleteReplacedRootVolume"]) == ("succeeded", True)
    with pytest.raises(Refused, match=r"InvalidVolume\.NotFound"):
        await stack.call("DescribeVolumes", VolumeIds=[old["VolumeId"]])
    assert len((await stack.call("DescribeVolumes"))["Volumes"]) == 1


async def test_a_root_volume_returns_to_a_snapshot_of_it(stack: Stack) -> None:
    instance_id = await _marked(stack)
    made = await stack.call("CreateImage", InstanceId=instance_id, Name="golden")
    await stack.idle()
    (image,) = (await stack.call("DescribeImages", ImageIds=[made["ImageId"]]))["Images"]
    snapshot_id = image["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]
    stack.guest(instance_id).write(MARK, b"later", sync=True)
    task = await _replaced(stack, instance_id, SnapshotId=snapshot_id)
    assert (task["TaskState"], task["SnapshotId"]) == ("succeeded", snapshot_id)
    assert stack.guest(instance_id).read(MARK) == b"since the launch"
    # A snapshot of a root volume that the instance had before is as good.
    stack.guest(instance_id).write(MARK, b"later still", sync=True)
    assert (await _replaced(stack, instance_id, SnapshotId=snapshot_id))["TaskState"] == "succeeded"
    assert stack.guest(instance_id).read(MARK) == b"since the launch"


async def test_a_root_volume_becomes_an_images(stack: Stack) -> None:
    source = await _marked(stack)
    made = await stack.call("CreateImage", InstanceId=source, Name="golden")
    await stack.idle()
    (image,) = (await stack.call("DescribeImages", ImageIds=[made["ImageId"]]))["Images"]
    uefi = await stack.call(
        "RegisterImage",
        Name="by uefi",
        Architecture="x86_64",
        VirtualizationType="hvm",
        BootMode="uefi-preferred",
        RootDeviceName="/dev/xvda",
        BlockDeviceMappings=[
            {
                "DeviceName": "/dev/xvda",
                "Ebs": {"SnapshotId": image["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"], "VolumeSize": 20},
            },
            {"DeviceName": "/dev/xvdb", "Ebs": {"VolumeSize": 1}},
        ],
    )
    instance_id = await stack.launch()
    task = await _replaced(stack, instance_id, ImageId=uefi["ImageId"])
    assert (task["TaskState"], task["ImageId"]) == ("succeeded", uefi["ImageId"])
    instance = await stack.instance(instance_id)
    assert instance["ImageId"] == uefi["ImageId"]
    assert (instance["BootMode"], instance["CurrentInstanceBootMode"]) == ("uefi-preferred", "uefi")
    assert len(instance["BlockDeviceMappings"]) == 1
    assert (await _root(stack, instance_id))["Size"] == 20
    assert stack.guest(instance_id).read(MARK) == b"since the launch"


@pytest.mark.parametrize("method", ["ensure_overlay", "ensure_off"])
async def test_a_replacement_that_fails_leaves_the_old_root(stack: Stack, method: str) -> None:
    instance_id = await _marked(stack)
    before = await stack.instance(instance_id)
    stack.driver.fail_next(method, DriverError("The host said no.", way_out="Ask again."))
    task = await _replaced(stack, instance_id)
    assert task["TaskState"] == "failed"
    assert await stack.instance(instance_id) == before
    assert await stack.guest(instance_id).observe() is GuestState.RUNNING
    assert stack.guest(instance_id).read(MARK) == b"since the launch"
    assert len((await stack.call("DescribeVolumes"))["Volumes"]) == 1


@pytest.mark.parametrize("failure", [DriverError("The host said no.", way_out="Ask again."), GuestLost("It ended.")])
async def test_a_new_root_that_does_not_boot_gives_way_to_the_old(stack: Stack, failure: DriverError) -> None:
    instance_id = await _marked(stack)
    before = await stack.instance(instance_id)
    stack.driver.fail_next("ensure_running", failure)
    task = await _replaced(stack, instance_id, DeleteReplacedRootVolume=True)
    assert task["TaskState"] == "failed"
    after = await stack.instance(instance_id)
    assert after["BlockDeviceMappings"][0]["Ebs"]["VolumeId"] == before["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
    assert (after["State"], after["ImageId"]) == (before["State"], before["ImageId"])
    assert await stack.guest(instance_id).observe() is GuestState.RUNNING
    assert stack.guest(instance_id).read(MARK) == b"since the launch"
    spec = await stack.running.cloud.read(lambda connection: spec_of(connection, instance_id))
    assert len(spec.disks) == len((await stack.call("DescribeVolumes"))["Volumes"]) == 1


async def test_only_a_running_instance_gets_another_root(stack: Stack) -> None:
    instance_id = await stack.launch()
    await stack.call("StopInstances", InstanceIds=[instance_id])
    await stack.idle()
    with pytest.raises(Refused) as refused:
        await stack.call("CreateReplaceRootVolumeTask", InstanceId=instance_id)
    assert refused.value.code == "IncorrectInstanceState"
    assert refused.value.message == f"The instance '{instance_id}' is not in the 'running' state."


async def test_what_no_root_can_be_made_of_is_refused(stack: Stack) -> None:
    instance_id, other = await stack.launch(), await stack.launch()
    made = await stack.call("CreateImage", InstanceId=other, Name="another root")
    await stack.idle()
    (image,) = (await stack.call("DescribeImages", ImageIds=[made["ImageId"]]))["Images"]
    snapshot_id = image["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]
    with pytest.raises(Refused) as refused:
        await stack.call("CreateReplaceRootVolumeTask", InstanceId=instance_id, SnapshotId=snapshot_id)
    assert refused.value.code == "InvalidParameterValue"
    assert refused.value.message == (
        f"Invalid snapshot for root volume for virt {instance_id}. "
        "The snapshot should be of one of the root volumes attached to the instance in the past"
    )
    with pytest.raises(Refused, match="InvalidParameterCombination"):
        await stack.call(
            "CreateReplaceRootVolumeTask", InstanceId=instance_id, SnapshotId=snapshot_id, ImageId=image["ImageId"]
        )
    i386 = await stack.call(
        "RegisterImage",
        Name="i386",
        VirtualizationType="hvm",
        RootDeviceName="/dev/xvda",
        BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": snapshot_id}}],
    )
    with pytest.raises(Refused, match="does not match the architecture"):
        await stack.call("CreateReplaceRootVolumeTask", InstanceId=instance_id, ImageId=i386["ImageId"])
    larger = await stack.launch(BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 30}}])
    with pytest.raises(Refused, match="is smaller than the root volume"):
        await stack.call("CreateReplaceRootVolumeTask", InstanceId=larger, ImageId=image["ImageId"])
    assert (await stack.call("DescribeReplaceRootVolumeTasks"))["ReplaceRootVolumeTasks"] == []


async def test_a_token_makes_one_task(stack: Stack) -> None:
    instance_id = await stack.launch()
    told = [
        (await stack.call("CreateReplaceRootVolumeTask", InstanceId=instance_id, ClientToken="once"))[
            "ReplaceRootVolumeTask"
        ]["ReplaceRootVolumeTaskId"]
        for _ in range(2)
    ]
    await stack.idle()
    assert told[0] == told[1]
    assert len(await stack.boots(instance_id, 2)) == 2


async def test_tasks_are_tagged_filtered_and_paged(stack: Stack) -> None:
    tags = [{"Key": "Team", "Value": "moss"}]
    specification = [{"ResourceType": "replace-root-volume-task", "Tags": tags}]
    first, second = await stack.launch(), await stack.launch()
    tagged = await _replaced(stack, first, TagSpecifications=specification)
    plain = await _replaced(stack, second)
    assert tagged["Tags"] == tags
    for name, value in (("instance-id", first), ("tag:Team", "moss")):
        told = await stack.call("DescribeReplaceRootVolumeTasks", Filters=[{"Name": name, "Values": [value]}])
        assert told["ReplaceRootVolumeTasks"] == [tagged]
    page = await stack.call("DescribeReplaceRootVolumeTasks", MaxResults=1)
    rest = await stack.call("DescribeReplaceRootVolumeTasks", MaxResults=1, NextToken=page["NextToken"])
    seen = {*(task["InstanceId"] for task in (*page["ReplaceRootVolumeTasks"], *rest["ReplaceRootVolumeTasks"]))}
    assert seen == {first, second}
    with pytest.raises(Refused, match="NotFound"):
        await _task(stack, "replacevol-0123456789abcdef0")
    assert plain["TaskState"] == "succeeded"


async def test_a_root_volume_is_replaced_once_at_a_time(stack: Stack) -> None:
    instance_id = await stack.launch()
    await stack.call("CreateReplaceRootVolumeTask", InstanceId=instance_id)
    with pytest.raises(Refused, match="IncorrectState"):
        await stack.call("CreateReplaceRootVolumeTask", InstanceId=instance_id)
    await stack.idle()
    assert (await _replaced(stack, instance_id))["TaskState"] == "succeeded"


async def test_what_ends_an_instance_waits_for_its_new_root(stack: Stack) -> None:
    stopped, ended = await _marked(stack), await _marked(stack)
    old = (await _root(stack, ended))["VolumeId"]
    for instance_id in (stopped, ended):
        await stack.call("CreateReplaceRootVolumeTask", InstanceId=instance_id)
    await stack.call("StopInstances", InstanceIds=[stopped])
    await stack.call("TerminateInstances", InstanceIds=[ended])
    await stack.idle()
    tasks = (await stack.call("DescribeReplaceRootVolumeTasks"))["ReplaceRootVolumeTasks"]
    assert [task["TaskState"] for task in tasks] == ["succeeded", "succeeded"]
    assert (await stack.instance(stopped))["State"]["Name"] == "stopped"
    assert (await stack.instance(ended))["State"]["Name"] == "terminated"
    # The new root of the one that ended went with it, as the old one would have; that is nobody's now.
    (left,) = (await stack.call("DescribeVolumes", VolumeIds=[old]))["Volumes"]
    assert left["State"] == "available"
    assert len((await stack.call("DescribeVolumes"))["Volumes"]) == 3


@pytest.mark.parametrize("deleted", [False, True])
async def test_an_image_that_is_asked_for_meanwhile_is_whole(stack: Stack, *, deleted: bool) -> None:
    instance_id = await _marked(stack)
    await stack.call("CreateReplaceRootVolumeTask", InstanceId=instance_id, DeleteReplacedRootVolume=deleted)
    made = await stack.call("CreateImage", InstanceId=instance_id, Name="while replaced")
    await stack.idle()
    (image,) = (await stack.call("DescribeImages", ImageIds=[made["ImageId"]]))["Images"]
    assert image["State"] == "available"
    assert (await stack.instance(instance_id))["State"]["Name"] == "running"
    assert await stack.guest(instance_id).observe() is GuestState.RUNNING
    # It is of the volumes that the instance had when it was asked for.
    assert stack.guest(await stack.launch(ImageId=image["ImageId"])).read(MARK) == b"since the launch"
