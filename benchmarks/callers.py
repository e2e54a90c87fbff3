"""Callers that cost little themselves: requests signed beforehand, answers read and not parsed."""

import http.client
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from time import perf_counter
from urllib.parse import urlencode

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

API_VERSION = "2016-11-15"
_TIMEOUT = 120.0  # seconds


@dataclass(frozen=True, slots=True)
class Signed:
    """A request, ready to be sent any number of times for a quarter of an hour."""

    body: bytes
    headers: dict[str, str]


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
        return Signed(body, dict(request.headers.items()))


class Caller:
    """One connection that is kept. Raises `AssertionError` where an answer is not 200."""

    def __init__(self, endpoint: str) -> None:
        self._connection = http.client.HTTPConnection(endpoint.removeprefix("http://"), timeout=_TIMEOUT)

    def send(self, request: Signed) -> bytes:
        """The answer's body, whole."""
        self._connection.request("POST", "/", request.body, request.headers)
        answer = self._connection.getresponse()
        body = answer.read()
        assert answer.status == 200, body[:500]
        return body

    def seconds(self, request: Signed) -> float:
        """How long the answer took, its last byte included."""
        begun = perf_counter()
        self.send(request)
        return perf_counter() - begun

    def close(self) -> None:
        self._connection.close()


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
            pause(0.005)
    raise RuntimeError("the server ended before it answered")
