"""Which application answers: the console below its own path, the signed API everywhere else."""

from starlette.types import ASGIApp, Receive, Scope, Send

from kumoniwa.console.door import PREFIX


class Doors:
    """Both doors of a cloud, on one socket (an ASGI application)."""

    def __init__(self, gateway: ASGIApp, console: ASGIApp) -> None:
        self._gateway = gateway
        self._console = console

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand over one request. WebSockets are the console's, wherever they go: it refuses those that it has not."""
        is_console = scope["type"] == "websocket" or f"{scope['path']}/".startswith(PREFIX)
        await (self._console if is_console else self._gateway)(scope, receive, send)
