"""What tests with a real Linux share: one guest that serves many of them, and the experiment beside them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from background_demo import Demo
from evidence import *  # noqa: F403 -- a failed test keeps evidence
from prepared_cloud import PreparedCloud
from server import Server
from shared_guest import SharedGuest, SharedGuests

_TURNS = ("unused_t2_guest", "guest_of_either_bus", "t2_guest", None, "demo")
"""The order of tests by the fixture that they ask for; `None` is where all others come."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The shared guest has virtio disks until the test that changes its type, then NVMe; what runs meanwhile is waited
    for last."""

    def turn(item: pytest.Item) -> int:
        fixtures = _fixtures(item)
        return next((place for place, fixture in enumerate(_TURNS) if fixture in fixtures), _TURNS.index(None))

    items.sort(key=turn)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The experiment, begun."""
    demo = Demo(tmp_path_factory.mktemp("demo"))
    try:
        yield demo
    finally:
        demo.end()


@pytest.fixture(scope="session", autouse=True)
def what_takes_long_begins_early(request: pytest.FixtureRequest) -> None:
    """Most guests of these tests leave one of two processors idle."""
    if any("demo" in _fixtures(item) for item in request.session.items):
        request.getfixturevalue("demo")


@pytest.fixture(scope="session")
def shared_guests(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[SharedGuests]:
    """The Debian guest that tests share; it is booted when a test asks for it."""
    terminal, capture = map(request.config.pluginmanager.getplugin, ("terminalreporter", "capturemanager"))

    def say(text: str) -> None:
        with capture.global_and_fixture_disabled():  # what is said while a test runs is shown only where it fails
            terminal.ensure_newline()
            terminal.write_line(text, red=True, bold=True)
            terminal.flush()

    guests = SharedGuests(lambda: tmp_path_factory.mktemp("shared"), say)
    try:
        yield guests
    finally:
        guests.end()


@contextmanager
def lent(guests: SharedGuests, request: pytest.FixtureRequest, **which: Any) -> Iterator[SharedGuest]:
    """The guest that there is, or another such as is asked for, while a test has it."""
    failed = request.session.testsfailed
    guest = guests.take(**which)
    yield guest
    guests.give_back(guest, request.node.nodeid, failed=request.session.testsfailed > failed)


@pytest.fixture
def shared_guest(shared_guests: SharedGuests, request: pytest.FixtureRequest) -> Iterator[SharedGuest]:
    """A Debian guest in which nothing is left of the tests before."""
    with lent(shared_guests, request) as guest:
        yield guest


@pytest.fixture
def guest_of_either_bus(shared_guests: SharedGuests, request: pytest.FixtureRequest) -> Iterator[SharedGuest]:
    """The same, for whom it is all one what its disks are. Where it is booted for this test, it has those of the tests
    that come after: virtio disks where this run has a test that needs them."""
    wanted = any("t2_guest" in _fixtures(item) and not _is_left_out(item) for item in request.session.items)
    with lent(shared_guests, request, new="t2.micro" if wanted else "t3.micro") as guest:
        yield guest


def _fixtures(item: pytest.Item) -> Sequence[str]:
    return getattr(item, "fixturenames", ())


def _is_left_out(item: pytest.Item) -> bool:
    return item.get_closest_marker("skip") is not None


@pytest.fixture
def unused_t2_guest(shared_guests: SharedGuests, request: pytest.FixtureRequest) -> Iterator[SharedGuest]:
    """A Debian guest as it was launched, with virtio disks, which no test has had."""
    with lent(shared_guests, request, kind="t2.micro", unused=True) as guest:
        yield guest


@pytest.fixture
def t2_guest(shared_guests: SharedGuests, request: pytest.FixtureRequest) -> Iterator[SharedGuest]:
    """A Debian guest with virtio disks."""
    with lent(shared_guests, request, kind="t2.micro") as guest:
        yield guest


@pytest.fixture(scope="session")
def prepared_cloud(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> PreparedCloud:
    """What guests are launched from memory of: it is prepared once, and each cloud that needs it is a copy."""
    return PreparedCloud(tmp_path_factory.mktemp("prepared"), cold=pytestconfig.option.boot_cold)


@pytest.fixture(scope="session")
def prepared_without_cloud_init(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> PreparedCloud:
    """The same, for tests that are not about cloud-init."""
    folder = tmp_path_factory.mktemp("prepared")
    return PreparedCloud(folder, cold=pytestconfig.option.boot_cold, cloud_init=False)


@pytest.fixture
def cloud_folder(tmp_path: Path) -> Path:
    """Where the server's cloud is."""
    return tmp_path / "cloud"


@pytest.fixture
def server(cloud_folder: Path, tmp_path: Path) -> Iterator[Server]:
    """A server process over the driver `qemu`; it ends with its guests."""
    server = Server(cloud_folder, "qemu", tmp_path)
    try:
        yield server
    finally:
        server.end()
