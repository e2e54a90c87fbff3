"""What befalls a real QEMU: killed while it runs, while it is shut down for an image, while it starts; deaf guests."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from real_cloud import RealCloud, end_guests, real_cloud, until

from kumoniwa.hypervisor.driver import Cut, CutMade, GuestSpec, GuestState, Started
from kumoniwa.hypervisor.qemu.guest.process.machine import Machine
from kumoniwa.hypervisor.qemu.guest.process.monitor import Monitor
from kumoniwa.hypervisor.qemu.guest.qemu_guest import QemuGuest

pytestmark = [pytest.mark.anyio, pytest.mark.vm]


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[RealCloud]:
    try:
        async with real_cloud(tmp_path, shutdown_deadline=5.0) as cloud:
            yield cloud
    finally:
        end_guests(tmp_path)


async def _image(cloud: RealCloud, image_id: str) -> dict[str, Any]:
    image: dict[str, Any] = (await cloud.call("DescribeImages", ImageIds=[image_id]))["Images"][0]
    return image


async def test_a_guest_whose_qemu_is_killed_comes_back_with_what_it_had_flushed(cloud: RealCloud) -> None:
    instance_id = await cloud.launch(await cloud.boot_sector_image())
    before = await cloud.instance(instance_id)
    await cloud.press(instance_id, "a")
    await cloud.call("RebootInstances", InstanceIds=[instance_id])  # a boot sector cannot flush; its shutdown does
    await cloud.booted(instance_id, 2)
    await cloud.idle()
    cloud.kill_guest(instance_id)
    boots = await cloud.booted(instance_id, 3)
    assert [boot["cause"] for boot in boots] == ["action", "action", "recovery"]
    assert not boots[1]["end_clean"]
    await cloud.idle()
    after = await cloud.instance(instance_id)
    assert {key: after[key] for key in _KEPT} == {key: before[key] for key in _KEPT}
    image_id = (await cloud.call("CreateImage", InstanceId=instance_id, Name="after"))["ImageId"]
    await cloud.idle()
    snapshot = (await _image(cloud, image_id))["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]
    assert await cloud.snapshot_holds(snapshot, "a")


_KEPT = ("State", "LaunchTime", "PublicIpAddress", "PrivateIpAddress", "BlockDeviceMappings")


@pytest.mark.parametrize("when", ["before the cut", "after the cut"])
async def test_a_guest_whose_qemu_is_killed_while_it_is_down_for_an_image_boots_again(
    when: str, cloud: RealCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance_id = await cloud.launch(await cloud.boot_sector_image())
    await cloud.press(instance_id, "a")
    cut = QemuGuest.ensure_cut

    async def killed_around(guest: QemuGuest, cuts: list[Cut], *, freeze: bool = False) -> CutMade:
        assert await guest.observe() is GuestState.SHUT_DOWN
        if when == "after the cut":
            await cut(guest, cuts, freeze=freeze)
        cloud.kill_guest(instance_id)
        await until(lambda: _is(guest, GuestState.ABSENT))
        return await cut(guest, cuts, freeze=freeze)

    monkeypatch.setattr(QemuGuest, "ensure_cut", killed_around)
    image_id = (await cloud.call("CreateImage", InstanceId=instance_id, Name="golden"))["ImageId"]
    boots = await cloud.booted(instance_id, 2)
    await cloud.idle()
    image = await _image(cloud, image_id)
    assert image["State"] == "available"
    assert (await cloud.evidence(f"images/{image_id}"))["consistency"] == "at-rest"
    assert await cloud.snapshot_holds(image["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"], "a")
    assert [boot["action"] for boot in boots] == ["RunInstances", "CreateImage"]
    assert (await cloud.instance(instance_id))["State"]["Name"] == "running"
    await cloud.press(instance_id, "b")


async def test_an_image_of_a_guest_whose_qemu_is_killed_before_it_has_shut_down_is_never_at_rest(
    cloud: RealCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The power button was pressed, and the guest, deaf to it, is still running when its QEMU dies."""
    instance_id = await cloud.launch(await cloud.boot_sector_image())
    await cloud.press(instance_id, "a")
    await cloud.flush(instance_id)
    await cloud.press(instance_id, "1")
    execute = Machine.execute

    async def killed_after_the_button(machine: Machine, command: str, **arguments: Any) -> Any:
        answer = await execute(machine, command, **arguments)
        if command == "system_powerdown":
            cloud.kill_guest(instance_id)
        return answer

    with monkeypatch.context() as patch:
        patch.setattr(Machine, "execute", killed_after_the_button)
        image_id = (await cloud.call("CreateImage", InstanceId=instance_id, Name="golden"))["ImageId"]
        await cloud.idle()
    boots = await cloud.booted(instance_id, 2)
    assert [(boot["cause"], boot["action"]) for boot in boots] == [
        ("action", "RunInstances"),
        ("action", "CreateImage"),
    ]
    assert (boots[0]["end_clean"], boots[0]["at_rest_at"]) == (False, None)
    image, truth = await _image(cloud, image_id), await cloud.evidence(f"images/{image_id}")
    assert (image["State"], truth["consistency"]) == ("available", "crash-consistent")
    snapshot = image["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]
    assert (await cloud.evidence(f"snapshots/{snapshot}"))["consistency"] == "crash-consistent"
    assert await cloud.snapshot_letters(snapshot) == "a"
    assert (await cloud.instance(instance_id))["State"]["Name"] == "running"
    await cloud.press(instance_id, "b")
    assert await cloud.faults() == []


async def test_a_guest_whose_qemu_is_killed_as_it_starts_is_recovered(
    cloud: RealCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance_id = await cloud.launch(await cloud.boot_sector_image())
    await cloud.call("StopInstances", InstanceIds=[instance_id])
    await cloud.idle()
    start = QemuGuest.ensure_running

    async def killed_once(guest: QemuGuest, spec: GuestSpec) -> Started:
        monkeypatch.setattr(QemuGuest, "ensure_running", start)
        started = await start(guest, spec)
        cloud.kill_guest(instance_id)  # its vCPUs run, its kernel has not said a word
        return started

    monkeypatch.setattr(QemuGuest, "ensure_running", killed_once)
    await cloud.call("StartInstances", InstanceIds=[instance_id])
    boots = await cloud.booted(instance_id, 3)
    assert [(boot["cause"], boot["action"]) for boot in boots] == [
        ("action", "RunInstances"),
        ("action", "StartInstances"),
        ("recovery", None),
    ]
    await cloud.idle()
    assert (await cloud.instance(instance_id))["State"]["Name"] == "running"


@contextmanager
def _killed_before_it_answers(cloud: RealCloud) -> Iterator[None]:
    """Every QEMU that is started is killed before its monitor has greeted."""
    connect = Monitor.connect

    async def killed_first(monitor: Monitor, path: Path, *, within: float) -> None:
        cloud.kill_guest(path.parent.name)
        await connect(monitor, path, within=within)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Monitor, "connect", killed_first)
        yield


async def test_a_start_whose_qemu_is_killed_before_it_answers_ends_stopped_and_says_why(cloud: RealCloud) -> None:
    instance_id = await cloud.launch(await cloud.boot_sector_image())
    await cloud.call("StopInstances", InstanceIds=[instance_id])
    await cloud.idle()
    with _killed_before_it_answers(cloud):
        await cloud.call("StartInstances", InstanceIds=[instance_id])
        await cloud.idle()
    stopped = await cloud.instance(instance_id)
    assert stopped["State"]["Name"] == "stopped"
    assert stopped["StateReason"]["Code"] == "Server.InternalError"
    assert "QEMU did not start" in stopped["StateReason"]["Message"]
    await cloud.call("StartInstances", InstanceIds=[instance_id])
    await cloud.idle()
    assert (await cloud.instance(instance_id))["State"]["Name"] == "running"


async def test_a_launch_whose_qemu_is_killed_before_it_answers_ends_terminated_and_says_why(cloud: RealCloud) -> None:
    image_id = await cloud.boot_sector_image()
    with _killed_before_it_answers(cloud):
        launched = await cloud.call("RunInstances", ImageId=image_id, InstanceType="t3.nano", MinCount=1, MaxCount=1)
        await cloud.idle()
    gone = await cloud.instance(launched["Instances"][0]["InstanceId"])
    assert gone["State"]["Name"] == "terminated"
    assert gone["StateReason"]["Code"] == "Server.InternalError"
    assert "QEMU did not start" in gone["StateReason"]["Message"]
    assert (await cloud.call("DescribeVolumes"))["Volumes"] == []


async def test_an_image_after_which_qemu_is_killed_before_it_answers_fails_and_the_guest_is_recovered(
    cloud: RealCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guest ended with its QEMU while it was down; the one that was to boot it again is killed too."""
    instance_id = await cloud.launch(await cloud.boot_sector_image())
    await cloud.press(instance_id, "a")
    cut = QemuGuest.ensure_cut

    async def killed_before(guest: QemuGuest, cuts: list[Cut], *, freeze: bool = False) -> CutMade:
        cloud.kill_guest(instance_id)
        await until(lambda: _is(guest, GuestState.ABSENT))
        return await cut(guest, cuts, freeze=freeze)

    monkeypatch.setattr(QemuGuest, "ensure_cut", killed_before)
    with _killed_before_it_answers(cloud):
        image_id = (await cloud.call("CreateImage", InstanceId=instance_id, Name="golden"))["ImageId"]
        await cloud.idle()
    image = await _image(cloud, image_id)
    assert image["State"] == "failed"
    assert "QEMU did not start" in image["StateReason"]["Message"]
    assert (await cloud.instance(instance_id))["State"]["Name"] == "running"
    await cloud.running.follower.settle(instance_id)  # as it is each minute
    await cloud.idle()
    await until(lambda: _is(cloud.guest(instance_id), GuestState.RUNNING))
    boots = await cloud.booted(instance_id, 2)
    assert boots[-1]["cause"] == "recovery"
    await cloud.press(instance_id, "b")
    assert await cloud.faults() == []


async def test_an_image_of_a_guest_that_ignores_the_power_button_is_never_at_rest(cloud: RealCloud) -> None:
    instance_id = await cloud.launch(await cloud.boot_sector_image())
    await cloud.press(instance_id, "a")
    await cloud.press(instance_id, "1")  # deaf from now on
    image_id = (await cloud.call("CreateImage", InstanceId=instance_id, Name="deaf"))["ImageId"]
    boots = await cloud.booted(instance_id, 2)
    await cloud.idle()
    image, truth = await _image(cloud, image_id), await cloud.evidence(f"images/{image_id}")
    assert image["State"] == "available"
    assert (truth["consistency"], boots[0]["end_clean"]) == ("crash-consistent", False)
    assert "halted" in truth["detail"]
    snapshot = image["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]
    assert (await cloud.evidence(f"snapshots/{snapshot}"))["consistency"] == "crash-consistent"
    assert await cloud.snapshot_holds(snapshot, "a")
    assert (await cloud.instance(instance_id))["State"]["Name"] == "running"
    await cloud.press(instance_id, "b")  # it was reset, and hears again


async def _is(guest: QemuGuest, state: GuestState) -> bool:
    return await guest.observe() is state
