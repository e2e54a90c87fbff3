"""A whole cloud in the test's process: the gateway, the actions, the engine and the simulated driver."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import pytest
from asgi import Caller
from quick_database import lay_schema, unsynced
from waiting import let_others_run

from kumoniwa.app.cloud import Running, running
from kumoniwa.clock import ManualClock
from kumoniwa.config import Config
from kumoniwa.console.static_files import static_files
from kumoniwa.gateway.protocols.ec2 import ec2_codec
from kumoniwa.gateway.protocols.json import json_codec
from kumoniwa.gateway.protocols.query import query_codec
from kumoniwa.hypervisor.driver import GuestId
from kumoniwa.hypervisor.simulated import SimulatedDriver, SimulatedGuest
from kumoniwa.ids import drawn_below
from kumoniwa.store.new_state import DATABASE_FILE

_READ_ONCE = {
    "kumoniwa.gateway.services.ec2_codec": cache(ec2_codec),
    "kumoniwa.gateway.services.json_codec": cache(json_codec),
    "kumoniwa.gateway.services.query_codec": cache(query_codec),
    "kumoniwa.console.static_files.static_files": cache(static_files),
}
"""What every server has alike, and what takes more time to read than all else of a start."""
_NAMED_BY_TESTS = 256
"""The first addresses of a large subnet: tests name them, so a test's cloud draws none of them for anybody else."""
_SIMULATED = [{"Name": "name", "Values": ["debian-12-amd64-simulated"]}]


@dataclass
class Stack:
    """A cloud, somebody who calls it, and the test's hands on its time and guests."""

    running: Running
    driver: SimulatedDriver
    clock: ManualClock
    caller: Caller

    async def call(self, action: str, **parameters: Any) -> dict[str, Any]:
        """One call, answered as boto3 would give it. Raises `asgi.Refused`."""
        return await self.caller.call(action, **parameters)

    async def ask(self, service: str, action: str, **parameters: Any) -> dict[str, Any]:
        """One call of a service that speaks JSON, answered as boto3 would give it. Raises `asgi.Refused`."""
        return await self.caller.ask(service, action, **parameters)

    def in_region(self, region: str) -> "Stack":
        """The same cloud, called in another region."""
        key = self.running.key
        caller = Caller(self.running.gateway, key["access_key_id"], key["secret_access_key"], region)
        return replace(self, caller=caller)

    async def idle(self) -> None:
        """Wait until no workflow goes on, and what guests did by themselves was followed."""
        engine = self.running.cloud.engine
        async with asyncio.timeout(30):
            await self.followed()
            while not engine.is_idle:
                await engine.idle(timeout=30)
                await self.followed()

    async def followed(self) -> None:
        """Wait until what guests did by themselves was followed."""
        await self.driver.followed()
        await self.running.follower.caught_up()

    async def written(self) -> None:
        """Wait until what is being written is: a clock that is set forward does not wait for the database's threads."""
        await self.running.cloud.world.database.write(lambda _: None, patient=True)

    def guest(self, instance_id: str) -> SimulatedGuest:
        return self.driver.guest(GuestId(instance_id))

    async def launch(self, **parameters: Any) -> str:
        """An instance that runs."""
        image = (await self.call("DescribeImages", Filters=_SIMULATED))["Images"][0]["ImageId"]
        asked = {"ImageId": image, "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1, **parameters}
        launched = await self.call("RunInstances", **asked)
        await self.idle()
        return str(launched["Instances"][0]["InstanceId"])

    async def instance(self, instance_id: str) -> dict[str, Any]:
        """The instance as EC2 describes it."""
        told = await self.call("DescribeInstances", InstanceIds=[instance_id])
        instance: dict[str, Any] = told["Reservations"][0]["Instances"][0]
        return instance

    async def get(self, path: str) -> dict[str, Any]:
        """An answer of Kumoniwa's own surface."""
        answer = await self.caller.get(path)
        assert answer.status == 200, answer.text
        told: dict[str, Any] = json.loads(answer.body)
        return told

    async def state(self, instance_id: str, wanted: str) -> None:
        """Wait until the instance is in this state: what a guest does by itself takes a few turns to arrive."""
        async with asyncio.timeout(10):
            while (await self.instance(instance_id))["State"]["Name"] != wanted:
                await let_others_run()

    async def boots(self, instance_id: str, count: int) -> list[dict[str, Any]]:
        """The instance's boots, once there are so many."""
        async with asyncio.timeout(10):
            while True:
                boots: list[dict[str, Any]] = (await self.get(f"/_kumoniwa/instances/{instance_id}/boots"))["boots"]
                if len(boots) >= count:
                    return boots
                await let_others_run()


def _drawn_below(count: int) -> int:
    first = _NAMED_BY_TESTS if count > 2 * _NAMED_BY_TESTS else 0
    return first + drawn_below(count - first)


@asynccontextmanager
async def stack_on(config: Config, driver: SimulatedDriver, clock: ManualClock) -> AsyncIterator[Stack]:
    """A cloud that runs with this configuration over this driver, until the block ends."""
    database = config.database or lay_schema(config.data_dir / DATABASE_FILE)
    beside = (config.data_dir, config.data_dir.parent)  # where tests lay their disks
    config = replace(config, database=database, import_from=config.import_from or beside)
    with pytest.MonkeyPatch.context() as patch, unsynced():
        for place, read_once in _READ_ONCE.items():
            patch.setattr(place, read_once)
        patch.setattr("kumoniwa.network.addresses.drawn_below", _drawn_below)
        async with running(config, driver, clock) as cloud:
            caller = Caller(cloud.gateway, cloud.key["access_key_id"], cloud.key["secret_access_key"])
            yield Stack(cloud, driver, clock, caller)
