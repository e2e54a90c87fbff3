"""What tests with real guests share: the driver's contract lies beside the unit tests."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from evidence import *  # noqa: F403 -- a failed test keeps evidence
from server import Server

sys.path.insert(0, str(Path(__file__).parent.parent / "unit" / "hypervisor"))
pytest.register_assert_rewrite("driver_contract")


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
