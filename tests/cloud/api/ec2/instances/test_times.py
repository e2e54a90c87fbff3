"""Which times EC2 shows with milliseconds, and which without."""

from datetime import timedelta

import pytest
from stack import Stack

pytestmark = pytest.mark.anyio


async def test_launches_and_attachments_have_whole_seconds_and_what_is_made_has_milliseconds(stack: Stack) -> None:
    """`2024-05-01T12:00:33.000Z`: people parse LaunchTime so. Filters compare what is shown."""
    now = stack.clock.now()
    await stack.clock.advance((now.replace(microsecond=235_000) + timedelta(seconds=1) - now).total_seconds())
    second = f"{stack.clock.now():%Y-%m-%dT%H:%M:%S}"
    instance_id = await stack.launch()
    snapshot = await stack.call("CreateSnapshot", VolumeId=await _root(stack, instance_id))
    await stack.idle()
    answer = await stack.caller.post(f"Action=DescribeInstances&Version=2016-11-15&InstanceId.1={instance_id}")
    for name, count in (("launchTime", 1), ("attachTime", 2), ("usageOperationUpdateTime", 1)):
        assert answer.text.count(f"<{name}>{second}.000Z</{name}>") == count, name
    for action in ("DescribeVolumes", "DescribeNetworkInterfaces"):
        text = (await stack.caller.post(f"Action={action}&Version=2016-11-15")).text
        assert f"<attachTime>{second}.000Z</attachTime>" in text
    volumes = (await stack.caller.post("Action=DescribeVolumes&Version=2016-11-15")).text
    assert f"<createTime>{second}.235Z</createTime>" in volumes
    asked = f"Action=DescribeSnapshots&Version=2016-11-15&SnapshotId.1={snapshot['SnapshotId']}"
    assert f"<startTime>{second}.235Z</startTime>" in (await stack.caller.post(asked)).text
    for name in ("launch-time", "block-device-mapping.attach-time", "network-interface.attachment.attach-time"):
        wanted = [{"Name": name, "Values": [f"{second}.000Z"]}]
        assert (await stack.call("DescribeInstances", Filters=wanted))["Reservations"], name
    wanted = [{"Name": "attachment.attach-time", "Values": [f"{second}.000Z"]}]
    assert (await stack.call("DescribeVolumes", Filters=wanted))["Volumes"]
    assert (await stack.call("DescribeNetworkInterfaces", Filters=wanted))["NetworkInterfaces"]


async def _root(stack: Stack, instance_id: str) -> str:
    instance = await stack.instance(instance_id)
    return str(instance["BlockDeviceMappings"][0]["Ebs"]["VolumeId"])
