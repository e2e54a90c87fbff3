"""What the API says about an instance, asked again and again while something happens to it."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import field
from datetime import datetime
from typing import TypeVar

from kumoniwa.client.access import CommandFailed
from kumoniwa.client.cloud import CloudClient
from kumoniwa.clock import Clock
from kumoniwa.lab.narration import Narrator
from kumoniwa.lab.shell import LabFailed
from kumoniwa.tasks import Tasks
from kumoniwa.values import dataclass

_EVERY = 0.5  # seconds: about two polls a second, as an impatient script has it
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sight:
    """An instance as one answer of DescribeInstances shows it; `trouble` where there was no answer."""

    at: datetime
    state: str = ""
    launch_time: str = ""
    private_address: str = ""
    public_address: str = ""
    reason: str = ""
    trouble: str = ""

    @property
    def identity(self) -> tuple[str, str, str]:
        """What a reboot must not change."""
        return (self.launch_time, self.private_address, self.public_address)


@dataclasses.dataclass(slots=True)
class Watch:
    """All that was seen of one instance, in order."""

    sights: list[Sight] = field(default_factory=list)


class Lookout:
    """Asks one cloud about its instances and images."""

    def __init__(self, cloud: CloudClient, clock: Clock, narrator: Narrator) -> None:
        self._cloud = cloud
        self._clock = clock
        self._narrator = narrator

    async def sight(self, instance_id: str) -> Sight:
        """The instance now."""
        try:
            instance = await asyncio.to_thread(self._cloud.instance, instance_id)
        except CommandFailed as failure:
            return Sight(self._clock.now(), trouble=str(failure))
        return Sight(
            at=self._clock.now(),
            state=instance["State"]["Name"],
            launch_time=instance["LaunchTime"].isoformat(),
            private_address=instance.get("PrivateIpAddress", ""),
            public_address=instance.get("PublicIpAddress", ""),
            reason=instance.get("StateReason", {}).get("Code", ""),
        )

    @asynccontextmanager
    async def watching(self, instance_id: str) -> AsyncIterator[Watch]:
        """Look at an instance about twice a second for as long as the block lasts, and once more at its end."""
        watch = Watch()

        async def keep_looking() -> None:
            while True:
                watch.sights.append(await self.sight(instance_id))
                await self._clock.sleep(_EVERY)

        tasks = Tasks("lookout")
        tasks.start(keep_looking(), f"watch {instance_id}")
        try:
            yield watch
        finally:
            await tasks.close()
        watch.sights.append(await self.sight(instance_id))

    async def until_state(self, instance_id: str, state: str, *, within: float) -> Sight:
        """Wait until an instance is in a state, telling of each on the way; `LabFailed` after `within` seconds."""
        sight = await self._until(
            lambda: self.sight(instance_id), lambda seen: seen.state, lambda seen: seen.state == state, within
        )
        if sight.state != state:
            raise LabFailed(f"{instance_id} was not {state} within {within:.0f} s, but {sight.state or sight.trouble}")
        return sight

    async def until_image_settles(self, image_id: str, *, within: float) -> str:
        """Wait until an image is no longer pending; gives its state. Tells of each state on the way."""

        async def look() -> str:
            answer = await asyncio.to_thread(self._cloud.call, "DescribeImages", ImageIds=[image_id])
            return str(answer["Images"][0]["State"])

        return await self._until(look, str, lambda seen: seen != "pending", within)

    async def _until(
        self, look: Callable[[], Awaitable[T]], word: Callable[[T], str], enough: Callable[[T], bool], within: float
    ) -> T:
        """Look until it is enough, or `within` seconds have passed; gives what was seen last."""
        end = self._clock.monotonic() + within
        said = ""
        while True:
            seen = await look()
            if word(seen) != said:
                said = word(seen)
                self._narrator.remark(f"now {said}")
            if enough(seen) or self._clock.monotonic() >= end:
                return seen
            await self._clock.sleep(_EVERY)
