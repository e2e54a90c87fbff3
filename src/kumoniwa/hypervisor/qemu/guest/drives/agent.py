"""Talking to the agent inside a guest (qemu-ga), over the socket that QEMU listens on.

Commands: https://www.qemu.org/docs/master/interop/qemu-ga-ref.html
"""

import asyncio
import contextlib
import json
import random
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from kumoniwa import sockets
from kumoniwa.hypervisor.driver import DriverError

_BOUNDARY = b"\xff"  # what never is part of JSON: it ends whatever half a command an earlier server left behind


class AgentSilent(DriverError):
    """The agent did not answer in time, or nothing listens. What was asked for last may happen yet."""


class AgentRefused(DriverError):
    """The agent understood a command and refused it. The text is the agent's."""


class Agent:
    """A conversation with an agent that is known to listen; see `listening`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def ask(self, command: str, *, within: float) -> object:
        """Run a command; gives what it returns. Raises `AgentSilent`, `AgentRefused`."""
        with _told_as_silence(command, within):
            async with asyncio.timeout(within):
                await self._send({"execute": command})
                answer = json.loads(await self._reader.readline())
        if "error" in answer:
            raise AgentRefused(f"the guest's agent refused {command}: {answer['error'].get('desc', '')}")
        return answer["return"]

    async def synchronize(self, *, within: float) -> None:
        """Have it answer, and pass over all that it had to say to others. Raises `AgentSilent`."""
        number = random.randrange(1 << 31)
        with _told_as_silence("guest-sync-delimited", within):
            async with asyncio.timeout(within):
                self._writer.write(_BOUNDARY)
                await self._send({"execute": "guest-sync-delimited", "arguments": {"id": number}})
                while True:
                    await self._reader.readuntil(_BOUNDARY)
                    if json.loads(await self._reader.readline()).get("return") == number:
                        return

    async def _send(self, command: dict[str, object]) -> None:
        self._writer.write(json.dumps(command).encode() + b"\n")
        await self._writer.drain()


@contextlib.asynccontextmanager
async def listening(path: Path, *, within: float) -> AsyncIterator[Agent]:
    """The agent at this socket, having answered within `within` seconds. Raises `AgentSilent`."""
    try:
        reader, writer = await asyncio.open_unix_connection(sock=sockets.connect(path))
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
