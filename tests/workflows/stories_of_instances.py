"""What is asked of instances, and what must come of it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from given import BEFORE, FILE, Given, Story, serial
from points import REFUSAL, SAID
from stack import Stack
from stored import workflows_on
from waiting import let_others_run

from kumoniwa.hypervisor.driver import GuestState

_MINE = [{"Name": "client-token", "Values": ["mine"]}]
_COUNTER = "/counter"
_HOW_IT_ENDED = frozenset({"State", "StateReason", "StateTransitionReason"})
_PUBLIC = frozenset(
    {
        "PublicIpAddress",
        "NetworkInterfaces.0.Association",
        "NetworkInterfaces.0.PrivateIpAddresses.0.Association",
    }
)
_ALL_IT_HAD = frozenset(
    {
        "NetworkInterfaces",
        "PrivateDnsName",
        "PrivateIpAddress",
        "PublicIpAddress",
        "SecurityGroups",
        "SourceDestCheck",
        "SubnetId",
        "VpcId",
    }
)


def _of(name: str, *fields: frozenset[str]) -> frozenset[str]:
    return frozenset(f"{name}.{field}" for some in fields for field in some)


async def _launch(stack: Stack, given: Given) -> None:
    added: list[dict[str, Any]] = [
        {"DeviceName": "/dev/sdm", "Ebs": {"VolumeSize": 1}},
        {"DeviceName": "/dev/sdn", "Ebs": {"SnapshotId": given.snapshot}},
    ]
    await stack.call(
        "RunInstances", ImageId=given.image, MinCount=1, MaxCount=1, ClientToken="mine", BlockDeviceMappings=added
    )


async def _launch_failed(stack: Stack, given: Given) -> str | None:
    (instance,) = (await stack.call("DescribeInstances", Filters=_MINE))["Reservations"][0]["Instances"]
    if instance["State"]["Name"] == "terminated":
        return str(instance["StateReason"]["Message"])
    guest, devices = stack.guest(instance["InstanceId"]), instance["BlockDeviceMappings"]
    by_device = {one["DeviceName"]: one["Ebs"]["VolumeId"] for one in devices}
    assert len(by_device) == 4, "root, the image's, and two more"
    assert {one["Ebs"]["Status"] for one in devices} == {"attached"}
    assert guest.read(FILE) == guest.read(FILE, serial=serial(by_device["/dev/sdn"])) == BEFORE
    return None


async def _start(stack: Stack, given: Given) -> None:
    await stack.call("StartInstances", InstanceIds=[given.stopped])


async def _start_failed(stack: Stack, given: Given) -> str | None:
    instance = await stack.instance(given.stopped)
    if instance["State"]["Name"] == "stopped":
        return str(instance["StateReason"]["Message"])
    await _lives(stack, given.stopped, ["RunInstances", "StartInstances"])
    return None


async def _stop(stack: Stack, given: Given) -> None:
    await stack.call("StopInstances", InstanceIds=[given.instance])


async def _stop_at_once(stack: Stack, given: Given) -> None:
    await stack.call("StopInstances", InstanceIds=[given.instance], SkipOsShutdown=True)


async def _stop_failed(stack: Stack, given: Given) -> None:
    assert (await stack.instance(given.instance))["State"]["Name"] == "stopped"
    await stack.call("StartInstances", InstanceIds=[given.instance])
    await stack.idle()
    assert stack.guest(given.instance).read(FILE) == BEFORE


async def _has_memory(stack: Stack, given: Given) -> None:
    stack.guest(given.instance).write(_COUNTER, b"41")


async def _hibernate(stack: Stack, given: Given) -> None:
    await stack.call("StopInstances", InstanceIds=[given.instance], Hibernate=True)


async def is_hibernated(stack: Stack, given: Given) -> None:
    """The guest is suspended, with something in its memory that no disk holds."""
    await _has_memory(stack, given)
    await _hibernate(stack, given)
    await stack.idle()


async def _hibernate_failed(stack: Stack, given: Given) -> None:
    """It is stopped whatever happened, and goes on; or was shut down in its own order, for a reason that is told."""
    stopped = await stack.instance(given.instance)
    assert stopped["State"]["Name"] == "stopped"
    assert stopped["StateReason"]["Code"] == "Client.UserInitiatedHibernate"
    was = (await _evidence(stack, given))["hibernations"]
    await stack.call("StartInstances", InstanceIds=[given.instance])
    await stack.idle()
    boots = (await _evidence(stack, given))["boots"]
    assert stack.guest(given.instance).read(FILE) == BEFORE
    if was and was[0]["suspended_at"] is not None:
        assert (len(boots), was[0]["because"]) == (1, None)
        assert stack.guest(given.instance).read(_COUNTER) == b"41"
    else:
        assert [boot["action"] for boot in boots] == ["RunInstances", "StartInstances"]
        assert not was or was[0]["ended_at"] is not None


async def _resume_failed(stack: Stack, given: Given) -> str | None:
    """It goes on, or boots and says why; or it stays stopped, and the next start has to do."""
    instance, told = await stack.instance(given.instance), await _evidence(stack, given)
    (hibernation,) = told["hibernations"]
    if instance["State"]["Name"] == "stopped":
        await stack.call("StartInstances", InstanceIds=[given.instance])
        await stack.idle()
        assert stack.guest(given.instance).read(FILE) == BEFORE
        return str(instance["StateReason"]["Message"])
    if hibernation["resumed_at"] is not None:
        await _lives(stack, given.instance, ["RunInstances"])
        assert stack.guest(given.instance).read(_COUNTER) == b"41"
    else:
        assert SAID in hibernation["because"]
        await _lives(stack, given.instance, ["RunInstances", "StartInstances"])
    return None


async def _evidence(stack: Stack, given: Given) -> dict[str, Any]:
    return await stack.get(f"/_kumoniwa/instances/{given.instance}/boots")


async def _start_again(stack: Stack, given: Given) -> None:
    await stack.call("StartInstances", InstanceIds=[given.instance])


async def _terminate(stack: Stack, given: Given) -> None:
    await stack.call("TerminateInstances", InstanceIds=[given.instance])


async def _terminate_at_once(stack: Stack, given: Given) -> None:
    await stack.call("TerminateInstances", InstanceIds=[given.instance], SkipOsShutdown=True)


async def _terminate_failed(stack: Stack, given: Given) -> None:
    assert (await stack.instance(given.instance))["State"]["Name"] == "terminated"
    assert await _volumes(stack) == {given.attached, given.spare, given.stopped_root, given.stopped_data}


async def _terminate_stopped(stack: Stack, given: Given) -> None:
    await stack.call("TerminateInstances", InstanceIds=[given.stopped])


async def _terminate_stopped_failed(stack: Stack, given: Given) -> None:
    assert (await stack.instance(given.stopped))["State"]["Name"] == "terminated"
    assert await _volumes(stack) == {given.attached, given.spare, given.root, given.stopped_data}


async def _volumes(stack: Stack) -> set[str]:
    return {one["VolumeId"] for one in (await stack.call("DescribeVolumes"))["Volumes"]}


async def is_deaf(stack: Stack, given: Given) -> None:
    """The guest does nothing when its power button is pressed."""
    stack.guest(given.instance).ignore_power_button = True


async def _is_to_terminate(stack: Stack, given: Given) -> None:
    await stack.call(
        "ModifyInstanceAttribute",
        InstanceId=given.instance,
        InstanceInitiatedShutdownBehavior={"Value": "terminate"},
    )


async def _power_off(stack: Stack, given: Given) -> None:
    stack.guest(given.instance).power_off_from_inside()
    await _followed(stack, given, {"stop_instance", "terminate_instance"})


async def _power_off_failed(stack: Stack, given: Given) -> None:
    told = await stack.instance(given.instance)
    assert told["StateReason"]["Code"] == "Client.InstanceInitiatedShutdown"
    await _stop_failed(stack, given)


async def _power_off_to_terminate_failed(stack: Stack, given: Given) -> None:
    told = await stack.instance(given.instance)
    assert told["StateReason"]["Code"] == "Client.InstanceInitiatedShutdown"
    await _terminate_failed(stack, given)


async def _reboot(stack: Stack, given: Given) -> None:
    await stack.call("RebootInstances", InstanceIds=[given.instance])


async def _reboot_failed(stack: Stack, given: Given) -> str | None:
    """Nobody is told of a reboot that came to nothing: the guest runs on, or was brought back."""
    boots = (await stack.get(f"/_kumoniwa/instances/{given.instance}/boots"))["boots"]
    assert (await stack.instance(given.instance))["State"]["Name"] == "running"
    return None if [boot["action"] for boot in boots] == ["RunInstances", "RebootInstances"] else REFUSAL


async def _lose(stack: Stack, given: Given) -> None:
    stack.guest(given.instance).die()
    await _followed(stack, given, {"recover_instance"})


async def _panic(stack: Stack, given: Given) -> None:
    stack.guest(given.instance).panic()
    await _followed(stack, given, {"recover_instance"})


async def _followed(stack: Stack, given: Given, kinds: set[str]) -> None:
    """Wait until what the guest did has begun one of these stories."""
    async with asyncio.timeout(10):
        while kinds.isdisjoint(await _submitted(stack, given.instance)):
            await let_others_run()
    await stack.running.cloud.engine.wake()  # the follower does it next; here nothing is to end before it has begun


def _brought_back(cause: str) -> Callable[[Stack, Given], Awaitable[str | None]]:
    async def failed(stack: Stack, given: Given) -> str | None:
        boots = (await stack.get(f"/_kumoniwa/instances/{given.instance}/boots"))["boots"]
        assert [boot["cause"] for boot in boots] in (["action", cause], ["action", cause, cause])
        await _lives(stack, given.instance, ["RunInstances", None, None][: len(boots)])
        return REFUSAL if len(boots) == 3 else None  # nobody saw whether it had booted the first time

    return failed


async def _submitted(stack: Stack, instance_id: str) -> set[str]:
    found = await stack.running.cloud.read(lambda connection: workflows_on(connection, instance_id))
    return {one.kind for one in found}


async def _lives(stack: Stack, instance_id: str, boots: list[str | None]) -> None:
    """It runs, and booted as often as it was asked to."""
    assert (await stack.instance(instance_id))["State"]["Name"] == "running"
    assert await stack.guest(instance_id).observe() is GuestState.RUNNING
    told = (await stack.get(f"/_kumoniwa/instances/{instance_id}/boots"))["boots"]
    assert [boot["action"] for boot in told] == boots


STOPPED = _of("instance", _HOW_IT_ENDED, _PUBLIC)
"""What is told otherwise of an instance that was stopped."""
_TERMINATED = _of("instance", _HOW_IT_ENDED, _ALL_IT_HAD, frozenset({"At /dev/xvda", "At /dev/sdf"})) | {
    "attached.Attachments",
    "attached.State",
}
_STOPPED_TERMINATED = _of("stopped", _HOW_IT_ENDED, _ALL_IT_HAD, frozenset({"At /dev/xvda", "At /dev/sdf"})) | {
    "stopped_data.Attachments",
    "stopped_data.State",
}
_LAUNCHED = frozenset({"image.LastLaunchedTime"})
_ROOT = frozenset({"root"})

STORIES: dict[str, Story] = {
    "launch": Story("run_instance", _launch, _launch_failed, changes=_LAUNCHED, blames=_LAUNCHED),
    "start": Story(
        "start_instance",
        _start,
        _start_failed,
        changes=_of("stopped", _HOW_IT_ENDED, _PUBLIC, frozenset({"LaunchTime"})),
        blames=_of("stopped", frozenset({"LaunchTime", "StateReason", "StateTransitionReason"})),
    ),
    "stop": Story("stop_instance", _stop, _stop_failed, changes=STOPPED),
    "stop at once": Story("stop_instance", _stop_at_once, _stop_failed, changes=STOPPED),
    "stop a deaf guest": Story("stop_instance", _stop, _stop_failed, changes=STOPPED, before=is_deaf),
    "hibernate": Story("stop_instance", _hibernate, _hibernate_failed, changes=STOPPED, before=_has_memory),
    "resume": Story(
        "resume_instance",
        _start_again,
        _resume_failed,
        changes=_of("instance", _PUBLIC, frozenset({"LaunchTime"})),
        blames=_of("instance", _HOW_IT_ENDED, _PUBLIC, frozenset({"LaunchTime"})),
        before=is_hibernated,
    ),
    "power off": Story("stop_instance", _power_off, _power_off_failed, changes=STOPPED),
    "power off, to terminate": Story(
        "terminate_instance",
        _power_off,
        _power_off_to_terminate_failed,
        _ROOT,
        changes=_TERMINATED,
        before=_is_to_terminate,
    ),
    "terminate": Story("terminate_instance", _terminate, _terminate_failed, _ROOT, changes=_TERMINATED),
    "terminate at once": Story("terminate_instance", _terminate_at_once, _terminate_failed, _ROOT, changes=_TERMINATED),
    "terminate one that is stopped": Story(
        "terminate_instance",
        _terminate_stopped,
        _terminate_stopped_failed,
        frozenset({"stopped_root"}),
        changes=_STOPPED_TERMINATED,
    ),
    "reboot": Story("reboot_instance", _reboot, _reboot_failed),
    "reboot a deaf guest": Story("reboot_instance", _reboot, _reboot_failed, before=is_deaf),
    "recover": Story("recover_instance", _lose, _brought_back("recovery")),
    "recover from a panic": Story("recover_instance", _panic, _brought_back("panic")),
}
