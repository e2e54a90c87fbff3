"""The names of steps are an on-disk format: a server of the next version resumes the journals of this one.

A change here breaks the resuming of what was unfinished at an upgrade. Add steps at the end, or begin a new story.
"""

import pytest
from stack import Stack

from kumoniwa.hypervisor.driver import DriverError
from kumoniwa.store import workflows
from kumoniwa.workflows.engine import STORIES

pytestmark = pytest.mark.anyio

BOOTED = ["boot the guest", "publish the instance as running"]

FORMATS = {
    "run_instance": ["make the volumes", *BOOTED],
    "stop_instance": ["shut the guest down", "publish the instance as stopped"],
    "start_instance": BOOTED,
    "reboot_instance": ["note what the guest is", "shut the guest down", "boot the guest"],
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
FAILED = {
    "create_image": [
        "note what the guest is",
        "plan the cuts",
        "prepare the overlays",
        "shut the guest down",
        "cut the volumes",
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
    "start_instance": ["boot the guest", "power the guest off", "fail the start"],
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
    pinned = set(FORMATS) | {"import_snapshot", "collect_layers"}  # these two: tests/api/test_imports.py
    assert set(STORIES) == pinned, "a new story pins its steps here"


async def test_stories_that_fail_keep_the_names_of_their_steps(stack: Stack) -> None:
    instance_id = await stack.launch()
    stack.driver.fail_next("ensure_cut", DriverError("No."))
    await stack.call("CreateImage", InstanceId=instance_id, Name="golden")
    await stack.idle()
    await stack.call("StopInstances", InstanceIds=[instance_id])
    await stack.idle()
    stack.driver.fail_next("ensure_running", DriverError("No."))
    await stack.call("StartInstances", InstanceIds=[instance_id])
    await stack.idle()
    stack.driver.fail_next("ensure_running", DriverError("No."))
    launched = await stack.launch()
    told = await _journals(stack, instance_id) | await _journals(stack, launched)
    assert {kind: told[kind] for kind in FAILED} == FAILED


async def _journals(stack: Stack, instance_id: str) -> dict[str, list[str]]:
    """The steps of each workflow there was on an instance, by kind; of the last, where there were several."""
    read = stack.running.cloud.read
    told: dict[str, list[str]] = {}
    for workflow in await read(lambda connection: workflows.of_subject(connection, instance_id)):
        steps = await read(lambda connection, w=workflow: workflows.journal(connection, w.id))  # type: ignore[misc]
        told[workflow.kind] = [step.name for step in steps]
    return told
