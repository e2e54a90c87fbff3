"""A page's WebSocket as the console's door sees it."""

import asyncio
import json
from typing import Any

from browser import ORIGIN, Browser
from stack import Stack


class Page:
    """One page's connection. Nothing is taken of it while `reads` is not set."""

    def __init__(self, stack: Stack, browser: Browser, target: str, **headers: str) -> None:
        self._console = stack.running.console
        self.reads = asyncio.Event()
        self.reads.set()
        self.sent: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._coming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._coming.put_nowait({"type": "websocket.connect"})
        given = {"host": "127.0.0.1:4566", "origin": ORIGIN, "cookie": browser.cookie or "", **headers}
        path, _, query = target.partition("?")
        self._scope = {
            "type": "websocket",
            "path": path,
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in given.items()],
            "subprotocols": ["kumoniwa", browser.half_b],
        }

    async def listen(self) -> None:
        async def send(message: Any) -> None:
            await self.reads.wait()
            self.sent.put_nowait(message)

        await self._console(self._scope, self._coming.get, send)

    async def next(self) -> dict[str, Any]:
        async with asyncio.timeout(10):
            return await self.sent.get()

    async def said(self, until: bytes) -> bytes:
        """What a guest said, up to what ends with `until`."""
        heard = b""
        while not heard.endswith(until):
            message = await self.next()
            assert message["type"] in ("websocket.accept", "websocket.send"), message
            heard += message.get("bytes") or b""
        return heard

    async def closed(self) -> tuple[int, str]:
        """Why it was closed; what came before is passed over."""
        while (message := await self.next())["type"] != "websocket.close":
            pass
        return message.get("code", 1000), message.get("reason") or ""

    async def told(self) -> Any:
        """The next message that is text."""
        while (message := await self.next()).get("text") is None:
            pass
        return json.loads(message["text"])

    def say(self, **message: bytes | str) -> None:
        """Send a message: `text` or `bytes`."""
        self._coming.put_nowait({"type": "websocket.receive", **message})

    def leave(self) -> None:
        self._coming.put_nowait({"type": "websocket.disconnect", "code": 1000})
