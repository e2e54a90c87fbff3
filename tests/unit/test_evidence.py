"""What a failed test leaves behind, and that one which passes leaves nothing."""

import sys
from pathlib import Path

import pytest

pytest_plugins = "pytester"

_TESTS = Path(__file__).parents[1]
_A_CLOUD = """
import sqlite3
import pytest
from qemu.qmp import QMPClient
from qemu.qmp.message import Message

@pytest.fixture
def cloud(tmp_path):
    guest = tmp_path / "cloud" / "guests" / "i-1"
    guest.mkdir(parents=True)
    (guest / "console.log").write_text("Linux version 0.0")
    (guest / "qemu.log").write_text("qemu: terminating")
    (guest / "qmp.key").write_text("a secret")
    (tmp_path / "server.log").write_text('{"event": "listening"}')
    database = sqlite3.connect(tmp_path / "cloud" / "cloud.db")
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("CREATE TABLE instances (id TEXT)")
    database.execute("INSERT INTO instances VALUES ('i-1')")
    database.commit()
    QMPClient("i-1")._cb_outbound(Message({"execute": "cont"}))
    yield database  # which is still open when the test fails
    database.close()

@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shared")
    (folder / "log").write_text("what a server of the module logged")
    class Shared:
        evidence_folder = folder
    return Shared()
"""


@pytest.fixture
def ran(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.setattr(sys, "path", [str(_TESTS), *sys.path])
    pytester.makeconftest("from evidence import *\n" + _A_CLOUD)
    return pytester


def _evidence(ran: pytest.Pytester) -> dict[str, str]:
    """The files that are there, each with its content."""
    folder = ran.path / "build" / "evidence"
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_a_failed_test_keeps_what_guests_monitors_server_and_rows_tell(ran: pytest.Pytester) -> None:
    ran.makepyfile(test_it="def test_it(cloud, shared):\n    print('it began')\n    assert 'up' == 'down'\n")
    result = ran.runpytest_inprocess()
    result.assert_outcomes(failed=1)
    folder = ran.path / "build" / "evidence" / "test_it.py_test_it"
    result.stdout.fnmatch_lines(["*Evidence*", f"is kept in {folder}"])
    kept = _evidence(ran)
    name = folder.name
    assert kept.keys() == {
        f"{name}/{path}"
        for path in (
            "report.txt",
            "cloud/guests/i-1/console.log",
            "cloud/guests/i-1/qemu.log",
            "cloud/cloud.sql",
            "monitor.log",
            "server.log",
            "1/log",
        )
    }
    assert kept[f"{name}/cloud/guests/i-1/console.log"] == "Linux version 0.0"
    assert "INSERT INTO \"instances\" VALUES('i-1')" in kept[f"{name}/cloud/cloud.sql"]
    [line] = kept[f"{name}/monitor.log"].splitlines()
    assert line.endswith('i-1 --> {"execute":"cont"}')
    assert "assert 'up' == 'down'" in kept[f"{name}/report.txt"]
    assert "it began" in kept[f"{name}/report.txt"]


@pytest.mark.parametrize("where", ["setup", "teardown"])
def test_what_fails_around_a_test_keeps_evidence_too(where: str, ran: pytest.Pytester) -> None:
    parts = ["yield", "assert False, 'broken'"] if where == "teardown" else ["assert False, 'broken'"]
    body = "\n    ".join(parts)
    ran.makepyfile(
        test_it=f"import pytest\n@pytest.fixture\ndef broken(cloud):\n    {body}\ndef test_it(broken):\n    pass\n"
    )
    ran.runpytest_inprocess().assert_outcomes(errors=1, passed=where == "teardown")
    kept = _evidence(ran)
    assert "broken" in kept["test_it.py_test_it/report.txt"]
    assert "cont" in kept["test_it.py_test_it/monitor.log"]


def test_a_test_that_passes_leaves_nothing_not_even_of_a_run_before(ran: pytest.Pytester) -> None:
    ran.makepyfile(test_it="def test_it(cloud, shared):\n    assert False\n")
    ran.runpytest_inprocess().assert_outcomes(failed=1)
    assert _evidence(ran)
    ran.makepyfile(test_it="def test_it(cloud, shared):\n    assert True\n")
    ran.runpytest_inprocess().assert_outcomes(passed=1)
    assert _evidence(ran) == {}
