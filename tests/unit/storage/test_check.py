"""What a check finds in rows and files, and what it leaves alone."""

import sqlite3
from collections.abc import AsyncIterator, Callable, Collection
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import update

from kumoniwa.model.layers import Layer
from kumoniwa.model.snapshots import Snapshot, SnapshotState
from kumoniwa.model.volumes import Volume, VolumeState
from kumoniwa.storage.check import Unreadable, look_at_layers, look_at_whole, repair
from kumoniwa.storage.collect import Collector
from kumoniwa.store import all_tables as tables
from kumoniwa.store import layers, snapshots, volumes
from kumoniwa.store.database import Database
from kumoniwa.store.engines import open_database

pytestmark = pytest.mark.anyio
AT = datetime(2026, 1, 1, tzinfo=UTC)
SCOPE = ("123456789012", "us-east-1")


class Files:
    """Files that stand on each other as told; `meanwhile` happens while one is looked at."""

    def __init__(self, **parents: str | None) -> None:
        self.parents = parents
        self.wrong: dict[str, str] = {}
        self.aside: set[str] = set()
        self.meanwhile: Callable[[], None] = lambda: None

    async def present(self, layers: Collection[str]) -> frozenset[str]:
        return frozenset(layers) & self.parents.keys()

    async def all_layers(self) -> frozenset[str]:
        return frozenset(self.parents)

    async def ensure_deleted(self, layer: str) -> None:
        del self.parents[layer]

    async def ensure_set_aside(self, layer: str) -> None:
        del self.parents[layer]
        self.aside.add(layer)

    async def parent(self, layer: str) -> str | None:
        if layer not in self.parents:
            raise Unreadable(f"{layer} is missing")
        return self.parents[layer]

    async def ensure_durable(self, layer: str) -> None:
        pass

    async def faults(self, layer: Layer, *, thorough: bool) -> list[str]:
        self.meanwhile()
        wrong = self.wrong.get(layer.id)
        elsewhere = [] if self.parents.get(layer.id) == layer.parent_id else [f"{layer.id} stands elsewhere"]
        return elsewhere + ([wrong] if wrong else [])


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """Layers a, b on a, c on b; a volume is c, a snapshot b."""
    database = open_database(tmp_path)
    await database.write(
        lambda connection: layers.add(
            connection, *(Layer(id, parent, 512, AT, made=True) for id, parent in (("a", None), ("b", "a"), ("c", "b")))
        )
    )
    volume = Volume("vol-1", *SCOPE, "us-east-1a", 1, "gp3", None, None, "", VolumeState.AVAILABLE, AT, "c")
    snapshot = Snapshot("snap-1", *SCOPE, "vol-1", 1, SnapshotState.COMPLETED, 100, AT, "", layer_id="b")
    await database.write(lambda connection: volumes.add(connection, volume))
    await database.write(lambda connection: snapshots.add(connection, snapshot))
    yield database
    await database.close()


def whole() -> Files:
    return Files(a=None, b="a", c="b")


async def looked(database: Database, files: Files) -> list[tuple[str, str, tuple[str, ...]]]:
    """What a look at all layers finds."""
    found = await look_at_layers(database, files, None, lambda: False)
    assert (found.done, found.of, found.next) == (found.of, found.of, None)
    return [(fault.layer, fault.what, fault.needed_by) for fault in found.faults]


async def test_a_fault_names_all_that_cannot_be_read_without_the_layer(database: Database) -> None:
    files = whole()
    assert await looked(database, files) == []
    files.wrong["a"] = "a is torn"
    assert await looked(database, files) == [("a", "a is torn", ("vol-1", "snap-1"))]
    files.wrong = {"c": "c is torn"}
    assert await looked(database, files) == [("c", "c is torn", ("vol-1",))]


async def test_a_layer_that_goes_while_it_is_looked_at_is_no_fault(database: Database, tmp_path: Path) -> None:
    files = whole()
    files.wrong["c"] = "c is missing"

    def collected() -> None:
        other = sqlite3.connect(tmp_path / "cloud.db")
        other.execute("DELETE FROM volumes")
        other.execute("DELETE FROM layers WHERE id = 'c'")
        other.commit()
        other.close()

    files.meanwhile = collected
    assert await looked(database, files) == []


async def test_a_layer_that_is_compacted_while_it_is_looked_at_is_no_fault(database: Database, tmp_path: Path) -> None:
    files = whole()

    def compacted() -> None:
        files.parents["c"] = "a"
        other = sqlite3.connect(tmp_path / "cloud.db")
        other.execute("UPDATE layers SET parent_id = 'a' WHERE id = 'c'")
        other.commit()
        other.close()

    files.parents["c"] = "a"
    files.meanwhile = compacted
    assert await looked(database, files) == []


async def test_it_goes_on_where_it_ended(database: Database) -> None:
    files, seen, start = whole(), list[int](), None
    files.wrong = {layer: f"{layer} is torn" for layer in "abc"}
    told: list[str] = []
    while True:
        part = await look_at_layers(database, files, start, lambda: True)
        seen.append(part.done)
        told += [fault.layer for fault in part.faults]
        if (start := part.next) is None:
            break
    assert (seen, told) == ([1, 2, 3], ["a", "b", "c"])


async def test_files_are_set_aside_where_the_database_was_lost(tmp_path: Path) -> None:
    empty = open_database(tmp_path)
    low, top = (f"layer-0{digit * 16}" for digit in "ab")
    files = Files(**{low: None, top: low})
    assert [fault.layer for fault in await look_at_whole(empty, Collector(empty, files))] == [low, top]
    assert [fault.layer for fault in await repair(empty, files, Collector(empty, files))] == [low, top]
    assert (files.parents, files.aside) == ({}, {low, top})
    await empty.close()


async def test_only_a_move_down_its_own_chain_is_repaired(database: Database) -> None:
    files = whole()
    files.parents["c"] = "a"
    assert [fault.layer for fault in await repair(database, files, Collector(database, files))] == ["c"]
    assert (await database.read(layers.every))["c"].parent_id == "a"
    for parent in (None, "b", "elsewhere"):
        files.parents["c"] = parent
        assert await repair(database, files, Collector(database, files)) == []
        assert (await database.read(layers.every))["c"].parent_id == "a"


@pytest.mark.parametrize(
    ("broken", "said", "needed_by"),
    [
        ("UPDATE layers SET parent_id = 'c' WHERE id = 'a'", "Layer a stands on itself.", ("vol-1", "snap-1")),
        ("DELETE FROM layers WHERE id = 'b'", "stands on b, which the database does not know", ("vol-1",)),
        ("UPDATE volumes SET head = 'z'", "Volume vol-1 is layer z, which the database", ("vol-1",)),
        ("UPDATE snapshots SET layer_id = 'z'", "Snapshot snap-1 is layer z, which the database", ("snap-1",)),
        ("UPDATE snapshots SET layer_id = NULL", "Snapshot snap-1 is completed and has no layer.", ("snap-1",)),
    ],
)
async def test_rows_that_refer_to_nothing_are_told(
    database: Database, tmp_path: Path, broken: str, said: str, needed_by: tuple[str, ...]
) -> None:
    assert await look_at_whole(database, Collector(database, whole())) == []
    other = sqlite3.connect(tmp_path / "cloud.db")  # without foreign keys
    other.execute(broken)
    other.commit()
    other.close()
    found = await look_at_whole(database, Collector(database, whole()))
    assert any(said in fault.what and fault.needed_by == needed_by and not fault.repairable for fault in found), found


async def test_an_image_whose_snapshot_is_gone_is_told(database: Database) -> None:
    image = {
        "id": "ami-1", "account": SCOPE[0], "region": SCOPE[1], "name": "one", "state": "available",
        "architecture": "x86_64", "root_device_name": "/dev/xvda", "created_at": AT, "ena_support": True,
        "platform_details": "Linux/UNIX", "imds_tokens_required": False,
    }  # fmt: skip
    device = {
        "image_id": "ami-1", "position": 0, "device": "/dev/xvda", "snapshot_id": "snap-1", "volume_type": "gp3",
        "delete_on_termination": True,
    }  # fmt: skip
    await database.write(lambda connection: connection.execute(tables.images.insert().values(image)))
    await database.write(lambda connection: connection.execute(tables.image_devices.insert().values(device)))
    assert await look_at_whole(database, Collector(database, whole())) == []
    await database.write(lambda connection: snapshots.remove(connection, "snap-1"))
    [fault] = await look_at_whole(database, Collector(database, whole()))
    assert (fault.what, fault.needed_by) == ("Image ami-1 needs snapshot snap-1, which does not exist.", ("ami-1",))
    gone = update(tables.images).values(state="deregistered")
    await database.write(lambda connection: connection.execute(gone))
    assert await look_at_whole(database, Collector(database, whole())) == []
