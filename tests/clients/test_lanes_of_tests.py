"""The runner of the tests over real programs: what it shows, and that nothing goes on once it is interrupted."""

import sys
import threading
from dataclasses import replace
from pathlib import Path
from queue import Queue

import pytest
from lanes import Kind, Runner, Step, close
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
_LEAVES_AN_ORPHAN = """
import contextlib, os, select, time
read, write = os.pipe()
if os.fork() == 0:
    if os.fork() == 0:
        os.write(write, str(os.getpid()).encode())
        while time.process_time() < 1:
            pass
    os._exit(0)
os.wait()
with contextlib.suppress(ProcessLookupError):  # it has ended, and was waited for
    orphan = select.poll()
    orphan.register(os.pidfd_open(int(os.read(read, 20))), select.POLLIN)
    assert orphan.poll(60_000), "it has not ended"
"""
_LISTS = """
def test_it_is_shown():
    print(*(f"it was printed {number}" for number in range(500)), sep="\\n")
    raise AssertionError("the button is not there\\nPage:\\n" + "- a link\\n" * 1500)

def test_another():
    pass
"""


def step(folder: Path, name: str, program: str, *arguments: str) -> Step:
    return Step(name, (sys.executable, "-c", program, *arguments), folder)


def queue(*steps: Step) -> Queue[Step]:
    waiting = Queue[Step]()
    for each in steps:
        waiting.put(each)
    return waiting


def running(folder: Path, *arguments: str) -> tuple[Runner, threading.Thread, Path]:
    """A lane whose first step waits with a child of its own, and the child's folder below /proc."""
    runner, waits = Runner(), step(folder, "waits", _WAITS, *arguments)
    lane = threading.Thread(target=runner.lane, args=[queue(waits, step(folder, "never", "print('never')"))])
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
    runner.lane(queue(step(tmp_path, "bad", "print('why it failed'); raise SystemExit(3)"), step(tmp_path, "good", "")))
    assert [(result.step.name, result.status, result.failed) for result in runner.results] == [
        ("bad", 3, 1),
        ("good", 0, 0),
    ]
    assert len(runner.lanes) == 1
    shown = capsys.readouterr().out
    assert "==> bad: failed with status 3 in" in shown and "why it failed\n" in shown and "good: done in" in shown


def test_a_failed_test_is_shown_in_little_space_and_named_in_the_end(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "test_page.py").write_text(_LISTS)
    command = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={tmp_path / 'kind.xml'}")
    kind = Kind("kind", (*command, str(tmp_path)), tmp_path, some=False)
    runner = Runner()
    runner.lane(queue(kind))
    assert close(runner.results, [], whole=True) == 1
    shown = capsys.readouterr().out
    assert len(kind.log.read_text().splitlines()) > 2000
    lines = shown.splitlines()
    assert len(lines) < 100
    assert "test_it_is_shown" in shown and "E       AssertionError: the button is not there" in lines
    assert "it was printed 499" in lines and "it was printed 0" not in lines
    end = lines[next(place for place, line in enumerate(lines) if line.startswith("Failed: kind, see ")) :]
    assert end[1].endswith("test_page.py::test_it_is_shown")
    assert end[2:] == ["        AssertionError: the button is not there", "        Page:", "1 passed, 1 failed"]


def test_what_fails_without_a_test_is_told_by_the_end_of_its_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runner = Runner()
    runner.lane(queue(step(tmp_path, "bad", "print('begins\\n' * 50 + '\\x1b[31mwhy it failed'); raise SystemExit(3)")))
    assert close(runner.results, [], whole=True) == 1
    *_, last, counts = capsys.readouterr().out.splitlines()
    assert (last, counts) == ("     [31mwhy it failed", "0 passed, 1 failed")


def test_what_outlives_who_started_it_is_in_the_processor_time_of_the_step(tmp_path: Path) -> None:
    runner = Runner()
    runner.lane(queue(step(tmp_path, "orphan", _LEAVES_AN_ORPHAN), step(tmp_path, "no orphan", "pass")))
    with_orphan, without = runner.results
    assert (with_orphan.status, without.status) == (0, 0)
    assert with_orphan.cpu - without.cpu > 0.9


def test_a_step_has_no_input_to_wait_for(tmp_path: Path) -> None:
    runner = Runner()
    runner.lane(queue(step(tmp_path, "reads", "import sys; assert sys.stdin.read() == ''")))
    assert [result.status for result in runner.results] == [0]


def test_lanes_share_the_steps_and_one_begins_when_those_before_it_have_ended(tmp_path: Path) -> None:
    runner, made = Runner(), tmp_path / "made"
    makes = step(tmp_path, "makes", "import sys; sys.stdin.read(); open(sys.argv[1], 'w')", str(made))
    needs = replace(step(tmp_path, "needs", "import sys; open(sys.argv[1])", str(made)), after=("makes",))
    steps = queue(makes, needs)
    lanes = [threading.Thread(target=runner.lane, args=[steps]) for _ in range(3)]
    for lane in lanes:
        lane.start()
    for lane in lanes:
        lane.join(30)
    assert [(result.step.name, result.status) for result in runner.results] == [("makes", 0), ("needs", 0)]
    assert len(runner.lanes) == 3


def test_what_waits_for_a_step_that_is_interrupted_does_not_begin(tmp_path: Path) -> None:
    runner, waits = Runner(), step(tmp_path, "waits", _WAITS)
    steps = queue(waits, replace(step(tmp_path, "never", "print('never')"), after=("waits",)))
    lanes = [threading.Thread(target=runner.lane, args=[steps]) for _ in range(2)]
    for lane in lanes:
        lane.start()
    eventually(lambda: waits.log.exists() and waits.log.read_text().strip(), within=30)
    runner.interrupt()
    for lane in lanes:
        lane.join(30)
    assert [result.step.name for result in runner.results] == ["waits"]


def test_an_interruption_ends_what_runs_with_its_children_and_begins_nothing(tmp_path: Path) -> None:
    runner, lane, child = running(tmp_path)
    runner.interrupt()
    lane.join(30)
    assert [(result.step.name, result.failed) for result in runner.results] == [("waits", 1)]
    assert runner.lanes == []
    eventually(lambda: gone(child), within=30)


def test_a_second_interruption_kills_what_does_not_listen(tmp_path: Path) -> None:
    runner, lane, child = running(tmp_path, "deaf")
    runner.interrupt()
    runner.interrupt()
    lane.join(30)
    assert [result.status for result in runner.results] == [-9]
    eventually(lambda: gone(child), within=30)
