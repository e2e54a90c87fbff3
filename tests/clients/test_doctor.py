"""`kumoniwa doctor` on hosts that lack something: the programs that it finds are those in a folder of the test."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cloud_process import environment

from kumoniwa.debian import Package, packages

pytestmark = pytest.mark.clients

_ELSEWHERE = """
import sys
import kumoniwa.run
kumoniwa.run._PATH = sys.argv.pop(1)
from kumoniwa.cli.main import main
main()
"""


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """The only folder in which programs are found; empty at first."""
    folder = tmp_path / "programs"
    folder.mkdir()
    return folder


def doctor(programs: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    own = programs.parent
    return subprocess.run(
        [sys.executable, "-c", _ELSEWHERE, programs, "doctor", "--data-dir", own / "cloud", *options],
        env={**environment(), "KUMONIWA_CACHE_DIR": str(own / "cache")},
        capture_output=True,
        text=True,
        timeout=60,
    )


def found(programs: Path) -> dict[str, Any]:
    ran = doctor(programs, "--json")
    assert ran.returncode == 1, ran.stderr
    told: dict[str, Any] = json.loads(ran.stdout)
    return told


def test_where_nothing_is_installed_one_command_installs_all(programs: Path) -> None:
    told = found(programs)
    assert not told["fit"]
    assert told["missing_packages"] == [one.name for one in packages() if not _is_there_by_its_files(one)]
    command = f"apt-get install --no-install-recommends {' '.join(told['missing_packages'])}"
    assert told["install"].removeprefix("sudo ") == command
    assert "accelerator" in {one["subject"] for one in told["findings"] if one["grade"] == "missing"}


def test_only_the_packages_that_are_missing_are_installed(programs: Path) -> None:
    for name in ("mmdebstrap", "sfdisk", "newuidmap"):
        (programs / name).symlink_to("/bin/true")
    missing = found(programs)["missing_packages"]
    assert not {"mmdebstrap", "fdisk"} & set(missing)
    assert {"qemu-system-x86", "uidmap"} <= set(missing), "uidmap has another program, which is not there"


def test_a_person_reads_the_command_once_and_that_a_simulated_cloud_needs_nothing(programs: Path) -> None:
    ran = doctor(programs)
    assert ran.returncode == 1
    assert ran.stdout.count("apt-get") == 1
    assert "kumoniwa serve --driver simulated" in ran.stdout
    assert "Traceback" not in ran.stderr


def _is_there_by_its_files(package: Package) -> bool:
    """Whether a package has no program, and this host has it: its files are where they are."""
    return all(name.startswith("/") and Path(name).exists() for name in package.shown_by)
