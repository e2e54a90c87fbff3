"""moto's tests of EC2 against Kumoniwa: which files, and how each is run."""

import json
import os
import subprocess
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

ROOT = Path(__file__).parents[2]
VERSION = "5.2.5"
SOURCES = ROOT / "build" / "foreign" / f"moto-{VERSION}"
PROGRAMS = ROOT / "build" / "foreign" / "venv" / "bin"
_FOLDER = ROOT / "build" / "foreign" / "moto"
_PER_TEST = 120  # seconds: a hundred times what a simulated guest takes
_PATIENCE = 2 * 60 * 60

_USUAL = {"Architecture": "x86_64", "VirtualizationType": "hvm"}
IMAGES = {
    "ami-12c6146b": {"Name": "al2023-ami-2023.6.20241010.0-kernel-6.1-x86_64", **_USUAL},
    "ami-03cf127a": {"Name": "stands for EXAMPLE_AMI_ID2", **_USUAL},
    "ami-fa7cdd89": {"Name": "stands for EXAMPLE_AMI_PARAVIRTUAL", **_USUAL},
    "ami-f4cf1d8d": {"Name": "stands for EXAMPLE_AMI_WINDOWS", **_USUAL},
}
"""The AMIs that moto's tests name (tests/__init__.py), and what is registered in their place: the first by the name
that the public parameter of Systems Manager finds."""


@dataclass(frozen=True, slots=True)
class Ran:
    """How a test of theirs ended: passed, failed or skipped, and what it said then."""

    test: str
    outcome: str
    seconds: float
    told: str


def files() -> list[str]:
    """The names of the files of tests that call EC2, without the extension. Others are about moto's own functions."""
    found = (SOURCES / "tests" / "test_ec2").glob("test_*.py")
    return sorted(path.stem for path in found if "boto3" in path.read_text())


def run(names: Iterable[str], at_once: int) -> list[Ran]:
    """Run these files in so many processes, and give how each test ended.

    Raises `RuntimeError` where a process ended without saying so of each of its tests: what it printed is beside.
    """
    furnished = furnished_clouds()
    for earlier in (*_FOLDER.glob("*.jsonl"), *_FOLDER.glob("*.log")):
        earlier.unlink()
    by_size = sorted(names, key=lambda name: (SOURCES / "tests" / "test_ec2" / f"{name}.py").stat().st_size)
    shares = [share for number in range(at_once) if (share := by_size[number::at_once])]
    with ThreadPoolExecutor(at_once) as threads:
        ran = list(threads.map(partial(_run, furnished), range(len(shares)), shares))
    return sorted((one for of_share in ran for one in of_share), key=lambda one: one.test)


def furnished_clouds() -> Path:
    """Furnish a cloud, and give where it is: each cloud of a test is a copy of it."""
    furnished = _FOLDER / "furnished"
    program = f"import json, sys; from pathlib import Path; from fresh_clouds import furnish; \
furnish(Path({str(furnished)!r}), json.loads({json.dumps(IMAGES)!r}))"
    subprocess.run([PROGRAMS / "python", "-c", program], env=_environment(), check=True, timeout=120)
    return furnished


def _run(furnished: Path, number: int, names: list[str]) -> list[Ran]:
    tests = [f"tests/test_ec2/{name}.py" for name in names]
    return run_pytest(
        [PROGRAMS / "python", "-m", "pytest", "-p", "moto_on_kumoniwa", *tests],
        SOURCES,
        _FOLDER / f"{number}.jsonl",
        {"FOREIGN_FURNISHED": str(furnished), "TEST_SERVER_MODE": "true"},
    )


def run_pytest(command: list[str | Path], folder: Path, results: Path, settings: Mapping[str, str]) -> list[Ran]:
    """Run pytest there with these settings in its environment; its plug-in writes to `results`, what it prints beside.

    Raises `RuntimeError` where it ended without saying so of each of its tests.
    """
    results.write_text("")
    options = ["-p", "no:cacheprovider", "-q", "--color", "no", "--tb", "short", "--timeout", str(_PER_TEST)]
    log = results.with_suffix(".log")
    with log.open("w") as printed:
        ended = subprocess.run(
            [*command, *options],
            cwd=folder,
            env={**_environment(), **settings, "FOREIGN_RESULTS": str(results)},
            stdout=printed,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            timeout=_PATIENCE,
        )
    if ended.returncode not in (0, 1):  # all passed, or some failed
        raise RuntimeError(f"pytest ended with status {ended.returncode}: {log}")
    return [Ran(**json.loads(line)) for line in results.read_text().splitlines()]


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("HOME", "PATH", "TMPDIR") if name in os.environ}
    here = Path(__file__).parent
    return {**kept, "PYTHONPATH": f"{here}:{here.parent}", "AWS_DEFAULT_REGION": "us-east-1", "LANG": "C.UTF-8"}
