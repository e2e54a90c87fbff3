"""The server's end of its connection to a network's keeper (`keeper.py`)."""

import array
import asyncio
import contextlib
import json
import os
import socket
from collections.abc import Callable, Mapping
from typing import Any

from kumoniwa.network.vpc.host.errors import KeeperLost, KeeperSilent, NetworkRefused

_CHUNK = 65536
_MOST_FILES = 8
_LONGEST_LINE = 1024 * 1024  # bytes of an answer
_ANSWERED_WITHIN = 150.0  # seconds; nft and ip have a minute each
_HANDED = socket.CMSG_SPACE(_MOST_FILES * array.array("i").itemsize)


class KeeperLink:
    """One connection. `on_event` hears of the network's programs, `on_end` is called once when the connection ends."""

    def __init__(
        self,
        connected: socket.socket,
        *,
        on_event: Callable[[Mapping[str, Any]], None],
        on_end: Callable[[], None],
    ) -> None:
        self._socket = connected
        self._on_event = on_event
        self._on_end = on_end
        self._turn = asyncio.Lock()
        self._waiting: asyncio.Future[dict[str, Any]] | None = None
        self._heard = b""
        self._files: list[int] = []
        self.alive = True
        asyncio.get_running_loop().add_reader(connected, self._hear)

    async def ask(
        self, do: str, *, within: float = _ANSWERED_WITHIN, **arguments: object
    ) -> tuple[Mapping[str, Any], list[int]]:
        """The answer to a request, and the open files that came with it, which are the caller's.

        Raises `NetworkRefused` for what could not be done, `KeeperLost` where nobody answers, `KeeperSilent` where it
        has not ended and did not answer within so many seconds.
        """
        async with self._turn:
            if not self.alive:
                raise KeeperLost("The network's keeper has ended.")
            loop = asyncio.get_running_loop()
            self._waiting = waiting = loop.create_future()
            line = json.dumps({"do": do, **arguments}).encode() + b"\n"
            try:
                async with asyncio.timeout(within):
                    await loop.sock_sendall(self._socket, line)
                    answer = await waiting
            except TimeoutError as failure:
                self.close()
                raise KeeperSilent("The network's keeper does not answer: time is up.") from failure
            except OSError as failure:
                self.close()
                raise KeeperLost(f"The network's keeper does not answer: {failure}.") from failure
            except BaseException:
                self.close()  # whose answer the next one would be, nobody could say
                raise
            finally:
                self._waiting = None
                if waiting.done() and not waiting.cancelled():
                    waiting.exception()  # it may have ended before its answer was waited for: that is told above
            files, self._files = self._files, []
            if "failed" in answer:
                raise NetworkRefused(str(answer["failed"]))
            return answer, files

    def close(self) -> None:
        """Let go of the keeper."""
        if self.alive:
            self.alive = False
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()
            for file in self._files:
                os.close(file)
            self._files = []
            if self._waiting is not None and not self._waiting.done():
                self._waiting.set_exception(ConnectionResetError("it has ended"))
            self._on_end()

    def _hear(self) -> None:
        try:
            chunk, handed, _, _ = self._socket.recvmsg(_CHUNK, _HANDED, socket.MSG_CMSG_CLOEXEC)
        except BlockingIOError:
            return
        except OSError:
            chunk, handed = b"", []
        for level, kind, data in handed:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                numbers = array.array("i")
                numbers.frombytes(data[: len(data) - len(data) % numbers.itemsize])
                self._files += numbers
        self._heard += chunk
        if not chunk or len(self._heard) > _LONGEST_LINE:
            self.close()
            return
        *lines, self._heard = self._heard.split(b"\n")
        for line in lines:
            with contextlib.suppress(asyncio.InvalidStateError):
                message = json.loads(line)
                if "event" in message:
                    self._on_event(message)
                elif self._waiting is not None:
                    self._waiting.set_result(message)
