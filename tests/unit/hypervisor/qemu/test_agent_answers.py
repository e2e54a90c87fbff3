"""Whatever a guest's agent says, callers get an answer or one of two errors, in bounded time and memory."""

import asyncio
import contextlib
import json
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kumoniwa.hypervisor.qemu.guest.drives import agent, freeze
from kumoniwa.hypervisor.qemu.guest.drives.agent import Agent
from kumoniwa.hypervisor.qemu.guest.drives.agent_answers import (
    MOST_BYTES,
    AgentRefused,
    AgentSilent,
    count_returned,
    is_answer_to,
    returned,
)
from kumoniwa.hypervisor.qemu.guest.process.machine import Machine

pytestmark = pytest.mark.anyio

_FREEZE = "guest-fsfreeze-freeze"
_NONSENSE = (
    b"{}",
    b"5",
    b"[]",
    b"null",
    b"",
    b"[" * 60_000,
    b'{"return":' * 5_000,
    b'{"error":"x"}',
    b'{"error":{}}',
    b'{"error":{"desc":7}}',
    b'{"error":null,"return":1}',
    b"\xff\xfe",
    b'{"return":' + b"9" * 5_000 + b"}",
    b'{"return":"' + b"x" * MOST_BYTES + b'"}',
)
_NO_COUNTS = (b'{"return":[]}', b'{"return":true}', b'{"return":-1}', b'{"return":1e3}', b'{"return":99999999999}')
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["return", "error", "desc"]) | st.text(), inner),
)
_SAID = st.binary() | _JSON.map(lambda value: json.dumps(value).encode())


@pytest.mark.parametrize("line", _NONSENSE, ids=lambda line: repr(line[:30]))
def test_nonsense_is_told_as_silence(line: bytes) -> None:
    with pytest.raises(AgentSilent, match="makes no sense"):
        returned(_FREEZE, line).count()
    assert not is_answer_to(1, line)


@pytest.mark.parametrize("line", _NO_COUNTS)
def test_what_is_no_count_is_no_answer_to_a_freeze(line: bytes) -> None:
    with pytest.raises(AgentSilent, match="makes no sense"):
        count_returned(_FREEZE, line)


@given(_SAID)
def test_whatever_is_said_is_a_count_or_one_of_two_errors(line: bytes) -> None:
    with contextlib.suppress(AgentSilent, AgentRefused):
        assert count_returned(_FREEZE, line) >= 0


def test_what_an_agent_really_says_is_understood() -> None:
    assert count_returned(_FREEZE, b'{"return": 2}\n') == 2
    assert returned("guest-fsfreeze-status", b'{"return": "thawed"}\n').text() == "thawed"
    assert is_answer_to(7, b'{"return": 7}\n')
    with pytest.raises(AgentRefused, match=r"refused guest-fsfreeze-freeze: it is disabled\. See in the guest"):
        returned(_FREEZE, b'{"error": {"class": "CommandNotFound", "desc": "it is disabled"}}\n')


def test_a_refusal_carries_no_control_characters_and_is_no_book() -> None:
    said = {"error": {"class": "GenericError", "desc": "\x1b]0;owned\x07\r\n\u202e\u2028" + "x" * 1_000}}
    with pytest.raises(AgentRefused) as refused:
        returned(_FREEZE, json.dumps(said).encode())
    assert str(refused.value).isprintable()
    assert r"\x1b]0;owned\x07\r\n\u202e\u2028x" in str(refused.value)
    assert len(str(refused.value)) < 500


@given(st.lists(_SAID))
async def test_a_synchronization_among_garbage_ends(said: list[bytes]) -> None:
    listening = _conversation(b"".join(b"\xff" + each + b"\n" for each in said))
    with contextlib.suppress(AgentSilent):
        await listening.synchronize(within=5.0)


async def test_an_agent_that_never_stops_talking_is_not_listened_to_for_ever() -> None:
    with pytest.raises(AgentSilent, match="too much"):
        await Agent(_Chatter(limit=MOST_BYTES), cast("asyncio.StreamWriter", _Writer())).synchronize(within=30.0)


@pytest.mark.parametrize("line", (*_NONSENSE, *_NO_COUNTS), ids=lambda line: repr(line[:30]))
async def test_a_guest_that_answers_nonsense_is_cut_unfrozen_and_thawed_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: bytes
) -> None:
    """The block is run, the mark stays, and no error but the known ones reaches a server that starts."""

    @contextlib.asynccontextmanager
    async def listening(path: Path, *, within: float):  # type: ignore[no-untyped-def]
        yield _conversation(line + b"\n")

    monkeypatch.setattr(agent, "listening", listening)
    machine = _Machine()
    async with freeze.frozen(cast("Machine", machine), tmp_path) as standstill:
        pass
    assert standstill.seconds is None
    assert "guest-fsfreeze-freeze" in standstill.why_not
    assert (tmp_path / freeze._MARK).exists()
    assert await freeze.ensure_thawed(cast("Machine", machine), tmp_path) is None  # what a server does as it starts
    assert machine.background == ["thaw its file systems"] * 2


class _Machine:
    """A machine whose agent is connected."""

    name = "i-1"
    alive = True

    def __init__(self) -> None:
        self.background: list[str] = []

    async def status(self) -> str:
        return "running"

    async def has_agent(self) -> bool:
        return True

    def go_on_with(self, work: object, name: str) -> None:
        work.close()  # type: ignore[attr-defined]
        self.background.append(name)


class _Writer:
    def write(self, data: bytes) -> None: ...

    async def drain(self) -> None: ...


class _Chatter(asyncio.StreamReader):
    """A guest that goes on talking."""

    async def readuntil(self, separator: object = b"\n") -> bytes:
        self.feed_data(b"\xff" + b"x" * 1_000 + b"\n")
        return await super().readuntil(b"\xff")


def _conversation(said: bytes) -> Agent:
    reader = asyncio.StreamReader(limit=MOST_BYTES)
    reader.feed_data(said)
    reader.feed_eof()
    return Agent(reader, cast("asyncio.StreamWriter", _Writer()))
