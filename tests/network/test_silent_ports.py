"""Ports at which nobody is answered: how they come to be, and what others do at the same time."""

import contextlib
import socket
from collections.abc import Iterator
from ipaddress import IPv4Address
from typing import Any

import pytest

from kumoniwa.network.silent_ports import HostEnd, SilentPorts


@pytest.fixture
def silent() -> Iterator[SilentPorts]:
    ports = SilentPorts()
    yield ports
    ports.keep(())


def _free() -> HostEnd:
    with socket.socket() as trial:
        trial.bind(("127.62.0.1", 0))
        address, port = trial.getsockname()
    return IPv4Address(address), port


def _client(end: HostEnd) -> socket.socket:
    return socket.create_connection((str(end[0]), end[1]), timeout=0.2)


def test_nobody_is_answered_at_a_silent_port_and_who_comes_later_is_refused(silent: SilentPorts) -> None:
    end = _free()
    assert silent.ensure([end])
    assert end in silent
    with pytest.raises(TimeoutError):
        _client(end)
    assert silent.ensure([])
    assert end not in silent
    with pytest.raises(ConnectionRefusedError):
        _client(end)


def test_a_client_that_takes_the_only_place_is_cut_off_and_not_waited_for(
    silent: SilentPorts, monkeypatch: pytest.MonkeyPatch
) -> None:
    end, other = sorted((_free(), _free()))
    clients = contextlib.ExitStack()
    patience: list[float | None] = []

    class Hurried(socket.socket):
        def listen(self, backlog: int = 0, /) -> None:
            super().listen(backlog)
            if self.getsockname()[1] == end[1]:
                with monkeypatch.context() as patch:
                    patch.setattr(socket, "socket", ordinary)
                    clients.enter_context(_client(end))

        def connect_ex(self, address: Any, /) -> int:
            patience.append(self.gettimeout())
            return super().connect_ex(address)

    ordinary = socket.socket
    with clients:
        with monkeypatch.context() as patch:
            patch.setattr(socket, "socket", Hurried)
            assert not silent.ensure([end, other])
        assert end not in silent
        assert other in silent
        assert patience == [0, 0]
        assert silent.ensure([end, other]), "the next time nobody is in the way"
        assert end in silent


def test_a_port_that_another_program_has_stays_its(silent: SilentPorts) -> None:
    end = _free()
    with socket.create_server((str(end[0]), end[1])):
        assert silent.ensure([end])
        assert end not in silent
        _client(end).close()
