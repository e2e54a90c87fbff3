"""The tables that pages listen for are the store's."""

import re
from pathlib import Path

from kumoniwa.console.changes import UNTOLD
from kumoniwa.store.tables import metadata

_LIVE = Path(__file__).parents[3] / "console" / "src" / "api" / "live.ts"


def test_pages_listen_for_tables_that_are_told() -> None:
    listed = re.search(r"export const TABLES = \[(.*?)\]", _LIVE.read_text(), re.DOTALL)
    assert listed is not None
    named = set(re.findall(r'"(\w+)"', listed[1]))
    assert named and named <= metadata.tables.keys() - UNTOLD
