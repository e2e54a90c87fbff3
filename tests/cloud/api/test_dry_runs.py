"""The answer to a dry run is what the call would answer, but for doing it: of every action."""

from pathlib import Path
from typing import Any

import pytest
from asgi import Caller, Refused
from every_action import ACTIONS_OF_EC2, EXAMPLES, IN_ORDER, MODEL, READS, REFUSED, WITHOUT_DRY_RUNS, scene
from sqlalchemy import Connection, select
from stack import Stack

from kumoniwa.store.all_tables import metadata

pytestmark = pytest.mark.anyio

NOTHING_TO_CHANGE = {
    "ReleaseHosts": "there are no hosts",
    "EnableVolumeIO": "a volume has its I/O always",
}


async def _code(caller: Stack | Caller, name: str, parameters: dict[str, Any]) -> str:
    try:
        await caller.call(name, **parameters)
    except Refused as refused:
        return refused.code
    return "done"


def _rows(connection: Connection) -> dict[str, Any]:
    """All rows, but those that tell of every call: a dry run is a call too."""
    tables = [table for table in metadata.sorted_tables if table.name != "trail_events"]
    return {table.name: connection.execute(select(table)).fetchall() for table in tables}


async def _whole(stack: Stack) -> dict[str, Any]:
    """All that a call could have changed: rows, guests, their disks, and files of layers."""
    world = stack.driver.world
    guests = {
        id: (machine.state, machine.boot_id, machine.serial.said, dict(machine.drives.layers), machine.drives.asked)
        for id, machine in world.machines.items()
    }
    layers = {id: (world.layers[id], dict(world.layers.own(id))) for id in world.layers.ids()}
    rows = await stack.running.cloud.world.database.read(_rows)
    return {"rows": rows, "guests": guests, "layers": layers, "is idle": stack.running.cloud.engine.is_idle}


def test_every_action_has_an_example() -> None:
    """One that is added is given one in `every_action`."""
    assert [name for name in ACTIONS_OF_EC2 if name not in EXAMPLES] == []
    assert [name for name in EXAMPLES if name not in ACTIONS_OF_EC2] == []


def test_only_some_actions_have_no_dry_runs() -> None:
    without = {one for one in ACTIONS_OF_EC2 if "DryRun" not in MODEL.operation_model(one).input_shape.members}
    assert without == WITHOUT_DRY_RUNS


async def test_a_dry_run_answers_as_the_call_does_and_changes_nothing(stack: Stack, tmp_path: Path) -> None:
    known = await scene(stack, tmp_path)
    for name in IN_ORDER:
        parameters = EXAMPLES[name](known)
        before = await _whole(stack)
        if name not in WITHOUT_DRY_RUNS:
            code = await _code(stack, name, {**parameters, "DryRun": True})
            assert code == REFUSED.get(name, "DryRunOperation"), name
            assert await _whole(stack) == before, name
        assert await _code(stack, name, parameters) == REFUSED.get(name, "done"), name
        await stack.idle()
        if name not in READS | NOTHING_TO_CHANGE | REFUSED:
            assert await _whole(stack) != before, name


async def test_a_dry_run_makes_nothing_in_a_region_that_nobody_used(stack: Stack, tmp_path: Path) -> None:
    known = await scene(stack, tmp_path)
    key = stack.running.key
    elsewhere = Caller(stack.running.gateway, key["access_key_id"], key["secret_access_key"], "eu-west-1")
    before = await _whole(stack)
    for name in [each for each in IN_ORDER if each not in WITHOUT_DRY_RUNS]:
        parameters = EXAMPLES[name](known)
        if name == "DescribeSecurityGroups":
            parameters = {"GroupNames": ["default"]}  # which is there once the region is used
        code = await _code(elsewhere, name, {**parameters, "DryRun": True})
        assert await _whole(stack) == before, name
        assert code == "DryRunOperation" if name in READS.keys() - REFUSED and not parameters else code != "done", name
    assert await _code(elsewhere, "DescribeSecurityGroups", {"GroupNames": ["default"], "DryRun": True}) == (
        "DryRunOperation"
    )


@pytest.mark.parametrize(
    ("name", "parameters", "code"),
    [
        ("RunInstances", {"ImageId": "ami-1234567890abcdef0", "MinCount": 1, "MaxCount": 1}, "InvalidAMIID.NotFound"),
        ("StopInstances", {"InstanceIds": ["nonsense"]}, "InvalidInstanceID.Malformed"),
        ("CreateVolume", {"AvailabilityZone": "us-east-1a", "Size": -1}, "InvalidParameterValue"),
        ("DescribeVolumes", {"VolumeIds": ["vol-1234567890abcdef0"]}, "InvalidVolume.NotFound"),
    ],
)
async def test_a_dry_run_is_checked(stack: Stack, name: str, parameters: dict[str, Any], code: str) -> None:
    assert await _code(stack, name, {**parameters, "DryRun": True}) == code
