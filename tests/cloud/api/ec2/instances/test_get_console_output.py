"""The serial console is the guest's own."""

from base64 import b64decode

import pytest
from asgi import Refused
from stack import Stack

pytestmark = pytest.mark.anyio


async def test_the_console_is_the_guests_own_and_left_out_while_there_is_none(stack: Stack) -> None:
    instance_id = await stack.launch()
    told = await stack.call("GetConsoleOutput", InstanceId=instance_id, Latest=True)
    assert b"Linux version" in b64decode(told["Output"])
    assert told["InstanceId"] == instance_id
    before_nitro = await stack.launch(InstanceType="t2.micro")
    with pytest.raises(Refused) as refused:
        await stack.call("GetConsoleOutput", InstanceId=before_nitro, Latest=True)
    assert refused.value.code == "UnsupportedOperation"
    await stack.call("TerminateInstances", InstanceIds=[instance_id])
    await stack.idle()
    assert "Output" not in await stack.call("GetConsoleOutput", InstanceId=instance_id)
