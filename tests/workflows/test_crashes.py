"""The server dies at every point of every story, once and twice in a row; the next server finishes what was promised.

A point is every moment at which a story waits: before and inside each call of the driver, before and after each commit.
A crash is a cancellation there and the end of everything but the database and the guests.
"""

import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from life import Life, Points, ended, whole
from stack import Stack

from kumoniwa.hypervisor.driver import DriverError, GuestState

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(600)]


Begin = Callable[[Stack, str], Awaitable[None]]
Check = Callable[[Stack, str], Awaitable[None]]


async def _create_image(stack: Stack, instance_id: str) -> None:
    await stack.call("CreateImage", InstanceId=instance_id, Name="golden")


async def _create_live_image(stack: Stack, instance_id: str) -> None:
    await stack.call("CreateImage", InstanceId=instance_id, Name="golden", NoReboot=True)


async def _reboot(stack: Stack, instance_id: str) -> None:
    await stack.call("RebootInstances", InstanceIds=[instance_id])


async def _stop(stack: Stack, instance_id: str) -> None:
    await stack.call("StopInstances", InstanceIds=[instance_id])


async def _terminate(stack: Stack, instance_id: str) -> None:
    await stack.call("TerminateInstances", InstanceIds=[instance_id])


async def _image_is_there(stack: Stack, instance_id: str) -> None:
    image = (await stack.call("DescribeImages", Filters=[{"Name": "name", "Values": ["golden"]}]))["Images"][0]
    assert image["State"] == "available"
    assert await stack.guest(instance_id).observe() is GuestState.RUNNING
    assert (await stack.instance(instance_id))["State"]["Name"] == "running"
    copy = await stack.launch(ImageId=image["ImageId"])
    assert stack.guest(copy).read("/synced") == b"before"


async def _rebooted_once(stack: Stack, instance_id: str) -> None:
    await _image_is_there(stack, instance_id)
    boots = (await stack.get(f"/_kumoniwa/instances/{instance_id}/boots"))["boots"]
    assert [boot["action"] for boot in boots] == ["RunInstances", "CreateImage"]
    image = (await stack.call("DescribeImages", Filters=[{"Name": "name", "Values": ["golden"]}]))["Images"][0]
    assert (await stack.get(f"/_kumoniwa/images/{image['ImageId']}"))["consistency"] == "at-rest"


async def _never_rebooted(stack: Stack, instance_id: str) -> None:
    await _image_is_there(stack, instance_id)
    assert len((await stack.get(f"/_kumoniwa/instances/{instance_id}/boots"))["boots"]) == 1


async def _runs_again(stack: Stack, instance_id: str) -> None:
    assert await stack.guest(instance_id).observe() is GuestState.RUNNING
    boots = (await stack.get(f"/_kumoniwa/instances/{instance_id}/boots"))["boots"]
    assert [boot["action"] for boot in boots] == ["RunInstances", "RebootInstances"]


async def _is_stopped(stack: Stack, instance_id: str) -> None:
    assert (await stack.instance(instance_id))["State"]["Name"] == "stopped"
    assert await stack.guest(instance_id).observe() is GuestState.ABSENT
    await stack.call("StartInstances", InstanceIds=[instance_id])
    await stack.idle()
    assert stack.guest(instance_id).read("/synced") == b"before"


async def _is_gone(stack: Stack, instance_id: str) -> None:
    assert (await stack.instance(instance_id))["State"]["Name"] == "terminated"
    assert await stack.guest(instance_id).observe() is GuestState.ABSENT
    assert (await stack.call("DescribeVolumes"))["Volumes"] == []


STORIES: dict[str, tuple[Begin, Check]] = {
    "create_image": (_create_image, _rebooted_once),
    "create_image_no_reboot": (_create_live_image, _never_rebooted),
    "reboot_instance": (_reboot, _runs_again),
    "stop_instance": (_stop, _is_stopped),
    "terminate_instance": (_terminate, _is_gone),
}


async def _lived(folder: Path, story: str, crashes: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> bool:
    """Begin a story, crash at these points of its successive lives, check the end; gives whether any crash came."""
    begin, check = STORIES[story]
    life = Life(folder)
    first = Points(crashes[0])
    async with life.server(first, monkeypatch) as stack:
        instance_id = await stack.launch()
        stack.guest(instance_id).write("/synced", b"before", sync=True)
        first.armed = True
        await begin(stack, instance_id)
        await ended(stack, first)
    for crash_at in crashes[1:]:
        points = Points(crash_at, armed=True)
        async with life.server(points, monkeypatch) as stack:
            await ended(stack, points)
    async with life.server(Points(), monkeypatch) as stack:
        await stack.idle()
        await check(stack, instance_id)
        await stack.idle()
        await whole(stack)
    return first.crashed.is_set()


@pytest.mark.parametrize("story", STORIES)
async def test_a_server_that_dies_at_any_point_leaves_what_was_promised(
    story: str, folders: Callable[[int], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    crash_at = 1
    while await _lived(folders(crash_at), story, (crash_at,), monkeypatch):
        crash_at += 1
    assert crash_at > 8, "there were points at all"


@pytest.mark.parametrize("second", [1, 2, 3, 5, 8])
async def test_a_server_that_dies_twice_in_a_row_leaves_what_was_promised(
    second: int, folders: Callable[[int], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    crash_at = 1
    while await _lived(folders(crash_at), "create_image", (crash_at, second), monkeypatch):
        crash_at += 3


@pytest.mark.parametrize("method", ["ensure_shut_down", "ensure_cut", "ensure_overlay"])
async def test_an_image_that_fails_says_why_and_its_instance_runs_again(
    method: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Life(tmp_path).server(Points(), monkeypatch) as stack:
        instance_id = await stack.launch()
        stack.driver.fail_next(method, DriverError("The host said no."))
        image_id = (await stack.call("CreateImage", InstanceId=instance_id, Name="golden"))["ImageId"]
        await stack.idle()
        image = (await stack.call("DescribeImages", ImageIds=[image_id]))["Images"][0]
        assert image["State"] == "failed"
        assert image["StateReason"]["Message"] == "Server.InternalError: The host said no."
        assert await stack.guest(instance_id).observe() is GuestState.RUNNING
        assert (await stack.instance(instance_id))["State"]["Name"] == "running"


@pytest.fixture
async def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], Path]:
    """Data folders that a server has started on once: migrating anew each time would take most of the tests' time."""
    template = tmp_path / "template"
    template.mkdir()
    async with Life(template).server(Points(), monkeypatch):
        pass

    def copied(number: int) -> Path:
        return shutil.copytree(template, tmp_path / str(number))

    return copied
