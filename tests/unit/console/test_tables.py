"""What pages and the server agree on: the tables that are told of, and how long nothing may be heard."""

import re
from pathlib import Path

from kumoniwa.console.changes import BEAT, UNTOLD
from kumoniwa.store.tables import metadata

_LIVE = Path(__file__).parents[3] / "console" / "src" / "api" / "live.ts"


def test_pages_listen_for_tables_that_are_told() -> None:
    listed = re.search(r"export const TABLES = \[(.*?)\]", _LIVE.read_text(), re.DOTALL)
    assert listed is not None
    named = set(re.findall(r'"(\w+)"', listed[1]))
    assert named and named <= metadata.tables.keys() - UNTOLD


def test_pages_wait_for_a_beat_longer_than_it_takes() -> None:
    silence = re.search(r"export const SILENCE = (\d+);", _LIVE.read_text())
    assert silence is not None and int(silence[1]) >= 2.5 * 1000 * BEAT
