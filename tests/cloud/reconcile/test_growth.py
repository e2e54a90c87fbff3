"""Every table has an end to its growth: what is over is forgotten some time later, unless something refers to it."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, func, select
from stack import Stack
from stored import AT, add_image, add_snapshot, hexadecimal

from kumoniwa.clock import ManualClock
from kumoniwa.config import DEFAULT_ACCOUNT, DEFAULT_REGION
from kumoniwa.ids import new_id
from kumoniwa.model.boots import Cause
from kumoniwa.model.images import ImageState
from kumoniwa.model.replace_root_tasks import ReplaceRootState, ReplaceRootTask
from kumoniwa.model.scope import Scope
from kumoniwa.model.snapshots import ImportState, ImportTask
from kumoniwa.model.tags import Tag
from kumoniwa.model.workflows import WorkflowRow
from kumoniwa.reconcile import time
from kumoniwa.reconcile.time import Housekeeping
from kumoniwa.store import all_tables as tables
from kumoniwa.store import boots, images, imports, journal, replace_root, snapshots, tags, volumes
from kumoniwa.store.journal import Origin
from kumoniwa.store.tables.cloud import client_tokens
from kumoniwa.store.tables.instances import replace_root_tasks
from kumoniwa.store.tables.snapshots import import_tasks
from kumoniwa.store.tables.workflows import steps, workflows

pytestmark = pytest.mark.anyio
SCOPE = Scope(DEFAULT_ACCOUNT, DEFAULT_REGION)
SCOPE_PARTS = (DEFAULT_ACCOUNT, DEFAULT_REGION)


async def rounds(stack: Stack, later: timedelta = timedelta()) -> None:
    """A round of housekeeping that much later. The time of the cloud itself stands still: a day would have 1,440."""
    world = stack.running.cloud.world
    await Housekeeping(replace(world, clock=ManualClock(stack.clock.now() + later))).go_round()


async def ids_of(stack: Stack, table: Any) -> set[str]:
    query = select(table.c.id)
    return await stack.running.cloud.read(lambda connection: set(connection.execute(query).scalars()))


async def counts(stack: Stack, *tables: Any) -> list[int]:
    def count(connection: Connection) -> list[int]:
        return [connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables]

    return await stack.running.cloud.read(count)


async def test_journals_of_an_instance_that_lives_are_forgotten_after_a_day(stack: Stack) -> None:
    instance_id = await stack.launch(ClientToken="once")
    for _ in range(5):
        await stack.call("RebootInstances", InstanceIds=[instance_id])
        await stack.idle()
    before = await counts(stack, workflows, steps, client_tokens)
    assert before[0] >= 6
    assert before[1] >= 6
    assert before[2] == 1
    await rounds(stack, timedelta(hours=23))
    assert await counts(stack, workflows, steps, client_tokens) == before
    await rounds(stack, timedelta(hours=25))
    left, journaled, tokens = await counts(stack, workflows, steps, client_tokens)
    assert left == 1, "the newest stays, so that its number is not given again"
    assert journaled < before[1]
    assert tokens == 0
    assert len(await stack.boots(instance_id, 6)) == 6, "what is shown of the instance stays"
    await stack.call("RebootInstances", InstanceIds=[instance_id])
    await stack.idle()
    assert len(await stack.boots(instance_id, 7)) == 7


async def test_a_workflow_under_way_keeps_its_journal_whatever_its_age(stack: Stack) -> None:
    instance_id = await stack.launch()
    await stack.idle()

    def resume_never(connection: Connection) -> None:
        connection.execute(workflows.update().values(state="waiting", finished_at=None))

    await stack.running.cloud.world.database.write(resume_never)
    before = await counts(stack, workflows, steps)
    await rounds(stack, timedelta(days=400))
    assert await counts(stack, workflows, steps) == before
    assert (await stack.instance(instance_id))["State"]["Name"] == "running"


async def test_old_boots_go_but_for_the_last_of_each_instance(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "BOOTS_KEPT_LAST", 3)
    monkeypatch.setattr(time, "BOOTS_KEPT_MOST", 8)
    often, seldom = await stack.launch(), await stack.launch()

    def boot(connection: Connection, instance_id: str, times: int, later: timedelta = timedelta()) -> None:
        for _ in range(times):
            origin = Origin(None, None, stack.clock.now() + later)
            boots.ensure_begun(connection, new_id("boot"), instance_id, Cause.GUEST, origin)

    async def numbers(instance_id: str) -> list[int]:
        return [boot["number"] for boot in await stack.boots(instance_id, 1)]

    later = timedelta(days=8)
    write = stack.running.cloud.world.database.write
    await write(partial(boot, instance_id=often, times=5))
    await write(partial(boot, instance_id=seldom, times=1))
    await rounds(stack)
    assert await numbers(often) == [1, 2, 3, 4, 5, 6], "recent ones stay"
    await write(partial(boot, instance_id=often, times=1, later=later))
    await rounds(stack, later)
    assert await numbers(often) == [5, 6, 7], "old ones go, but for the last"
    assert await numbers(seldom) == [1, 2]
    await write(partial(boot, instance_id=often, times=10, later=later))
    await rounds(stack, later)
    assert await numbers(often) == list(range(10, 18)), "a guest that boots without end is kept within bounds"


async def test_import_tasks_go_with_their_tags_a_week_after_they_were_begun(stack: Stack) -> None:
    def plant(connection: Connection) -> None:
        for number, state in enumerate((ImportState.COMPLETED, ImportState.DELETED, ImportState.ACTIVE)):
            one = f"import-snap-{hexadecimal(number)}"
            snapshot = f"snap-{hexadecimal(number)}"
            imports.add(
                connection,
                ImportTask(one, *SCOPE_PARTS, snapshot, "disk.img", "RAW", "", state, 100, stack.clock.now()),
            )
            tags.add(connection, Tag(*SCOPE_PARTS, one, "k", "import-snapshot-task", "v"))

    await stack.running.cloud.world.database.write(plant)
    await rounds(stack, timedelta(days=6))
    assert len(await ids_of(stack, import_tasks)) == 3
    await rounds(stack, timedelta(days=8))
    active = f"import-snap-{hexadecimal(2)}"
    assert await ids_of(stack, import_tasks) == {active}
    assert set(await stack.running.cloud.read(partial(tags.tags_of, scope=SCOPE))) == {active}


async def test_tasks_of_root_volumes_go_when_their_volumes_can_be_named_no_more(stack: Stack) -> None:
    instance_id = await stack.launch()
    root = (await stack.instance(instance_id))["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
    now = stack.clock.now()

    def task(number: int, old: str, new: str, of: str = instance_id, **columns: Any) -> ReplaceRootTask:
        values = {"state": ReplaceRootState.SUCCEEDED, "completed_at": now, "delete_replaced": True, **columns}
        at = now + timedelta(seconds=number)
        return ReplaceRootTask(
            f"replacevol-{hexadecimal(number)}", *SCOPE_PARTS, of, started_at=at, old_volume_id=old, new_volume_id=new,
            **values,
        )  # fmt: skip

    def plant(connection: Connection) -> None:
        kept = add_snapshot(connection, 1, volume_id="vol-snapped")
        assert kept
        for one in (
            task(1, "vol-a", "vol-b"),  # neither is there
            task(2, "vol-b", "vol-snapped"),  # a snapshot of the new one may become the root again
            task(3, "vol-snapped", root),  # repeated by the fourth
            task(4, root, "vol-snapped"),
            task(5, "vol-x", "vol-y", state=ReplaceRootState.IN_PROGRESS, completed_at=None),
            task(6, root, "vol-snapped", of="i-gone"),
        ):
            replace_root.add(connection, one)

    await stack.running.cloud.world.database.write(plant)
    await rounds(stack, timedelta(days=6))
    assert len(await ids_of(stack, replace_root_tasks)) == 6
    await rounds(stack, timedelta(days=8))
    assert await ids_of(stack, replace_root_tasks) == {f"replacevol-{hexadecimal(number)}" for number in (2, 4, 5)}
    await stack.running.cloud.world.database.write(partial(snapshots.remove, snapshot_id=f"snap-{hexadecimal(1)}"))
    await rounds(stack, timedelta(days=8))
    assert await ids_of(stack, replace_root_tasks) == {f"replacevol-{hexadecimal(number)}" for number in (4, 5)}
    assert await stack.running.cloud.read(partial(volumes.get, volume_id=root)) is not None


async def test_deregistered_images_go_unless_something_was_made_from_them(stack: Stack) -> None:
    instance_id = await stack.launch()
    launched = (await stack.instance(instance_id))["ImageId"]

    def gone(at: datetime = AT) -> dict[str, Any]:
        return {"state": ImageState.DEREGISTERED, "deregistered_at": at}

    def plant(connection: Connection) -> list[str]:
        now = stack.clock.now()
        unused, source, first = (add_image(connection, number, **gone(now)) for number in (1, 2, 3))
        add_image(connection, 4, source_image_id=source)
        add_image(connection, 5, source_image_id=first, **gone(now))
        tags.add(connection, Tag(*SCOPE_PARTS, unused, "k", "image", "v"))
        images.move(connection, launched, [ImageState.AVAILABLE], ImageState.DEREGISTERED, deregistered_at=now)
        return [unused, source, first]

    unused, source, first = await stack.running.cloud.world.database.write(plant)
    everything = await ids_of(stack, tables.images)
    await rounds(stack, timedelta(hours=23))
    assert await ids_of(stack, tables.images) == everything
    await rounds(stack, timedelta(hours=25))
    assert everything - await ids_of(stack, tables.images) == {unused, first, f"ami-{hexadecimal(5)}"}
    assert unused not in await stack.running.cloud.read(partial(tags.tags_of, scope=SCOPE))
    assert source in await ids_of(stack, tables.images)
    await stack.call("TerminateInstances", InstanceIds=[instance_id])
    await stack.idle()
    await rounds(stack, timedelta(minutes=59))
    assert launched in await ids_of(stack, tables.images)
    await rounds(stack, timedelta(hours=25))
    assert launched not in await ids_of(stack, tables.images)


async def test_a_deregistered_image_stays_as_long_as_it_is_being_made(stack: Stack) -> None:
    def plant(connection: Connection) -> tuple[WorkflowRow, str]:
        now = stack.clock.now()
        image_id = add_image(connection, 1, state=ImageState.DEREGISTERED, deregistered_at=now)
        return journal.submit(
            connection, "create_image", None, Origin(None, None, now), {"image_id": image_id}
        ), image_id

    write = stack.running.cloud.world.database.write
    workflow, image_id = await write(plant)
    await rounds(stack, timedelta(days=2))
    assert image_id in await ids_of(stack, tables.images)
    await write(partial(journal.finish, workflow=workflow, error=None, at=stack.clock.now()))
    await rounds(stack, timedelta(days=2))
    assert image_id not in await ids_of(stack, tables.images)


async def test_no_transaction_forgets_more_than_a_batch(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "BATCH", 2)
    monkeypatch.setattr(time, "BATCHES", 3)
    ids = [await stack.launch() for _ in range(12)]
    await stack.call("TerminateInstances", InstanceIds=ids)
    await stack.idle()
    (before,) = await counts(stack, workflows)
    database = stack.running.cloud.world.database
    sizes: list[int] = []
    write = database.write

    async def watched(work: Any, **how: Any) -> Any:
        was = (await counts(stack, workflows))[0]
        result = await write(work, **how)
        sizes.append(was - (await counts(stack, workflows))[0])
        return result

    monkeypatch.setattr(database, "write", watched)
    await rounds(stack, timedelta(days=2))
    assert max(sizes) == 2
    assert (await counts(stack, workflows))[0] == before - 6, "what is left has its turn in the next round"
