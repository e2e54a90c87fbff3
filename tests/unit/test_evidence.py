"""What a failed test leaves behind, and that one which passes leaves nothing."""

import sys
from pathlib import Path
from xml.etree import ElementTree

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


def test_the_report_shows_the_last_of_consoles_and_of_what_servers_warned_of(ran: pytest.Pytester) -> None:
    ran.makepyfile(
        test_it="""
import json

def test_it(cloud, tmp_path):
    console = tmp_path / "cloud" / "guests" / "i-1" / "console.log"
    said = "".join(f"[{second:5}] line {second}\\r\\n" for second in range(100))
    console.write_text(said + "\x1b[1;31mpanic\x1b[0m \x1b]0;title\x07\x9b" + "x" * 10_000 + "\\r\\n\\r\\n")
    with (tmp_path / "server.log").open("w") as log:
        for number in range(5000):
            log.write(json.dumps({"event": f"answered {number}", "level": "info"}) + "\\n")
            log.write(json.dumps({"event": f"slow {number}", "level": "warning", "instance": "i-1\x07"}) + "\\n")
        log.write("Traceback (most recent call last):\\n")
    assert False
"""
    )
    result = ran.runpytest_inprocess()
    result.assert_outcomes(failed=1)
    shown = result.stdout.lines
    console = shown.index(next(line for line in shown if "End of the serial console of i-1" in line))
    log = shown.index(next(line for line in shown if "Last warnings and errors in server.log" in line))
    assert shown[console + 1] == "[   86] line 86" and shown[console + 14] == "[   99] line 99"
    assert shown[console + 15].startswith(r"panic \x1b]0;title\x07\x9bxxx") and shown[console + 15].endswith("x …")
    assert len(shown[console + 15]) < 250
    assert shown[log + 1] == r"warning slow 4991 instance=i-1\x07"
    assert shown[log + 10] == "Traceback (most recent call last):"
    assert not any("answered" in line for line in shown[log:])
    kept = _evidence(ran)
    assert "line 99" in kept["test_it.py_test_it/report.txt"]


@pytest.mark.parametrize("where", ["setup", "call", "teardown"])
def test_the_report_for_programs_names_the_evidence_once(where: str, ran: pytest.Pytester) -> None:
    fails = {place: "assert False" if place == where else "pass" for place in ("setup", "call", "teardown")}
    ran.makepyfile(
        test_it=f"""
import pytest

@pytest.fixture
def around():
    {fails["setup"]}
    yield
    {fails["teardown"]}

def test_it(around):
    {fails["call"]}
"""
    )
    ran.runpytest_inprocess("--junitxml=report.xml")
    noted = ElementTree.parse(ran.path / "report.xml").findall(".//property[@name='evidence']")
    assert [each.get("value") for each in noted] == [str(ran.path / "build" / "evidence" / "test_it.py_test_it")]


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


def test_what_a_fixture_made_that_could_not_be_had_is_kept(ran: pytest.Pytester) -> None:
    ran.makepyfile(
        test_it="""
import pytest

@pytest.fixture(scope="module")
def guest(tmp_path_factory):
    folder = tmp_path_factory.mktemp("guest") / "cloud" / "guests" / "i-7"
    folder.mkdir(parents=True)
    (folder / "console.log").write_text("Kernel panic")
    raise AssertionError("it did not boot")

def test_it(guest):
    pass
"""
    )
    result = ran.runpytest_inprocess()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*End of the serial console of i-7*", "Kernel panic"])
    assert [text for name, text in _evidence(ran).items() if name.endswith("i-7/console.log")] == ["Kernel panic"]


def test_a_test_that_passes_leaves_nothing_not_even_of_a_run_before(ran: pytest.Pytester) -> None:
    ran.makepyfile(test_it="def test_it(cloud, shared):\n    assert False\n")
    ran.runpytest_inprocess().assert_outcomes(failed=1)
    assert _evidence(ran)
    ran.makepyfile(test_it="def test_it(cloud, shared):\n    assert True\n")
    ran.runpytest_inprocess().assert_outcomes(passed=1)
    assert _evidence(ran) == {}
