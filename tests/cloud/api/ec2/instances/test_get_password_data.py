"""No guest here is a Windows with a password."""

from datetime import timedelta

import pytest
from stack import Stack

pytestmark = pytest.mark.anyio


async def test_an_instance_has_an_empty_password(stack: Stack) -> None:
    instance_id = await stack.launch()
    answer = await stack.call("GetPasswordData", InstanceId=instance_id)
    assert (answer["InstanceId"], answer["PasswordData"]) == (instance_id, "")
    assert timedelta(0) <= stack.clock.now() - answer["Timestamp"] < timedelta(seconds=1)
