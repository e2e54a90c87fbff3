"""Whatever callers and guests do, in whatever order: no illegal state, no claim that stays, no file without its row."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp

import pytest
from asgi import Refused
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from sampling import Sampling
from stack import Stack, stack_on
from waiting import eventually_async, ticks
from whole import whole

from kumoniwa.clock import ManualClock
from kumoniwa.config import Config
from kumoniwa.hypervisor.driver import GuestLost, GuestState
from kumoniwa.hypervisor.simulated import SimulatedDriver, Timing

_HISTORIES, _IN_A_SAMPLE = 100, 40
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


Act = Callable[[History], Awaitable[None]]

ACTS: list[Act] = [
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
def test_no_history_leaves_an_illegal_state(memory: Path, count: Counter[str], sampling: Sampling) -> None:
    histories = _HISTORIES if sampling.exhaustive else _IN_A_SAMPLE

    @seed(sampling.random.randrange(1 << 32))
    @settings(max_examples=histories, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
    @given(acts=st.lists(st.sampled_from(ACTS), min_size=5, max_size=25), choose=st.integers(0, 2**32))
    def no_history_does(acts: list[Act], choose: int) -> None:
        asyncio.run(_lived(acts, random.Random(choose), Path(mkdtemp(dir=memory))))
        count["histories"] += 1

    no_history_does()


async def _lived(acts: list[Act], choose: random.Random, folder: Path) -> None:
    clock = ManualClock(datetime.now(UTC))
    driver = SimulatedDriver(clock, timing=Timing.instant())
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
