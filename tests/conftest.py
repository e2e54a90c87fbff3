"""What all tests share: async tests run on asyncio, and unit and protocol tests stay inside their process."""

import socket
import subprocess
from pathlib import Path

import pytest

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
