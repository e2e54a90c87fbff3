"""Callers that misbehave, in a process of their own: what `load.py` runs beside a server.

    python benchmarks/flood.py KIND PORT COUNT [KEY]

Writes `ready` once they are connected, and when its input ends, what they did. Each caller has a thread and sends as
fast as it is let; where it is cut off, it connects again.
"""

import contextlib
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

_HALF = b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Len"
_BODY = b"Action=DescribeInstances&Name=" + b"x" * 1_000_000
_SMALL = b"Action=DescribeInstances&Version=2016-11-15"
_PAGE = b"GET /console/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
_LIVE = (
    b"GET /console/live HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


def _connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def _request(body: bytes, *headers: str) -> bytes:
    head = "\r\n".join(["POST / HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}", *headers, "", ""])
    return head.encode() + body


def _wrongly_signed(body: bytes, key: str) -> bytes:
    """A request that claims a key that the server knows, with a signature that is none."""
    now = datetime.now(UTC)
    credential = f"{key}/{now:%Y%m%d}/us-east-1/ec2/aws4_request"
    signed = f"Credential={credential}, SignedHeaders=host;x-amz-date, Signature={'0' * 64}"
    return _request(body, f"X-Amz-Date: {now:%Y%m%dT%H%M%SZ}", f"Authorization: AWS4-HMAC-SHA256 {signed}")


@contextmanager
def _held(port: int, count: int, done: Counter[str]) -> Iterator[None]:
    """So many callers that have sent half of a request, as far as this process may open files; none comes back."""
    held = []
    try:
        for _ in range(count):
            with contextlib.suppress(OSError):  # this process may open no more, or was cut off at once
                held.append(_connected(port))
                held[-1].sendall(_HALF)
                done["connections"] += 1
        yield
    finally:
        for connection in held:
            connection.close()


def _sender(request: bytes, *, waits: bool = True) -> Callable[[int, Counter[str], threading.Event], None]:
    """Sends the request again and again, on one connection as long as it lasts."""

    def send(port: int, done: Counter[str], ended: threading.Event) -> None:
        with _connected(port) as connection:
            while not ended.is_set():
                connection.sendall(request)
                done["requests"] += 1
                if not waits or not (answer := connection.recv(65536)):
                    return
                done["answers"] += 1
                if b"connection: close" in answer.lower():
                    return

    return send


@contextmanager
def _at_once(
    send: Callable[[int, Counter[str], threading.Event], None], port: int, count: int, done: Counter[str]
) -> Iterator[None]:
    ended = threading.Event()

    def repeat() -> None:
        while not ended.is_set():
            with contextlib.suppress(OSError):
                send(port, done, ended)
            done["connections"] += 1

    for _ in range(count):
        threading.Thread(target=repeat, daemon=True).start()  # it may wait for an answer for long: it ends with us
    try:
        yield
    finally:
        ended.set()


def _misbehaving(kind: str, key: str) -> Callable[[int, Counter[str], threading.Event], None]:
    match kind:
        case "unsigned":
            return _sender(_request(_BODY))
        case "small":
            return _sender(_request(_SMALL))
        case "page":
            return _sender(_PAGE)
        case "live":
            return _sender(_LIVE)
        case "leaving":
            return _sender(_request(_SMALL), waits=False)
        case "wrong":
            return _sender(_wrongly_signed(_BODY, key))
        case "opening":
            return lambda port, done, ended: _connected(port).close()
    raise ValueError(kind)


def main() -> None:
    """Misbehave until the input ends."""
    kind, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    key = sys.argv[4] if len(sys.argv) > 4 else ""
    done: Counter[str] = Counter()
    held = kind == "half"
    with _held(port, count, done) if held else _at_once(_misbehaving(kind, key), port, count, done):
        begun = time.perf_counter()
        print("ready", flush=True)
        sys.stdin.read()
        took = time.perf_counter() - begun
        print(
            ", ".join(f"{number} {what}" if held else f"{number / took:.0f} {what}/s" for what, number in done.items())
        )


if __name__ == "__main__":
    main()
