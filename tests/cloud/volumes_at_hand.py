"""What tests of volumes do with a cloud: make one, look at it, hold a step of the driver where it is."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest
from asgi import Refused
from sqlalchemy import Connection
from stack import Stack

from kumoniwa.config import DEFAULT_ACCOUNT
from kumoniwa.ids import new_uuid
from kumoniwa.model.kms_keys import KeyManager, KeyState, KmsAlias, KmsKey, arn_of
from kumoniwa.store import kms_keys

ZONE = "us-east-1a"


async def create(stack: Stack, **parameters: Any) -> str:
    """A volume that is available: empty, of 1 GiB, unless told otherwise."""
    asked = {"AvailabilityZone": ZONE, "Size": 1, **parameters}
    volume_id = str((await stack.call("CreateVolume", **asked))["VolumeId"])
    await stack.idle()
    return volume_id


async def volume(stack: Stack, volume_id: str) -> dict[str, Any]:
    """The volume as EC2 describes it."""
    described: dict[str, Any] = (await stack.call("DescribeVolumes", VolumeIds=[volume_id]))["Volumes"][0]
    return described


async def states(stack: Stack, volume_id: str) -> tuple[str, str | None]:
    """The volume's state, and its attachment's where it has one."""
    described = await volume(stack, volume_id)
    attachments = described.get("Attachments")
    return described["State"], attachments[0]["State"] if attachments else None


async def own_key(stack: Stack, name: str = "mine") -> str:
    """The ARN of a new KMS key of the account, which has an alias of this name."""
    now = stack.clock.now()
    account, region = DEFAULT_ACCOUNT, "us-east-1"

    def make(connection: Connection) -> str:
        key = KmsKey(new_uuid(), account, region, now, "", KeyManager.CUSTOMER, KeyState.ENABLED)
        kms_keys.add(connection, key)
        kms_keys.add_alias(connection, KmsAlias(account, region, f"alias/{name}", key.id, now, now))
        return arn_of(key)

    return await stack.running.cloud.world.database.write(make)


async def disable(stack: Stack, key: str) -> None:
    """Afterwards the KMS key of this ARN is disabled."""

    def change(connection: Connection) -> None:
        found = kms_keys.find(connection, DEFAULT_ACCOUNT, "us-east-1", key)
        assert found is not None
        kms_keys.change(connection, found, state=KeyState.DISABLED)

    await stack.running.cloud.world.database.write(change)


async def root_of(stack: Stack, instance_id: str) -> str:
    """The id of an instance's root volume."""
    return str((await stack.instance(instance_id))["BlockDeviceMappings"][0]["Ebs"]["VolumeId"])


async def attached(stack: Stack, device: str = "/dev/sdf") -> tuple[str, str]:
    """An instance that runs, and a volume that it has beside its root."""
    instance_id = await stack.launch()
    volume_id = await create(stack)
    await stack.call("AttachVolume", VolumeId=volume_id, InstanceId=instance_id, Device=device)
    await stack.idle()
    return instance_id, volume_id


@contextmanager
def refused(code: str, message: str | None = None) -> Iterator[None]:
    """What is asked inside is refused with this code and, where it is given, this very message."""
    with pytest.raises(Refused) as caught:
        yield
    assert caught.value.code == code, caught.value
    assert message is None or caught.value.message == message


@asynccontextmanager
async def held(stack: Stack, method: str) -> AsyncIterator[asyncio.Event]:
    """Calls of this method of the driver stay at their beginning until the end of the block.

    Gives what is set once there is one.
    """
    reached, free = asyncio.Event(), asyncio.Event()

    async def stay(at: str) -> None:
        if at == method:
            reached.set()
            await free.wait()

    stack.driver.faults.hook = stay
    try:
        yield reached
    finally:
        stack.driver.faults.hook = None
        free.set()
