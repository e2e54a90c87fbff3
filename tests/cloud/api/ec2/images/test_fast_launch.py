"""EnableFastLaunch, DisableFastLaunch and DescribeFastLaunchImages: states, refusals, and what comes and goes."""

import asyncio
from typing import Any

import pytest
from asgi import Refused
from stack import Stack
from templates_at_hand import make
from whole import whole

from kumoniwa.hypervisor.driver import DriverError
from kumoniwa.model.fast_launch import FAST_LAUNCH_MOVES, FastLaunchState, MachineState, following
from kumoniwa.reconcile.prepared_machines import forget_stale_machines
from kumoniwa.store import fast_launch, images
from kumoniwa.workflows.stories.images.prepare_machine import prepare_machine

pytestmark = pytest.mark.anyio

_SIMULATED = [{"Name": "name", "Values": ["debian-12-amd64-simulated"]}]
_NO = DriverError("The disk is gone.", way_out="Ask again.")


async def _image(stack: Stack) -> str:
    return str((await stack.call("DescribeImages", Filters=_SIMULATED))["Images"][0]["ImageId"])


async def _enabled(stack: Stack, **parameters: Any) -> str:
    image_id = await _image(stack)
    await stack.call("EnableFastLaunch", ImageId=image_id, **parameters)
    await stack.idle()
    return image_id


async def _described(stack: Stack, **parameters: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await stack.call("DescribeFastLaunchImages", **parameters))["FastLaunchImages"]
    return found


async def _refused(stack: Stack, action: str, **parameters: Any) -> Refused:
    with pytest.raises(Refused) as refusal:
        await stack.call(action, **parameters)
    return refusal.value


async def _machines(stack: Stack, image_id: str) -> list[tuple[int, int, MachineState]]:
    found = await stack.running.cloud.read(lambda connection: fast_launch.machines_of(connection, image_id))
    return [(one.vcpus, one.memory_mib, one.state) for one in found]


async def test_fast_launch_is_enabling_and_then_enabled(stack: Stack) -> None:
    image_id = await _image(stack)
    answer = await stack.call("EnableFastLaunch", ImageId=image_id, SnapshotConfiguration={"TargetResourceCount": 3})
    told = {
        "ImageId": image_id,
        "ResourceType": "snapshot",
        "SnapshotConfiguration": {"TargetResourceCount": 3},
        "LaunchTemplate": {},
        "MaxParallelLaunches": 6,
        "OwnerId": "123456789012",
        "State": "enabling",
        "StateTransitionReason": "Client.UserInitiated",
        "StateTransitionTime": answer["StateTransitionTime"],
    }
    assert {name: answer[name] for name in told} == told
    await stack.idle()
    (found,) = await _described(stack)
    assert found == {**told, "State": "enabled", "StateTransitionTime": found["StateTransitionTime"]}
    assert await _machines(stack, image_id) == [(2, 1024, MachineState.READY)]
    await whole(stack)


async def test_a_launch_template_says_for_which_type_a_machine_is_prepared_first(stack: Stack) -> None:
    image_id, template_id = await _image(stack), await make(stack, InstanceType="t3.medium")
    asked = {"LaunchTemplateName": "web", "Version": "$Latest"}
    answer = await stack.call("EnableFastLaunch", ImageId=image_id, LaunchTemplate=asked)
    assert answer["LaunchTemplate"] == {**asked, "LaunchTemplateId": template_id}
    await stack.idle()
    assert (await _described(stack))[0]["LaunchTemplate"] == answer["LaunchTemplate"]
    assert await _machines(stack, image_id) == [(2, 4096, MachineState.READY)]
    with pytest.raises(Refused) as refusal:
        await stack.call("EnableFastLaunch", ImageId=image_id, LaunchTemplate={**asked, "Version": "2"})
    assert refusal.value.code == "InvalidLaunchTemplateId.VersionNotFound"


async def test_it_is_listed_by_id_filter_and_page(stack: Stack) -> None:
    image_id = await _enabled(stack)
    instance_id = await stack.launch()
    other = (await stack.call("CreateImage", InstanceId=instance_id, Name="other"))["ImageId"]
    await stack.idle()
    assert await _described(stack, ImageIds=[other]) == []
    await stack.call("EnableFastLaunch", ImageId=other)
    await stack.idle()
    assert {one["ImageId"] for one in await _described(stack)} == {image_id, other}
    enabled = [{"Name": "state", "Values": ["enabled"]}, {"Name": "resource-type", "Values": ["snapshot"]}]
    assert len(await _described(stack, Filters=[*enabled, {"Name": "owner-id", "Values": ["123456789012"]}])) == 2
    assert await _described(stack, Filters=[{"Name": "state", "Values": ["disabling"]}]) == []
    first = await stack.call("DescribeFastLaunchImages", MaxResults=1)
    rest = await stack.call("DescribeFastLaunchImages", MaxResults=1, NextToken=first["NextToken"])
    assert {one["ImageId"] for page in (first, rest) for one in page["FastLaunchImages"]} == {image_id, other}
    assert (await _refused(stack, "DescribeFastLaunchImages", ImageIds=["ami-0123456789abcdef0"])).code == (
        "InvalidAMIID.NotFound"
    )


@pytest.mark.parametrize(
    ("parameters", "code", "text"),
    [
        ({"ImageId": "ami-0123456789abcdef0"}, "InvalidAMIID.NotFound", "does not exist"),
        ({"ImageId": "ami"}, "InvalidAMIID.Malformed", "ami"),
        ({"ResourceType": "volume"}, "InvalidParameterValue", "resourceType"),
        ({"MaxParallelLaunches": 5}, "InvalidParameterValue", "6 or greater"),
        ({"SnapshotConfiguration": {"TargetResourceCount": 0}}, "InvalidParameterValue", "1 or greater"),
        ({"LaunchTemplate": {"LaunchTemplateName": "gone", "Version": "1"}}, "InvalidLaunchTemplateName", "gone"),
        ({"DryRun": True}, "DryRunOperation", ""),
    ],
)
async def test_what_cannot_be_enabled_is_refused(
    stack: Stack, parameters: dict[str, Any], code: str, text: str
) -> None:
    with pytest.raises(Refused) as refusal:
        await stack.call("EnableFastLaunch", **{"ImageId": await _image(stack), **parameters})
    assert refusal.value.code.removesuffix(".NotFoundException") == code
    assert text in refusal.value.message
    await stack.idle()
    assert await _described(stack) == []


@pytest.mark.parametrize(("columns", "text"), [({"boot_mode": "uefi"}, "boots by uefi"), ({"nvme_only": True}, "NVMe")])
async def test_an_image_that_does_not_boot_as_machines_are_prepared_is_refused(
    stack: Stack, columns: dict[str, Any], text: str
) -> None:
    image_id = await _image(stack)
    await stack.running.cloud.world.database.write(lambda connection: images.change(connection, image_id, **columns))
    refusal = await _refused(stack, "EnableFastLaunch", ImageId=image_id)
    assert refusal.code == "UnsupportedOperation"
    assert text in refusal.message


async def test_an_image_with_more_than_a_root_volume_is_refused(stack: Stack) -> None:
    more = [{"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 1}}]
    instance_id = await stack.launch(BlockDeviceMappings=more)
    image_id = (await stack.call("CreateImage", InstanceId=instance_id, Name="two"))["ImageId"]
    pending = await _refused(stack, "EnableFastLaunch", ImageId=image_id)
    assert pending.code == "InvalidAMIID.Unavailable"
    await stack.idle()
    refusal = await _refused(stack, "EnableFastLaunch", ImageId=image_id)
    assert (refusal.code, "more than a root volume" in refusal.message) == ("UnsupportedOperation", True)


async def test_without_room_for_a_machine_it_is_refused(stack: Stack) -> None:
    stack.driver.world.room = 1 << 30
    assert (await _refused(stack, "EnableFastLaunch", ImageId=await _image(stack))).code == "InsufficientVolumeCapacity"


async def test_a_guest_that_never_says_that_it_is_prepared_makes_enabling_fail(stack: Stack) -> None:
    stack.driver.world.never_prepared = True
    image_id = await _enabled(stack)
    (found,) = await _described(stack)
    assert found["State"] == "enabling-failed"
    assert "did not say within 600 s that it is prepared" in found["StateTransitionReason"]
    assert await _machines(stack, image_id) == [(2, 1024, MachineState.FAILED)]
    await whole(stack)
    instance_id = await stack.launch(ImageId=image_id, InstanceType="t3.micro")
    (boot,) = await stack.boots(instance_id, 1)
    assert "no machine of 2 vCPUs and 1024 MiB could be prepared" in boot["cold_because"]
    assert await _machines(stack, image_id) == [(2, 1024, MachineState.FAILED)], "it is not tried at each launch"
    stack.driver.world.never_prepared = False
    await stack.call("EnableFastLaunch", ImageId=image_id)
    await stack.idle()
    assert (await _described(stack))[0]["State"] == "enabled"


async def test_a_further_machine_that_fails_leaves_what_is_enabled(stack: Stack) -> None:
    image_id = await _enabled(stack)
    stack.driver.world.never_prepared = True
    await stack.launch(ImageId=image_id, InstanceType="m1.small")
    (found,) = await _described(stack)
    assert found["State"] == "enabled-failed"
    instance_id = await stack.launch(ImageId=image_id, InstanceType="t3.micro")
    assert (await stack.boots(instance_id, 1))[0]["from_memory"] is True


async def test_one_size_that_cannot_be_prepared_leaves_those_that_can(stack: Stack) -> None:
    launched = asyncio.Event()

    async def wait_for_the_launch(method: str) -> None:
        if method == "is_made":
            await launched.wait()

    stack.driver.faults.hook = wait_for_the_launch
    stack.driver.fail_next("ensure_made", _NO)
    image_id = await _image(stack)
    await stack.call("EnableFastLaunch", ImageId=image_id)
    await stack.call("RunInstances", ImageId=image_id, InstanceType="m1.small", MinCount=1, MaxCount=1)
    launched.set()
    await stack.idle()
    assert await _machines(stack, image_id) == [(2, 1024, MachineState.FAILED), (1, 1740, MachineState.READY)]
    (found,) = await _described(stack)
    assert (found["State"], found["StateTransitionReason"]) == ("enabled-failed", str(_NO))
    instance_id = await stack.launch(ImageId=image_id, InstanceType="m1.small")
    assert (await stack.boots(instance_id, 1))[0]["from_memory"] is True


@pytest.mark.parametrize(
    ("now", "machines", "then"),
    [
        ("enabling", {"ready"}, "enabled"),
        ("enabling", {"ready", "preparing"}, "enabled"),
        ("enabling", {"failed", "preparing"}, "enabling"),
        ("enabling", {"failed", "ready"}, "enabled-failed"),
        ("enabling", {"failed"}, "enabling-failed"),
        ("enabling-failed", {"failed", "ready"}, "enabled-failed"),
        ("enabled", {"failed"}, "enabled-failed"),
        ("enabled-failed", {"ready", "stale"}, "enabled"),
    ],
)
def test_fast_launch_is_what_its_machines_are(now: str, machines: set[str], then: str) -> None:
    assert following(FastLaunchState(now), {MachineState(one) for one in machines}) == then
    assert now == then or FastLaunchState(then) in FAST_LAUNCH_MOVES[FastLaunchState(now)]


async def test_disabling_forgets_the_machines_and_leaves_the_instances(stack: Stack) -> None:
    image_id = await _enabled(stack)
    instance_id = await stack.launch(ImageId=image_id, InstanceType="t3.micro")
    answer = await stack.call("DisableFastLaunch", ImageId=image_id)
    assert (answer["State"], answer["StateTransitionReason"]) == ("disabling", "Client.UserInitiated")
    await stack.idle()
    assert await _described(stack) == []
    assert not stack.driver.world.prepared
    assert stack.guest(instance_id).messages()
    await whole(stack)
    other = await stack.launch(ImageId=image_id, InstanceType="t3.micro")
    assert (await stack.boots(other, 1))[0]["cold_because"] is None
    refusal = await _refused(stack, "DisableFastLaunch", ImageId=image_id)
    assert (refusal.code, refusal.message) == (
        "IncorrectState",
        f"Fast launch is not enabled for the image '{image_id}'.",
    )
    await stack.call("TerminateInstances", InstanceIds=[instance_id])
    await stack.idle()
    await whole(stack)


async def test_what_cannot_be_forgotten_is_disabling_failed_until_it_can(stack: Stack) -> None:
    image_id = await _enabled(stack)
    stack.driver.fail_next("forget_prepared", _NO)
    await stack.call("DisableFastLaunch", ImageId=image_id)
    await stack.idle()
    (found,) = await _described(stack)
    assert (found["State"], found["StateTransitionReason"]) == ("disabling-failed", str(_NO))
    assert (await _refused(stack, "EnableFastLaunch", ImageId=image_id)).code == "IncorrectState"
    stack.driver.fail_next("forget_prepared", _NO)
    await stack.call("DisableFastLaunch", ImageId=image_id, Force=True)
    await stack.idle()
    assert await _described(stack) == []
    assert await _machines(stack, image_id) == [(2, 1024, MachineState.STALE)]
    await forget_stale_machines(stack.running.cloud.world)
    assert await _machines(stack, image_id) == []
    await whole(stack)


async def test_disabling_ends_a_preparation_that_never_would(stack: Stack) -> None:
    began = await _held_preparation(stack)
    image_id = await _image(stack)
    await stack.call("EnableFastLaunch", ImageId=image_id)
    await began.wait()
    assert stack.driver.world.preparing
    await stack.call("DisableFastLaunch", ImageId=image_id)
    await stack.idle()
    assert not stack.driver.world.preparing
    assert await _described(stack) == []
    assert await _machines(stack, image_id) == []
    await whole(stack)
    stack.driver.faults.hook = None
    assert (await _described(stack, ImageIds=[await _enabled(stack)]))[0]["State"] == "enabled"


async def _held_preparation(stack: Stack) -> asyncio.Event:
    """From now on a machine's guest boots, and never says that it is prepared; gives what is set once one does."""
    began = asyncio.Event()

    async def never(method: str) -> None:
        if method == "ensure_made" and stack.driver.world.preparing:
            began.set()
            await asyncio.Event().wait()

    stack.driver.faults.hook = never
    return began


async def test_a_machine_that_is_being_prepared_holds_memory_of_the_host(stack: Stack) -> None:
    stack.driver.world.memory_mib = 2048  # guests may hold half as much again
    began = await _held_preparation(stack)
    image_id = await _image(stack)
    await stack.call("EnableFastLaunch", ImageId=image_id)
    await began.wait()
    asked = {"ImageId": image_id, "InstanceType": "t3.micro"}
    assert len((await stack.call("RunInstances", **asked, MinCount=1, MaxCount=5))["Instances"]) == 2
    assert (await _refused(stack, "RunInstances", **asked, MinCount=1, MaxCount=1)).code == (
        "InsufficientInstanceCapacity"
    )
    await stack.call("DisableFastLaunch", ImageId=image_id)
    await stack.idle()
    assert len((await stack.call("RunInstances", **asked, MinCount=1, MaxCount=5))["Instances"]) == 1


async def test_without_memory_for_a_machine_it_is_refused(stack: Stack) -> None:
    stack.driver.world.memory_mib = 600
    refusal = await _refused(stack, "EnableFastLaunch", ImageId=await _image(stack))
    assert refusal.code == "InsufficientInstanceCapacity"


async def test_a_machine_that_is_being_prepared_is_not_wanted_any_more_once_it_is_disabled(stack: Stack) -> None:
    image_id = await _image(stack)
    await stack.call("EnableFastLaunch", ImageId=image_id)
    await stack.call("DisableFastLaunch", ImageId=image_id)
    await stack.idle()
    assert await _described(stack) == []
    assert await _machines(stack, image_id) == []
    assert not stack.driver.world.prepared
    await whole(stack)


async def test_fast_launch_ends_with_its_image(stack: Stack) -> None:
    image_id = await _enabled(stack)
    await stack.call("DeregisterImage", ImageId=image_id, DeleteAssociatedSnapshots=True)
    await stack.idle()
    assert await _described(stack) == []
    assert not stack.driver.world.prepared
    await whole(stack)


async def test_machines_are_prepared_one_at_a_time(stack: Stack) -> None:
    image_id = await _enabled(stack)
    at_once: list[int] = []

    async def count(method: str) -> None:
        if method == "ensure_made":
            at_once.append(len(stack.driver.world.preparing))

    stack.driver.faults.hook = count
    for kind in ("t2.nano", "t2.micro", "t2.medium"):
        await stack.call("RunInstances", ImageId=image_id, InstanceType=kind, MinCount=1, MaxCount=1)
    await stack.idle()
    stack.driver.faults.hook = None
    assert len(await _machines(stack, image_id)) == 4
    assert max(at_once) == 1
    assert prepare_machine.claims is None
