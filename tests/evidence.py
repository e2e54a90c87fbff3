"""What a failed test with guests or real servers leaves behind, in one folder whose path its report names.

    build/evidence/<test>/
        report.txt          the failure, and what was captured
        …/console.log       what a guest said on its serial console
        …/qemu.log          what its QEMU said (qemu.log.before: the one before)
        …/guest.json        what the server had noted of it
        …/monitor.log       each message between us and the monitors of QEMUs
        …/server.log        what the server logged
        …/cloud.sql         the rows, as SQL

The report itself shows the last lines of the consoles and the last warnings of the servers. A test that passes leaves
nothing. The names of this module belong into a `conftest.py`.
"""

import re
import shutil
import sqlite3
from collections.abc import Generator, Iterator
from contextlib import closing, suppress
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from last_words import last_words
from monitor_tap import tapped

__all__ = ["evidence", "pytest_runtest_call", "pytest_runtest_makereport", "pytest_runtest_setup"]

_TEXTS = {"console.log", "guest.json", "monitor.log", "qemu.log", "qemu.log.before", "server.log", "log"}
_ROWS = "cloud.db"
_LONGEST = 120  # characters of a folder's name
_LOOKED_INTO = pytest.StashKey[list[Path]]()
_BEFORE = pytest.StashKey[set[Path]]()


@pytest.fixture(autouse=True)
def evidence(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[None]:
    """Evidence is kept should this test fail: of its temporary folder, and of fixtures with an `evidence_folder`."""
    request.node.stash[_LOOKED_INTO] = [tmp_path]
    shutil.rmtree(folder_of(request.node), ignore_errors=True)  # of an earlier run
    with tapped(tmp_path / "monitor.log"):
        yield


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """A fixture whose guest did not come up has no `evidence_folder`: see which folders there are before."""
    item.stash[_BEFORE] = _temporary_folders(item.config)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Function) -> Generator[None, object, object]:
    """Before the test runs, all its fixtures being there: see which of them have something to tell."""
    fixtures = item._request
    for name in item.fixturenames:
        looked_into = getattr(fixtures.getfixturevalue(name), "evidence_folder", None)
        if looked_into is not None:
            item.stash[_LOOKED_INTO].append(looked_into)
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where the test failed, keep what there is, before fixtures are taken down."""
    report = yield
    if report.failed:
        looked_into: list[Path] = item.stash.get(_LOOKED_INTO, [])
        if report.when == "setup":
            before = item.stash[_BEFORE].union(looked_into)
            looked_into = [*looked_into, *sorted(_temporary_folders(item.config) - before)]
        kept = folder_of(item)
        kept.mkdir(parents=True, exist_ok=True)
        for number, folder in enumerate(looked_into):
            keep(folder, kept / str(number) if number else kept)
            report.sections.extend(last_words(folder))
        with (kept / "report.txt").open("a") as text:
            text.write(f"{item.nodeid}, {report.when}\n\n{report.longreprtext}\n")
            text.writelines(f"\n--- {title}\n{content}" for title, content in report.sections)
        report.sections.append(("Evidence", f"is kept in {kept}"))
        noted = ("evidence", str(kept))
        if noted not in item.user_properties:
            item.user_properties.append(noted)  # the report of its teardown, still to come, hands them on to the file
            report.user_properties.append(noted)
    return report


def _temporary_folders(config: pytest.Config) -> set[Path]:
    """Those of all tests and fixtures so far."""
    factory: pytest.TempPathFactory = config._tmp_path_factory  # type: ignore[attr-defined]
    return {path for path in factory.getbasetemp().iterdir() if path.is_dir() and not path.is_symlink()}


def folder_of(item: pytest.Item) -> Path:
    """Where the evidence of a test is kept."""
    name = re.sub(r"[^A-Za-z0-9.-]+", "_", item.nodeid).strip("_")
    if len(name) > _LONGEST:
        name = f"{name[:_LONGEST]}-{sha256(item.nodeid.encode()).hexdigest()[:8]}"
    return item.config.rootpath / "build" / "evidence" / name


def keep(folder: Path, kept: Path) -> None:
    """Copy what a folder with clouds tells: logs, consoles, rows; never disks or keys."""
    for path in sorted(folder.rglob("*")):
        with suppress(FileNotFoundError):  # whoever wrote it goes on
            if path.name in _TEXTS and path.is_file():
                _target(path, folder, kept).write_bytes(path.read_bytes())
            elif path.name == _ROWS:
                _target(path, folder, kept).with_suffix(".sql").write_text(_dumped(path))


def _target(path: Path, folder: Path, kept: Path) -> Path:
    target = kept / path.relative_to(folder)
    target.parent.mkdir(parents=True, exist_ok=True)
    return target


def _dumped(database: Path) -> str:
    """The rows as SQL, those that are still in the journal too; or why they cannot be read."""
    with TemporaryDirectory() as folder:
        for path in database.parent.glob(f"{database.name}*"):
            shutil.copy(path, folder)
        try:
            with closing(sqlite3.connect(Path(folder) / database.name)) as connection:
                return "\n".join(connection.iterdump()) + "\n"
        except sqlite3.DatabaseError as failure:
            return f"-- {database}: {failure}\n"
