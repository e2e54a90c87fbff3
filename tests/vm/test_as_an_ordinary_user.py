"""What is promised of networks holds for a server that is not root: the same tests, by a user without any privilege."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import ordinary_user
import pytest

pytestmark = [pytest.mark.vm, pytest.mark.timeout(600)]

_HERE = Path(__file__).parent
_TESTS = ("test_host_network.py", "test_guest_networks.py")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder of that user's; pytest's own are root's alone."""
    made = Path(tempfile.mkdtemp(prefix="kumoniwa-user-"))
    ordinary_user.give(made)
    yield made
    shutil.rmtree(made)


@pytest.mark.parametrize("tests", _TESTS)
def test_networks_are_kept_by_an_ordinary_user_too(folder: Path, tests: str) -> None:
    if os.geteuid() != 0:
        pytest.skip("this user is one: the tests themselves show it")
    environment = {
        "HOME": str(folder),
        "HYPOTHESIS_STORAGE_DIRECTORY": str(folder / "hypothesis"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    can_read = [sys.executable, "-c", "import kumoniwa"]
    tried = subprocess.run(ordinary_user.command(can_read, environment), capture_output=True, text=True, check=False)
    if tried.returncode:
        pytest.skip(f"{ordinary_user.USER} cannot run this: {tried.stderr.strip()[-300:]}")
    argv = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        str(_HERE / tests),
        f"--basetemp={folder}/t",
        "-p",
        "no:cacheprovider",
    ]
    ran = subprocess.run(
        ordinary_user.command(argv, environment), capture_output=True, text=True, check=False, cwd=_HERE.parents[1]
    )
    assert ran.returncode == 0, ran.stdout[-4000:]
    assert " skipped" not in ran.stdout, ran.stdout[-1000:]
