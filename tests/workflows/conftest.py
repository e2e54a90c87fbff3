"""These tests run on a whole cloud in their own process, many of them on one after another: that is counted."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from every_story import Runs
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


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Runs]:
    """Runs of stories, and how many there were."""
    runs = Runs(tmp_path, monkeypatch)
    yield runs
    request.node.user_properties += [("runs", runs.made), ("crashes", runs.crashes)]


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """How many servers died, by test."""
    counts: dict[str, Counter[str]] = {}
    for report in terminalreporter.getreports(""):
        found = dict(report.user_properties)
        if report.when == "teardown" and "runs" in found:
            test = counts.setdefault(report.location[2].split("[")[0], Counter())
            test.update(found)
            test["stories"] += 1
    for name, count in counts.items():
        terminalreporter.write_line(
            f"{name}: {count['stories']} stories, {count['runs']} runs, {count['crashes']} crashes"
        )
