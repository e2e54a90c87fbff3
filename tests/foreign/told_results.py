"""What a pytest plug-in writes of each test: how it ended, and what it said."""

import json
import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

_LAST_LINES = 4


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Write how the test ended to the file $FOREIGN_RESULTS, a JSON object a line."""
    report = yield
    if report.when == "call" or not report.passed:
        row = {
            "test": item.nodeid,
            "outcome": "failed" if report.failed else report.outcome,
            "seconds": round(report.duration, 2),
            "told": _told(item, call, report),
        }
        with Path(os.environ["FOREIGN_RESULTS"]).open("a") as results:
            results.write(json.dumps(row) + "\n")
    return report


def _told(item: pytest.Item, call: pytest.CallInfo[Any], report: pytest.TestReport) -> str:
    if report.skipped:
        return report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    if call.excinfo is None:
        return ""
    # The last line that is the suite's own: beyond it is what it calls.
    within = [one for one in call.excinfo.traceback if Path(str(one.path)).parent == item.path.parent]
    entry = (within or call.excinfo.traceback)[-1]
    said = f"{call.excinfo.typename}: {call.excinfo.value}"
    if "testtools" in said:  # which tells a traceback of its own, whose last lines are what failed
        said = "\n".join([line.strip() for line in said.splitlines() if line.strip()][-_LAST_LINES:])
    return f"{entry.lineno + 1}: {said}"
