"""Whatever callers and guests do, in whatever order: no illegal state, no claim that stays, no file without its row."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from asgi import Refused
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stack import Stack, stack_on
from waiting import eventually_async, ticks
from whole import whole

from kumoniwa.clock import ManualClock
from kumoniwa.config import Config
from kumoniwa.gateway.protocols.ec2 import ec2_codec
from kumoniwa.hypervisor.driver import GuestLost, GuestState
from kumoniwa.hypervisor.simulated import SimulatedDriver, Timing

_CODEC = ec2_codec()
_RESTING = {"running": GuestState.RUNNING, "stopped": GuestState.ABSENT, "terminated": GuestState.ABSENT}


class History:
    """A cloud, and hands that do things to it; a refusal is an answer like any other."""

    def __init__(self, stack: Stack, choose: random.Random) -> None:
        self.stack = stack
        self.choose = choose
        self.instances: list[str] = []
        self.images: list[str] = []

    async def launch(self) -> None:
        images = (await self.stack.call("DescribeImages"))["Images"]
        ready = [image["ImageId"] for image in images if image["State"] == "available"]
        told = await self.stack.call(
            "RunInstances", ImageId=self.choose.choice(ready), InstanceType="t3.micro", MinCount=1, MaxCount=1
        )
        self.instances.append(told["Instances"][0]["InstanceId"])

    async def stop(self) -> None:
        await self.stack.call("StopInstances", InstanceIds=[self._any()], SkipOsShutdown=self.choose.random() < 0.3)

    async def start(self) -> None:
        await self.stack.call("StartInstances", InstanceIds=[self._any()])

    async def reboot(self) -> None:
        await self.stack.call("RebootInstances", InstanceIds=[self._any()])

    async def terminate(self) -> None:
        await self.stack.call("TerminateInstances", InstanceIds=[self._any()])

    async def create_image(self) -> None:
        name, no_reboot = f"image {len(self.images)}", self.choose.random() < 0.5
        told = await self.stack.call("CreateImage", InstanceId=self._any(), Name=name, NoReboot=no_reboot)
        self.images.append(told["ImageId"])

    async def deregister(self) -> None:
        if self.images:
            image = self.images.pop(self.choose.randrange(len(self.images)))
            await self.stack.call("DeregisterImage", ImageId=image, DeleteAssociatedSnapshots=True)

    async def power_off_inside(self) -> None:
        self.stack.guest(self._any()).power_off_from_inside()

    async def reboot_inside(self) -> None:
        self.stack.guest(self._any()).reboot_from_inside()

    async def die(self) -> None:
        self.stack.guest(self._any()).die()

    async def panic(self) -> None:
        self.stack.guest(self._any()).panic()

    async def rest(self) -> None:
        await self.stack.idle()

    def _any(self) -> str:
        return self.choose.choice(self.instances)


ACTS: list[Callable[[History], Awaitable[None]]] = [
    History.launch,
    History.stop,
    History.start,
    History.reboot,
    History.terminate,
    History.create_image,
    History.deregister,
    History.power_off_inside,
    History.reboot_inside,
    History.die,
    History.panic,
    History.rest,
]


@pytest.mark.timeout(600)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(st.sampled_from(ACTS), min_size=5, max_size=25), seed=st.integers(0, 2**32))
def test_no_history_leaves_an_illegal_state(
    acts: list[Callable[[History], Awaitable[None]]], seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    asyncio.run(_lived(acts, random.Random(seed), tmp_path_factory.mktemp("history")))


async def _lived(acts: list[Callable[[History], Awaitable[None]]], choose: random.Random, folder: Path) -> None:
    clock = ManualClock(datetime.now(UTC))
    driver = SimulatedDriver(clock, timing=Timing.instant())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kumoniwa.gateway.services.ec2_codec", lambda: _CODEC)
        async with stack_on(Config(data_dir=folder), driver, clock) as stack:
            history = History(stack, choose)
            time_passes = asyncio.ensure_future(_time_passes(clock))
            await history.launch()
            for act in acts:
                try:
                    await act(history)
                except Refused as refused:
                    assert refused.status < 500, f"{act.__name__}: {refused}"
                except GuestLost:
                    pass  # a guest that does not run does nothing by itself
            await eventually_async(lambda: _at_rest(history), within=60, every=0.01)
            await _ended_well(history)
            time_passes.cancel()


async def _time_passes(clock: ManualClock) -> None:
    """What waits for a deadline gets there; slowly enough that requests signed at the host's time are not expired."""
    async for _ in ticks(0.05):
        await clock.advance(1)


async def _at_rest(history: History) -> bool:
    """No workflow goes on, and every guest is what its instance's state says."""
    await history.stack.idle()
    for instance_id in history.instances:
        state = (await history.stack.instance(instance_id))["State"]["Name"]
        if state not in _RESTING or await history.stack.guest(instance_id).observe() is not _RESTING[state]:
            return False
    return True


async def _ended_well(history: History) -> None:
    await whole(history.stack)
    for image_id in history.images:
        image = (await history.stack.call("DescribeImages", ImageIds=[image_id]))["Images"][0]
        assert image["State"] in ("available", "failed")
