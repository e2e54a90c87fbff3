"""Callers that cost little themselves: requests signed beforehand, answers read and not parsed."""

import re
import select
import socket
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from time import perf_counter
from urllib.parse import urlencode, urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

API_VERSION = "2016-11-15"
_TIMEOUT = 120.0  # seconds
_READ = 1 << 18  # bytes


@dataclass(frozen=True, slots=True)
class Signed:
    """A request as it is sent, any number of times for a quarter of an hour."""

    wire: bytes


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs for one endpoint with one key."""

    endpoint: str
    access_key_id: str
    secret_access_key: str
    region: str

    def sign(self, action: str, **parameters: object) -> Signed:
        """A call of an action. Parameters are named as on the wire, with `_` for the dot: `InstanceId_1="i-…"`."""
        told = {name.replace("_", "."): str(value) for name, value in parameters.items()}
        body = urlencode({"Action": action, "Version": API_VERSION, **told}).encode()
        request = AWSRequest(method="POST", url=f"{self.endpoint}/", data=body)
        request.headers["Content-Type"] = "application/x-www-form-urlencoded"
        SigV4Auth(Credentials(self.access_key_id, self.secret_access_key), "ec2", self.region).add_auth(request)
        headers = {"Host": urlsplit(self.endpoint).netloc, **request.headers, "Content-Length": len(body)}
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return Signed(f"POST / HTTP/1.1\r\n{head}\r\n".encode() + body)


class Caller:
    """One connection that is kept where the server keeps it. Raises `AssertionError` where an answer is not 200.

    It reads no more of HTTP than an answer's end: the standard library's client takes longer for an answer than a quick
    server, and what is measured would be the client. For the same reason an answer is read into memory that is there:
    new memory for a large one costs its caller as much time as the server took.
    """

    def __init__(self, endpoint: str) -> None:
        self._endpoint = urlsplit(endpoint)
        self._socket: socket.socket | None = None
        self._answers = bytearray(_READ)

    def send(self, request: Signed) -> bytes:
        """The answer's body, whole."""
        return bytes(self._exchange(request))

    def _exchange(self, request: Signed) -> memoryview:
        """The answer's body where it was read: the next answer is read into the same place."""
        connection = self._open()
        try:
            connection.sendall(request.wire)
            head, begin, end = self._read_answer(connection)
        except BaseException:
            self.close()
            raise
        if b"\r\nconnection: close" in head.lower():
            self.close()
        body = memoryview(self._answers)[begin:end]
        assert head.startswith(b"HTTP/1.1 200 "), head + body[:500]
        return body

    def _read_answer(self, connection: socket.socket) -> tuple[bytes, int, int]:
        """The head of an answer that says its length, and where its body is: one that does not breaks the benchmark."""
        read = 0
        while (end_of_head := self._answers.find(b"\r\n\r\n", 0, read)) < 0:
            read = self._read_more(connection, read)
        head, begin = bytes(self._answers[:end_of_head]), end_of_head + 4
        length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        assert length is not None, head
        end = begin + int(length[1])
        while read < end:
            read = self._read_more(connection, read)
        return head, begin, end

    def _read_more(self, connection: socket.socket, read: int) -> int:
        """Read behind what was read; gives how much there is then."""
        if len(self._answers) - read < _READ:
            self._answers = self._answers + bytearray(max(len(self._answers), _READ))
        with memoryview(self._answers) as room:
            more = connection.recv_into(room[read : read + _READ])
        if not more:
            raise ConnectionResetError("the server closed the connection in the middle of an answer")
        return read + more

    def _open(self) -> socket.socket:
        """The connection, made again where the server has closed it since the last answer."""
        if self._socket is not None and _has_ended(self._socket):
            self.close()
        if self._socket is None:
            self._socket = socket.create_connection((self._endpoint.hostname, self._endpoint.port), _TIMEOUT)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._socket

    def seconds(self, request: Signed) -> float:
        """How long the answer took, its last byte included."""
        begun = perf_counter()
        self._exchange(request)
        return perf_counter() - begun

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def _has_ended(connection: socket.socket) -> bool:
    """Whether the server has closed it: that, and nothing else, can be read of a connection whose answer was read."""
    return bool(select.select([connection], [], [], 0)[0])


def rate(endpoint: str, batches: Sequence[Iterable[Signed]]) -> float:
    """Requests answered per second while each batch is sent by a caller of its own, all at once."""
    barrier = threading.Barrier(len(batches) + 1)
    answered = [0] * len(batches)
    failures: list[BaseException] = []

    def send_all(number: int) -> None:
        caller = Caller(endpoint)
        barrier.wait()
        try:
            for request in batches[number]:
                caller.send(request)
                answered[number] += 1
        except BaseException as failure:  # noqa: BLE001 - told to who asked, in the other thread
            failures.append(failure)
        finally:
            caller.close()

    threads = [threading.Thread(target=send_all, args=(number,)) for number in range(len(batches))]
    for thread in threads:
        thread.start()
    barrier.wait()
    begun = perf_counter()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return sum(answered) / (perf_counter() - begun)


def until_answered(ask: Callable[[], bytes], alive: Callable[[], bool], pause: Callable[[float], None]) -> bytes:
    """Ask until somebody listens, and there is a key to ask with; the first answer."""
    while alive():
        try:
            return ask()
        except (ConnectionError, FileNotFoundError):
            pause(0.002)
    raise RuntimeError("the server ended before it answered")
