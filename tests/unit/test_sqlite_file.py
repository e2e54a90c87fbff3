"""New SQLite files."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from kumoniwa.sqlite_file import FAILURES, make_database, make_whole

_TABLE = "CREATE TABLE t (a); INSERT INTO t VALUES (1);"


def _rows(path: Path) -> list[tuple[int]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT a FROM t").fetchall()


def _leave_writes_of_a_deleted_file(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("PRAGMA journal_mode=WAL; CREATE TABLE t (a); INSERT INTO t VALUES (2);")
        ahead = path.with_name(f"{path.name}-wal").read_bytes()
    path.unlink()
    path.with_name(f"{path.name}-wal").write_bytes(ahead)


@pytest.mark.parametrize("durable", [True, False])
def test_a_new_file_has_all_of_it_and_writes_ahead(tmp_path: Path, durable: bool) -> None:
    path = tmp_path / "new.db"
    path.with_name("new.db.new").write_text("what a power failure left")
    _leave_writes_of_a_deleted_file(path)
    make_database(path, _TABLE, durable=durable)
    assert [file.name for file in tmp_path.iterdir()] == ["new.db"]
    assert _rows(path) == [(1,)]
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_what_cannot_be_made_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(FAILURES, match="syntax error"):
        make_database(tmp_path / "new.db", _TABLE + "CREATE TABLE u (")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(FAILURES):
        make_database(tmp_path / "nowhere" / "new.db", _TABLE)


def test_what_was_committed_is_in_the_file_itself_or_that_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    make_database(path, _TABLE)
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM t").fetchone()
        with closing(sqlite3.connect(path)) as writer, writer:
            writer.execute("INSERT INTO t VALUES (1)")
        with pytest.raises(FAILURES, match="another program"):
            make_whole(path)
    make_whole(path)
    assert [each.name for each in tmp_path.iterdir()] == ["new.db"]
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (2,)
