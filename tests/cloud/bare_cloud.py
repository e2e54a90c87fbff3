"""A cloud of the simulated driver without a gateway: actions are called with what botocore sends, and what they answer
is read as botocore reads it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from model_parameters import ec2_model
from quick_database import lay_schema, unsynced

from kumoniwa.api import ec2
from kumoniwa.api.call import Call
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.registry import ACTIONS
from kumoniwa.clock import ManualClock
from kumoniwa.config import DEFAULT_ACCOUNT, DEFAULT_REGION, Config
from kumoniwa.errors import Ec2Error
from kumoniwa.gateway.protocols.ec2 import ec2_codec
from kumoniwa.hypervisor.simulated import SimulatedDriver, Timing
from kumoniwa.modules import import_all
from kumoniwa.store.database import Database
from kumoniwa.store.engines import open_database
from kumoniwa.store.new_state import DATABASE_FILE
from kumoniwa.workflows import stories
from kumoniwa.workflows.engine import Engine
from kumoniwa.workflows.world import World

import_all(ec2)
import_all(stories)

CODEC = ec2_codec()
MODEL = ec2_model()
SERIALIZER = create_serializer("ec2", include_validation=False)
PARSER = create_parser("ec2")


class NoMetadata:
    """Metadata channels of a cloud whose guests ask for nothing."""

    async def ensure_open(self, instance_id: str, socket: Path) -> None: ...

    async def ensure_closed(self, instance_id: str) -> None: ...


@dataclass(frozen=True)
class BareCloud:
    cloud: Cloud
    clock: ManualClock
    driver: SimulatedDriver
    database: Database

    async def ask(self, action: str, *, account: str = DEFAULT_ACCOUNT, **parameters: Any) -> dict[str, Any]:
        """Do one action. Gives what a client sees, without the metadata of the answer."""
        operation = MODEL.operation_model(action)
        sent = SERIALIZER.serialize_to_request(parameters, operation)["body"]
        pairs = {name: str(value) for name, value in sent.items() if name not in ("Action", "Version")}
        call = Call(action, account, DEFAULT_REGION, "the-request", "AKIA", self.clock.now())
        answer = await ACTIONS["ec2"][action].function(self.cloud, call, CODEC.parse(action, pairs))
        body = b"".join(CODEC.result(action, answer, call.request_id))
        parsed: dict[str, Any] = PARSER.parse({"body": body, "headers": {}, "status_code": 200}, operation.output_shape)
        parsed.pop("ResponseMetadata", None)
        return parsed

    async def done(self) -> None:
        """Wait until every workflow has ended."""
        await self.cloud.engine.idle(timeout=20)


@asynccontextmanager
async def bare_cloud(folder: Path) -> AsyncIterator[BareCloud]:
    """A cloud that keeps its state in this folder. Nothing in it takes time."""
    address = lay_schema(folder / DATABASE_FILE)
    with unsynced():
        async with _bare_cloud(open_database(folder, address), folder) as cloud:
            yield cloud


@asynccontextmanager
async def _bare_cloud(database: Database, folder: Path) -> AsyncIterator[BareCloud]:
    clock = ManualClock()
    driver = SimulatedDriver(clock, timing=Timing.instant())
    await driver.open()
    world = World(Config(folder, import_from=(folder,)), clock, database, driver, NoMetadata())
    cloud = Cloud(world, Engine(world))
    yield BareCloud(cloud, clock, driver, database)
    await cloud.engine.close()
    await driver.close()
    await database.close()


@contextmanager
def refused(code: str, message: str | None = None) -> Iterator[None]:
    """What is done inside is refused with this code and, where it is given, this very message."""
    with pytest.raises(Ec2Error) as caught:
        yield
    assert caught.value.code == code, caught.value
    assert message is None or caught.value.message == message
