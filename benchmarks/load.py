"""What callers that misbehave cost the others: their median as a ratio to a quiet server's, and memory as one.

    python benchmarks/load.py [--slow 300] [--half-open 10000] [--unsigned 150] [--seconds 5]

Three loads, one after another, on one server with simulated guests: callers that send half of a request and keep the
connection; more of them than the server holds connections; callers that send a body of 1 MB that nobody signed, once
a second each. Meanwhile one caller with a key calls DescribeInstances. All run on this machine,
so some of what they cost is the processor time of the load itself.
"""

import argparse
import contextlib
import json
import socket
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from callers import Caller, Signed, Signer, until_answered
from processes import Server, free_port, server

HALF = b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Len"
_BODY = b"Action=DescribeInstances&Name=" + b"x" * 1_000_000
UNSIGNED = b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n\r\n" % len(_BODY) + _BODY


def _connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=10)


@contextmanager
def slow(port: int, count: int) -> Iterator[None]:
    """So many callers that have sent half of a request."""
    held = []
    try:
        for _ in range(count):
            held.append(_connected(port))
            held[-1].sendall(HALF)
        yield
    finally:
        for connection in held:
            connection.close()


@contextmanager
def _every_second(act: Callable[[], None], threads: int) -> Iterator[None]:
    ended = threading.Event()

    def repeat() -> None:
        with contextlib.suppress(OSError):
            act()
        while not ended.wait(1.0):
            with contextlib.suppress(OSError):
                act()

    running = [threading.Thread(target=repeat) for _ in range(threads)]
    for thread in running:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in running:
            thread.join()


@contextmanager
def half_open(port: int, count: int) -> Iterator[None]:
    """So many half-sent requests, more than the server holds connections."""
    held = []
    try:
        for _ in range(count):
            with contextlib.suppress(OSError):  # this process may open no more, or was cut off at once
                held.append(_connected(port))
                held[-1].sendall(HALF)
        yield
    finally:
        for connection in held:
            connection.close()


@contextmanager
def unsigned(port: int, count: int) -> Iterator[None]:
    """So many callers, each of which sends an unsigned body of 1 MB a second."""

    def send() -> None:
        with _connected(port) as connection:
            connection.sendall(UNSIGNED)
            connection.recv(65536)

    with _every_second(send, count):
        yield


def median(endpoint: str, request: Signed, seconds: float) -> float:
    """Of a caller's answers over so many seconds, one after another, on a new connection each."""
    took, until = [], time.perf_counter() + seconds
    while time.perf_counter() < until:
        begun = time.perf_counter()
        caller = Caller(endpoint)
        caller.send(request)
        caller.close()
        took.append(time.perf_counter() - begun)
    return statistics.median(took)


def _signer(port: int, folder: Path) -> Signer:
    key = json.loads((folder / "credentials.json").read_text())
    return Signer(f"http://127.0.0.1:{port}", key["access_key_id"], key["secret_access_key"], "us-east-1")


def _until_it_answers(started: Server, port: int, folder: Path) -> Signed:
    endpoint = f"http://127.0.0.1:{port}"

    def ask() -> bytes:
        return Caller(endpoint).send(_signer(port, folder).sign("DescribeInstances"))

    until_answered(ask, lambda: started.process.poll() is None, time.sleep)
    return _signer(port, folder).sign("DescribeInstances")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--slow", type=int, default=300)
    parser.add_argument("--half-open", type=int, default=10_000)
    parser.add_argument("--unsigned", type=int, default=150)
    parser.add_argument("--seconds", type=float, default=5.0)
    asked = parser.parse_args()
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="kumoniwa-load-") as folder:
        data_dir = Path(folder) / "cloud"
        command = [sys.executable, "-m", "kumoniwa", "serve", "--driver", "simulated"]
        command += ["--port", str(port), "--data-dir", str(data_dir)]
        with server(command, Path(folder) / "log") as started:
            request = _until_it_answers(started, port, data_dir)
            endpoint = f"http://127.0.0.1:{port}"
            quiet, memory = median(endpoint, request, asked.seconds), started.weight().rss
            print(f"quiet: median {quiet * 1000:.1f} ms, {memory:.0f} MB")
            loads = {
                f"{asked.slow} slow callers": slow(port, asked.slow),
                f"{asked.half_open} half-open connections": half_open(port, asked.half_open),
                f"{asked.unsigned} callers with unsigned bodies": unsigned(port, asked.unsigned),
            }
            for name, load in loads.items():
                with load:
                    loaded = median(endpoint, request, asked.seconds)
                    weighs = started.weight().rss
                print(f"{name}: median x {loaded / quiet:.2f}, memory x {weighs / memory:.2f}")


if __name__ == "__main__":
    main()
