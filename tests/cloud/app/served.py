"""An application on a socket, as `kumoniwa serve` has its own."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

from starlette.types import Receive, Scope, Send

from kumoniwa.app.serve import _listening, _server
from kumoniwa.config import Config
from kumoniwa.gateway.chain import Gateway

Open = Callable[[], Awaitable[int]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


@asynccontextmanager
async def served(application: Application, folder: Path) -> AsyncIterator[tuple[int, Open]]:
    """A port, and what tells how many connections its server holds."""
    with _listening(Config(data_dir=folder, port=0)) as listener:
        server = _server(cast("Gateway", application))

        async def open_connections() -> int:
            return len(server.server_state.connections)

        serving = asyncio.ensure_future(server.serve(sockets=[listener]))
        try:
            yield listener.getsockname()[1], open_connections
        finally:
            server.should_exit = True
            async with asyncio.timeout(30):
                await serving
