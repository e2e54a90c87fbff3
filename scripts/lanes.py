"""Run the tests in lanes, side by side: `scripts/test` and `scripts/quick` are the doors.

Each kind of tests is a pytest process of its own. What it prints goes to build/tests/KIND.log (of `scripts/quick`, to
build/quick) and is shown where it failed, each failure cut; its report is KIND.xml beside it. In the end it is said of
each failed test how it failed and where its evidence is. The last line is `N passed, N failed`, with `, N skipped`
where some were.
What failed without a failing test (a check, a build, a collection that broke, documents that say more than was run)
counts as 1.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, Queue
from xml.etree import ElementTree

import figures
from failures import Failure, end_of, listed, shortened

ROOT = Path(__file__).parent.parent
PROGRAMS = ROOT / ".venv" / "bin"
REAPER = Path(__file__).with_name("reaper.py")
COSTLIEST = 25
LANES = 4
"""On two processors: guests, browsers and disks are waited for, which leaves a processor to the others."""
LEAVE_OUT_NOTHING = {"--exhaustive", "--numprocesses=auto"}
"""Options that leave out no test."""
BUDGET, PROCESSORS = 20 * 60, 2
"""Seconds that `make test` may take on so many processors; it takes no less than its processor time by their number."""
STEP_DEADLINE = 3 * 60 * 60
"""Seconds after which a step is ended: a single test has its own deadline, this is for what hangs outside of tests."""
GRACE = 60
"""Seconds that an interrupted step has to end its servers and guests."""
LAST_LINES = 8
"""Of the log of a step that failed without a failed test, which are shown again in the end."""


@dataclass(frozen=True, slots=True)
class Step:
    """A program of a lane."""

    name: str
    argv: tuple[str, ...]
    folder: Path
    after: tuple[str, ...] = field(default=(), kw_only=True)
    """Steps that must have ended before, by name: they come earlier in the order."""

    @property
    def log(self) -> Path:
        """What it printed."""
        return self.folder / f"{self.name}.log"


@dataclass(frozen=True, slots=True)
class Kind(Step):
    """The tests of a folder below tests/."""

    some: bool
    """Whether the options may leave out tests."""

    @property
    def report(self) -> Path:
        """In the form of JUnit."""
        return self.folder / f"{self.name}.xml"


@dataclass(frozen=True, slots=True)
class Case:
    """One line of a report."""

    kind: str
    name: str
    seconds: float
    outcome: str
    failure: Failure | None = None
    """How it failed, where it did."""
    cpu: float = 0.0
    """Seconds of the processor, with what it started."""


@dataclass(frozen=True, slots=True)
class Result:
    """How a step ended."""

    step: Step
    status: int
    seconds: float
    cpu: float
    tests: tuple[Case, ...] = ()

    def count(self, outcome: str) -> int:
        """Tests that ended so."""
        return sum(test.outcome == outcome for test in self.tests)

    @property
    def chose_nothing(self) -> bool:
        """Whether its options left no test, which pytest says by 5."""
        return isinstance(self.step, Kind) and self.step.some and self.status == 5

    @property
    def failed(self) -> int:
        """Failed tests; 1 where the step failed without any, or has no tests though none were left out."""
        if self.chose_nothing or (self.status == 0 and (self.tests or not isinstance(self.step, Kind))):
            return 0
        return self.count("failed") or 1

    def __str__(self) -> str:
        if isinstance(self.step, Kind) and not self.chose_nothing:
            said = ", ".join(
                f"{number} {outcome}" for outcome in ("passed", "failed", "skipped") if (number := self.count(outcome))
            )
        else:
            said = "no test chosen" if self.chose_nothing else ""
        if self.failed and not self.count("failed"):
            said = ", ".join([*([said] if said else []), f"failed with status {self.status}"])
        return f"{self.step.name}: {said or 'done'} in {_time(self.seconds)} ({_time(self.cpu)} of CPU)"


@dataclass
class Runner:
    """Runs steps, and ends them when it is interrupted."""

    results: list[Result] = field(default_factory=list)
    lanes: list[float] = field(default_factory=list)
    """How long each took that came to its last step, in seconds; an error of ours, or an interruption, ends one before.
    """
    _ended: dict[str, threading.Event] = field(default_factory=lambda: defaultdict(threading.Event))
    _groups: set[int] = field(default_factory=set)
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _interrupted: threading.Event = field(default_factory=threading.Event)

    def lane(self, steps: Queue[Step]) -> None:
        """One step after another, as long as there are any: other lanes take from the same steps."""
        began = time.monotonic()
        while not self._interrupted.is_set():
            try:
                step = steps.get_nowait()
            except Empty:
                with self._lock:
                    self.lanes.append(time.monotonic() - began)
                return
            try:
                for earlier in step.after:
                    self._ended[earlier].wait()
                if not self._interrupted.is_set():
                    self._tell(self._run(step))
            finally:
                self._ended[step.name].set()

    def interrupt(self) -> None:
        """Interrupt what runs, so that it ends its own servers and guests; a second time, or in the end, kill it."""
        if self._interrupted.is_set():
            self._signal(signal.SIGKILL)
            return
        say("Interrupted: what runs is being ended.")
        self._interrupted.set()
        self._signal(signal.SIGINT)
        killer = threading.Timer(GRACE, self._signal, [signal.SIGKILL])
        killer.daemon = True
        killer.start()

    def _tell(self, result: Result) -> None:
        with self._lock:
            self.results.append(result)
            if result.failed:
                log = result.step.log
                printed = log.read_text(errors="replace").rstrip("\n")
                say(f"==> {result}; it printed:")
                say(shortened(printed) if isinstance(result.step, Kind) else printed)
                say(f"==> end of {os.path.relpath(log, ROOT)}")
            else:
                say(str(result))

    def _signal(self, number: signal.Signals) -> None:
        with self._lock:
            groups = tuple(self._groups)
        for group in groups:
            _signal_group(group, number)

    def _run(self, step: Step) -> Result:
        began = time.monotonic()
        with step.log.open("wb") as log:
            command = (sys.executable, str(REAPER), *step.argv)
            process = subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, process_group=0
            )
        with self._lock:
            self._groups.add(process.pid)
            if self._interrupted.is_set():
                _signal_group(process.pid, signal.SIGINT)  # it came between the look and the start
        deadline = threading.Timer(STEP_DEADLINE, _signal_group, [process.pid, signal.SIGKILL])
        deadline.daemon = True
        deadline.start()
        try:
            # Unlike `process.wait`, this says what it used; its group's number is not given away before.
            _, status, used = os.wait4(process.pid, 0)
        finally:
            deadline.cancel()
            with self._lock:
                self._groups.discard(process.pid)
        process.returncode = os.waitstatus_to_exitcode(status)
        tests = tuple(read(step)) if isinstance(step, Kind) else ()
        seconds = time.monotonic() - began
        return Result(step, process.returncode, seconds, used.ru_utime + used.ru_stime, tests)


def _signal_group(group: int, number: signal.Signals) -> None:
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return  # it ended just now


def read(kind: Kind) -> Iterator[Case]:
    """The tests of a kind's report; none where it wrote none, or was killed while it did."""
    try:
        report = ElementTree.parse(kind.report)
    except (FileNotFoundError, ElementTree.ParseError):
        return
    for case in report.iter("testcase"):
        if case.get("name") is None:
            continue  # it was interrupted
        module = case.get("classname", "").replace(".", "/").removeprefix("tests/")
        name = f"{module}.py::{case.get('name')}" if module else case.get("name", "")  # a module that broke
        failure = _failure(case, f"tests/{name}" if module else name)
        outcome = "failed" if failure else "passed" if case.find("skipped") is None else "skipped"
        cpu = float(_noted(case, "processor seconds") or 0)
        yield Case(kind.name, name, float(case.get("time", 0)), outcome, failure, cpu)


def _failure(case: ElementTree.Element, test: str) -> Failure | None:
    """How a test of a report failed."""
    error = next((child for child in case if child.tag in ("failure", "error")), None)
    if error is None:
        return None
    evidence = _noted(case, "evidence")
    return Failure(test, error.get("message", ""), os.path.relpath(evidence, ROOT) if evidence else "")


def _noted(case: ElementTree.Element, name: str) -> str:
    """What a test noted of itself."""
    return next((noted.get("value", "") for noted in case.iter("property") if noted.get("name") == name), "")


def kind(
    name: str, folder: Path, seed: int, options: Sequence[str], *, after: Sequence[str] = (), engine: str = ""
) -> Kind:
    """The tests in tests/NAME; on an engine of its own, under a name of its own."""
    step = f"{name}-{engine}" if engine else name
    own = [f"--junitxml={folder / step}.xml", "-o", f"cache_dir=.pytest_cache/{step}", f"--hypothesis-seed={seed}"]
    if '"--seed"' in (ROOT / "tests" / "conftest.py").read_text():
        own.append(f"--seed={seed}")
    if engine:
        own.append(f"--engine={engine}")
    argv = (str(PROGRAMS / "pytest"), "--quiet", f"tests/{name}", *own, *options)
    some = any(option not in LEAVE_OUT_NOTHING for option in options)
    return Kind(step, argv, folder, some=some, after=tuple(after))


def on_postgresql(name: str, folder: Path, seed: int, options: Sequence[str]) -> Kind:
    """Some of the tests in tests/NAME, all with --exhaustive, on clouds that keep their state on PostgreSQL.

    Their report lies apart: they are counted once in the figures of documents.
    """
    return kind(name, folder / "on_postgresql", seed, options, engine="postgresql")


def steps_of_test(folder: Path, seed: int, options: Sequence[str]) -> list[Step]:
    """All that a change must pass, in the order in which it begins: what takes long comes first, so that the lanes end
    at about the same time.

    The console is built before the first server starts that shows it to a browser: a server reads it when it starts.
    """
    image = Step("image", (str(PROGRAMS / "kumoniwa"), "ami", "build", "debian-12", "--disk-only"), folder)
    console = Step("console", ("scripts/console",), folder)
    programs = Step("programs", ("scripts/clients", "--cheap"), folder)
    components = Step("components", ("scripts/console", "test"), folder, after=("console",))
    check = Step("check", ("scripts/check",), folder, after=("console",))

    def tests(name: str, *after: str) -> Kind:
        return kind(name, folder, seed, options, after=after)

    return [
        console,
        image,
        tests("linux", "console", "image"),
        tests("browser", "console"),
        tests("vm"),
        tests("workflows"),
        programs,
        tests("clients", "console", "image", "programs"),
        tests("cloud"),
        tests("postgresql"),
        on_postgresql("cloud", folder, seed, options),
        on_postgresql("workflows", folder, seed, options),
        components,
        check,
        tests("protocol"),
        tests("fuzz"),
        tests("network"),
        tests("unit"),
    ]


def steps_of_quick(folder: Path, seed: int, options: Sequence[str]) -> list[Step]:
    """For the loop at the desk: what starts no program, on all cores."""
    spread = ("--numprocesses=auto", *options)
    return [kind(name, folder, seed, spread) for name in ("unit", "protocol", "cloud")]


def summarise(results: Sequence[Result], lanes: Sequence[float], wall: float, idle: float, *, sampled: bool) -> None:
    """Counts and seconds by step, the total, how long each lane took, the tests that cost most.

    `idle`: which part of that time processors had nothing to do. `sampled`: it was a whole run of the tests, sampled,
    which is compared with its budget.
    """
    say(f"\n{'':22}{'tests':>7}{'failed':>8}{'skipped':>9}{'wall':>13}{'CPU':>13}")
    for result in results:
        counts = f"{len(result.tests):7}{result.failed:8}{result.count('skipped'):9}"
        say(f"{result.step.name:22}{counts}{_time(result.seconds):>13}{_time(result.cpu):>13}")
    tests = sorted((test for result in results for test in result.tests), key=lambda test: (-test.cpu, -test.seconds))
    say(f"{'together':22}{len(tests):7}{'':17}{_time(wall):>13}{_time(sum(result.cpu for result in results)):>13}")
    if sampled:
        say(against_budget(sum(result.cpu for result in results)))
    say(f"Lanes took {', '.join(map(_time, lanes))}; processors were idle for {idle:.0%} of the time")
    if tests:
        say(f"\nThe {min(COSTLIEST, len(tests))} tests that took most of the processor:\n{'CPU':>11}{'wall':>11}")
    for test in tests[:COSTLIEST]:
        say(f"{test.cpu:9.1f} s{test.seconds:9.1f} s  {test.name}")


def against_budget(cpu: float) -> str:
    """What so many seconds of processor time are of the budget."""
    least = cpu / PROCESSORS
    return (
        f"Budget: {_time(BUDGET)} on {PROCESSORS} processors. All of it keeps them busy for {_time(least)}, "
        f"{least / BUDGET:.0%} of that"
    )


def main() -> int:
    """Gives the exit status: 0 only where every step ended well and some test ran."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("what", choices=("test", "quick"))
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32), help="of random tests")
    asked, options = parser.parse_known_args()
    folder = figures.REPORTS if asked.what == "test" else ROOT / "build" / "quick"
    steps = {"test": steps_of_test, "quick": steps_of_quick}[asked.what](folder, asked.seed, options)
    lanes = {"test": LANES, "quick": 1}[asked.what]

    for each in {folder, *(step.folder for step in steps)}:
        each.mkdir(parents=True, exist_ok=True)
    for old in (*folder.rglob("*.xml"), *folder.rglob("*.log"), folder / figures.WHOLE):
        old.unlink(missing_ok=True)
    say(f"Random tests have the seed {asked.seed}; `scripts/{asked.what} --seed {asked.seed}` runs them again.")
    say(f"In turn, {lanes} at a time: {', '.join(step.name for step in steps)}")

    began, runner, idle, queue = time.monotonic(), Runner(), _idle(), Queue[Step]()
    for step in steps:
        queue.put(step)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: runner.interrupt())
    threads = [threading.Thread(target=runner.lane, args=[queue]) for _ in range(lanes)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    results = sorted(runner.results, key=lambda result: steps.index(result.step))
    wall = time.monotonic() - began
    whole = len(runner.lanes) == lanes
    sampled = asked.what == "test" and whole and not options
    summarise(results, runner.lanes, wall, (_idle() - idle) / (wall * (os.cpu_count() or 1)), sampled=sampled)
    tests_failed = any(result.failed for result in results if isinstance(result.step, Kind))
    compared = asked.what == "test" and whole and LEAVE_OUT_NOTHING.issuperset(options) and not tests_failed
    stale = _stale_figures(asked.seed, exhaustive="--exhaustive" in options) if compared else []
    return close(results, stale, whole=whole)


def _idle() -> float:
    """Seconds that processors of this host had nothing to do, or waited for a disk, since its boot, all together."""
    _, _, _, _, idle, waiting, *_ = Path("/proc/stat").read_text().split(maxsplit=6)
    return (int(idle) + int(waiting)) / os.sysconf("SC_CLK_TCK")


def _stale_figures(seed: int, *, exhaustive: bool) -> list[str]:
    """Say what was sampled and what documents could say more of; gives where they say more than this whole run had."""
    if not exhaustive:
        (figures.REPORTS / figures.WHOLE).touch()
    counted = figures.counted()
    say()
    for what, tried, of in figures.sampled(counted):
        say(f"{what}: {tried:,} of {of:,}" + ("" if tried == of else f", chosen by the seed {seed}"))
    if outgrown := figures.outgrown_figures(counted, exhaustive=exhaustive):
        say("Documents could say more; `scripts/figures --update` writes it:")
    for line in outgrown:
        say(f"    {line}")
    return figures.stale_figures(counted, exhaustive=exhaustive)


def close(results: Sequence[Result], stale: Sequence[str], *, whole: bool) -> int:
    """Say how it went, in the last line by numbers."""
    failed = [result for result in results if result.failed]
    passed = sum(result.count("passed") for result in results)
    skipped = sum(result.count("skipped") for result in results)
    failures = sum(result.failed for result in failed) + bool(stale)
    say()
    if stale:
        say("Failed: documents say more than this run had; where that is meant, `scripts/figures --update` writes it:")
    for line in stale:
        say(f"    {line}")
    for result in failed:
        say(f"Failed: {result.step.name}, see {os.path.relpath(result.step.log, ROOT)}")
        broken = [test.failure for test in result.tests if test.failure is not None]
        log = result.step.log.read_text(errors="replace")
        for line in listed(broken) if broken else end_of(log, LAST_LINES):
            say(line)
    if not whole:
        say("Not every step ran.")
    elif passed + failures == 0:
        say("No test ran.")
    say(f"{passed} passed, {failures} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failures or not whole else 0 if passed else 5


def say(line: str = "") -> None:
    """A line for whoever reads along."""
    print(line, flush=True)


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


if __name__ == "__main__":
    sys.exit(main())
