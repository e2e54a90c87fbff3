"""The names of steps are an on-disk format: a server of the next version resumes the journals of this one.

A change here breaks the resuming of what was unfinished at an upgrade. Add steps at the end, or begin a new story.
"""

import pytest
from sqlalchemy import select
from stack import Stack
from stored import workflows_on

from kumoniwa.hypervisor.driver import DriverError, HostExhausted, MemoryUnusable
from kumoniwa.store import all_tables as rows
from kumoniwa.store import journal
from kumoniwa.workflows.story import STORIES

pytestmark = pytest.mark.anyio

BOOTED = ["boot the guest", "publish the instance as running"]

FORMATS = {
    "run_instance": ["make the volumes", *BOOTED],
    "stop_instance": ["shut the guest down", "release the busy volumes", "publish the instance as stopped"],
    "start_instance": ["make the volumes", *BOOTED],
    "reboot_instance": [
        "note what the guest is",
        "shut the guest down",
        "boot the guest",
        "release the busy volumes",
    ],
    "create_image": [
        "note what the guest is",
        "plan the cuts",
        "prepare the overlays",
        "shut the guest down",
        "cut the volumes",
        "boot the guest",
        "note the cut in the boot",
        "complete the snapshots",
        "publish the image",
    ],
    "recover_instance": ["boot the guest"],
    "terminate_instance": [
        "shut the guest down",
        "forget the guest",
        "release the volumes",
        "publish the instance as terminated",
    ],
}
SNAPPED = {
    True: [
        "note what the guest is",
        "plan the cuts",
        "prepare the overlays",
        "freeze and cut the volumes",
        "complete the snapshots",
    ],
    False: [
        "note what the guest is",
        "plan the cuts",
        "prepare the overlays",
        "note how the guest ended",
        "cut the volumes",
        "complete the snapshots",
    ],
}
REPLACED = [
    "note what the guest is",
    "make the volume",
    "publish the task as in progress",
    "shut the guest down",
    "replace the root volume",
    "boot the guest",
]
REPLACED_OR_NOT = {
    None: [*REPLACED, "publish the task as succeeded"],
    "ensure_overlay": [*REPLACED[:2], "publish the task as failed"],
    "ensure_running": [
        *REPLACED,
        "publish the task as failing",
        "put the old root volume back",
        "boot the guest again",
        "publish the task as failed",
    ],
}
FAILED = {
    "create_image": [
        "note what the guest is",
        "plan the cuts",
        "prepare the overlays",
        "shut the guest down",
        "cut the volumes",
        "drop the overlays",
        "boot the guest",
        "note the cut in the boot",
        "fail the snapshots",
        "fail the image",
    ],
    "run_instance": [
        "make the volumes",
        "boot the guest",
        "power the guest off",
        "forget the guest",
        "release the volumes",
        "fail the launch",
    ],
    "start_instance": ["make the volumes", "boot the guest", "power the guest off", "fail the start"],
}
RESUMED = ["make the volumes", "resume the guest", "publish the instance as running"]
RESUMED_OR_NOT = {
    None: RESUMED,
    MemoryUnusable: [*RESUMED[:2], "boot the guest", RESUMED[2]],
    HostExhausted: [*RESUMED[:2], "fail the start"],
}
VOLUMES = {
    "attach_volume": ["make the volume", "plug the volume in", "publish the attachment"],
    "modify_volume": ["apply the modification", "make the volume", "complete the modification"],
    "detach_volume": ["unplug the volume", "release the volume"],
}
VOLUMES_FAILED = {
    "attach_volume": ["make the volume", "plug the volume in", "give the attachment up"],
    "modify_volume": ["apply the modification", "fail the modification"],
    "detach_volume": ["unplug the volume", "leave the volume busy"],
}
NETWORK = {
    "attach_interface": ["plug the interface in", "publish the attachment"],
    "detach_interface": ["unplug the interface", "release the interface"],
}
NETWORK_FAILED = {
    "attach_interface": ["plug the interface in", "give the attachment up"],
    "detach_interface": ["unplug the interface", "leave the interface"],
}
GATEWAYS = [
    *("lead its address to it", "publish the gateway"),
    *("lead its address to it", "fail the gateway"),
    *("release its interface", "publish the deletion"),
]
FAST_LAUNCH = {
    None: ["prepare the machine", "publish the machine", "forget the machines", "publish fast launch as disabled"],
    "ensure_made": [
        "prepare the machine",
        "fail the machine",
        "forget the machines",
        "publish fast launch as disabled",
    ],
    "forget_prepared": [
        "prepare the machine",
        "publish the machine",
        "forget the machines",
        "publish what is left",
    ],
}
FROM_MEMORY = {
    None: ["make the volumes", "launch the guest from memory", "publish the instance as running"],
    "ensure_running": [
        "make the volumes",
        "launch the guest from memory",
        "put the root on the image",
        "make the volumes again",
        *BOOTED,
    ],
}
CREATED = {
    None: ["make the volume", "publish the volume"],
    "ensure_empty": ["make the volume", "fail the volume"],
}


async def test_every_story_keeps_the_names_of_its_steps(stack: Stack) -> None:
    instance_id = await stack.launch()
    for action, parameters in (
        ("StopInstances", {"InstanceIds": [instance_id]}),
        ("StartInstances", {"InstanceIds": [instance_id]}),
        ("RebootInstances", {"InstanceIds": [instance_id]}),
        ("CreateImage", {"InstanceId": instance_id, "Name": "golden"}),
    ):
        await stack.call(action, **parameters)
        await stack.idle()
    stack.guest(instance_id).die()
    await stack.boots(instance_id, 5)
    await stack.idle()
    await stack.call("TerminateInstances", InstanceIds=[instance_id])
    await stack.idle()
    assert await _journals(stack, instance_id) == FORMATS
    pinned = set(FORMATS) | set(VOLUMES) | {"create_volume"}
    pinned |= {"copy_image", "replace_root", "create_snapshots", "finish_snapshots", "resume_instance"}
    pinned |= {*NETWORK, "create_nat_gateway", "delete_nat_gateway", "analyze_path"}
    pinned |= {"prepare_machine", "disable_fast_launch"}
    pinned |= {"import_snapshot", "collect_layers"}  # these two: tests/cloud/api/ec2/snapshots/test_import_snapshot.py
    assert set(STORIES) == pinned, "a new story pins its steps here"


async def test_stories_that_fail_keep_the_names_of_their_steps(stack: Stack) -> None:
    instance_id = await stack.launch()
    stack.driver.fail_next("ensure_cut", DriverError("No.", way_out="Ask again."))
    await stack.call("CreateImage", InstanceId=instance_id, Name="golden")
    await stack.idle()
    await stack.call("StopInstances", InstanceIds=[instance_id])
    await stack.idle()
    stack.driver.fail_next("ensure_running", DriverError("No.", way_out="Ask again."))
    await stack.call("StartInstances", InstanceIds=[instance_id])
    await stack.idle()
    stack.driver.fail_next("ensure_running", DriverError("No.", way_out="Ask again."))
    launched = await stack.launch()
    told = await _journals(stack, instance_id) | await _journals(stack, launched)
    assert {kind: told[kind] for kind in FAILED} == FAILED


@pytest.mark.parametrize("failure", RESUMED_OR_NOT)
async def test_a_hibernation_keeps_the_names_of_its_steps(
    stack: Stack, failure: type[HostExhausted | MemoryUnusable] | None
) -> None:
    instance_id = await stack.launch(InstanceType="t2.micro", HibernationOptions={"Configured": True})
    await stack.call("StopInstances", InstanceIds=[instance_id], Hibernate=True)
    await stack.idle()
    if failure is not None:
        stack.driver.fail_next("ensure_resumed", failure("No.", way_out="Ask again."))
    await stack.call("StartInstances", InstanceIds=[instance_id])
    await stack.idle()
    told = await _journals(stack, instance_id)
    assert told["stop_instance"] == ["save the guest's memory", *FORMATS["stop_instance"][1:]]
    assert told["resume_instance"] == RESUMED_OR_NOT[failure]


@pytest.mark.parametrize("freeze", SNAPPED)
async def test_cutting_a_running_guest_keeps_the_names_of_its_steps(stack: Stack, *, freeze: bool) -> None:
    instance_id = await stack.launch()
    tags = [{"Key": "kumoniwa:freeze", "Value": str(freeze).lower()}]
    tagged = [{"ResourceType": "snapshot", "Tags": tags}]
    await stack.call("CreateSnapshots", InstanceSpecification={"InstanceId": instance_id}, TagSpecifications=tagged)
    await stack.call("CreateImage", InstanceId=instance_id, Name="live", NoReboot=True, TagSpecifications=tagged)
    await stack.idle()
    told = await _journals(stack, instance_id)
    assert told["create_snapshots"] == SNAPPED[freeze]
    assert told["create_image"] == [*SNAPPED[True], "publish the image"] if freeze else True
    stack.driver.fail_next("ensure_cut", DriverError("No.", way_out="Ask again."))
    await stack.call("CreateSnapshots", InstanceSpecification={"InstanceId": instance_id}, TagSpecifications=tagged)
    await stack.idle()
    assert (await _journals(stack, instance_id))["create_snapshots"] == [
        *SNAPPED[freeze][:-1],
        "drop the overlays",
        "fail the snapshots",
    ]


async def test_finishing_snapshots_keeps_the_names_of_its_steps(stack: Stack) -> None:
    volume_id = (await stack.call("CreateVolume", AvailabilityZone="us-east-1a", Size=1))["VolumeId"]
    await stack.idle()
    await stack.call("CreateSnapshot", VolumeId=volume_id)
    await stack.idle()
    read = stack.running.cloud.read
    found = await read(lambda connection: connection.execute(select(rows.steps.c.name)))
    assert "complete the snapshots" in set(found.scalars())


async def test_copying_an_image_keeps_the_names_of_its_steps(stack: Stack) -> None:
    (image,) = (await stack.call("DescribeImages"))["Images"]
    await stack.call("CopyImage", SourceRegion="us-east-1", SourceImageId=image["ImageId"], Name="copy")
    await stack.idle()
    read = stack.running.cloud.read
    found = await read(lambda connection: connection.execute(select(rows.steps.c.name).order_by(rows.steps.c.number)))
    assert list(found.scalars()) == ["complete the snapshots", "publish the image"]


@pytest.mark.parametrize("failing", REPLACED_OR_NOT)
async def test_replacing_a_root_volume_keeps_the_names_of_its_steps(stack: Stack, failing: str | None) -> None:
    instance_id = await stack.launch()
    if failing is not None:
        stack.driver.fail_next(failing, DriverError("No.", way_out="Ask again."))
    await stack.call("CreateReplaceRootVolumeTask", InstanceId=instance_id)
    await stack.idle()
    assert (await _journals(stack, instance_id))["replace_root"] == REPLACED_OR_NOT[failing]


@pytest.mark.parametrize("failing", [None, "ensure_empty"])
async def test_making_a_volume_keeps_the_names_of_its_steps(stack: Stack, failing: str | None) -> None:
    if failing is not None:
        stack.driver.fail_next(failing, DriverError("No.", way_out="Ask again."))
    await stack.call("CreateVolume", AvailabilityZone="us-east-1a", Size=1)
    await stack.idle()
    read = stack.running.cloud.read
    found = await read(lambda connection: connection.execute(select(rows.steps.c.name).order_by(rows.steps.c.number)))
    assert list(found.scalars()) == CREATED[failing]


@pytest.mark.parametrize("failing", [None, "ensure_attached", "ensure_grown", "ensure_detached"])
async def test_the_stories_of_volumes_keep_the_names_of_their_steps(stack: Stack, failing: str | None) -> None:
    instance_id = await stack.launch()
    zone = (await stack.instance(instance_id))["Placement"]["AvailabilityZone"]
    volume_id = (await stack.call("CreateVolume", AvailabilityZone=zone, Size=1))["VolumeId"]
    await stack.idle()
    if failing is not None:
        stack.driver.fail_next(failing, DriverError("No.", way_out="Ask again."))
    await stack.call("AttachVolume", VolumeId=volume_id, InstanceId=instance_id, Device="/dev/sdf")
    await stack.idle()
    if failing != "ensure_attached":
        await stack.call("ModifyVolume", VolumeId=volume_id, Size=2)
        await stack.call("DetachVolume", VolumeId=volume_id)
        await stack.idle()
    told = await _journals(stack, instance_id)
    for kind, method in (
        ("attach_volume", "ensure_attached"),
        ("modify_volume", "ensure_grown"),
        ("detach_volume", "ensure_detached"),
    ):
        if kind in told:
            assert told[kind] == (VOLUMES_FAILED if failing == method else VOLUMES)[kind]


@pytest.mark.parametrize("failing", [None, "ensure_nic_attached", "ensure_nic_detached"])
async def test_the_stories_of_interfaces_keep_the_names_of_their_steps(stack: Stack, failing: str | None) -> None:
    instance_id = await stack.launch()
    subnet = (await stack.instance(instance_id))["SubnetId"]
    made = await stack.call("CreateNetworkInterface", SubnetId=subnet)
    if failing is not None:
        stack.driver.fail_next(failing, DriverError("No.", way_out="Ask again."))
    attached = await stack.call(
        "AttachNetworkInterface",
        InstanceId=instance_id,
        NetworkInterfaceId=made["NetworkInterface"]["NetworkInterfaceId"],
        DeviceIndex=1,
    )
    await stack.idle()
    if failing != "ensure_nic_attached":
        await stack.call("DetachNetworkInterface", AttachmentId=attached["AttachmentId"])
        await stack.idle()
    told = await _journals(stack, instance_id)
    for kind, method in (("attach_interface", "ensure_nic_attached"), ("detach_interface", "ensure_nic_detached")):
        if kind in told:
            assert told[kind] == (NETWORK_FAILED if failing == method else NETWORK)[kind]


@pytest.mark.parametrize("failing", FAST_LAUNCH)
async def test_the_stories_of_fast_launch_keep_the_names_of_their_steps(stack: Stack, failing: str | None) -> None:
    (image,) = (await stack.call("DescribeImages"))["Images"]
    if failing == "ensure_made":
        stack.driver.fail_next(failing, DriverError("No.", way_out="Ask again."))
    await stack.call("EnableFastLaunch", ImageId=image["ImageId"])
    await stack.idle()
    if failing == "forget_prepared":
        stack.driver.fail_next(failing, DriverError("No.", way_out="Ask again."))
    await stack.call("DisableFastLaunch", ImageId=image["ImageId"])
    await stack.idle()
    assert await _all_steps(stack) == FAST_LAUNCH[failing]


@pytest.mark.parametrize("failing", FROM_MEMORY)
async def test_a_launch_from_memory_keeps_the_names_of_its_steps(stack: Stack, failing: str | None) -> None:
    (image,) = (await stack.call("DescribeImages"))["Images"]
    await stack.call("EnableFastLaunch", ImageId=image["ImageId"])
    await stack.idle()
    if failing is not None:
        stack.driver.fail_next(failing, DriverError("No.", way_out="Ask again."))
    instance_id = await stack.launch()
    assert (await _journals(stack, instance_id))["run_instance"] == FROM_MEMORY[failing]


async def test_the_stories_of_nat_gateways_keep_the_names_of_their_steps(stack: Stack) -> None:
    subnet = (await stack.call("DescribeSubnets"))["Subnets"][0]["SubnetId"]
    asked = {"SubnetId": subnet, "AllocationId": (await stack.call("AllocateAddress"))["AllocationId"]}
    made = []
    for _ in range(2):  # the second fails: its address leads to the first
        made.append((await stack.call("CreateNatGateway", **asked))["NatGateway"]["NatGatewayId"])
        await stack.idle()
    await stack.call("DeleteNatGateway", NatGatewayId=made[0])
    await stack.idle()
    assert await _all_steps(stack) == GATEWAYS


async def test_the_analysis_of_a_path_keeps_the_name_of_its_step(stack: Stack) -> None:
    instance_id = await stack.launch()
    ends = {"Source": instance_id, "DestinationIp": "192.0.2.1", "Protocol": "tcp", "ClientToken": "path"}
    path = (await stack.call("CreateNetworkInsightsPath", **ends))["NetworkInsightsPath"]["NetworkInsightsPathId"]
    await stack.idle()
    await stack.call("StartNetworkInsightsAnalysis", NetworkInsightsPathId=path, ClientToken="analysis")
    await stack.idle()
    of_it = (
        select(rows.steps.c.name)
        .join(rows.workflows, rows.workflows.c.id == rows.steps.c.workflow_id)
        .where(rows.workflows.c.kind == "analyze_path")
    )
    found = await stack.running.cloud.read(lambda connection: connection.execute(of_it).scalars().all())
    assert list(found) == ["publish the analysis"]


async def _all_steps(stack: Stack) -> list[str]:
    """The steps of all workflows, one after another."""
    steps = select(rows.steps.c.name).join(rows.workflows, rows.workflows.c.id == rows.steps.c.workflow_id)
    in_order = steps.order_by(rows.workflows.c.sequence, rows.steps.c.number)
    return list(await stack.running.cloud.read(lambda connection: connection.execute(in_order).scalars().all()))


async def _journals(stack: Stack, instance_id: str) -> dict[str, list[str]]:
    """The steps of each workflow there was on an instance, by kind; of the last, where there were several."""
    read = stack.running.cloud.read
    told: dict[str, list[str]] = {}
    for workflow in await read(lambda connection: workflows_on(connection, instance_id)):
        steps = await read(lambda connection, w=workflow: journal.steps_of(connection, w.id))  # type: ignore[misc]
        told[workflow.kind] = [step.name for step in steps]
    return told
