"""The pytest plug-in: the fixture `kumoniwa`, its marker and its options. (PYTEST_DONT_REWRITE)"""

from collections.abc import Generator, Iterator
from typing import Any

import pytest

from kumoniwa.testing.cloud import Kumoniwa, cloud_for_a_test
from kumoniwa.testing.server_process import end_all, server_of

_LINES = 100  # of the server's log that a failed test shows
_NAME = "kumoniwa"
_DRIVERS = ("simulated", "qemu")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup(_NAME, "clouds for tests (Kumoniwa)")
    group.addoption(
        "--kumoniwa-driver",
        choices=_DRIVERS,
        default=None,
        help="what makes the guests: simulated (in memory; the default), or qemu (real ones)",
    )
    parser.addini("kumoniwa_driver", "the same in a file", default="simulated")
    parser.addini("kumoniwa_region", "the region that the environment names", default="us-east-1")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", f"{_NAME}(driver=…, region=…): what the fixture {_NAME} gives this test, where not the usual"
    )


def pytest_collection_finish(session: pytest.Session) -> None:
    """The server is started while pytest goes on: the first test waits for it the less."""
    if session.config.option.collectonly:
        return
    for item in session.items:
        if _NAME in getattr(item, "fixturenames", ()):
            server_of(_wanted(item)["driver"])
            return


def pytest_sessionfinish() -> None:
    end_all()


@pytest.fixture
def kumoniwa(request: pytest.FixtureRequest) -> Iterator[Kumoniwa]:
    """A cloud of this test's own, to which the environment points: plain `boto3.client("ec2")` calls it."""
    wanted = _wanted(request.node)
    server = server_of(wanted["driver"])
    request.node.stash[_LOGGED] = (server, server.log_size())
    with cloud_for_a_test(**wanted) as cloud:
        yield cloud


_LOGGED: pytest.StashKey[Any] = pytest.StashKey()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failure shows what the cloud logged meanwhile."""
    report = yield
    if report.failed and (known := item.stash.get(_LOGGED, None)) is not None:
        server, since = known
        report.sections.append(("kumoniwa's log", "\n".join(server.logged(since).splitlines()[-_LINES:])))
    return report


def _wanted(item: Any) -> dict[str, str]:
    """The driver and the region of a test: its marker's, else the command line's, else the file's."""
    config = item.config
    usual = {
        "driver": config.option.kumoniwa_driver or config.getini("kumoniwa_driver"),
        "region": config.getini("kumoniwa_region"),
    }
    marker = item.get_closest_marker(_NAME)
    said = dict(marker.kwargs) if marker is not None else {}
    if (marker is not None and marker.args) or said.keys() - usual.keys():
        raise pytest.UsageError(f"@pytest.mark.{_NAME} takes driver= and region=, and was given {marker}")
    if said.get("driver", "simulated") not in _DRIVERS:
        raise pytest.UsageError(f"there are the drivers {', '.join(_DRIVERS)}, and not {said['driver']}")
    return {**usual, **said}
