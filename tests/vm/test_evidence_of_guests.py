"""What is kept of a failed test is there to be kept: a real guest's console, its monitor's traffic, the rows."""

import json
from pathlib import Path

import pytest
from evidence import keep
from real_cloud import end_guests, real_cloud

pytestmark = [pytest.mark.anyio, pytest.mark.vm]


async def test_a_real_guest_leaves_all_that_a_failure_is_explained_by(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    (tmp_path / "cloud").mkdir()
    try:
        async with real_cloud(tmp_path / "cloud") as cloud:
            instance_id = await cloud.launch(await cloud.boot_sector_image())
            keep(tmp_path, kept)  # while all goes on
    finally:
        end_guests(tmp_path / "cloud")
    of_guest = kept / "cloud" / "guests" / instance_id
    assert "Linux version" in (of_guest / "console.log").read_text()
    assert (of_guest / "qemu.log").exists()
    assert instance_id in (kept / "cloud" / "cloud.sql").read_text()
    lines = [line.split(" ", 3) for line in (kept / "monitor.log").read_text().splitlines()]
    traffic = [(arrow, json.loads(message)) for _, guest, arrow, message in lines if guest == instance_id]
    assert any(message.get("execute") == "cont" for arrow, message in traffic if arrow == "-->")
    assert any(message.get("event") == "RESUME" for arrow, message in traffic if arrow == "<--")
    assert not any(path.suffix == ".qcow2" for path in kept.rglob("*"))
