"""An application on a socket, as `kumoniwa serve` has its own."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.types import Receive, Scope, Send

from kumoniwa.app import connections
from kumoniwa.app.serve import listening
from kumoniwa.app.server import Server
from kumoniwa.config import Config

Open = Callable[[], Awaitable[int]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


@asynccontextmanager
async def served(application: Application, folder: Path) -> AsyncIterator[tuple[int, Open]]:
    """A port, and what tells how many connections its server holds."""
    with listening(Config(data_dir=folder, port=0)) as listener:
        server = Server(application, connections.ensure_open_files())

        async def open_connections() -> int:
            return len(server.connections)

        serving = asyncio.ensure_future(server.serve(listener, connections.GuardedProtocol))
        try:
            yield listener.getsockname()[1], open_connections
        finally:
            server.end()
            async with asyncio.timeout(30):
                await serving
