"""A path is no URL: the database is the file in the folder that was named, whatever that folder is called."""

from pathlib import Path

import pytest

from kumoniwa.store.engines.sqlite import make_engine
from kumoniwa.store.schema import ensure_schema


@pytest.mark.parametrize("name", ["a?b=c", "p%41q", "a#b", "user:secret@host", "a b", "?mode=memory", "%(here)s", "雲"])
def test_the_database_is_the_file_in_the_folder_that_was_named(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name / "cloud"
    folder.mkdir(parents=True)
    engine = make_engine(folder / "cloud.db")
    ensure_schema(engine)
    engine.dispose()
    assert (folder / "cloud.db").stat().st_size > 0
    assert [path for path in tmp_path.rglob("*") if path.is_file() and path.parent != folder] == []
