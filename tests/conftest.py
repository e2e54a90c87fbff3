"""What all tests share: async tests run on asyncio, unit and protocol tests stay inside their process, and where there
are too many cases for every run, a seed that is printed chooses some of them."""

import gc
import inspect
import os
import random
import secrets
import signal
import socket
import subprocess
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from types import CodeType
from typing import Any

import pytest
import urllib3.util.connection  # noqa: F401 -- it binds a socket as it is imported, which a sealed test must not
from hypothesis import HealthCheck, settings
from processor_time import Meter
from quick_database import on_postgresql
from sampling import Sampling, halved, left_out

settings.register_profile("unhurried", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")  # how long an example takes says how busy the machine is, and nothing of the code

os.environ.pop("KUMONIWA_DATABASE", None)  # of whoever runs the tests: their clouds are not in there

_SEALED = {Path(__file__).parent / "unit", Path(__file__).parent / "protocol"}


@pytest.fixture
def anyio_backend() -> str:
    """Async tests (`pytestmark = pytest.mark.anyio`) run on asyncio, the loop the product runs on."""
    return "asyncio"


@pytest.fixture(autouse=True)
def sealed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unit and protocol tests reach no network and start no program.

    Only `connect`, `bind` and starting programs are closed: an event loop's own socket pair must work.
    """
    if _SEALED.isdisjoint(request.path.parents):
        return

    def refuse(*_: object, **__: object) -> None:
        pytest.fail("unit and protocol tests open no socket and start no program", pytrace=True)

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)
    monkeypatch.setattr(socket.socket, "bind", refuse)
    monkeypatch.setattr(subprocess.Popen, "__init__", refuse)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("sampling", "which cases are run where there are many")
    group.addoption("--exhaustive", action="store_true", help="run every case, not a sample")
    group.addoption("--seed", type=int, help="what chooses the cases of a sample; by default another one in each run")
    group.addoption("--seconds", type=float, help="for how long each fuzzer goes on; by default for a few rounds")
    group.addoption(
        "--every-client", action="store_true", help="run what takes long with other programs, all installed"
    )
    group.addoption("--engine", choices=("sqlite", "postgresql"), default="sqlite", help="what keeps the clouds' state")
    group.addoption(
        "--boot-cold", action="store_true", help="boot real guests where tests launch them from memory to save time"
    )
    group.addoption("--round", type=int, help="the only round of a fuzzer to run")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "every_run: is run in each run, where of others the seed chooses half")
    if config.getoption("--seed") is None:
        config.option.seed = secrets.randbelow(1 << 32)
    # A shell has what it starts in the background ignore Ctrl-C, and programs that a test starts would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def sampling(request: pytest.FixtureRequest) -> Sampling:
    """What this test is to run of its cases, by the run's seed and the test's name."""
    config = request.config
    return Sampling(random.Random(f"{config.option.seed} {request.node.nodeid}"), config.option.exhaustive)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Of tests that are marked `some_of(GROUP, COUNT)` the seed chooses so many; who asks for no more of them gets
    them."""
    option = config.option
    marked: list[tuple[pytest.Item, str, int]] = [
        (item, *mark.args) for item in items if (mark := item.get_closest_marker("some_of")) is not None
    ]
    for item, why in left_out([*marked, *_half_of_each_file(config, items)], option.seed, exhaustive=option.exhaustive):
        item.add_marker(pytest.mark.skip(why))
    _leave_to_postgresql(config, items)


_HALVED = {"browser", "clients", "vm"}
"""Kinds of which half is run of each file, chosen by the seed, where the whole kind is run, without a choice of
names; all with `--exhaustive`. What is marked `every_run` is."""


def _half_of_each_file(config: pytest.Config, items: Sequence[pytest.Item]) -> list[tuple[pytest.Item, str, int]]:
    """The tests among which the seed chooses, their group, and how many of it are run."""
    option = config.option
    if not {Path(argument).name for argument in config.args} <= _HALVED or option.keyword or option.markexpr:
        return []
    whole = ("every_run", "some_of", "skip")
    free = [item for item in items if not any(map(item.get_closest_marker, whole))]
    return list(halved((item, f"tests of {item.path.stem}") for item in free))


def _by_seed(config: pytest.Config) -> str:
    return "every case (--exhaustive)" if config.option.exhaustive else f"samples by --seed {config.option.seed}"


@pytest.fixture(scope="session", autouse=True)
def engine_of_state(pytestconfig: pytest.Config) -> Iterator[None]:
    """Where `--engine postgresql` asks for it, the server that clouds keep their state on."""
    if pytestconfig.getoption("--engine") == "sqlite":
        yield
        return
    with on_postgresql():
        yield


_ON_POSTGRESQL = {"cloud": 40, "workflows": 1}
"""Tests of each kind that are run on PostgreSQL too, chosen by the seed; all with `--exhaustive`, or that are named."""


def _leave_to_postgresql(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Of whole kinds that are run on PostgreSQL, those that look into SQLite's file are left out, and most others."""
    if config.getoption("--engine") == "sqlite":
        return
    fit = [item for item in items if isinstance(item, pytest.Function) and not _is_about_sqlite(item)]
    kinds = {Path(argument).name for argument in config.args}
    if not config.option.exhaustive and len(kinds) == 1 and kinds <= _ON_POSTGRESQL.keys():
        (kind,) = kinds
        chosen = random.Random(f"{config.option.seed} on PostgreSQL")
        fit = [item for item in fit if item.get_closest_marker("skip") is None]
        fit = sorted(chosen.sample(fit, min(len(fit), _ON_POSTGRESQL[kind])), key=fit.index)
    config.hook.pytest_deselected(items=[item for item in items if item not in fit])
    items[:] = fit


def _is_about_sqlite(item: pytest.Function) -> bool:
    """Whether a test looks into SQLite's file: by what it names, and what of its module that names in turn."""
    module = vars(item.module)
    known = set[str]()
    new = {item.function.__name__, *item.fixturenames}
    while new:
        known |= new
        functions = [inspect.unwrap(module[name]) for name in new if callable(module.get(name))]
        own = [each for each in functions if inspect.isfunction(each) and each.__module__ == item.module.__name__]
        codes = [function.__code__ for function in own]
        new = {name for code in codes for name in _names(code)} - known
    return not known.isdisjoint(_OF_SQLITE) or "DATABASE_FILE" in _names(item.function.__code__)


_OF_SQLITE = {"sqlite3", "make_engine", "SqliteDatabase", "make_older"}


def _names(code: CodeType) -> Iterator[str]:
    """What a function names, those within it too."""
    yield from code.co_names
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from _names(each)


@pytest.fixture(scope="session", autouse=True)
def sampled_by(record_testsuite_property: Any, pytestconfig: pytest.Config) -> None:
    """The report says what chose its samples: `seed`, and whether the run was `exhaustive`."""
    record_testsuite_property("seed", pytestconfig.option.seed)
    record_testsuite_property("exhaustive", pytestconfig.option.exhaustive)


def pytest_collection_finish() -> None:
    """What is there by now stays: to look for garbage in it again and again takes a fifth of the tests' time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000)


def pytest_report_header(config: pytest.Config) -> str:
    return _by_seed(config)


_IN_PROCESS = {"unit", "protocol", "cloud", "workflows"}
"""Kinds whose tests leave no program running."""
_METER = pytest.StashKey[Meter]()


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    kinds = {Path(item.path).relative_to(Path(__file__).parent).parts[0] for item in session.items}
    session.config.stash[_METER] = Meter(whole=not kinds <= _IN_PROCESS)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """The report says how much of the processor the test took, and a failure of one that samples how to run the same
    sample again."""
    if call.when == "teardown":
        item.user_properties.append(("processor seconds", f"{item.config.stash[_METER].since():.2f}"))
    report = yield
    if report.failed and "sampling" in getattr(item, "fixturenames", ()):
        option = "--exhaustive" if item.config.option.exhaustive else f"--seed {item.config.option.seed}"
        report.sections.append(("to run it again", f"pytest {option} '{item.nodeid}'"))
    return report


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    terminalreporter.write_line(_by_seed(config))  # also where a quiet run has no header
