"""The runner of the tests over real programs: what it shows, and that nothing goes on once it is interrupted."""

import sys
import threading
from pathlib import Path

import pytest
from lanes import Runner, Step
from waiting import eventually

pytestmark = pytest.mark.clients

_WAITS = """
import signal, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
if "deaf" in sys.argv:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
print(child.pid, flush=True)
signal.pause()
"""


def step(folder: Path, name: str, program: str, *arguments: str) -> Step:
    return Step(name, (sys.executable, "-c", program, *arguments), folder)


def running(folder: Path, *arguments: str) -> tuple[Runner, threading.Thread, Path]:
    """A lane whose first step waits with a child of its own, and the child's folder below /proc."""
    runner, waits = Runner(), step(folder, "waits", _WAITS, *arguments)
    lane = threading.Thread(target=runner.lane, args=[[waits, step(folder, "never", "print('never')")]])
    lane.start()
    child = eventually(lambda: waits.log.read_text().strip() or None if waits.log.exists() else None, within=30)
    return runner, lane, Path(f"/proc/{child}")


def gone(process: Path) -> bool:
    """Whether it runs no more; where nobody waits for it, it stays as a zombie."""
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_a_step_that_fails_is_shown_whole_and_the_next_one_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runner = Runner()
    runner.lane([step(tmp_path, "bad", "print('why it failed'); raise SystemExit(3)"), step(tmp_path, "good", "")])
    assert [(result.step.name, result.status, result.failed) for result in runner.results] == [
        ("bad", 3, 1),
        ("good", 0, 0),
    ]
    assert runner.lanes_ended == 1
    shown = capsys.readouterr().out
    assert "==> bad: failed with status 3 in" in shown and "why it failed\n" in shown and "good: done in" in shown


def test_a_step_has_no_input_to_wait_for(tmp_path: Path) -> None:
    runner = Runner()
    runner.lane([step(tmp_path, "reads", "import sys; assert sys.stdin.read() == ''")])
    assert [result.status for result in runner.results] == [0]


def test_an_interruption_ends_what_runs_with_its_children_and_begins_nothing(tmp_path: Path) -> None:
    runner, lane, child = running(tmp_path)
    runner.interrupt()
    lane.join(30)
    assert [(result.step.name, result.failed) for result in runner.results] == [("waits", 1)]
    assert runner.lanes_ended == 0
    eventually(lambda: gone(child), within=30)


def test_a_second_interruption_kills_what_does_not_listen(tmp_path: Path) -> None:
    runner, lane, child = running(tmp_path, "deaf")
    runner.interrupt()
    runner.interrupt()
    lane.join(30)
    assert [result.status for result in runner.results] == [-9]
    eventually(lambda: gone(child), within=30)
