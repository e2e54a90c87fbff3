"""Layers are compared with their rows; room is told; snapshots know their sizes."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from asgi import send
from sqlalchemy import update
from stack import Stack, stack_on

from kumoniwa.client.storage import rows
from kumoniwa.clock import ManualClock
from kumoniwa.config import Config
from kumoniwa.hypervisor.driver import LayerDamaged, LayerId
from kumoniwa.hypervisor.simulated import SimulatedDriver, SimulatedWorld, Timing
from kumoniwa.model.layers import GIB
from kumoniwa.model.snapshots import Snapshot, SnapshotState
from kumoniwa.storage.report import QUARANTINE
from kumoniwa.store import all_tables as tables
from kumoniwa.store import layers, snapshots
from kumoniwa.workflows.steps.snapshots.complete_snapshots import ensure_measured

pytestmark = pytest.mark.anyio

REPAIR = "/_kumoniwa/storage/repair"


@asynccontextmanager
async def server(folder: Path, world: SimulatedWorld, clock: ManualClock) -> AsyncIterator[Stack]:
    """A server on this folder and these disks."""
    driver = SimulatedDriver(clock, timing=Timing.instant(), world=world)
    async with stack_on(Config(data_dir=folder), driver, clock) as stack:
        yield stack


async def cut(stack: Stack, instance_id: str, name: str) -> Snapshot:
    """The snapshot of the root volume that a new image of the instance has, made without a reboot."""
    image = (await stack.call("CreateImage", InstanceId=instance_id, Name=name, NoReboot=True))["ImageId"]
    await stack.idle()
    told = (await stack.call("DescribeImages", ImageIds=[image]))["Images"][0]
    return await snapshot_of(stack, told["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"])


async def snapshot_of(stack: Stack, snapshot_id: str) -> Snapshot:
    found = await stack.running.cloud.read(lambda connection: snapshots.get(connection, snapshot_id))
    assert found is not None
    return found


async def head_of(stack: Stack, instance_id: str) -> tuple[str, LayerId]:
    """The instance's root volume and its head."""
    [(volume, head)] = [
        (volume, head)
        for volume, instance, head in await stack.running.cloud.read(layers.attached_heads)
        if instance == instance_id
    ]
    return volume, LayerId(head)


async def repaired(stack: Stack) -> list[dict[str, Any]]:
    answer = await stack.caller.post("", target=REPAIR)
    assert answer.status == 200, answer.text
    told: list[dict[str, Any]] = json.loads(answer.body)["repaired"]
    return told


async def test_all_is_whole_after_launches_images_and_deletes(stack: Stack) -> None:
    instance = await stack.launch()
    snapshot = await cut(stack, instance, "one")
    await ensure_measured(stack.running.cloud.world, [snapshot.id])
    await stack.call("TerminateInstances", InstanceIds=[instance])
    await stack.idle()
    told = await stack.get("/_kumoniwa/storage/check")
    assert told == {"looked_at": told["of"], "of": told["of"], "next": None, "faults": []}
    assert await repaired(stack) == []


async def test_a_torn_layer_is_named_with_all_that_depends_on_it(stack: Stack) -> None:
    instance = await stack.launch()
    snapshot = await cut(stack, instance, "one")
    later = await cut(stack, instance, "two")
    volume, _ = await head_of(stack, instance)
    assert snapshot.layer_id is not None
    stack.driver.world.layers.tear(LayerId(snapshot.layer_id))
    [fault] = (await stack.get("/_kumoniwa/storage/check"))["faults"]
    images = [one["ImageId"] for one in (await stack.call("DescribeImages", Owners=["self"]))["Images"]]
    assert fault["layer"] == snapshot.layer_id
    assert "torn" in fault["what"]
    assert fault["repairable"] is False
    assert {volume, snapshot.id, later.id} <= set(fault["needed_by"])
    assert len([one for one in fault["needed_by"] if one in images]) == 2
    assert await repaired(stack) == [], "what can only be guessed is not repaired"


async def test_a_layer_that_changed_since_it_was_measured_is_found(stack: Stack) -> None:
    instance = await stack.launch()
    snapshot = await cut(stack, instance, "one")
    await ensure_measured(stack.running.cloud.world, [snapshot.id])
    change = update(tables.layers).where(tables.layers.c.id == snapshot.layer_id).values(sealed_sha256="0" * 64)
    await stack.running.cloud.world.database.write(lambda connection: connection.execute(change))
    [fault] = (await stack.get("/_kumoniwa/storage/check"))["faults"]
    assert fault["layer"] == snapshot.layer_id
    assert "not what it was" in fault["what"]


async def test_files_that_nothing_knows_are_repaired(stack: Stack) -> None:
    await stack.driver.disks.ensure_empty(LayerId("layer-0123456789abcdef0"), GIB)
    [fault] = (await stack.get("/_kumoniwa/storage/check"))["faults"]
    assert (fault["layer"], fault["repairable"]) == ("layer-0123456789abcdef0", True)
    assert [one["layer"] for one in await repaired(stack)] == ["layer-0123456789abcdef0"]
    assert "layer-0123456789abcdef0" not in await stack.driver.disks.all_layers()
    assert (await stack.get("/_kumoniwa/storage/check"))["faults"] == []


async def test_a_head_that_its_guest_compacted_by_itself_is_repaired(stack: Stack) -> None:
    instance = await stack.launch()
    for name in ("one", "two", "three"):
        await cut(stack, instance, name)
    _, head = await head_of(stack, instance)
    every = await stack.running.cloud.read(layers.every)
    lowest = layers.chain(every, head)[-1].id
    assert await stack.guest(instance).ensure_compacted(head, LayerId(lowest))
    [fault] = (await stack.get("/_kumoniwa/storage/check"))["faults"]
    assert (fault["layer"], fault["repairable"]) == (head, True)
    assert [one["layer"] for one in await repaired(stack)] == [head]
    every = await stack.running.cloud.read(layers.every)
    assert every[head].parent_id == lowest
    assert (await stack.get("/_kumoniwa/storage/check"))["faults"] == []


async def test_a_layer_that_stands_on_something_else_is_not_repaired(stack: Stack) -> None:
    instance = await stack.launch()
    await stack.call("CreateVolume", AvailabilityZone="us-east-1a", Size=8)
    await stack.idle()
    snapshot = await cut(stack, instance, "one")
    every = await stack.running.cloud.read(layers.every)
    [foreign] = every.keys() - {layer.id for layer in layers.chain(every, (await head_of(stack, instance))[1])}
    change = update(tables.layers).where(tables.layers.c.id == snapshot.layer_id).values(parent_id=foreign)
    await stack.running.cloud.world.database.write(lambda connection: connection.execute(change))
    faults = (await stack.get("/_kumoniwa/storage/check"))["faults"]
    assert [fault["layer"] for fault in faults] == [snapshot.layer_id]
    assert "stands on" in faults[0]["what"]
    assert not faults[0]["repairable"]
    assert await repaired(stack) == []


async def test_a_layer_whose_file_was_never_made_is_no_fault(stack: Stack) -> None:
    volume = await stack.call("CreateVolume", AvailabilityZone="us-east-1a", Size=1)
    await stack.idle()
    await stack.call("CreateSnapshot", VolumeId=volume["VolumeId"])
    await stack.idle()
    assert (await stack.get("/_kumoniwa/storage/check"))["faults"] == []


async def test_a_head_that_a_guest_had_and_that_is_missing_is_a_fault(tmp_path: Path) -> None:
    world, clock = SimulatedWorld(), ManualClock(datetime.now(UTC))
    async with server(tmp_path, world, clock) as stack:
        instance = await stack.launch()
        volume, head = await head_of(stack, instance)
        await stack.call("StopInstances", InstanceIds=[instance])
        await stack.idle()
    world.layers.remove(head)
    async with server(tmp_path, world, clock) as stack:
        [fault] = (await stack.get("/_kumoniwa/storage/check"))["faults"]
        assert (fault["layer"], fault["needed_by"]) == (head, [volume])
        assert "missing" in fault["what"]
        damage = stack.running.cloud.damage
        assert damage is not None
        await damage.look()  # the one at start may not have come to it yet
        assert (await stack.get("/_kumoniwa/storage"))["damage"]["faults"] == [fault]
        health = json.loads((await send(stack.running.gateway, "GET", "/_kumoniwa/health")).body)
        assert health["layers_damaged"] == 1
        await stack.call("StartInstances", InstanceIds=[instance])
        await stack.idle()
        told = await stack.instance(instance)
        assert told["State"]["Name"] == "stopped"
        assert "missing" in told["StateReason"]["Message"]


async def test_a_repair_is_no_get_and_both_want_a_signature(stack: Stack) -> None:
    answer = await stack.caller.get(REPAIR)
    refused = json.loads(answer.body)
    assert (answer.status, refused["code"]) == (405, "MethodNotAllowed")
    assert refused["message"] == f"{REPAIR} takes POST alone. Ask it with POST."
    answer = await stack.caller.post("", target="/_kumoniwa/storage/check")
    assert answer.status == 405
    for method, path in (("GET", "/_kumoniwa/storage"), ("GET", "/_kumoniwa/storage/check"), ("POST", REPAIR)):
        assert (await send(stack.running.gateway, method, path)).status in (401, 403)


async def test_a_check_goes_on_where_it_ended(stack: Stack) -> None:
    instance = await stack.launch()
    await cut(stack, instance, "one")
    ids = sorted(await stack.running.cloud.read(layers.known))
    told = await stack.get(f"/_kumoniwa/storage/check?from={ids[1]}")
    assert (told["looked_at"], told["of"], told["next"]) == (len(ids), len(ids), None)


async def test_what_storage_takes_is_told(stack: Stack) -> None:
    instance = await stack.launch()
    stack.guest(instance).write("/data", b"x" * 1000, sync=True)
    snapshot = await cut(stack, instance, "one")
    await ensure_measured(stack.running.cloud.world, [snapshot.id])
    stack.driver.world.room = 7 * GIB
    volume, _ = await head_of(stack, instance)
    told = await stack.get("/_kumoniwa/storage")
    assert told["room"] == {"free_bytes": 7 * GIB, "reserve_bytes": 0, "usable_bytes": 7 * GIB}
    assert (told["layers"], told["volumes"], told["provisioned_gib"]) == (3, 1, 8)
    assert (told["longest_chain"], told["longest_chain_of"]) == (3, volume)
    assert told["changed_bytes"] >= 1000
    assert told["compaction"] == {"running": None, "last": None, "skipped": {}}


# Sizes of snapshots.


async def test_a_snapshot_knows_what_changed_and_what_it_holds(stack: Stack) -> None:
    instance = await stack.launch()
    guest = stack.guest(instance)
    guest.write("/first", b"x" * 10_000, sync=True)
    one = await cut(stack, instance, "one")
    guest.write("/second", b"y" * 50, sync=True)
    two = await cut(stack, instance, "two")
    await ensure_measured(stack.running.cloud.world, [one.id, two.id])
    first, second = await snapshot_of(stack, one.id), await snapshot_of(stack, two.id)
    assert first.changed_bytes is not None
    assert second.changed_bytes is not None
    assert first.full_bytes is not None
    assert second.full_bytes is not None
    assert first.changed_bytes >= 10_000
    assert 50 <= second.changed_bytes < 10_000
    assert second.full_bytes >= first.full_bytes + 50
    every = await stack.running.cloud.read(layers.every)
    assert first.layer_id is not None
    assert every[first.layer_id].sealed_bytes is not None


async def test_an_imported_snapshot_knows_its_size_and_its_file(stack: Stack, tmp_path: Path) -> None:
    disk = tmp_path / "disk.raw"
    disk.write_bytes(b"\1" * (1 << 20))
    asked = {"Format": "RAW", "Url": disk.as_uri()}
    task = (await stack.call("ImportSnapshot", DiskContainer=asked))["ImportTaskId"]
    await stack.idle()
    [told] = (await stack.call("DescribeImportSnapshotTasks", ImportTaskIds=[task]))["ImportSnapshotTasks"]
    snapshot = await snapshot_of(stack, told["SnapshotTaskDetail"]["SnapshotId"])
    assert snapshot.full_bytes is not None
    every = await stack.running.cloud.read(layers.every)
    assert snapshot.layer_id is not None
    assert every[snapshot.layer_id].sealed_sha256 is not None


async def test_a_snapshot_whose_layer_cannot_be_read_ends_in_error_and_the_others_are_measured(stack: Stack) -> None:
    instance, other = await stack.launch(), await stack.launch()
    bad, good = await cut(stack, instance, "bad"), await cut(stack, other, "good")
    scope = {"state": SnapshotState.PENDING, "changed_bytes": None, "full_bytes": None}
    unmeasure = update(tables.snapshots).values(scope)
    await stack.running.cloud.world.database.write(lambda connection: connection.execute(unmeasure))
    unseal = update(tables.layers).values(sealed_bytes=None, sealed_sha256=None)
    await stack.running.cloud.world.database.write(lambda connection: connection.execute(unseal))
    assert bad.layer_id is not None
    stack.driver.world.layers.tear(LayerId(bad.layer_id))
    with pytest.raises(LayerDamaged, match="torn"):
        await ensure_measured(stack.running.cloud.world, [bad.id, good.id])
    told_bad, told_good = await snapshot_of(stack, bad.id), await snapshot_of(stack, good.id)
    assert told_bad.state is SnapshotState.ERROR
    assert "torn" in (told_bad.state_message or "")
    assert told_good.full_bytes is not None


async def test_what_lies_in_quarantine_is_told(stack: Stack) -> None:
    report = await stack.get("/_kumoniwa/storage")
    assert report["quarantine"] == {"files": 0, "bytes_on_disk": 0}
    assert "quarantine" not in dict(rows(report))
    folder = stack.running.cloud.world.config.data_dir / QUARANTINE
    folder.mkdir()
    (folder / "layer-0123456789abcdef0.qcow2").write_bytes(b"moss" * 1024)
    report = await stack.get("/_kumoniwa/storage")
    assert report["quarantine"] == {"files": 1, "bytes_on_disk": 4096}
    assert dict(rows(report))["quarantine"] == "1 files, 0.0 GiB on disk: layers that the database did not know"


async def test_what_hibernated_guests_take_is_told(stack: Stack) -> None:
    report = await stack.get("/_kumoniwa/storage")
    assert report["hibernated"] == {"guests": 0, "bytes_on_disk": 0}
    assert "hibernated" not in dict(rows(report))
    folder = stack.running.cloud.world.config.data_dir / "guests" / "i-0123456789abcdef0"
    folder.mkdir(parents=True)
    (folder / "suspended").write_bytes(b"moss" * 1024)
    report = await stack.get("/_kumoniwa/storage")
    assert report["hibernated"] == {"guests": 1, "bytes_on_disk": 4096}
    assert dict(rows(report))["hibernated"] == "memory of 1 guests, 0.0 GiB on disk"
