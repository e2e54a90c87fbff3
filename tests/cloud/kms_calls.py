"""What the tests of KMS have in common."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from asgi import Refused
from stack import Stack

from kumoniwa.reconcile.time import forgetting

MISSING = "12345678-90ab-4cde-8f01-234567890abc"
"""An id that no key has."""


async def make_key(stack: Stack, **parameters: Any) -> dict[str, Any]:
    """A new key's metadata."""
    made: dict[str, Any] = (await stack.ask("kms", "CreateKey", **parameters))["KeyMetadata"]
    return made


async def described(stack: Stack, key_id: str) -> dict[str, Any]:
    """A key's metadata."""
    found: dict[str, Any] = (await stack.ask("kms", "DescribeKey", KeyId=key_id))["KeyMetadata"]
    return found


async def refused(stack: Stack, action: str, **parameters: Any) -> tuple[str, str]:
    """The code and the message of a refusal."""
    with pytest.raises(Refused) as refusal:
        await stack.ask("kms", action, **parameters)
    assert refusal.value.status == 400
    return refusal.value.code, refusal.value.message


def key_arn(stack: Stack, key_id: str, region: str = "us-east-1") -> str:
    return f"arn:aws:kms:{region}:{stack.running.key['account']}:key/{key_id}"


def alias_arn(stack: Stack, name: str, region: str = "us-east-1") -> str:
    return f"arn:aws:kms:{region}:{stack.running.key['account']}:{name}"


async def days_later(stack: Stack, days: float) -> None:
    """Let housekeeping do what is due after so many days. The clock stays: a caller signs at the host's time."""
    for forget in forgetting(stack.clock.now() + timedelta(days=days)):
        await stack.running.cloud.world.database.write(partial(forget, at_most=10))
