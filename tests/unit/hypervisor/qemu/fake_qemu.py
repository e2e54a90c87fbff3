"""A QEMU as far as its monitor goes: it answers as one that a guest has taken over may, which is anything.

The guest's driver is the real one, over a real pair of sockets. Its process is a fake, so that what is killed is none.
"""

import asyncio
import json
import socket
import struct
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from waiting import let_others_run

from kumoniwa import sockets
from kumoniwa.clock import ManualClock
from kumoniwa.hypervisor.driver import (
    DiskBus,
    GuestDisk,
    GuestEvent,
    GuestId,
    GuestNic,
    GuestSpec,
    LayerId,
)
from kumoniwa.hypervisor.qemu.guest import devices, forwards, power, qemu_guest
from kumoniwa.hypervisor.qemu.guest.drives import plugs, stream
from kumoniwa.hypervisor.qemu.guest.process import machine, migration, monitor, record
from kumoniwa.hypervisor.qemu.guest.process.command_line import Accelerator, Host
from kumoniwa.hypervisor.qemu.guest.process.disk_devices import DiskIo
from kumoniwa.hypervisor.qemu.guest.process.host_process import Identity, Process
from kumoniwa.hypervisor.qemu.guest.qemu_guest import QemuGuest
from kumoniwa.hypervisor.qemu.guest.surroundings import Surroundings
from kumoniwa.hypervisor.qemu.host.disk_space import DiskSpace
from kumoniwa.hypervisor.qemu.untrusted import Limits
from kumoniwa.tasks import Tasks

ID = GuestId("i-1")
ROOT, DATA, NEW, OTHER = (GuestDisk(LayerId(f"layer-{name}"), f"vol{name}") for name in ("a", "b", "c", "d"))
BASE = LayerId("layer-base")
SPEC = GuestSpec(
    id=ID,
    uuid="ec2e1916-9099-7caf-fd21-012345abcdef",
    product="t3.micro",
    vcpus=1,
    memory_mib=128,
    disks=(ROOT, DATA),
    nics=(GuestNic("06:12:34:56:78:9a", IPv4Address("172.31.12.19")),),
    bus=DiskBus.NVME,
)
SIZE = 8 << 20
LIMITS = Limits(bytes=64 * 1024, nested=512, parts=5_000)
PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 720, 400) + bytes(16)
USERNET = "Hub -1 (n0):\r\n  TCP[HOST_FORWARD]  20      127.10.0.5    22    172.31.12.19    22     0     0\r\n"
GREETING = "greeting"

Say = Callable[[str, dict[str, Any]], list[bytes]]
"""What is said, a line each, to a command that is answered honestly by that message."""


def honestly(_command: str, answer: dict[str, Any]) -> list[bytes]:
    return [json.dumps(answer).encode()]


class FakeQemu:
    """A QEMU with two disks, each a layer on the same base."""

    def __init__(self, folder: Path) -> None:
        self.say: Say = honestly
        self.dribbles = False
        """Whether what it says comes byte by byte."""
        self.process: FakeProcess | None = None
        self.asked: list[str] = []
        self.folder = folder / "guests" / ID
        self._status = "running"
        self._shown = {ROOT.serial: str(ROOT.layer), DATA.serial: str(DATA.layer)}
        self._stands_on = {str(ROOT.layer): str(BASE), str(DATA.layer): str(BASE)}
        self._job: dict[str, Any] | None = None
        self._events: list[dict[str, Any]] = []
        self._driver_ends: list[socket.socket] = []
        self._tasks = Tasks("fake QEMU")

    def connect(self, path: Path) -> socket.socket:
        """In place of `sockets.connect`."""
        if path.name != "qmp.sock":
            raise ConnectionRefusedError(111, "there is no such channel")
        ours, theirs = socket.socketpair()
        for each in (ours, theirs):
            each.setblocking(False)
        self._driver_ends.append(ours)
        serving = self._tasks.start(self._serve(theirs), "monitor")
        serving.add_done_callback(lambda _: theirs.close())  # one that was cancelled before its first turn did not
        return ours

    async def close(self) -> None:
        await self._tasks.close()
        await let_others_run(5)
        assert all(end.fileno() == -1 for end in self._driver_ends), "the driver left a connection open"

    async def _serve(self, connection: socket.socket) -> None:
        reader, writer = await asyncio.open_connection(sock=connection)
        try:
            version = {"qemu": {"major": 7, "minor": 2, "micro": 22}, "package": ""}
            await self._send(writer, GREETING, {"QMP": {"version": version, "capabilities": ["oob"]}})
            async for message in _messages(reader):
                self.asked.append(message["execute"])
                answer = self._done(message["execute"], message.get("arguments", {}))
                await self._send(
                    writer, message["execute"], answer | ({"id": message["id"]} if "id" in message else {})
                )
        except ConnectionError:
            pass  # the driver has had enough
        finally:
            writer.close()

    async def _send(self, writer: asyncio.StreamWriter, command: str, answer: dict[str, Any]) -> None:
        events, self._events = self._events, []
        for line in [*(json.dumps(event).encode() for event in events), *self.say(command, answer)]:
            if not line:
                raise ConnectionAbortedError("it hangs up")
            for piece in [bytes([byte]) for byte in line + b"\n"] if self.dribbles else [line + b"\n"]:
                writer.write(piece)
                await let_others_run(int(self.dribbles))
        await writer.drain()

    def _done(self, command: str, asked: dict[str, Any]) -> dict[str, Any]:
        match command:
            case "query-status":
                return {"return": {"status": self._status, "running": self._status == "running"}}
            case "stop" | "cont":
                self._status = "paused" if command == "stop" else "running"
            case "system_powerdown":
                self._status = "shutdown"
                self._happened("SHUTDOWN", guest=True, reason="guest-shutdown")
            case "system_reset":
                self._happened("RESET", guest=False, reason="host-qmp-system-reset")
            case "quit":
                assert self.process is not None
                self.process.end()
            case "query-chardev":
                return {"return": [{"label": "agent", "filename": "unix:", "frontend-open": True}]}
            case "qom-list":
                return {"return": [{"name": f"disk-{serial}", "type": "child<nvme>"} for serial in self._shown]}
            case "query-block":
                return {"return": [_device(serial, node) for serial, node in self._shown.items()]}
            case "query-named-block-nodes":
                return {"return": [_node(name, of) for of in self._nodes() for name in (of, f"#{of}")]}
            case "x-debug-query-block-graph":
                return {"return": self._graph()}
            case "query-jobs":
                return {"return": [] if self._job is None else [self._job]}
            case "block-stream":
                self._job = {"id": asked["job-id"], "type": "stream", "status": "pending", "error": ""}
            case "job-finalize" | "job-cancel":
                assert self._job is not None
                id, self._job = self._job["id"], None
                self._happened("BLOCK_JOB_COMPLETED", type="stream", device=id, len=1, offset=1, speed=0)
                self._happened("JOB_STATUS_CHANGE", id=id, status="null")
            case "device_add":
                self._shown[asked["serial"]] = asked["drive"]
            case "device_del":
                self._shown.pop(asked["id"].removeprefix("disk-"), None)
                self._happened("DEVICE_DELETED", device=asked["id"], path="/machine/peripheral/x")
            case "blockdev-add":
                self._stands_on.setdefault(asked["node-name"], str(BASE))
            case "blockdev-del":
                if asked["node-name"] in self._shown.values() or asked["node-name"] not in self._stands_on:
                    return {"error": {"class": "GenericError", "desc": f"Node {asked['node-name']} is in use"}}
                del self._stands_on[asked["node-name"]]
            case "transaction":
                for action in asked["actions"]:
                    old, new = action["data"]["node"], action["data"]["overlay"]
                    self._shown = {serial: new if node == old else node for serial, node in self._shown.items()}
            case "qom-set":
                self._shown[asked["path"].rpartition("disk-")[2]] = asked["value"]
            case "query-migrate":
                return {"return": {"status": "completed"}}
            case "screendump":
                (self.folder / asked["filename"]).write_bytes(PNG)
            case "human-monitor-command":
                return {"return": USERNET if asked["command-line"] == "info usernet" else ""}
        return {"return": {}}

    def _happened(self, event: str, **data: object) -> None:
        self._events.append({"event": event, "data": data, "timestamp": {"seconds": 1, "microseconds": 0}})

    def _nodes(self) -> list[str]:
        return [*self._stands_on, str(BASE)]

    def _graph(self) -> dict[str, Any]:
        numbers = {name: number for number, name in enumerate(self._nodes())}
        nodes = [{"id": number, "type": "block-driver", "name": name} for name, number in numbers.items()]
        files = [{"id": 100 + number, "type": "block-driver", "name": f"#{name}"} for name, number in numbers.items()]
        backends = [{"id": 200 + number, "type": "block-backend", "name": ""} for number in range(len(self._shown))]
        edges = [
            *({"parent": n, "child": 100 + n, "name": "file"} for n in numbers.values()),
            *({"parent": numbers[n], "child": numbers[on], "name": "backing"} for n, on in self._stands_on.items()),
            *({"parent": 200 + n, "child": numbers[on], "name": "root"} for n, on in enumerate(self._shown.values())),
        ]
        return {"nodes": [*nodes, *files, *backends], "edges": edges}


class FakeProcess:
    """QEMU's process, which is none."""

    def __init__(self, identity: Identity, on_end: Callable[[int | None], None]) -> None:
        self.identity = identity
        self.ended = asyncio.Event()
        self._on_end = on_end

    def end(self) -> None:
        if not self.ended.is_set():
            self.ended.set()
            self._on_end(0)

    async def ensure_ended(self, *, grace: float) -> None:
        self.end()

    def release(self) -> None: ...


@asynccontextmanager
async def guest_of(
    qemu: FakeQemu, folder: Path, reported: list[GuestEvent], limits: Limits = LIMITS, *, impatient: bool = False
) -> AsyncIterator[QemuGuest]:
    """The real driver's guest, found again by a server that has just started, and let go at the end.

    `impatient`: the driver waits for no answer longer than tests have time, so an honest one may come too late.
    """
    tasks, layers = Tasks("driver"), folder / "layers"
    layers.mkdir()
    qemu.folder.mkdir(parents=True)
    for disk in (ROOT, DATA, NEW, OTHER):
        (layers / f"{disk.layer}.qcow2").write_bytes(qcow2(f"{BASE}.qcow2"))
    (layers / f"{BASE}.qcow2").write_bytes(qcow2(None))
    identity = Identity(1 << 22, 1, "boot")
    record.write(qemu.folder, record.GuestRecord(SPEC, identity))
    around = Surroundings(
        ManualClock(),
        Host(Accelerator("kvm", ""), DiskIo("threads", "")),
        tasks,
        layers,
        DiskSpace(folder, lambda _: 1 << 40),
        reported.append,
        lambda id: None,
    )
    guest = QemuGuest(ID, qemu.folder, around)

    def hold(identity: Identity, on_end: Callable[[int | None], None]) -> FakeProcess:
        qemu.process = FakeProcess(identity, on_end)
        return qemu.process

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Process, "hold", hold)
        patch.setattr(sockets, "connect", qemu.connect)
        patch.setattr(forwards, "why_not", lambda *_: None)
        patch.setattr(monitor, "_LIMITS", limits)
        for module, name, value in _IMPATIENT if impatient else ():
            patch.setattr(module, name, value)
        try:
            await guest.adopt()
            yield guest
        finally:
            await tasks.close()
            await guest.let_go()
            await qemu.close()


_IMPATIENT: list[tuple[Any, str, Any]] = [
    (monitor, "_ANSWER_WITHIN", 0.1),
    (monitor, "_CLOSED_WITHIN", 0.2),
    (machine, "_ANSWER_WITHIN", 0.2),
    (machine, "_END_SEEN_WITHIN", 0.01),
    (machine, "_QUIT_WITHIN", 0.1),
    (migration, "_LOOK_AGAIN", 0.05),
    (migration, "_CANCELLED_WITHIN", 0.1),
    (power, "_PRESS_AGAIN", 0.1),
    (power, "_RESET_WITHIN", 0.3),
    (devices, "_ASK_AGAIN", 0.05),
    (plugs, "_CLOSED_WITHIN", 0.3),
    (stream, "_LOOK_AGAIN", 0.05),
    (stream, "_GIVEN_UP_WITHIN", 0.3),
    (stream, "_FINISHED_WITHIN", 0.3),
    (qemu_guest, "_PATIENCE", 0.5),
]


def qcow2(backing: str | None) -> bytes:
    """The smallest file that looks like a layer's."""
    name = b"" if backing is None else backing.encode()
    at = 256 if name else 0
    head = struct.pack(
        ">4sIQIIQIIQQIIQQQQII", b"QFI\xfb", 3, at, len(name), 9, SIZE, 0, 1, 512, 1024, 1, 0, 0, 0, 0, 0, 4, 104
    )
    form = struct.pack(">II", 0xE2792ACA, 5) + b"qcow2\0\0\0" if name else b""
    return ((head + form).ljust(256, b"\0") + name).ljust(1536, b"\0")


async def _messages(reader: asyncio.StreamReader) -> AsyncIterator[dict[str, Any]]:
    """What the driver says: one object after another, with nothing between them."""
    heard, decoder = "", json.JSONDecoder()
    while chunk := await reader.read(65536):
        heard += chunk.decode()
        while heard := heard.lstrip():  # a space comes with an open file
            message, end = decoder.raw_decode(heard)  # each is written, and arrives, at once
            yield message
            heard = heard[end:]


def _device(serial: str, node: str) -> dict[str, Any]:
    inserted = {"node-name": node, "image": {"virtual-size": SIZE, "filename": f"../../layers/{node}.qcow2"}}
    return {"device": "", "qdev": f"/machine/peripheral/disk-{serial}", "locked": False, "inserted": inserted}


def _node(name: str, layer: str) -> dict[str, Any]:
    return {"node-name": name, "file": f"../../layers/{layer}.qcow2", "image": {"virtual-size": SIZE}}


def parts_of(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to each part of a JSON value, itself included."""
    yield at
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in inner:
        yield from parts_of(part, (*at, name))
