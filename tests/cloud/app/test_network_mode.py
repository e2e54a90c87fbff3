"""Which network mode guests get that start now: by what the user wants, and what this host allows."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kumoniwa.app import carried as carrying
from kumoniwa.app.carried import carried
from kumoniwa.app.errors import CannotStart
from kumoniwa.clock import ManualClock
from kumoniwa.config import Config
from kumoniwa.imds.server import MetadataService
from kumoniwa.refusal import Refusal
from kumoniwa.store.database import Database
from kumoniwa.store.engines import open_database

pytestmark = pytest.mark.anyio

_OBSTACLE = Refusal("this host has no /dev/net/tun", way_out="sudo modprobe tun")


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    made = open_database(tmp_path)
    yield made
    await made.close()


async def _carries(
    monkeypatch: pytest.MonkeyPatch, database: Database, folder: Path, wanted: str, obstacle: Refusal | None
) -> tuple[bool, int]:
    """Whether packets are carried, and how often the host was tried."""
    tried = []

    async def probe() -> Refusal | None:
        tried.append(wanted)
        return obstacle

    monkeypatch.setattr(carrying, "probe", probe)
    metadata = MetadataService(database, ManualClock())
    async with carried(Config(data_dir=folder, network=wanted), database, metadata) as made:
        return made.carries, len(tried)


@pytest.mark.parametrize(
    ("wanted", "obstacle", "carries", "tries"),
    [
        ("auto", None, True, 1),
        ("auto", _OBSTACLE, False, 1),
        ("vpc", None, True, 1),
        ("user", None, False, 0),
    ],
)
async def test_packets_are_carried_where_the_host_allows_it_and_the_user_does_not_refuse(
    monkeypatch: pytest.MonkeyPatch,
    database: Database,
    tmp_path: Path,
    wanted: str,
    obstacle: Refusal | None,
    carries: bool,
    tries: int,
) -> None:
    assert await _carries(monkeypatch, database, tmp_path, wanted, obstacle) == (carries, tries)


async def test_who_insists_on_a_vpc_is_told_what_stands_before_it(
    monkeypatch: pytest.MonkeyPatch, database: Database, tmp_path: Path
) -> None:
    with pytest.raises(CannotStart) as refused:
        await _carries(monkeypatch, database, tmp_path, "vpc", _OBSTACLE)
    assert refused.value.what == "Guests cannot be connected as --network vpc has it: this host has no /dev/net/tun."
    assert refused.value.way_out == "sudo modprobe tun. --network auto starts without."
