"""What pip and pipx install: the wheel in an environment of its own, on a host that has none of the Debian packages."""

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from zipfile import ZipFile

import pytest
from cloud_process import CloudProcess, Sdk, environment

from kumoniwa.debian import packages

pytestmark = pytest.mark.clients

_ROOT = Path(__file__).parents[2]
_PACKAGE = _ROOT / "src" / "kumoniwa"
_PINNED = re.compile(r"[a-z0-9._-]+==[^ ]+")
_DEADLINE = 110  # seconds; an installation downloads some 30 MB where pip has not kept them

# The command as it is installed, on a host where no program is found: not even those that every Debian has.
_WITHOUT_PROGRAMS = """#!{python} -I
import kumoniwa.run
kumoniwa.run._PATH = "/nonexistent"
from kumoniwa.cli.main import main
main()
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory.mktemp("wheels"))


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a new environment into which the wheel was installed, with the versions that are locked."""
    folder = tmp_path_factory.mktemp("installed")
    versions = folder / "versions"
    locked = (_ROOT / "requirements.lock").read_text().splitlines()
    versions.write_text("\n".join(found.group() for line in locked if (found := _PINNED.match(line))))
    run(sys.executable, "-m", "venv", "--without-pip", folder / "venv")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", folder / "venv", "install", "-qq"]
    run(*pip, "--no-compile", "--only-binary", ":all:", "--constraint", versions, wheel)
    return folder / "venv" / "bin" / "python"


@pytest.fixture(scope="module")
def kumoniwa(python: Path) -> Path:
    """The command, on a host without programs."""
    script = python.with_name("kumoniwa-without-programs")
    script.write_text(_WITHOUT_PROGRAMS.format(python=python))
    script.chmod(0o755)
    return script


def test_the_wheel_holds_every_file_of_the_package(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if name.startswith("kumoniwa/")}
    files = (path for path in _PACKAGE.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    assert held == {str(path.relative_to(_PACKAGE.parent)) for path in files}
    assert {"kumoniwa/py.typed", "kumoniwa/debian-packages.txt", "kumoniwa/store/migrations/env.py"} <= held


def test_the_same_sources_give_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    again = built(tmp_path / "wheels")
    assert again.name == wheel.name
    assert again.read_bytes() == wheel.read_bytes()


def test_the_installed_command_runs(python: Path) -> None:
    told = subprocess.check_output([python.with_name("kumoniwa"), "version"], env=environment(), timeout=_DEADLINE)
    assert told.startswith(b"kumoniwa ")


def test_a_simulated_cloud_answers_where_no_program_is_installed(kumoniwa: Path, waiters: Path, tmp_path: Path) -> None:
    with CloudProcess(tmp_path, program=kumoniwa) as cloud:
        sdk = Sdk(cloud.environment(), waiters)
        client = sdk.client()
        assert client.describe_instances()["Reservations"] == []
        launched = client.run_instances(ImageId=sdk.starting_image(), MinCount=1, MaxCount=1, InstanceType="t3.micro")
        instance_id = launched["Instances"][0]["InstanceId"]
        client.get_waiter("instance_running").wait(InstanceIds=[instance_id])
        (reservation,) = client.describe_instances()["Reservations"]
        assert [one["InstanceId"] for one in reservation["Instances"]] == [instance_id]
        mistakes = [line for line in cloud.logged() if line["level"] not in ("debug", "info", "warning")]
        assert cloud.stop() == 0
    assert mistakes == []


def test_the_installed_doctor_names_the_packages_for_real_guests(kumoniwa: Path, tmp_path: Path) -> None:
    command = [str(kumoniwa), "doctor", "--json", "--data-dir", str(tmp_path / "cloud")]
    ran = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=_DEADLINE)
    assert ran.returncode == 1, ran.stderr
    told = json.loads(ran.stdout)
    programs = [one.name for one in packages() if not one.shown_by[0].startswith("/")]
    assert set(programs) <= set(told["missing_packages"])
    assert "apt-get install --no-install-recommends qemu-system-x86 " in told["install"]


def built(folder: Path) -> Path:
    """A wheel of these sources, built in that folder."""
    run(_ROOT / "scripts" / "wheel", folder)
    (wheel,) = folder.iterdir()
    return wheel


def run(*command: object) -> None:
    """Run a program that is to succeed."""
    words: Sequence[str] = [str(word) for word in command]
    ran = subprocess.run(words, env=environment(), capture_output=True, text=True, timeout=_DEADLINE, check=False)
    assert ran.returncode == 0, f"{words}: {ran.stdout}{ran.stderr}"
