"""Whatever QEMU says to the driver, callers get an answer or a `DriverError`, in bounded time; and once it makes sense
again, so do they."""

import asyncio
import contextlib
import copy
import json
import os
import struct
from collections.abc import Awaitable, Callable
from ipaddress import IPv4Address
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import fake_qemu
import pytest
from fake_qemu import DATA, GREETING, LIMITS, NEW, OTHER, PNG, ROOT, SIZE, SPEC, FakeQemu, guest_of, honestly, parts_of
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from waiting import let_others_run

from kumoniwa.hypervisor.driver import Cut, DriverError, EventKind, Forward, GuestEvent, GuestLost, GuestState
from kumoniwa.hypervisor.qemu.guest import forwards
from kumoniwa.hypervisor.qemu.guest.process import migration, monitor
from kumoniwa.hypervisor.qemu.guest.process.monitor import CommandRefused, MonitorEvent
from kumoniwa.hypervisor.qemu.guest.qemu_guest import QemuGuest

pytestmark = pytest.mark.anyio

WITHIN = 10.0  # seconds for a call whose own deadlines are all below three
SSH = Forward("tcp", IPv4Address("127.10.0.5"), 22, 22)
WEB = Forward("tcp", IPv4Address("127.10.0.5"), 80, 80)

CALLS: dict[str, Callable[[QemuGuest], Awaitable[object]]] = {
    "observe": lambda guest: guest.observe(),
    "run": lambda guest: guest.ensure_running(SPEC),
    "shut down": lambda guest: guest.ensure_shut_down(deadline=0.3),
    "off": lambda guest: guest.ensure_off(deadline=0.3, skip_os_shutdown=False),
    "pause": lambda guest: guest.pause_for_room(),
    "cut": lambda guest: guest.ensure_cut([Cut(ROOT.layer, NEW.layer)]),
    "cut frozen": lambda guest: guest.ensure_cut([Cut(DATA.layer, NEW.layer)], freeze=True),
    "attach": lambda guest: guest.ensure_attached(OTHER),
    "detach": lambda guest: guest.ensure_detached(DATA.serial, deadline=0.2, force=True),
    "grow": lambda guest: guest.ensure_grown(DATA, 2 * SIZE),
    "compact": lambda guest: guest.ensure_compacted(DATA.layer, None),
    "forward": lambda guest: guest.ensure_forwards([WEB]),
    "screenshot": lambda guest: guest.screenshot(),
    "save": lambda guest: _moved(guest, migration.save),
    "load": lambda guest: _moved(guest, migration.load),
}


async def _moved(guest: QemuGuest, move: Callable[..., Awaitable[None]]) -> None:
    if guest._machine is not None:
        with Path(os.devnull).open("rb+") as file:  # noqa: ASYNC230 - it is no file that one waits for
            await move(guest._machine, file.fileno(), memory_aside=True, within=0.3)


_WEIRD: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, [], {}, "", "\x1b]0;owned\x07", "\ud800", "x" * 5_000, -1, 2**64, 10**400, 1.5, [[]], {"id": {}}]
)
_JSON = st.recursive(_WEIRD, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3))
_EVENTS = st.fixed_dictionaries(
    {
        "event": st.sampled_from(
            [
                "SHUTDOWN",
                "RESET",
                "GUEST_PANICKED",
                "BLOCK_IO_ERROR",
                "DEVICE_DELETED",
                "VSERPORT_CHANGE",
                "JOB_STATUS_CHANGE",
                "MIGRATION",
                "STOP",
                "RTC_CHANGE",
                "MEMORY_FAILURE",
                "NO_SUCH_EVENT",
            ]
        )
        | _WEIRD,
    },
    optional={
        "data": _JSON
        | st.dictionaries(
            st.sampled_from(["guest", "nospace", "action", "device", "id", "open", "status", "reason"]),
            st.booleans() | st.sampled_from(["stop", "agent", "disk-volb", "disk-" + "x" * 200]) | _WEIRD,
        )
    },
)


@st.composite
def _nonsense(draw: st.DrawFn) -> Callable[[dict[str, Any]], list[bytes]]:
    """One of the ways in which QEMU says something else than its answer. An empty line: it hangs up."""
    raw = draw(st.binary().map(lambda said: said.replace(b"\n", b"")))
    weird, place, cut = draw(_JSON), draw(st.integers(0, 200)), draw(st.integers(1, 40))
    events = draw(st.lists(_EVENTS, max_size=20))

    def changed(answer: dict[str, Any], *, drop: bool) -> bytes:
        """A part of the answer is another thing, or missing."""
        answer, parts = copy.deepcopy(answer), [part for part in parts_of(answer) if part]
        *way, last = parts[place % len(parts)]
        inner: Any = answer
        for name in way:
            inner = inner[name]
        if drop:
            del inner[last]
        else:
            inner[last] = weird
        return json.dumps(answer).encode()

    ways: list[Callable[[dict[str, Any]], list[bytes]]] = [
        lambda answer: [changed(answer, drop=False)],
        lambda answer: [changed(answer, drop=True)],
        lambda answer: [json.dumps({**answer, "return": weird}).encode()],
        lambda answer: [json.dumps({"error": weird, "id": answer.get("id")}).encode()],
        lambda answer: [json.dumps({"error": {"class": "x", "desc": weird}, **answer}).encode()],
        lambda answer: [json.dumps({**answer, "id": weird}).encode()],
        lambda answer: [json.dumps(weird).encode()],
        lambda answer: [raw or b" ", *honestly("", answer)],
        lambda answer: [json.dumps(answer).encode()[:-cut] or b" "],
        lambda answer: [b"[" * 50_000],
        lambda answer: [b'{"return":' * 5_000],
        lambda answer: [b'{"return": [' + b"{}," * 6_000 + b"{}]}"],
        lambda answer: [b'{"return": NaN, "return": 1e999, "id": "' + str(answer.get("id")).encode() + b'"}'],
        lambda answer: [b"x" * (3 * LIMITS.bytes)],
        lambda answer: [*(json.dumps(event).encode() for event in events), *honestly("", answer)],
        lambda answer: honestly("", answer) * 3,
        lambda answer: [],
        lambda answer: [b""],
    ]
    way: Callable[[dict[str, Any]], list[bytes]] = draw(st.sampled_from(ways))
    return way


@given(name=st.sampled_from(sorted(CALLS)), first=st.integers(0, 6), for_ever=st.booleans(), nonsense=_nonsense())
@settings(
    max_examples=40,
    phases=[Phase.explicit, Phase.generate],  # to shrink what waits for deadlines takes minutes
)
async def test_whatever_qemu_answers_callers_see_driver_errors_and_end(
    name: str, first: int, for_ever: bool, nonsense: Callable[[dict[str, Any]], list[bytes]]
) -> None:
    """From an answer on, once or for ever; then the guest makes sense again, and its driver finds that."""

    def say(command: str, answer: dict[str, Any]) -> list[bytes]:
        at = len(qemu.asked) - 1 if command != GREETING else len(qemu.asked)
        lies = at >= begun + first if for_ever else at == begun + first
        return nonsense(answer) if lies else honestly(command, answer)

    with TemporaryDirectory() as folder:
        qemu = FakeQemu(Path(folder))
        reported: list[GuestEvent] = []
        async with guest_of(qemu, Path(folder), reported, impatient=True) as guest:
            begun, qemu.say = len(qemu.asked), say
            with contextlib.suppress(DriverError):
                async with asyncio.timeout(WITHIN):
                    await CALLS[name](guest)
            qemu.say = honestly
            assert await _observed(guest) in GuestState
        assert all(event.detail.isprintable() for event in reported)


@pytest.mark.parametrize("name", sorted(CALLS))
async def test_an_honest_qemu_is_understood(tmp_path: Path, name: str) -> None:
    """The fake answers as QEMU does: without that, nonsense would be refused for another reason."""
    reported: list[GuestEvent] = []
    async with guest_of(FakeQemu(tmp_path), tmp_path, reported) as guest:
        assert [event.kind for event in reported] == [EventKind.REACHABLE]
        await CALLS[name](guest)


async def test_the_longest_answer_of_an_honest_qemu_is_within_the_limits(tmp_path: Path) -> None:
    """27 disks of sixteen layers each are 864 nodes, of which QEMU 7.2 says 600 bytes each, and 40 parts."""
    qemu = FakeQemu(tmp_path)
    nodes = [{f"part {number:06}": number for number in range(40)}] * 864
    async with guest_of(qemu, tmp_path, [], limits=monitor._LIMITS) as guest:
        qemu.say = lambda command, answer: honestly(command, {**answer, "nodes": nodes})
        assert len(qemu.say("", {})[0]) > 600 * 864
        assert await guest.observe() is GuestState.RUNNING


async def test_an_answer_that_comes_byte_by_byte_is_read(tmp_path: Path) -> None:
    qemu = FakeQemu(tmp_path)
    async with guest_of(qemu, tmp_path, []) as guest:
        qemu.dribbles = True
        assert await guest.observe() is GuestState.RUNNING


async def test_a_refusal_carries_no_control_characters_and_is_no_book(tmp_path: Path) -> None:
    qemu = FakeQemu(tmp_path)
    async with guest_of(qemu, tmp_path, []) as guest:
        assert guest._machine is not None
        error = {"class": "GenericError", "desc": "\x1b]0;owned\x07\r\n\u202e" + "x" * 1_000}
        qemu.say = lambda _, answer: [json.dumps({"error": error, "id": answer["id"]}).encode()]
        with pytest.raises(CommandRefused) as refused:
            await guest._machine.execute("stop")
    assert str(refused.value).isprintable()
    assert r"stop: \x1b]0;owned\x07\r\n\u202ex" in str(refused.value)
    assert len(str(refused.value)) < 500


async def _observed(guest: QemuGuest) -> GuestState:
    """What the guest is, once its QEMU answers: a connection that has just ended is made anew."""
    async with asyncio.timeout(WITHIN):
        while True:
            try:
                return await guest.observe()
            except GuestLost:
                await let_others_run()


async def test_a_flood_of_events_is_heard_at_a_pace_and_answers_come_through(tmp_path: Path) -> None:
    """A guest on a failing disk makes QEMU say an event for each request; one that broke out says what it likes."""
    qemu = FakeQemu(tmp_path)
    event = json.dumps({"event": "RTC_CHANGE", "data": {}}).encode()
    async with guest_of(qemu, tmp_path, []) as guest:
        assert guest._machine is not None
        heard, began = 0, asyncio.get_running_loop().time()

        def count(_: MonitorEvent) -> None:
            nonlocal heard
            heard += 1

        with guest._machine.listening(count):
            qemu.say = lambda command, answer: [event] * 6_000 + honestly(command, answer)
            assert await guest.observe() is GuestState.RUNNING
        seconds = asyncio.get_running_loop().time() - began
    assert heard == 6_000
    assert heard <= 4_000 + 2_000 * seconds


async def test_one_task_follows_a_guest_that_says_again_and_again_that_it_goes_down(
    tmp_path: Path,
) -> None:
    qemu = FakeQemu(tmp_path)
    event = json.dumps({"event": "SHUTDOWN", "data": {"guest": True}}).encode()
    async with guest_of(qemu, tmp_path, []) as guest:
        before = len(qemu.asked)
        qemu.say = lambda command, answer: [event] * 500 + honestly(command, answer)
        await guest.observe()
        qemu.say = honestly
        await guest.observe()
    assert len(qemu.asked) - before < 10


@pytest.mark.parametrize(
    "table",
    [
        "\n" * 1_000_000,
        "TCP[HOST_FORWARD]  20      127.10.0.500    22    172.31.12.19    22     0     0\r\n",
        "TCP[HOST_FORWARD]  20      127.10.0.5    x    172.31.12.19    22     0     0\r\n",
        f"TCP[HOST_FORWARD]  20      127.10.0.5    {'9' * 5_000}    172.31.12.19    22     0     0\r\n",
        "".join(f"TCP[HOST_FORWARD] 20 127.10.0.5 {port} 172.31.12.19 22 0 0\n" for port in range(5_000)),
    ],
    ids=["newlines", "address", "port", "long", "many"],
)
def test_a_table_of_forwards_that_qemu_would_not_write_is_refused_or_empty(table: str) -> None:
    """A million newlines took the pattern of before longer than anybody waits."""
    with contextlib.suppress(GuestLost):
        assert forwards.listed(table) == frozenset()


@pytest.mark.parametrize(
    "picture",
    [
        b"",
        b"GIF89a" + bytes(100),
        PNG[:20],
        PNG[:16] + struct.pack(">II", 16_000, 16_000),
        PNG[:16] + struct.pack(">II", 1, 65_536),
        PNG[:16] + struct.pack(">II", 0, 400),
        PNG.replace(b"IHDR", b"IDAT"),
        PNG + bytes(32 * 1024 * 1024),
    ],
    ids=["empty", "gif", "short", "large", "long", "flat", "headless", "heavy"],
)
async def test_a_picture_that_no_display_shows_is_refused(tmp_path: Path, picture: bytes) -> None:
    qemu = FakeQemu(tmp_path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fake_qemu, "PNG", picture)
        async with guest_of(qemu, tmp_path, []) as guest:
            with pytest.raises(GuestLost, match="makes no sense"):
                await guest.screenshot()
    assert not list(qemu.folder.glob("screen-*"))


@pytest.mark.parametrize("left", ["fifo", "link", "nothing"])
async def test_what_is_no_file_is_no_picture(tmp_path: Path, left: str) -> None:
    """A pipe that nobody writes to held a thread for ever; a link showed another file's content."""

    def say(command: str, answer: dict[str, Any]) -> list[bytes]:
        for path in qemu.folder.glob("screen-*"):
            path.unlink()
            if left == "fifo":
                os.mkfifo(path)
            elif left == "link":
                path.symlink_to(qemu.folder / "guest.json")
        return honestly(command, answer)

    qemu = FakeQemu(tmp_path)
    async with guest_of(qemu, tmp_path, []) as guest:
        qemu.say = say
        with pytest.raises(GuestLost):
            await guest.screenshot()
