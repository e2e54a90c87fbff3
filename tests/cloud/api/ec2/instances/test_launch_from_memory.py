"""Instances that are launched from prepared machines, and what makes them boot instead."""

import base64
from contextlib import suppress
from typing import Any

import pytest
from asgi import Refused
from stack import Stack
from stored import workflows_on
from whole import whole

from kumoniwa.hypervisor.driver import DriverError, GuestLost, LayerId, PreparedId, RestoreFailed
from kumoniwa.model.fast_launch import MachineState
from kumoniwa.reconcile.prepared_machines import forget_stale_machines
from kumoniwa.store import fast_launch, layers, volumes
from kumoniwa.workflows.steps.instances import guests
from kumoniwa.workflows.steps.volumes import volume_files
from kumoniwa.workflows.stories.instances import run_instance
from kumoniwa.workflows.workflow import StepFailed, Workflow

pytestmark = pytest.mark.anyio

USUAL = "t3.micro"
_NO = RestoreFailed("The state file is torn.")
_SILENT = RestoreFailed("It did not say within 60 s who it is.", by_machine=True)


async def image(stack: Stack) -> str:
    """An image that has fast launch, its machine for the default type ready."""
    simulated = [{"Name": "name", "Values": ["debian-12-amd64-simulated"]}]
    image_id = str((await stack.call("DescribeImages", Filters=simulated))["Images"][0]["ImageId"])
    await stack.call("EnableFastLaunch", ImageId=image_id)
    await stack.idle()
    return image_id


async def launched(stack: Stack, image_id: str, kind: str = USUAL, **parameters: Any) -> str:
    return await stack.launch(ImageId=image_id, InstanceType=kind, **parameters)


async def boots(stack: Stack, instance_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await stack.get(f"/_kumoniwa/instances/{instance_id}/boots"))["boots"]
    return found


async def cold_because(stack: Stack, instance_id: str) -> str:
    """Why the instance's only boot was none from memory."""
    (boot,) = await boots(stack, instance_id)
    assert boot["from_memory"] is False
    assert boot["kernel_started_at"] is not None
    return str(boot["cold_because"])


async def state_of(stack: Stack, image_id: str) -> str:
    (found,) = (await stack.call("DescribeFastLaunchImages", ImageIds=[image_id]))["FastLaunchImages"]
    return str(found["State"])


async def machines(stack: Stack, image_id: str) -> list[MachineState]:
    found = await stack.running.cloud.read(lambda connection: fast_launch.machines_of(connection, image_id))
    return [one.state for one in found]


async def test_a_launch_from_memory_starts_no_kernel_and_its_instance_is_well(stack: Stack) -> None:
    instance_id = await launched(stack, await image(stack))
    (boot,) = await boots(stack, instance_id)
    assert (boot["from_memory"], boot["cold_because"], boot["kernel_started_at"]) == (True, None, None)
    assert boot["reachable_at"] is not None
    assert (await stack.instance(instance_id))["State"]["Name"] == "running"
    (status,) = (await stack.call("DescribeInstanceStatus", InstanceIds=[instance_id]))["InstanceStatuses"]
    assert status["InstanceStatus"]["Status"] == "ok"
    assert stack.guest(instance_id).identity is not None


async def test_each_of_twenty_has_secrets_of_its_own(stack: Stack) -> None:
    image_id = await image(stack)
    answer = await stack.call("RunInstances", ImageId=image_id, InstanceType=USUAL, MinCount=20, MaxCount=20)
    await stack.idle()
    found = [stack.guest(one["InstanceId"]).identity for one in answer["Instances"]]
    identities = [one for one in found if one is not None]
    assert len(identities) == 20
    for name in ("machine_id", "hostname", "instance_id"):
        assert len({getattr(one, name) for one in identities}) == 20
    for kind in ("ed25519", "ecdsa"):
        assert len({one.host_keys[kind] for one in identities}) == 20
    assert all(key.startswith("-----BEGIN OPENSSH PRIVATE KEY") for one in identities for key in one.host_keys.values())


async def test_the_guest_is_told_what_the_metadata_service_tells(stack: Stack) -> None:
    image_id = await image(stack)
    await stack.call("CreateKeyPair", KeyName="mine", KeyType="ed25519")
    instance_id = await launched(stack, image_id, KeyName="mine")
    told, identity = await stack.instance(instance_id), stack.guest(instance_id).identity
    assert identity is not None
    assert told["PrivateDnsName"] == f"{identity.hostname}.ec2.internal"
    assert identity.instance_id == instance_id
    assert [line.split()[0] for line in identity.authorized_keys] == ["ssh-ed25519"]


@pytest.mark.parametrize(
    ("user_data", "first"), [("", False), ("#!/bin/sh\ntrue\n", False), ("#cloud-config\nusers: []\n", True)]
)
async def test_cloud_init_comes_first_where_user_data_may_decide_who_logs_in(
    stack: Stack, user_data: str, *, first: bool
) -> None:
    encoded = base64.b64encode(user_data.encode()).decode()
    instance_id = await launched(stack, await image(stack), UserData=encoded)
    identity = stack.guest(instance_id).identity
    assert identity is not None
    assert identity.cloud_init_first is first


async def test_the_root_volume_stands_on_the_machines_layer_and_may_be_larger(stack: Stack) -> None:
    image_id = await image(stack)
    larger = [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 20}}]
    instance_id = await launched(stack, image_id, BlockDeviceMappings=larger)

    def read(connection: Any) -> tuple[str | None, str | None]:
        (_, volume), *_ = volumes.of_instance(connection, instance_id)
        (machine,) = fast_launch.machines_of(connection, image_id)
        head = layers.get(connection, volume.head)
        assert head is not None
        return head.parent_id, machine.layer_id

    stands_on, of_machine = await stack.running.cloud.read(read)
    assert stands_on == of_machine
    assert (await boots(stack, instance_id))[0]["from_memory"] is True


async def test_the_first_launch_of_a_size_boots_and_the_next_one_does_not(stack: Stack) -> None:
    image_id = await image(stack)
    first = await launched(stack, image_id, "t3.small")
    assert "first launch with 2 vCPUs and 2048 MiB" in await cold_because(stack, first)
    second = await launched(stack, image_id, "t3.small")
    assert (await boots(stack, second))[0]["from_memory"] is True
    fewer = await launched(stack, image_id, "t3.micro", CpuOptions={"CoreCount": 1, "ThreadsPerCore": 1})
    assert "first launch with 1 vCPU and 1024 MiB" in await cold_because(stack, fewer)


async def test_what_boots_of_an_image_with_fast_launch_is_on_virtio_too(stack: Stack) -> None:
    instance_id = await launched(stack, await image(stack), "t3.small")
    assert "root=/dev/vda1" in stack.guest(instance_id).messages()
    await stack.call("StopInstances", InstanceIds=[instance_id])
    await stack.idle()
    await stack.call("StartInstances", InstanceIds=[instance_id])
    await stack.idle()
    assert "nvme" not in stack.guest(instance_id).messages()
    assert (await stack.get(f"/_kumoniwa/instances/{instance_id}"))["disk_bus"] == "virtio"


async def test_starts_and_reboots_are_cold_and_say_why(stack: Stack) -> None:
    instance_id = await launched(stack, await image(stack))
    stack.guest(instance_id).write("/kept", b"yes", sync=True)
    await stack.call("RebootInstances", InstanceIds=[instance_id])
    await stack.idle()
    await stack.call("StopInstances", InstanceIds=[instance_id])
    await stack.idle()
    await stack.call("StartInstances", InstanceIds=[instance_id])
    await stack.idle()
    first, *later = await boots(stack, instance_id)
    assert first["from_memory"] is True
    assert [boot["from_memory"] for boot in later] == [False, False]
    assert {boot["cold_because"] for boot in later} == {"its disk was written to since its machine was prepared"}
    assert all(boot["kernel_started_at"] for boot in later)
    assert stack.guest(instance_id).read("/kept") == b"yes"


async def test_nothing_is_said_of_memory_where_nobody_asked_for_it(stack: Stack) -> None:
    instance_id = await stack.launch()
    (boot,) = await boots(stack, instance_id)
    assert (boot["from_memory"], boot["cold_because"]) == (False, None)
    assert stack.guest(instance_id).identity is None


@pytest.mark.parametrize("failure", [_NO, GuestLost("It does not answer."), DriverError("No.", way_out="Ask again.")])
async def test_a_launch_from_memory_that_fails_is_a_boot_on_the_images_own_disk(
    stack: Stack, failure: DriverError
) -> None:
    image_id = await image(stack)
    stack.driver.fail_next("ensure_running", failure)
    instance_id = await launched(stack, image_id)
    assert failure.what in await cold_because(stack, instance_id)
    assert (await stack.instance(instance_id))["State"]["Name"] == "running"

    def read(connection: Any) -> tuple[int, str | None]:
        (_, volume), *_ = volumes.of_instance(connection, instance_id)
        return len(layers.standing(connection, volume.head)), layers.standing(connection, volume.head)[1].id

    depth, beneath = await stack.running.cloud.read(read)
    (machine,) = await stack.running.cloud.read(lambda connection: fast_launch.machines_of(connection, image_id))
    assert depth == 2
    assert beneath != machine.layer_id
    assert machine.state is MachineState.READY, "it is whole: the next launch tries it"
    assert (await boots(stack, await launched(stack, image_id)))[0]["from_memory"] is True
    (workflow,) = await stack.running.cloud.read(lambda connection: workflows_on(connection, instance_id))
    assert workflow.error is None


async def test_an_encrypted_root_is_none_that_was_prepared(stack: Stack) -> None:
    image_id = await image(stack)
    root = {"DeviceName": "/dev/xvda", "Ebs": {"Encrypted": True}}
    sealed = await launched(stack, image_id, BlockDeviceMappings=[root])
    assert await cold_because(stack, sealed) == "its root volume is encrypted"
    asked = {"SourceRegion": "us-east-1", "SourceImageId": image_id, "Name": "sealed", "Encrypted": True}
    copied = (await stack.call("CopyImage", **asked))["ImageId"]
    await stack.idle()
    with pytest.raises(Refused, match="an image of an encrypted snapshot"):
        await stack.call("EnableFastLaunch", ImageId=copied)


async def test_a_machine_from_which_no_guest_goes_on_is_not_tried_at_each_launch(stack: Stack) -> None:
    image_id = await image(stack)
    stack.driver.fail_next("ensure_running", _SILENT)
    assert _SILENT.what in await cold_because(stack, await launched(stack, image_id))
    assert await machines(stack, image_id) == [MachineState.FAILED]
    assert not stack.driver.world.prepared
    (found,) = (await stack.call("DescribeFastLaunchImages", ImageIds=[image_id]))["FastLaunchImages"]
    assert found["State"] == "enabled-failed"
    assert _SILENT.what in found["StateTransitionReason"]
    assert "could be prepared: Guests that are launched from it" in await cold_because(
        stack, await launched(stack, image_id)
    )
    await whole(stack)
    await stack.call("EnableFastLaunch", ImageId=image_id)
    await stack.idle()
    assert (await boots(stack, await launched(stack, image_id)))[0]["from_memory"] is True


async def test_a_machine_from_which_guests_went_on_is_prepared_anew_where_none_does_any_more(stack: Stack) -> None:
    image_id = await image(stack)
    await launched(stack, image_id)
    stack.driver.fail_next("ensure_running", _SILENT)
    assert _SILENT.what in await cold_because(stack, await launched(stack, image_id))
    assert await machines(stack, image_id) == [MachineState.READY], "the host may have been busy"
    await stack.clock.advance(601)
    stack.driver.fail_next("ensure_running", _SILENT)
    assert _SILENT.what in await cold_because(stack, await launched(stack, image_id))
    assert await machines(stack, image_id) in ([MachineState.STALE], []), "housekeeping may have deleted it already"
    assert await state_of(stack, image_id) == "enabled"


async def test_a_machine_that_cannot_be_forgotten_is_launched_from_again(stack: Stack) -> None:
    image_id = await image(stack)
    stack.driver.fail_next("ensure_running", _SILENT)
    stack.driver.fail_next("forget_prepared", DriverError("The disk is gone.", way_out="Ask again."))
    assert _SILENT.what in await cold_because(stack, await launched(stack, image_id))
    assert (await boots(stack, await launched(stack, image_id)))[0]["from_memory"] is True


async def test_a_launch_that_broke_does_not_boot_from_the_machines_own_disk(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    image_id, from_memory = await image(stack), run_instance._from_memory

    async def broken(wf: Workflow, *arguments: Any) -> str | None:
        monkeypatch.setattr(run_instance, "_from_memory", from_memory)
        await wf.step("make the volumes", volume_files.ensure_launched_in_use, arguments[0], None)
        with suppress(StepFailed):
            launch = guests.ensure_launched
            await wf.step("launch the guest from memory", launch, arguments[0], arguments[1], wf.id, wf.origin)
        raise AssertionError("a bug")

    monkeypatch.setattr(run_instance, "_from_memory", broken)
    stack.driver.fail_next("ensure_running", GuestLost("It does not answer."))
    answer = await stack.call("RunInstances", ImageId=image_id, InstanceType=USUAL, MinCount=1, MaxCount=1)
    instance_id = answer["Instances"][0]["InstanceId"]
    await stack.idle()
    assert (await stack.instance(instance_id))["State"]["Name"] == "pending"
    await stack.clock.advance(61)
    await stack.boots(instance_id, 2)
    await stack.idle()
    assert (await stack.instance(instance_id))["State"]["Name"] == "running"
    assert stack.guest(instance_id).identity is not None
    assert (await boots(stack, instance_id))[-1]["from_memory"] is True


async def test_a_machine_of_other_programs_is_forgotten_and_prepared_anew_at_its_next_use(stack: Stack) -> None:
    image_id = await image(stack)
    stack.driver.world.makes_prepared = "simulated 2"
    assert "made by simulated 1" in await cold_because(stack, await launched(stack, image_id))
    assert await machines(stack, image_id) == [MachineState.STALE]
    await forget_stale_machines(stack.running.cloud.world)
    assert await machines(stack, image_id) == []
    assert not stack.driver.world.prepared
    assert "first launch" in await cold_because(stack, await launched(stack, image_id))
    assert (await boots(stack, await launched(stack, image_id)))[0]["from_memory"] is True


async def test_a_torn_machine_is_not_launched_from(stack: Stack) -> None:
    image_id = await image(stack)
    (machine,) = stack.driver.world.prepared
    stack.driver.world.tear_prepared(machine)
    assert "torn" in await cold_because(stack, await launched(stack, image_id))
    assert await machines(stack, image_id) == [MachineState.STALE]


async def test_a_machine_whose_layer_is_damaged_is_not_launched_from(stack: Stack) -> None:
    image_id = await image(stack)
    (machine,) = await stack.running.cloud.read(lambda connection: fast_launch.machines_of(connection, image_id))
    assert machine.layer_id is not None
    stack.driver.world.layers.tear(LayerId(machine.layer_id))
    assert f"{machine.layer_id}.qcow2 is torn" in await cold_because(stack, await launched(stack, image_id))
    assert await machines(stack, image_id) == [MachineState.STALE]


async def test_a_machine_whose_layer_is_lost_is_not_launched_from(stack: Stack) -> None:
    image_id = await image(stack)
    (machine,) = await stack.running.cloud.read(lambda connection: fast_launch.machines_of(connection, image_id))
    assert machine.layer_id is not None
    await stack.driver.disks.ensure_deleted(LayerId(machine.layer_id))
    instance_id = await launched(stack, image_id)
    assert f"The file of layer {machine.layer_id} is missing" in await cold_because(stack, instance_id)
    assert await machines(stack, image_id) == [MachineState.STALE]
    assert (await stack.instance(instance_id))["BlockDeviceMappings"][0]["Ebs"]["Status"] == "attached"


async def test_a_machine_that_goes_leaves_what_instances_stand_on(stack: Stack) -> None:
    image_id = await image(stack)
    (machine,) = await stack.running.cloud.read(lambda connection: fast_launch.machines_of(connection, image_id))
    assert machine.layer_id is not None
    instance_id = await launched(stack, image_id)
    stack.driver.world.prepared.pop(PreparedId(machine.id))
    assert "not there" in await cold_because(stack, await launched(stack, image_id))
    await forget_stale_machines(stack.running.cloud.world)
    assert LayerId(machine.layer_id) in await stack.driver.disks.all_layers(), "an instance stands on it"
    await stack.call("TerminateInstances", InstanceIds=[instance_id])
    await stack.idle()
    assert LayerId(machine.layer_id) not in await stack.driver.disks.all_layers()


async def test_no_more_machines_are_prepared_than_were_asked_for(stack: Stack) -> None:
    image_id = await image(stack)
    await stack.call("EnableFastLaunch", ImageId=image_id, SnapshotConfiguration={"TargetResourceCount": 1})
    instance_id = await launched(stack, image_id, "m1.small")
    assert "TargetResourceCount, 1" in await cold_because(stack, instance_id)
    assert await machines(stack, image_id) == [MachineState.READY]


async def test_without_room_no_machine_is_prepared(stack: Stack) -> None:
    image_id = await image(stack)
    stack.driver.world.room = 1 << 29
    assert "no room" in await cold_because(stack, await launched(stack, image_id, "m1.small"))
    assert await machines(stack, image_id) == [MachineState.READY]
    assert await state_of(stack, image_id) == "enabled"


async def test_without_memory_for_it_beside_what_is_launched_no_machine_is_prepared(stack: Stack) -> None:
    image_id = await image(stack)
    stack.driver.world.memory_mib = 2048  # guests may hold half as much again
    assert "no memory to prepare one" in await cold_because(stack, await launched(stack, image_id, "t3.small"))
    assert await machines(stack, image_id) == [MachineState.READY]
    stack.driver.world.memory_mib = 4096
    assert "is being prepared" in await cold_because(stack, await launched(stack, image_id, "t3.small"))


async def test_what_an_instance_from_memory_holds_is_in_its_images_and_snapshots(stack: Stack) -> None:
    instance_id = await launched(stack, await image(stack))
    stack.guest(instance_id).write("/kept", b"yes", sync=True)
    made = (await stack.call("CreateImage", InstanceId=instance_id, Name="of one from memory"))["ImageId"]
    await stack.idle()
    copy = await stack.launch(ImageId=made)
    assert stack.guest(copy).read("/kept") == b"yes"
    assert (await boots(stack, copy))[0]["cold_because"] is None
