"""These tests run on a whole cloud in their own process, many of them on one after another: that is counted."""

import os
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any

import pytest
import structlog
from every_story import Prepared, Told, prepare, tell
from stack_fixture import stack

__all__ = ["stack"]


@pytest.fixture(scope="module", autouse=True)
def plain_failures() -> Iterator[None]:
    """What is refused here is logged thousands of times: to draw each with its frames would take most of the time."""
    before = structlog.get_config()
    renderer = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[structlog.processors.add_log_level, renderer])
    yield
    structlog.configure(**before)


@pytest.fixture(scope="session")
def memory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder for data folders, in memory where the host has one there: thousands of them are made and removed."""
    shared = Path("/dev/shm")
    if not os.access(shared, os.W_OK):
        yield tmp_path_factory.mktemp("memory")
        return
    with TemporaryDirectory(prefix="kumoniwa-tests-", dir=shared) as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def prepared(request: pytest.FixtureRequest, memory: Path) -> Prepared:
    """What is there before every story; a module's `TIMING` says how long things take."""
    return prepare(_new_folder(memory), getattr(request.module, "TIMING", None))


@pytest.fixture(scope="module")
def told(
    request: pytest.FixtureRequest, prepared: Prepared, memory: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Told]:
    """A story, named by the parameter. All its tests run one after another and judge no remains twice."""
    folder = _new_folder(memory)
    with pytest.MonkeyPatch.context() as patch:
        yield tell(prepared, request.param, folder, tmp_path_factory.mktemp("evidence"), patch)
    shutil.rmtree(folder)


@pytest.fixture
def count(request: pytest.FixtureRequest) -> Iterator[Counter[str]]:
    """What a test does, counted for its report. Where cases are sampled, `x_of` are those that `x` is a sample of."""
    counted: Counter[str] = Counter()
    yield counted
    request.node.user_properties += list(counted.items())


def _new_folder(memory: Path) -> Path:
    return Path(mkdtemp(dir=memory))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """What was counted, by test."""
    counts: dict[str, Counter[str]] = {}
    for report in terminalreporter.getreports(""):
        if report.when == "teardown" and (found := dict(report.user_properties)):
            counts.setdefault(report.location[2].split("[")[0], Counter()).update(found)
    for name, count in counts.items():
        terminalreporter.write_line(f"{name}: " + ", ".join(f"{what} {times}" for what, times in count.items()))
