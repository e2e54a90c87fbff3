"""What is collected, what is not, and that a crash in between leaves nothing behind."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kumoniwa.clock import ManualClock
from kumoniwa.hypervisor.driver import DriverError, LayerId
from kumoniwa.hypervisor.simulated import SimulatedDriver
from kumoniwa.ids import new_id
from kumoniwa.model.layers import Layer
from kumoniwa.model.snapshots import Snapshot, SnapshotState
from kumoniwa.model.volumes import Volume, VolumeState
from kumoniwa.storage.collect import MOST_LEFT_BY_A_CRASH, Collector
from kumoniwa.store import journal, layers, snapshots, volumes
from kumoniwa.store.database import Database, Work
from kumoniwa.store.engines import open_database

pytestmark = pytest.mark.anyio
AT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = open_database(tmp_path)
    yield database
    await database.close()


@pytest.fixture
async def driver() -> AsyncIterator[SimulatedDriver]:
    driver = SimulatedDriver(ManualClock(AT))
    yield driver
    await driver.close()


async def _stack(database: Database, driver: SimulatedDriver, *names: str) -> None:
    """Layers on top of each other, rows and files, the lowest first."""
    await database.write(
        lambda connection: layers.add(
            connection, *(Layer(name, below, 512, AT) for below, name in zip((None, *names), names, strict=False))
        )
    )
    await driver.disks.ensure_empty(LayerId(names[0]), 512)
    for below, name in itertools.pairwise(names):
        await driver.disks.ensure_overlay(LayerId(name), LayerId(below), 512)


def _snapshot(layer: str) -> Snapshot:
    scope = ("123456789012", "us-east-1")
    return Snapshot("snap-1", *scope, "vol-1", 1, SnapshotState.COMPLETED, 100, AT, "", layer_id=layer)


def _volume(head: str) -> Volume:
    scope = ("123456789012", "us-east-1", "us-east-1a")
    return Volume("vol-1", *scope, 1, "gp3", None, None, "", VolumeState.AVAILABLE, AT, head)


async def _left(database: Database, driver: SimulatedDriver) -> set[str]:
    files: set[str] = set(await driver.disks.all_layers())
    assert files == await database.read(layers.known)
    return files


async def test_a_stack_that_nothing_refers_to_goes_from_its_top(database: Database, driver: SimulatedDriver) -> None:
    await _stack(database, driver, "a", "b", "c")
    assert await Collector(database, driver.disks).collect() == 3
    assert await _left(database, driver) == set()


async def test_what_stands_below_a_volume_or_a_snapshot_stays(database: Database, driver: SimulatedDriver) -> None:
    await _stack(database, driver, "a", "b", "c")
    await _stack(database, driver, "d", "e")
    await database.write(lambda connection: snapshots.add(connection, _snapshot("b")))
    await database.write(lambda connection: volumes.add(connection, _volume("e")))
    assert await Collector(database, driver.disks).collect() == 1
    assert await _left(database, driver) == {"a", "b", "d", "e"}


async def test_a_layer_named_by_an_unfinished_workflow_stays_until_it_ends(
    database: Database, driver: SimulatedDriver
) -> None:
    await _stack(database, driver, "a", "b")
    origin = journal.Origin("CreateImage", "req", AT)
    arguments = {"cuts": [{"old": "a", "new": "b"}]}
    workflow = await database.write(
        lambda connection: journal.submit(connection, "create_image", None, origin, arguments)
    )
    assert await Collector(database, driver.disks).collect() == 0
    await database.write(lambda connection: journal.finish(connection, workflow, None, AT))
    assert await Collector(database, driver.disks).collect() == 2


async def test_a_file_that_could_not_be_deleted_goes_before_what_it_stood_on(
    database: Database, driver: SimulatedDriver
) -> None:
    low, top = (f"layer-0{digit * 16}" for digit in "ab")
    await _stack(database, driver, low, top)
    driver.fail_next("ensure_deleted", DriverError("The disk is away.", way_out="Ask again."))
    with pytest.raises(DriverError):
        await Collector(database, driver.disks).collect()
    assert await database.read(layers.known) == {low}
    assert await Collector(database, driver.disks).collect() == 1
    assert await _left(database, driver) == set()


async def test_a_sweep_deletes_files_without_a_row_and_nothing_else(
    database: Database, driver: SimulatedDriver
) -> None:
    await _stack(database, driver, "a", "b")
    orphans = await _orphans(driver, MOST_LEFT_BY_A_CRASH)
    assert await Collector(database, driver.disks).sweep() == orphans
    assert driver.disks._aside == set()
    assert await _left(database, driver) == {"a", "b"}


@pytest.mark.parametrize("ask", [Collector.sweep, Collector.collect])
async def test_files_are_set_aside_when_the_database_was_lost(
    database: Database, driver: SimulatedDriver, ask: Callable[[Collector[LayerId]], Awaitable[object]]
) -> None:
    """By a collection too: a server that starts sweeps and then collects."""
    orphans = await _orphans(driver, 1)
    await ask(Collector(database, driver.disks))
    assert driver.disks._aside == orphans


async def test_files_are_set_aside_when_there_are_too_many_for_a_crash(
    database: Database, driver: SimulatedDriver
) -> None:
    """An older database was put back: what was made since is all that is left of it."""
    await _stack(database, driver, "a", "b")
    orphans = await _orphans(driver, MOST_LEFT_BY_A_CRASH + 1)
    assert await Collector(database, driver.disks).collect() == 2
    assert await _left(database, driver) == set()
    assert driver.disks._aside == orphans


async def test_layers_that_were_collected_go_however_many_they_are(database: Database, driver: SimulatedDriver) -> None:
    count = MOST_LEFT_BY_A_CRASH * 3
    names = await _orphans(driver, count)
    await database.write(lambda connection: layers.add(connection, *(Layer(name, None, 512, AT) for name in names)))
    assert await Collector(database, driver.disks).collect() == count
    assert (await driver.disks.all_layers(), driver.disks._aside) == (frozenset(), set())


async def test_a_collection_that_is_given_up_leaves_what_it_removed_to_the_next(
    database: Database, driver: SimulatedDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has a deadline. Its rows may have gone by then, and their files are no strangers because of that."""
    count = MOST_LEFT_BY_A_CRASH * 3
    names = await _orphans(driver, count)
    await database.write(lambda connection: layers.add(connection, *(Layer(name, None, 512, AT) for name in names)))
    collector = Collector(database, driver.disks)
    removed, write = asyncio.Event(), database.write

    async def write_and_hang(work: Work[Any], **how: Any) -> Any:
        await write(work, **how)
        removed.set()
        await asyncio.Event().wait()

    with monkeypatch.context() as patch:
        patch.setattr(database, "write", write_and_hang)
        collecting = asyncio.create_task(collector.collect())
        await asyncio.wait_for(removed.wait(), 10)
        collecting.cancel()
        await asyncio.wait([collecting])
    await collector.collect()
    assert (await driver.disks.all_layers(), driver.disks._aside) == (frozenset(), set())


async def test_files_that_do_not_have_our_names_are_left_alone(database: Database, driver: SimulatedDriver) -> None:
    await _stack(database, driver, "a")
    foreign = {
        "my-backup",
        "layer-0a",
        "layer-0123456789abcdefg",
        "layer-0123456789abcdef0.old",
        "vol-0123456789abcdef0",
    }
    for name in foreign:
        await driver.disks.ensure_empty(LayerId(name), 512)
    collector = Collector(database, driver.disks)
    assert await collector.orphans() == frozenset()
    assert (await collector.collect(), await collector.sweep()) == (1, frozenset())
    assert await driver.disks.all_layers() == foreign


async def _orphans(driver: SimulatedDriver, count: int) -> set[LayerId]:
    """Files without a row, with names of ours."""
    names = {LayerId(new_id("layer")) for _ in range(count)}
    for name in names:
        await driver.disks.ensure_empty(name, 512)
    return names
