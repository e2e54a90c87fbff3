"""Growth has an end: a cloud that has had its days weighs no more than one that has had half of them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.clients

SOAK = Path(__file__).parents[2] / "benchmarks" / "soak.py"
DAYS = 9  # what is kept longest is kept for a week, but for boots
BOOTS = 100  # that each instance keeps, whatever their age
UNDER_WAY = 4  # tasks: a round of housekeeping with its deadline, or of something else, when it was looked
OPENED_LATE = 8  # files: each of four readers of the database opens two when it is needed first


def test_rows_files_and_open_files_are_as_many_after_twice_as_many_days(tmp_path: Path) -> None:
    told = tmp_path / "figures.json"
    days = ["--days", str(2 * DAYS), "--every", str(DAYS)]
    life = ["--instances", "1", "--rounds", "2", "--keep", "2"]
    subprocess.run([sys.executable, SOAK, *days, *life, "--json", told], check=True, timeout=110, capture_output=True)
    first, second = json.loads(told.read_text()).values()
    tables = [name for name in first if name.startswith("rows of ")]
    assert len(tables) > 20
    for name in (*tables, "layers' files", "files"):
        if name != "rows of boots":
            assert second[name] <= first[name], name
    assert second["rows of boots"] <= BOOTS
    assert second["tasks"] <= first["tasks"] + UNDER_WAY
    assert second["open files"] <= first["open files"] + OPENED_LATE
    assert second["memory, MB"] < 1.1 * first["memory, MB"]
