"""A server for each file of these tests, and in it an empty cloud's database for each test."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from postgresql_server import LaidDatabases, PostgresqlServer, postgresql_server

from kumoniwa.store.database import Database
from kumoniwa.store.engines import open_database, patience


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresqlServer]:
    with postgresql_server() as server:
        yield server


@pytest.fixture(scope="module")
def laid(server: PostgresqlServer) -> LaidDatabases:
    return LaidDatabases(server)


@pytest.fixture
def address(laid: LaidDatabases, tmp_path: Path) -> str:
    return laid.of(tmp_path)


@pytest.fixture
async def database(tmp_path: Path, address: str) -> AsyncIterator[Database]:
    database = open_database(tmp_path, address)
    yield database
    await database.close()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "PATIENCE", 0.5)
