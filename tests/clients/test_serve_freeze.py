"""`kumoniwa serve --freeze`: running guests' file systems are frozen for cuts, unless a request says no."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cloud_process import CloudProcess, Sdk

pytestmark = pytest.mark.clients


@pytest.fixture
def freezing(tmp_path: Path) -> Iterator[CloudProcess]:
    with CloudProcess(tmp_path, "--freeze") as running:
        yield running


def _tagged(value: str) -> dict[str, Any]:
    return {"TagSpecifications": [{"ResourceType": "snapshot", "Tags": [{"Key": "kumoniwa:freeze", "Value": value}]}]}


def _consistency(cloud: CloudProcess, ec2: Any, instance: str, **parameters: Any) -> str:
    """How a snapshot of the instance's root volume was cut."""
    (made,) = ec2.create_snapshots(InstanceSpecification={"InstanceId": instance}, **parameters)["Snapshots"]
    ec2.get_waiter("snapshot_completed").wait(SnapshotIds=[made["SnapshotId"]])
    return str(cloud.evidence(f"snapshots/{made['SnapshotId']}")["consistency"])


def _reachable(sdk: Sdk, ec2: Any) -> str:
    """An instance whose guest's agent answers."""
    launched = ec2.run_instances(ImageId=sdk.starting_image(), MinCount=1, MaxCount=1)["Instances"]
    instance = str(launched[0]["InstanceId"])
    ec2.get_waiter("instance_status_ok").wait(InstanceIds=[instance])
    return instance


def test_a_server_that_was_told_to_freeze_does_so_for_all_but_those_that_say_no(
    freezing: CloudProcess, waiters: Path
) -> None:
    sdk = Sdk(freezing.environment(), waiters)
    ec2 = sdk.client()
    instance = _reachable(sdk, ec2)
    assert _consistency(freezing, ec2, instance) == "frozen"
    assert _consistency(freezing, ec2, instance, **_tagged("false")) == "crash-consistent"


def test_it_is_the_servers_setting_and_not_the_clouds(freezing: CloudProcess, waiters: Path) -> None:
    assert freezing.stop() == 0
    freezing.options = ()
    freezing.start()
    sdk = Sdk(freezing.environment(), waiters)
    ec2 = sdk.client()
    instance = _reachable(sdk, ec2)
    assert _consistency(freezing, ec2, instance) == "crash-consistent"
    assert _consistency(freezing, ec2, instance, **_tagged("true")) == "frozen"
