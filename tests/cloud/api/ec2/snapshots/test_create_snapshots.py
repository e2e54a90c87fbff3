"""CreateSnapshot and CreateSnapshots: what was written before the cut is in them, whoever has the volume by then."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from stack import Stack
from volumes_at_hand import attached, create, held, refused, root_of, states
from waiting import let_others_run

from kumoniwa.hypervisor.driver import Cut, CutMade, CutRefused, DriverError
from kumoniwa.hypervisor.simulated import SimulatedGuest

pytestmark = pytest.mark.anyio

KEPT = "/kept"


async def snapshot(stack: Stack, snapshot_id: str) -> dict[str, Any]:
    """The snapshot as EC2 describes it."""
    found: dict[str, Any] = (await stack.call("DescribeSnapshots", SnapshotIds=[snapshot_id]))["Snapshots"][0]
    return found


async def truth(stack: Stack, snapshot_id: str) -> tuple[str, str]:
    """How the snapshot was cut, and what was seen that says so."""
    told = await stack.get(f"/_kumoniwa/snapshots/{snapshot_id}")
    return told["consistency"], told["detail"]


async def take(stack: Stack, volume_id: str, **parameters: Any) -> str:
    """A snapshot of a volume, completed."""
    snapshot_id = str((await stack.call("CreateSnapshot", VolumeId=volume_id, **parameters))["SnapshotId"])
    await stack.idle()
    assert (await snapshot(stack, snapshot_id))["State"] == "completed"
    return snapshot_id


async def restored(stack: Stack, snapshot_id: str, path: str) -> bytes:
    """What the file holds on a volume that is made of the snapshot, for another guest."""
    volume_id = await create(stack, SnapshotId=snapshot_id, Size=8)
    other = await stack.launch()
    await stack.call("AttachVolume", VolumeId=volume_id, InstanceId=other, Device="/dev/sdz")
    await stack.idle()
    return stack.guest(other).read(path, serial=serial(volume_id))


def serial(volume_id: str) -> str:
    return volume_id.replace("-", "")


async def detach(stack: Stack, volume_id: str) -> None:
    await stack.call("DetachVolume", VolumeId=volume_id)
    await stack.idle()


async def test_a_snapshot_of_a_running_instances_volume_holds_what_was_written_before(stack: Stack) -> None:
    instance_id, volume_id = await attached(stack)
    guest, boot_id = stack.guest(instance_id), stack.guest(instance_id).boot_id
    guest.write(KEPT, b"before", serial=serial(volume_id), sync=True)
    answer = await stack.call("CreateSnapshot", VolumeId=volume_id, Description="nightly")
    assert (answer["State"], answer["VolumeId"], answer["VolumeSize"]) == ("pending", volume_id, 1)
    assert (answer["Progress"], answer["Tags"]) == ("", [])
    await stack.idle()
    guest.write(KEPT, b"after", serial=serial(volume_id), sync=True)
    told = await snapshot(stack, answer["SnapshotId"])
    assert (told["State"], told["Progress"], told["Description"]) == ("completed", "100%", "nightly")
    assert told["StartTime"] == answer["StartTime"]
    assert told["FullSnapshotSizeInBytes"] > 0
    assert guest.boot_id == boot_id
    assert (await truth(stack, told["SnapshotId"]))[0] == "crash-consistent"
    assert await restored(stack, told["SnapshotId"], KEPT) == b"before"
    assert guest.read(KEPT, serial=serial(volume_id)) == b"after"


async def test_the_root_of_a_stopped_instance_is_at_rest_in_its_snapshot(stack: Stack) -> None:
    instance_id = await stack.launch()
    stack.guest(instance_id).write(KEPT, b"unsynced")
    await stack.call("StopInstances", InstanceIds=[instance_id])
    await stack.idle()
    made = await take(stack, await root_of(stack, instance_id))
    assert await truth(stack, made) == ("at-rest", "the instance was stopped, its last end was clean")
    assert await restored(stack, made, KEPT) == b"unsynced"
    await stack.call("StartInstances", InstanceIds=[instance_id])
    await stack.idle()
    assert stack.guest(instance_id).read(KEPT) == b"unsynced"


async def test_what_a_stopped_instance_got_later_is_not_called_at_rest_for_its_sake(stack: Stack) -> None:
    instance_id, volume_id = await attached(stack)
    stack.guest(instance_id).write(KEPT, b"dirty", serial=serial(volume_id), sync=True)
    await detach(stack, volume_id)
    other = await stack.launch()
    await stack.call("StopInstances", InstanceIds=[other])
    await stack.idle()
    await stack.clock.advance(1)
    await stack.call("AttachVolume", VolumeId=volume_id, InstanceId=other, Device="/dev/sdf")
    await stack.idle()
    answer = await stack.call("CreateSnapshots", InstanceSpecification={"InstanceId": other})
    image_id = (await stack.call("CreateImage", InstanceId=other, Name="mixed"))["ImageId"]
    await stack.idle()
    told = {one["VolumeId"]: await truth(stack, one["SnapshotId"]) for one in answer["Snapshots"]}
    assert {how for how, _ in told.values()} == {"at-rest", "crash-consistent"}
    assert told[volume_id][0] == "crash-consistent"
    assert (await stack.get(f"/_kumoniwa/images/{image_id}"))["consistency"] == "crash-consistent"


async def test_a_volume_that_nobody_has_is_cut_and_goes_on_from_there(stack: Stack) -> None:
    instance_id, volume_id = await attached(stack)
    stack.guest(instance_id).write(KEPT, b"first", serial=serial(volume_id), sync=True)
    await detach(stack, volume_id)
    first = await take(stack, volume_id)
    assert (await truth(stack, first))[0] == "crash-consistent"
    again = await take(stack, volume_id)  # nothing was written since: as good as the one before
    assert (await truth(stack, again))[0] == "crash-consistent"
    await stack.call("AttachVolume", VolumeId=volume_id, InstanceId=instance_id, Device="/dev/sdf")
    await stack.idle()
    assert stack.guest(instance_id).read(KEPT, serial=serial(volume_id)) == b"first"
    stack.guest(instance_id).write(KEPT, b"second", serial=serial(volume_id), sync=True)
    for one in (first, again):
        assert await restored(stack, one, KEPT) == b"first"


async def test_a_volume_that_never_was_written_is_at_rest_in_its_snapshot(stack: Stack) -> None:
    made = await take(stack, await create(stack))
    assert await truth(stack, made) == ("at-rest", "no instance had the volume, and nothing was ever written to it")
    assert (await snapshot(stack, made))["FullSnapshotSizeInBytes"] == 0


async def test_a_restored_volume_that_nobody_had_is_as_its_snapshot(stack: Stack) -> None:
    instance_id = await stack.launch()
    await stack.call("StopInstances", InstanceIds=[instance_id])
    await stack.idle()
    source = await take(stack, await root_of(stack, instance_id))
    made = await take(stack, await create(stack, SnapshotId=source, Size=8))
    how, detail = await truth(stack, made)
    assert how == "at-rest"
    assert source in detail


async def test_a_volume_detached_before_its_turn_is_cut_by_itself(stack: Stack) -> None:
    instance_id, volume_id = await attached(stack)
    stack.guest(instance_id).write(KEPT, b"kept", serial=serial(volume_id), sync=True)
    async with held(stack, "ensure_detached") as reached:
        await stack.call("DetachVolume", VolumeId=volume_id)
        await reached.wait()
        made = (await stack.call("CreateSnapshot", VolumeId=volume_id))["SnapshotId"]
    await stack.idle()
    assert (await snapshot(stack, made))["State"] == "completed"
    assert await restored(stack, made, KEPT) == b"kept"


@pytest.mark.parametrize("elsewhere", [False, True])
async def test_a_volume_gone_or_elsewhere_before_its_turn_fails_no_snapshot(stack: Stack, *, elsewhere: bool) -> None:
    instance_id, volume_id = await attached(stack)
    stack.guest(instance_id).write(KEPT, b"kept", serial=serial(volume_id), sync=True)
    other = await stack.launch()
    turns = {"ensure_shut_down": asyncio.Event(), "ensure_cut": asyncio.Event()}
    reached = asyncio.Event()

    async def wait_for_its_turn(at: str) -> None:
        if at in turns:
            if at == "ensure_cut":
                reached.set()
            await turns[at].wait()

    stack.driver.faults.hook = wait_for_its_turn
    await stack.call("RebootInstances", InstanceIds=[instance_id])
    await stack.call("DetachVolume", VolumeId=volume_id)
    await stack.call("CreateImage", InstanceId=instance_id, Name="between", NoReboot=True)
    made = (await stack.call("CreateSnapshot", VolumeId=volume_id))["SnapshotId"]
    turns["ensure_shut_down"].set()
    await reached.wait()  # it is detached, and its snapshot's turn has not come
    if elsewhere:
        await stack.call("AttachVolume", VolumeId=volume_id, InstanceId=other, Device="/dev/sdf")
        async with asyncio.timeout(10):
            while await states(stack, volume_id) != ("in-use", "attached"):
                await let_others_run()
        stack.guest(other).write(KEPT, b"changed", serial=serial(volume_id), sync=True)
    else:
        await stack.call("DeleteVolume", VolumeId=volume_id)
    turns["ensure_cut"].set()
    await stack.idle()
    stack.driver.faults.hook = None
    assert (await snapshot(stack, made))["State"] == "completed"
    assert await restored(stack, made, KEPT) == b"kept"
    if elsewhere:
        assert stack.guest(other).read(KEPT, serial=serial(volume_id)) == b"changed"


async def test_no_cut_is_lost_where_a_volume_leaves_while_the_others_are_cut(stack: Stack) -> None:
    instance_id, volume_id = await attached(stack)
    root = await root_of(stack, instance_id)
    async with held(stack, "ensure_detached") as leaving:
        await stack.call("DetachVolume", VolumeId=volume_id)
        await leaving.wait()
        of_volume = (await stack.call("CreateSnapshot", VolumeId=volume_id))["SnapshotId"]
        of_root = (await stack.call("CreateSnapshot", VolumeId=root))["SnapshotId"]
    async with held(stack, "ensure_cut") as cutting:
        await cutting.wait()
        await stack.call("DeleteVolume", VolumeId=volume_id)
    await stack.idle()
    guest = stack.guest(instance_id)
    guest.write(KEPT, b"after the cut", sync=True)
    for one in (of_volume, of_root):
        assert (await snapshot(stack, one))["State"] == "completed"
    await stack.call("StopInstances", InstanceIds=[instance_id])
    await stack.idle()
    await stack.call("StartInstances", InstanceIds=[instance_id])
    await stack.idle()
    assert stack.guest(instance_id).read(KEPT) == b"after the cut"


async def test_new_snapshots_have_no_progress_yet_and_an_empty_tag_set(stack: Stack) -> None:
    """As EC2 answers; Ansible's ec2_snapshot reads the tags of what it created."""
    instance_id, volume_id = await attached(stack)
    answer = await stack.call("CreateSnapshots", InstanceSpecification={"InstanceId": instance_id})
    assert [(one["Progress"], one["Tags"]) for one in answer["Snapshots"]] == [("", []), ("", [])]
    await stack.idle()
    await detach(stack, volume_id)
    loose = await stack.call("CreateSnapshot", VolumeId=volume_id)
    assert (loose["State"], loose["Progress"], loose["Tags"]) == ("pending", "", [])
    tagged = [{"ResourceType": "snapshot", "Tags": [{"Key": "by", "Value": "request"}]}]
    answer = await stack.call("CreateSnapshot", VolumeId=volume_id, TagSpecifications=tagged)
    assert answer["Tags"] == tagged[0]["Tags"]


async def test_all_volumes_of_an_instance_are_cut_at_one_instant(stack: Stack) -> None:
    instance_id, volume_id = await attached(stack)
    guest, root = stack.guest(instance_id), await root_of(stack, instance_id)
    guest.write(KEPT, b"root")
    guest.write(KEPT, b"data", serial=serial(volume_id), sync=True)
    await stack.call("CreateTags", Resources=[volume_id], Tags=[{"Key": "of", "Value": "volume"}])
    answer = await stack.call(
        "CreateSnapshots",
        InstanceSpecification={"InstanceId": instance_id},
        Description="both",
        CopyTagsFromSource="volume",
        TagSpecifications=[{"ResourceType": "snapshot", "Tags": [{"Key": "by", "Value": "request"}]}],
    )
    told = {one["VolumeId"]: one for one in answer["Snapshots"]}
    assert told.keys() == {root, volume_id}
    assert len({one["StartTime"] for one in told.values()}) == 1
    assert {one["Description"] for one in told.values()} == {"both"}
    assert told[root]["Tags"] == [{"Key": "by", "Value": "request"}]
    assert {tag["Key"]: tag["Value"] for tag in told[volume_id]["Tags"]} == {"of": "volume", "by": "request"}
    await stack.idle()
    for volume, held_bytes in ((root, b"root"), (volume_id, b"data")):
        made = await snapshot(stack, told[volume]["SnapshotId"])
        assert made["State"] == "completed"
        assert sorted(map(str, made["Tags"])) == sorted(map(str, told[volume]["Tags"]))
        assert await restored(stack, made["SnapshotId"], KEPT) == held_bytes


async def test_volumes_are_left_out_that_the_request_names_or_that_leave(stack: Stack) -> None:
    instance_id, volume_id = await attached(stack)
    root = await root_of(stack, instance_id)

    async def volumes(**specification: Any) -> set[str]:
        asked = {"InstanceId": instance_id, **specification}
        answer = await stack.call("CreateSnapshots", InstanceSpecification=asked)
        return {one["VolumeId"] for one in answer["Snapshots"]}

    assert await volumes(ExcludeBootVolume=True) == {volume_id}
    assert await volumes(ExcludeDataVolumeIds=[volume_id]) == {root}
    await stack.idle()
    async with held(stack, "ensure_detached") as reached:
        await stack.call("DetachVolume", VolumeId=volume_id)
        await reached.wait()
        assert await volumes() == {root}
        image_id = (await stack.call("CreateImage", InstanceId=instance_id, Name="less"))["ImageId"]
    await stack.idle()
    (image,) = (await stack.call("DescribeImages", ImageIds=[image_id]))["Images"]
    assert (image["State"], len(image["BlockDeviceMappings"])) == ("available", 1)


async def test_a_volume_on_its_way_to_the_instance_is_in_its_snapshots(stack: Stack) -> None:
    instance_id, volume_id = await stack.launch(), await create(stack)
    async with held(stack, "ensure_attached") as reached:
        await stack.call("AttachVolume", VolumeId=volume_id, InstanceId=instance_id, Device="/dev/sdf")
        await reached.wait()
        answer = await stack.call("CreateSnapshots", InstanceSpecification={"InstanceId": instance_id})
    await stack.idle()
    assert volume_id in {one["VolumeId"] for one in answer["Snapshots"]}
    for one in answer["Snapshots"]:
        assert (await snapshot(stack, one["SnapshotId"]))["State"] == "completed"


async def test_a_snapshot_that_could_not_be_cut_is_in_error_and_says_why(stack: Stack) -> None:
    instance_id, volume_id = await attached(stack)
    stack.driver.fail_next("ensure_cut", CutRefused("The disk is busy."))
    made = (await stack.call("CreateSnapshot", VolumeId=volume_id))["SnapshotId"]
    await stack.idle()
    told = await snapshot(stack, made)
    assert (told["State"], told["StateMessage"]) == ("error", str(CutRefused("The disk is busy.")))
    stack.guest(instance_id).write(KEPT, b"goes on", serial=serial(volume_id), sync=True)
    assert await restored(stack, await take(stack, volume_id), KEPT) == b"goes on"


async def test_a_snapshot_that_cannot_be_measured_does_not_stay_pending(stack: Stack) -> None:
    volume_id = await create(stack)
    stack.driver.fail_next("measure", DriverError("The disk of this host does not answer.", way_out="Ask again."))
    made = (await stack.call("CreateSnapshot", VolumeId=volume_id))["SnapshotId"]
    await stack.idle()
    told = await snapshot(stack, made)
    assert (told["State"], told["StateMessage"]) == ("error", "The disk of this host does not answer. Ask again.")


async def test_a_pending_snapshot_may_be_deleted(stack: Stack) -> None:
    instance_id, volume_id = await attached(stack)
    async with held(stack, "ensure_cut") as reached:
        made = (await stack.call("CreateSnapshot", VolumeId=volume_id))["SnapshotId"]
        await reached.wait()
        await stack.call("DeleteSnapshot", SnapshotId=made)
    await stack.idle()
    with refused("InvalidSnapshot.NotFound"):
        await snapshot(stack, made)
    stack.guest(instance_id).write(KEPT, b"goes on", serial=serial(volume_id), sync=True)
    assert await restored(stack, await take(stack, volume_id), KEPT) == b"goes on"


async def test_a_cut_that_was_made_before_something_broke_is_not_taken_for_refused(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance_id = await stack.launch()
    cut = SimulatedGuest.ensure_cut

    async def cuts_and_breaks(guest: SimulatedGuest, cuts: list[Cut], *, freeze: bool = False) -> CutMade:
        monkeypatch.setattr(SimulatedGuest, "ensure_cut", cut)
        await cut(guest, cuts, freeze=freeze)
        raise OSError("something of the host's")

    monkeypatch.setattr(SimulatedGuest, "ensure_cut", cuts_and_breaks)
    volume_id = (await stack.instance(instance_id))["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
    snapshot_id = (await stack.call("CreateSnapshot", VolumeId=volume_id))["SnapshotId"]
    async with asyncio.timeout(30):
        while (await stack.call("DescribeSnapshots", SnapshotIds=[snapshot_id]))["Snapshots"][0]["State"] == "pending":
            await stack.clock.advance(1)
            await stack.written()
            await let_others_run()
    stack.guest(instance_id).write("/after", b"the cut", sync=True)
    await stack.call("StopInstances", InstanceIds=[instance_id])
    await stack.idle()
    await stack.call("StartInstances", InstanceIds=[instance_id])
    await stack.idle()
    assert stack.guest(instance_id).read("/after") == b"the cut"


async def test_a_volume_that_is_detached_before_it_was_attached_fails_no_snapshot(stack: Stack) -> None:
    instance_id = await stack.launch()
    zone = (await stack.instance(instance_id))["Placement"]["AvailabilityZone"]
    volume_id = (await stack.call("CreateVolume", AvailabilityZone=zone, Size=1))["VolumeId"]
    await stack.idle()
    go_on = asyncio.Event()

    async def hold(method: str) -> None:
        if method == "ensure_attached":
            await go_on.wait()

    stack.driver.faults.hook = hold
    await stack.call("AttachVolume", VolumeId=volume_id, InstanceId=instance_id, Device="/dev/sdf")
    await stack.call("CreateSnapshots", InstanceSpecification={"InstanceId": instance_id})
    await stack.call("DetachVolume", VolumeId=volume_id)
    go_on.set()
    await stack.idle()
    found = (await stack.call("DescribeSnapshots", Filters=[{"Name": "volume-id", "Values": [volume_id]}]))["Snapshots"]
    assert [one["State"] for one in found] == ["completed"]
    assert (await stack.call("DescribeVolumes", VolumeIds=[volume_id]))["Volumes"][0]["State"] == "available"


async def test_what_came_to_a_guest_that_had_ended_by_then_is_not_called_at_rest_for_its_sake(stack: Stack) -> None:
    instance_id = await stack.launch()
    stack.guest(instance_id).write(KEPT, b"mounted", sync=True)
    dirty = await take(stack, await root_of(stack, instance_id))
    zone = (await stack.instance(instance_id))["Placement"]["AvailabilityZone"]
    made = await stack.call("CreateVolume", AvailabilityZone=zone, SnapshotId=dirty)
    await stack.idle()
    await stack.clock.advance(1)

    async def end_first(method: str) -> None:
        if method == "ensure_attached":
            stack.driver.faults.hook = None
            await stack.clock.advance(1)
            stack.guest(instance_id).power_off_from_inside()
            await stack.clock.advance(1)

    stack.driver.faults.hook = end_first
    await stack.call("AttachVolume", VolumeId=made["VolumeId"], InstanceId=instance_id, Device="/dev/sdf")
    await stack.idle()
    await stack.state(instance_id, "stopped")
    assert (await truth(stack, await take(stack, made["VolumeId"])))[0] == "crash-consistent"


# A volume may go between the request and the cut: what was promised is kept.


async def _terminated(stack: Stack) -> str:
    instance_id = await stack.launch()
    root = await root_of(stack, instance_id)
    stack.guest(instance_id).write(KEPT, b"was there", sync=True)
    async with held(stack, "ensure_off") as reached:
        await stack.call("TerminateInstances", InstanceIds=[instance_id])
        await reached.wait()
        return await _asked_for(stack, root)


async def _replaced(stack: Stack) -> str:
    instance_id = await stack.launch()
    root = await root_of(stack, instance_id)
    stack.guest(instance_id).write(KEPT, b"was there", sync=True)
    async with held(stack, "ensure_off") as reached:
        await stack.call("CreateReplaceRootVolumeTask", InstanceId=instance_id, DeleteReplacedRootVolume=True)
        await reached.wait()
        return await _asked_for(stack, root)


async def _asked_for(stack: Stack, volume_id: str) -> str:
    return str((await stack.call("CreateSnapshot", VolumeId=volume_id))["SnapshotId"])


@pytest.mark.parametrize("goes", [_terminated, _replaced])
async def test_a_snapshot_of_a_volume_that_goes_before_its_turn_holds_what_that_held_last(
    stack: Stack, goes: Callable[[Stack], Awaitable[str]]
) -> None:
    snapshot_id = await goes(stack)
    await stack.idle()
    told = await snapshot(stack, snapshot_id)
    assert told["State"] == "completed"
    assert (await stack.call("DescribeVolumes", Filters=[{"Name": "volume-id", "Values": [told["VolumeId"]]}]))[
        "Volumes"
    ] == []
    assert await restored(stack, snapshot_id, KEPT) == b"was there"
