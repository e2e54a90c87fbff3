"""U+0000, which no text of PostgreSQL may have: it is refused at the door, and what it was in is recorded."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from asgi import Refused
from stack import stack_on

from kumoniwa.clock import ManualClock
from kumoniwa.config import Config
from kumoniwa.hypervisor.simulated import SimulatedDriver, Timing

pytestmark = pytest.mark.anyio

_ASKED: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("kms", "DescribeKey", {"KeyId": "a\0b"}),
    ("kms", "CreateKey", {"Description": "a\0b"}),
    ("ssm", "PutParameter", {"Name": "a", "Value": "a\0b", "Type": "String"}),
    ("ssm", "GetParameter", {"Name": "a\0b"}),
    ("cloudtrail", "LookupEvents", {"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "a\0b"}]}),
)


async def test_a_text_that_postgresql_cannot_have_is_refused_and_the_trail_goes_on(
    tmp_path: Path, address: str
) -> None:
    clock = ManualClock(datetime.now(UTC))
    config = Config(data_dir=tmp_path, database=address)
    async with stack_on(config, SimulatedDriver(clock, timing=Timing.instant()), clock) as stack:
        for service, action, asked in _ASKED:
            with pytest.raises(Refused, match=r"U\+0000") as refused:
                await stack.ask(service, action, **asked)
            assert (refused.value.code, refused.value.status) == ("SerializationException", 400)
        for given in ("KeyName=a%00b", "KeyName=a&a%00b=c"):
            answer = await stack.caller.post(f"Action=DeleteKeyPair&Version=2016-11-15&{given}")
            assert answer.status == 400, answer.text
        events = (await stack.ask("cloudtrail", "LookupEvents"))["Events"]
        assert [event["EventName"] for event in events][:2] == ["DeleteKeyPair", "DeleteKeyPair"]
