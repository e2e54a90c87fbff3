"""Which application answers: the console below its own path, the signed API everywhere else."""

from collections.abc import Callable
from functools import cached_property
from http import HTTPStatus
from typing import Generic, TypeVar

from starlette.types import ASGIApp, Receive, Scope, Send

from kumoniwa.console.way_in import PREFIX

Application = TypeVar("Application", bound=ASGIApp)

_A_PAGE_IS_WANTED = (b"sec-fetch-dest", b"document")  # browsers send it, and nothing else does


class Doors:
    """Both doors of a cloud, on one socket (an ASGI application)."""

    def __init__(self, gateway: ASGIApp, console: ASGIApp) -> None:
        self._gateway = gateway
        self._console = console

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand over one request. WebSockets are the console's, wherever they go: it refuses those that it has not.

        Whoever types the endpoint into a browser is led to the console: there is nothing else to see.
        """
        if scope["type"] == "websocket" or f"{scope['path']}/".startswith(PREFIX):
            await self._console(scope, receive, send)
        elif scope["path"] == "/" and scope["method"] == "GET" and _A_PAGE_IS_WANTED in scope["headers"]:
            from starlette.responses import RedirectResponse  # nothing else of a server that no browser asks needs it

            leading = RedirectResponse(PREFIX, HTTPStatus.SEE_OTHER, {"Connection": "close"})  # to nobody we know
            await leading(scope, receive, send)
        else:
            await self._gateway(scope, receive, send)


class WhenAsked(Generic[Application]):
    """An application that is made when it is first asked."""

    def __init__(self, make: Callable[[], Application]) -> None:
        self._make = make

    @cached_property
    def made(self) -> Application:
        """The application itself."""
        return self._make()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.made(scope, receive, send)
