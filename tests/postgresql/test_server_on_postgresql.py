"""`kumoniwa serve` on PostgreSQL, as a process: killed and started again, refused, and silent about passwords."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from postgresql_server import PostgresqlServer, postgresql_server
from server import Server


@pytest.fixture(scope="module")
def database() -> Iterator[PostgresqlServer]:
    with postgresql_server() as server:
        yield server


@pytest.fixture
def address(database: PostgresqlServer, request: pytest.FixtureRequest) -> str:
    """Of an empty database, with a password that nobody asks for."""
    return database.make(f"c{abs(hash(request.node.nodeid))}").replace("kumoniwa@", "kumoniwa:hush@")


def _serve(data_dir: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    """A server that is to be refused."""
    command = ["serve", "--driver", "simulated", "--port", "0", "--data-dir", str(data_dir), *options]
    argv = [sys.executable, "-m", "kumoniwa", *command]
    return subprocess.run(argv, capture_output=True, text=True, timeout=60)


@pytest.mark.timeout(200)
def test_what_was_answered_is_there_after_a_server_was_killed_and_another_follows(
    tmp_path: Path, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUMONIWA_DATABASE", address)
    folder = tmp_path / "cloud"
    server = Server(folder, "simulated", tmp_path)
    try:
        made: list[str] = []
        for _ in range(3):
            cloud = server.start()
            there = [each["VpcId"] for each in cloud.call("DescribeVpcs")["Vpcs"] if not each["IsDefault"]]
            assert sorted(there) == sorted(made)
            made.append(cloud.call("CreateVpc", CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"])
            server.kill()
    finally:
        server.end()
    assert not (folder / "cloud.db").exists()
    for path in folder.rglob("*"):
        assert not path.is_file() or b"hush" not in path.read_bytes(), path


@pytest.mark.timeout(200)
def test_a_second_server_says_why_it_does_not_start_and_shows_no_password(tmp_path: Path, address: str) -> None:
    first = Server(tmp_path / "cloud", "simulated", tmp_path, options=["--database", address])
    try:
        first.start()
        told = _serve(tmp_path / "other", "--database", address)
    finally:
        first.end()
    assert told.returncode == 1
    assert "another server uses this database" in told.stderr
    assert "every user of this host sees the password" in told.stderr
    assert "hush" not in told.stderr + told.stdout


def test_a_database_that_does_not_answer_is_named_without_its_password(tmp_path: Path) -> None:
    told = _serve(tmp_path / "cloud", "--database", "postgresql://me:hush@127.0.0.1:1/cloud")
    assert told.returncode == 1
    assert "cannot be used now" in told.stderr and "127.0.0.1" in told.stderr
    assert "hush" not in told.stderr + told.stdout
    assert "Traceback" not in told.stderr


def test_an_ephemeral_cloud_has_no_database(tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "kumoniwa", "serve", "--ephemeral", "--database", "postgresql://host/x"]
    told = subprocess.run(argv, capture_output=True, text=True, timeout=60)
    assert told.returncode == 2 and "leave out --database" in told.stderr
