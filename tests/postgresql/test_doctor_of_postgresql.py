"""The doctor looks at the database that has the state, and shows no password."""

from pathlib import Path

import pytest
from postgresql_server import UNSYNCED, postgresql_server

from kumoniwa.client.doctor import Finding, Grade, database_findings
from kumoniwa.store.engines import open_database

pytestmark = pytest.mark.anyio


async def _found(monkeypatch: pytest.MonkeyPatch, data_dir: Path, address: str) -> Finding:
    monkeypatch.setenv("KUMONIWA_DATABASE", address)
    (finding,) = await database_findings(data_dir)
    assert "hush" not in repr(finding)
    return finding


async def test_a_folder_with_its_own_state_has_no_such_finding(tmp_path: Path) -> None:
    assert await database_findings(tmp_path) == []


async def test_the_database_is_looked_at_while_a_server_uses_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with postgresql_server({**UNSYNCED, "fsync": "on"}) as server:
        address = server.make("cloud").replace("kumoniwa@", "kumoniwa:hush@")
        serving = open_database(tmp_path, address)
        finding = await _found(monkeypatch, tmp_path, address)
        assert finding.grade is Grade.NOTE and "full_page_writes" in finding.hint and "version 1" in finding.seen
        monkeypatch.delenv("KUMONIWA_DATABASE")
        (finding,) = await database_findings(tmp_path)
        assert finding.grade is Grade.NOTE and "KUMONIWA_DATABASE" in finding.hint
        await serving.close()
        server.stop()
        finding = await _found(monkeypatch, tmp_path, address)
    assert finding.grade is Grade.MISSING and "does not answer" in finding.seen


async def test_an_address_that_is_none_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    finding = await _found(monkeypatch, tmp_path, "postgresql://me:hush@/x?nothing=1")
    assert finding.grade is Grade.MISSING and "postgresql://USER" in finding.hint
