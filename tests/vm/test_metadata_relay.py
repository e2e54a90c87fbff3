"""A lone guest's connections to its metadata service, without libslirp: who connects is the test."""

import contextlib
import os
import select
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from no_more_files import no_more_files

from kumoniwa import sockets
from kumoniwa.network.user.host.metadata_relay import MOST, MetadataRelay

T = TypeVar("T")
_LARGE = os.urandom(300_000)


class Bench:
    """A relay whose guest is at `own`, and whose server at `server`."""

    def __init__(self, folder: Path, stack: contextlib.ExitStack) -> None:
        self.own, self.server = folder / "own.sock", folder / "server.sock"
        self.seconds = 1000.0
        self.relay = MetadataRelay(self.own, self.server, lambda: self.seconds)
        stack.callback(self.relay.close)
        self._stack = stack

    def opened(self, port: int = 40000) -> socket.socket:
        """A connection of the guest's."""
        assert self.relay.admits(port, begins=True)
        connected = self._stack.enter_context(sockets.connect(self.own))
        self.relay.accept(port)
        return connected

    def serves(self) -> socket.socket:
        """A server."""
        return self._stack.enter_context(sockets.listen(self.server, backlog=1))

    def turn(self) -> float | None:
        """One turn of its loop; gives for how long it would have waited."""
        poller = select.poll()
        wait = self.relay.fill(poller)
        self.relay.go_on(dict(poller.poll(0)))
        return wait

    def until(self, what: Callable[[], T | None]) -> T:
        for _ in range(10_000):
            with contextlib.suppress(BlockingIOError):
                if (found := what()) is not None:
                    return found
            self.turn()
        raise AssertionError("it does not come")

    def carried(self, source: socket.socket, there: socket.socket, data: bytes) -> bytes:
        """What arrives of this."""
        left, heard = bytearray(data), bytearray()

        def all_of_it() -> bytes | None:
            with contextlib.suppress(BlockingIOError):
                while left:
                    del left[: source.send(left)]
            heard.extend(there.recv(len(data)))
            return bytes(heard) if len(heard) >= len(data) else None

        return self.until(all_of_it)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with contextlib.ExitStack() as stack:
        yield Bench(tmp_path, stack)


def test_what_guest_and_server_say_is_carried_and_so_are_their_ends(bench: Bench) -> None:
    listening = bench.serves()
    guest = bench.opened()
    server, _ = listening.accept()
    with server:
        server.setblocking(False)
        assert bench.carried(guest, server, _LARGE) == _LARGE
        guest.shutdown(socket.SHUT_WR)
        assert bench.until(lambda: server.recv(1)) == b""
        assert bench.carried(server, guest, _LARGE) == _LARGE
    assert bench.until(lambda: guest.recv(1)) == b""
    assert bench.turn() is None


def test_a_guest_that_goes_away_is_gone_for_the_server_too(bench: Bench) -> None:
    listening = bench.serves()
    guest = bench.opened()
    server, _ = listening.accept()
    with server:
        server.setblocking(False)
        guest.close()
        assert bench.until(lambda: server.recv(1)) == b""


def test_who_asks_waits_for_a_server_and_is_no_longer_there_when_it_gives_up(bench: Bench) -> None:
    guest, impatient = bench.opened(1), bench.opened(2)
    guest.send(b"GET /")
    impatient.shutdown(socket.SHUT_WR)
    assert bench.turn() is not None, "it tries again"
    listening = bench.serves()
    bench.seconds += 1
    bench.turn()
    server, _ = listening.accept()
    with server:
        assert server.recv(5) == b"GET /"
    with pytest.raises(BlockingIOError):
        listening.accept()


def test_a_server_that_accepts_nobody_holds_up_nothing_and_there_are_not_more_than_it_takes(bench: Bench) -> None:
    bench.serves()
    guests = [bench.opened(port) for port in range(MOST)]
    bench.turn()
    assert not bench.relay.admits(MOST, begins=True)
    assert bench.relay.admits(MOST, begins=False), "of a connection that was"
    guests[0].close()
    bench.until(lambda: bench.relay.admits(MOST, begins=True) or None)


def test_handshakes_that_are_never_finished_count_until_libslirp_gives_them_up(bench: Bench) -> None:
    for port in range(MOST):
        assert bench.relay.admits(port, begins=True)
        bench.relay.accept(port)
    assert not bench.relay.admits(MOST, begins=True)
    assert bench.relay.admits(3, begins=True), "it asks again"
    bench.seconds += 80
    assert bench.relay.admits(MOST, begins=True)


def test_where_no_more_files_may_be_opened_a_connection_waits(bench: Bench) -> None:
    listening = bench.serves()
    assert bench.relay.admits(1, begins=True)
    with sockets.connect(bench.own) as guest:
        with no_more_files():
            bench.relay.accept(1)
            assert not bench.relay.admits(2, begins=True)
        guest.send(b"GET /")
        bench.turn()
        bench.turn()
        server, _ = listening.accept()
        with server:
            assert server.recv(5) == b"GET /"
        assert bench.relay.admits(2, begins=True)
