"""Talking to the agent inside a guest (qemu-ga), over the socket that QEMU listens on.

Commands: https://www.qemu.org/docs/master/interop/qemu-ga-ref.html
"""

import asyncio
import contextlib
import json
import random
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path

from kumoniwa import sockets
from kumoniwa.hypervisor.qemu.guest.drives.agent_answers import (
    MOST_BYTES,
    AgentSilent,
    count_returned,
    is_answer_to,
    returned,
)
from kumoniwa.hypervisor.qemu.untrusted import Value

_BOUNDARY = b"\xff"  # what never is part of JSON: it ends whatever half a command an earlier server left behind
_MOST_PASSED_OVER = 1024 * 1024  # bytes said to others before an answer to us


class Agent:
    """A conversation with an agent that is known to listen; see `listening`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def ask(self, command: str, *, within: float, **arguments: object) -> Value:
        """Run a command; gives what it returns. Raises `AgentSilent`, `AgentRefused`."""
        return returned(command, await self._answer(command, within, arguments))

    async def ask_count(self, command: str, *, within: float) -> int:
        """Run a command that returns how many things it did. Raises `AgentSilent`, `AgentRefused`."""
        return count_returned(command, await self._answer(command, within, {}))

    async def synchronize(self, *, within: float) -> None:
        """Have it answer, and pass over all that it had to say to others. Raises `AgentSilent`."""
        number, passed_over = random.randrange(1 << 31), 0
        with _told_as_silence("guest-sync-delimited", within):
            async with asyncio.timeout(within):
                self._writer.write(_BOUNDARY)
                await self._send({"execute": "guest-sync-delimited", "arguments": {"id": number}})
                while passed_over < _MOST_PASSED_OVER:
                    before = await self._reader.readuntil(_BOUNDARY)
                    line = await self._reader.readline()
                    if is_answer_to(number, line):
                        return
                    passed_over += len(before) + len(line)
        raise AgentSilent("the guest's agent says too much that nobody asked for")

    async def _answer(self, command: str, within: float, arguments: Mapping[str, object]) -> bytes:
        with _told_as_silence(command, within):
            async with asyncio.timeout(within):
                await self._send({"execute": command, **({"arguments": dict(arguments)} if arguments else {})})
                return await self._reader.readline()

    async def _send(self, command: dict[str, object]) -> None:
        self._writer.write(json.dumps(command).encode() + b"\n")
        await self._writer.drain()


@contextlib.asynccontextmanager
async def listening(path: Path, *, within: float) -> AsyncIterator[Agent]:
    """The agent at this socket, having answered within `within` seconds. Raises `AgentSilent`."""
    try:
        reader, writer = await asyncio.open_unix_connection(sock=sockets.connect(path), limit=MOST_BYTES)
    except OSError as gone:
        raise AgentSilent(f"the guest's agent cannot be reached: {gone.strerror}") from gone
    try:
        agent = Agent(reader, writer)
        await agent.synchronize(within=within)
        yield agent
    finally:
        writer.close()


@contextlib.contextmanager
def _told_as_silence(command: str, within: float) -> Iterator[None]:
    try:
        yield
    except TimeoutError as late:
        raise AgentSilent(f"the guest's agent did not answer {command} in {within:.0f} s") from late
    except (OSError, EOFError, ValueError, asyncio.LimitOverrunError) as failure:
        raise AgentSilent(f"the guest's agent did not answer {command}: {failure or 'it went away'}") from failure
