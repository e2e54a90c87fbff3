"""`kumoniwa storage`: with a running cloud, without one, and where it cannot look."""

import asyncio
import fcntl
import json
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cloud_process import KUMONIWA, CloudProcess, environment

from kumoniwa.clock import SystemClock
from kumoniwa.hypervisor.driver import LayerId
from kumoniwa.hypervisor.simulated import SimulatedDriver

pytestmark = pytest.mark.clients


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[CloudProcess]:
    with CloudProcess(tmp_path) as running:
        yield running


def storage(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command: list[str | Path] = [KUMONIWA, "storage", *words, "--data-dir", folder]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment(), check=False)


def checked(folder: Path, *words: str) -> tuple[int, dict[str, Any]]:
    """The exit status of a check, and what it told."""
    ran = storage(folder, "check", "--json", *words)
    assert "Traceback" not in ran.stderr
    return ran.returncode, json.loads(ran.stdout)


def add_rubbish(folder: Path) -> None:
    """A layer's file that no row knows."""

    async def add() -> None:
        driver = SimulatedDriver(SystemClock(), kept_in=folder / "simulated.db")
        await driver.disks.ensure_empty(LayerId("layer-0123456789abcdef0"), 1 << 30)
        await driver.close()

    asyncio.run(add())


def test_a_running_cloud_tells_of_its_storage(cloud: CloudProcess) -> None:
    told = storage(cloud.data_dir, "status")
    assert told.returncode == 0, told.stderr
    assert [line.partition("  ")[0].strip() for line in told.stdout.splitlines()[:3]] == ["free", "usable", "layers"]
    as_data = json.loads(storage(cloud.data_dir, "status", "--json").stdout)
    assert as_data["layers"] == 1
    assert as_data["compaction"] == {"running": None, "last": None, "skipped": {}}
    assert checked(cloud.data_dir) == (0, {"whole": True, "looked_at": 1, "faults": [], "repaired": []})
    assert storage(cloud.data_dir, "check").stdout == "All is whole: 1 layers looked at.\n"
    doctor: list[str | Path] = [KUMONIWA, "doctor", "--json", "--data-dir", cloud.data_dir]
    found = json.loads(subprocess.run(doctor, capture_output=True, timeout=60, env=environment(), check=True).stdout)
    seen = {finding["subject"]: finding for finding in found["findings"]}
    assert seen["storage"]["grade"] == "good"


def test_without_a_server_the_folder_is_looked_at_and_repaired(cloud: CloudProcess) -> None:
    cloud.stop()
    assert storage(cloud.data_dir, "status").returncode == 0
    assert checked(cloud.data_dir)[0] == 0
    add_rubbish(cloud.data_dir)
    status, told = checked(cloud.data_dir)
    assert status == 1
    assert [(fault["layer"], fault["repairable"]) for fault in told["faults"]] == [("layer-0123456789abcdef0", True)]
    assert "kumoniwa storage check --repair" in storage(cloud.data_dir, "check").stdout
    status, told = checked(cloud.data_dir, "--repair")
    assert (status, told["whole"], [one["layer"] for one in told["repaired"]]) == (0, True, ["layer-0123456789abcdef0"])
    assert checked(cloud.data_dir) == (0, {"whole": True, "looked_at": 1, "faults": [], "repaired": []})
    cloud.start()  # it let go of the folder, and left nothing behind


def test_a_lost_disk_is_named_and_not_repaired(cloud: CloudProcess) -> None:
    cloud.stop()
    database = sqlite3.connect(cloud.data_dir / "cloud.db")
    database.execute("UPDATE layers SET made = 1")
    [layer] = [row[0] for row in database.execute("SELECT id FROM layers")]
    database.commit()
    database.close()
    for path in cloud.data_dir.glob("simulated.db*"):
        path.unlink()
    for words in ((), ("--repair",)):
        status, told = checked(cloud.data_dir, *words)
        [fault] = told["faults"]
        assert (status, fault["layer"], fault["repairable"]) == (1, layer, False)
        assert "missing" in fault["what"]
        assert any(one.startswith("ami-") for one in fault["needed_by"])


def test_where_it_cannot_look_it_says_so(cloud: CloudProcess, tmp_path: Path) -> None:
    cloud.stop()
    with (cloud.data_dir / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        refused = storage(cloud.data_dir, "check")
        assert (refused.returncode, refused.stdout) == (2, "")
        assert "Another server runs on" in refused.stderr
    nothing = tmp_path / "nothing"
    for words in (("check",), ("check", "--repair"), ("status",)):
        refused = storage(nothing, *words)
        assert refused.returncode == 2
        said = f"kumoniwa: There is no cloud in {nothing}: it has no cloud.db. Name its folder with --data-dir.\n"
        assert refused.stderr == said
    assert not nothing.exists()
    database = sqlite3.connect(cloud.data_dir / "cloud.db")
    database.execute("UPDATE alembic_version SET version_num = '0001'")
    database.commit()
    database.close()
    refused = storage(cloud.data_dir, "check")
    assert refused.returncode == 2
    assert "of an older Kumoniwa" in refused.stderr
    (cloud.data_dir / "cloud.db").write_bytes(b"no database" * 100)
    refused = storage(cloud.data_dir, "check")
    assert refused.returncode == 2
    assert "cannot be used: file is not a database" in refused.stderr
    assert "Traceback" not in refused.stderr


_STANDING_STILL = """
import asyncio, sys
from kumoniwa.cli.main import main
from kumoniwa.hypervisor.simulated.disks import SimulatedDisks

async def stand_still(*_, **__):
    print("looking", flush=True)
    await asyncio.Event().wait()

SimulatedDisks.faults = stand_still
main()
"""


def test_ctrl_c_ends_a_check_and_leaves_the_folder_free(cloud: CloudProcess) -> None:
    cloud.stop()
    command = [sys.executable, "-c", _STANDING_STILL, "storage", "check", "--data-dir", str(cloud.data_dir)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"looking\n"
            process.send_signal(signal.SIGINT)
            _, told = process.communicate(timeout=30)
        finally:
            process.kill()
    assert (process.returncode, told) == (130, b"kumoniwa: interrupted\n")
    assert checked(cloud.data_dir)[0] == 0
