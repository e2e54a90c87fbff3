"""The servers that are measured, each a process of its own: Kumoniwa on simulated guests, and its peers."""

import http.client
import json
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aims import SERVERS
from callers import Caller, Signer, until_answered
from processes import Server, free_port, server

_ROOT = Path(__file__).parent.parent
_PEERS = _ROOT / "build" / "peers" / "bin"
REGION = "us-east-1"
_WITHIN = 1800.0  # seconds
_WINDOW = 0.5  # seconds
_RESTING = 2.0  # seconds
_IDLING = 5.0  # seconds
_NOTHING = 0.005  # of a core
_IDLE = 0.01  # of a core: below this a server has nothing to do


@dataclass(frozen=True, slots=True)
class Kind:
    """A server that can be measured. `environment` gets its port and its folder."""

    name: str
    command: Callable[[int, Path], list[str]]
    environment: Callable[[int, Path], Mapping[str, str]]
    key: Callable[[Path], tuple[str, str]]
    """The access key, of a folder in which it has started."""

    @property
    def title(self) -> str:
        return SERVERS[self.name]


def _kumoniwa_key(folder: Path) -> tuple[str, str]:
    key = json.loads((folder / "credentials.json").read_text())
    return key["access_key_id"], key["secret_access_key"]


KUMONIWA = Kind(
    "kumoniwa",
    lambda port, folder: [
        *(str(Path(sys.executable).with_name("kumoniwa")), "serve", "--driver", "simulated"),
        *("--port", str(port), "--data-dir", str(folder)),
    ],
    lambda port, folder: {},
    _kumoniwa_key,
)
MOTO = Kind(
    "moto",
    lambda port, folder: [str(_PEERS / "moto_server"), "-H", "127.0.0.1", "-p", str(port)],
    lambda port, folder: {},
    lambda folder: ("any", "any"),
)
MINISTACK = Kind(
    "ministack",
    lambda port, folder: [str(_PEERS / "ministack")],
    # Its listener for another service takes a port of its own, which another one of it may have, and memory.
    lambda port, folder: {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "IOT_MTLS_ENABLED": "0",
        "TMPDIR": str(folder),
        "HOME": str(folder),
    },
    lambda folder: ("any", "any"),
)
KINDS = (KUMONIWA, MOTO, MINISTACK)
PEERS = (MOTO, MINISTACK)


@dataclass
class Running:
    """A server that has answered, a connection to it, and what is in it that requests name."""

    kind: Kind
    process: Server
    signer: Signer
    caller: Caller
    answered_after: float
    """Seconds from the start of the process to its first answer."""
    image_id: str = ""
    ids: list[str] = field(default_factory=list)
    """Of its instances, in the order in which they were launched."""
    idle_share: float = 0.0
    """Of a core: the processor time that it uses while nothing is asked of it, as `rest` has measured it."""

    def ask(self, action: str, **parameters: object) -> bytes:
        """The answer's XML."""
        return self.caller.send(self.signer.sign(action, **parameters))

    def find_image(self) -> None:
        """The first image that it lists is what is launched."""
        self.image_id = first(self.ask("DescribeImages"), "imageId")

    def launch(self, count: int, **parameters: object) -> dict[str, object]:
        """The parameters of a launch, with a tag as most launches have one."""
        return {
            "ImageId": self.image_id,
            "InstanceType": "t3.micro",
            "MinCount": count,
            "MaxCount": count,
            "TagSpecification_1_ResourceType": "instance",
            "TagSpecification_1_Tag_1_Key": "Name",
            "TagSpecification_1_Tag_1_Value": "web",
            **parameters,
        }

    def settle(self, within: float = _WITHIN) -> float:
        """Wait until no instance is on its way to another state, and the server has nothing more to do.

        Gives the processor time, in seconds, that was used for answering whether it is so.
        """
        deadline, asking = time.monotonic() + within, 0.0
        while True:
            self.until_idle(deadline - time.monotonic())
            before = self.process.cpu_seconds()
            waiting = self.on_their_way()
            asking += self.process.cpu_seconds() - before
            if not waiting:
                return asking
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.kind.title}: instances are still on their way")

    def on_their_way(self) -> bool:
        """Whether an instance is, to another state."""
        return bool(instance_ids(self.ask("DescribeInstances", **_ON_THEIR_WAY)))

    def until_idle(self, within: float = _WITHIN) -> None:
        """Wait until it uses no more processor time than when nothing is asked of it."""
        deadline, enough = time.monotonic() + within, max(_IDLE, 2 * self.idle_share) * _WINDOW
        while self._used_in(_WINDOW) > enough:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.kind.title} is never idle")

    def rest(self, within: float = _WITHIN) -> None:
        """Wait until it does nothing any more but what it always does, and measure that."""
        deadline, before = time.monotonic() + within, 1.0
        while (used := self._used_in(_RESTING) / _RESTING) > _NOTHING and not 0.7 * before < used < 0.5:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.kind.title} never rests")
            before = used
        self.idle_share = self._used_in(_IDLING) / _IDLING

    def _used_in(self, seconds: float) -> float:
        before = self.process.cpu_seconds()
        time.sleep(seconds)
        return self.process.cpu_seconds() - before


_ON_THEIR_WAY: dict[str, object] = {"Filter_1_Name": "instance-state-name", "MaxResults": 5} | {
    f"Filter_1_Value_{number}": state for number, state in enumerate(("pending", "stopping", "shutting-down"), 1)
}


@contextmanager
def running(kind: Kind, folder: Path) -> Iterator[Running]:
    """A server on this folder as long as the block; it has answered a request for `/`, whatever it said to that."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    endpoint = f"http://127.0.0.1:{port}"
    with server(kind.command(port, folder), folder.with_suffix(".log"), kind.environment(port, folder)) as process:
        until_answered(lambda: _any_answer(port), process.alive, time.sleep)
        took = time.perf_counter() - process.begun
        caller = Caller(endpoint)
        try:
            yield Running(kind, process, Signer(endpoint, *kind.key(folder), REGION), caller, took)
        finally:
            caller.close()


def _any_answer(port: int) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", "/")
        return connection.getresponse().read()
    finally:
        connection.close()


def first(answer: bytes, tag: str) -> str:
    """What the first element of that name holds. Raises `LookupError` where there is none."""
    if (found := re.search(rf"<{tag}>([^<]+)<".encode(), answer)) is None:
        raise LookupError(f"no {tag} in {answer[:500]!r}")
    return found[1].decode()


def instance_ids(answer: bytes) -> list[str]:
    """The instances that an answer has, each once: an answer of moto names some of them several times."""
    return list(dict.fromkeys(each.decode() for each in re.findall(rb"<instanceId>(i-[0-9a-f]+)<", answer)))
