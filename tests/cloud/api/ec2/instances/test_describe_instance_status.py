"""The status checks of instances."""

import asyncio
from typing import Any

import pytest
from stack import Stack

pytestmark = pytest.mark.anyio


async def test_status_is_told_of_running_instances_unless_all_are_asked_for(stack: Stack) -> None:
    running, stopped = await stack.launch(), await stack.launch()
    await stack.call("StopInstances", InstanceIds=[stopped])
    await stack.idle()

    async def told(**parameters: Any) -> dict[str, tuple[str, str]]:
        answer = await stack.call("DescribeInstanceStatus", **parameters)
        return {
            one["InstanceId"]: (one["InstanceState"]["Name"], one["InstanceStatus"]["Status"])
            for one in answer["InstanceStatuses"]
        }

    assert (await told()).keys() == {running}
    assert await told(InstanceIds=[stopped]) == {}
    assert (await told(IncludeAllInstances=True))[stopped] == ("stopped", "not-applicable")
    found = await told(Filters=[{"Name": "instance-state-name", "Values": ["stopped"]}], IncludeAllInstances=True)
    assert found.keys() == {stopped}


async def test_a_guest_out_of_space_is_impaired_since_then_and_ok_again(stack: Stack) -> None:
    instance_id = await stack.launch()

    async def status(wanted: str) -> dict[str, Any]:
        async with asyncio.timeout(10):
            while True:  # what a guest does by itself takes a few turns to arrive
                told: dict[str, Any] = (await stack.call("DescribeInstanceStatus"))["InstanceStatuses"][0]
                if told["InstanceStatus"]["Status"] == wanted:
                    return told

    stack.guest(instance_id).run_out_of_space()
    told = await status("impaired")
    assert told["SystemStatus"]["Status"] == "ok"
    assert told["InstanceStatus"]["Details"][0]["Status"] == "failed"
    assert "ImpairedSince" in told["InstanceStatus"]["Details"][0]
    stack.guest(instance_id).find_space()
    assert "ImpairedSince" not in (await status("ok"))["InstanceStatus"]["Details"][0]


async def test_an_earlier_version_has_no_status_of_volumes_that_its_programs_would_misread(stack: Stack) -> None:
    await stack.launch()
    for version, number in (("2014-10-01", 0), ("2016-11-15", 1)):
        text = (await stack.caller.post(f"Action=DescribeInstanceStatus&Version={version}")).text
        assert (text.count("<instanceStatus>"), text.count("<attachedEbsStatus>")) == (1, number), version
