"""`serve --ephemeral`: a cloud for tests, which ends with its server. A test begins it anew, and moves its time.

Each cloud is a new one in a folder of its own behind the same socket, with the same key: clients that a test has made
go on working in the next. The server ends when it is told to, and when the process ends that started it.
"""

import asyncio
import dataclasses
import gc
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

import structlog
import uvloop
from starlette.types import Receive, Scope, Send

from kumoniwa.app.cloud import Running, running
from kumoniwa.app.connections import GuardedProtocol, ensure_open_files
from kumoniwa.app.controls import Controls
from kumoniwa.app.doors import Doors
from kumoniwa.app.keys import ensure_key
from kumoniwa.app.own_folder import own_folder
from kumoniwa.app.serve import GARBAGE, announced, ending_when_told, endpoint_of, listening
from kumoniwa.app.server import Server
from kumoniwa.clock import MovableClock
from kumoniwa.config import Config, models_dir
from kumoniwa.folder import write_private
from kumoniwa.hypervisor.drivers import features_of, make_driver

log = structlog.get_logger(__name__)

LAST_ANSWERS = 5.0
"""Seconds that requests may take which are under way when a cloud is begun anew."""
_NOBODY = (0, 1)  # as parents: whoever started the server has ended by now, or it is the first process of a container


def run(config: Config, announce: Callable[[Mapping[str, object]], None]) -> None:
    """Run such a cloud, whose data folder does not matter, until the end; `announce` is called with how to reach it.

    Raises `CannotStart`, `FolderTaken`.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(dataclasses.replace(config, ephemeral=True), announce))


async def _serve(config: Config, announce: Callable[[Mapping[str, object]], None]) -> None:
    most_connections = ensure_open_files()
    parent = os.getppid()
    async with own_folder() as folder:
        with listening(config) as listener:
            config = dataclasses.replace(config, data_dir=folder)
            endpoint = endpoint_of(config, listener)
            key = await asyncio.to_thread(ensure_key, config)
            clouds = Clouds(config, key)
            controls = Controls(clouds)
            async with clouds:
                server = Server(controls, most_connections)
                with ending_when_told(server), _ending_with(parent, server), announced(config, endpoint):
                    gc.freeze()
                    gc.set_threshold(*GARBAGE)
                    gc.enable()
                    log.info("listening", endpoint=endpoint, data_dir=str(folder), driver=config.driver, ephemeral=True)
                    announce(_ready(config, endpoint, key, controls.token))
                    await server.serve(listener, GuardedProtocol)
    log.info("stopped")


def _ready(config: Config, endpoint: str, key: Mapping[str, str], token: str) -> dict[str, object]:
    """The one line that a program reads on standard output."""
    return {
        "endpoint": endpoint,
        "region": config.region,
        "account": key["account"],
        "access_key_id": key["access_key_id"],
        "secret_access_key": key["secret_access_key"],
        "control_token": token,
        "data_dir": str(config.data_dir),
        "driver": config.driver,
        "pid": os.getpid(),
    }


class Clouds:
    """The cloud that there is now, and those after it (an ASGI application). It runs within an `async with` block."""

    def __init__(self, config: Config, key: Mapping[str, str]) -> None:
        self._config, self._key = config, key
        self._number = 0
        self._under_way = 0
        self._none_under_way = asyncio.Event()
        self._renewing = asyncio.Lock()
        self._application: Doors | None = None
        self._ending = AsyncExitStack()
        self.clock: MovableClock
        self.running: Running

    async def __aenter__(self) -> "Clouds":
        await self._begin()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._ending.aclose()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request to the cloud of now. One that comes while a cloud is begun anew waits for it."""
        if self._application is None:
            async with self._renewing:
                pass
        application = self._application
        assert application is not None, "there is a cloud whenever none is being made"
        if scope["type"] != "http":
            return await application(scope, receive, send)  # it lasts as long as its page
        self._under_way += 1
        try:
            await application(scope, receive, send)
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._none_under_way.set()

    async def renew(self) -> None:
        """Afterwards there is a new cloud, and nothing of the one before: no resource, no guest, no file. Its time is
        the host's. Requests under way are answered first, if they take no longer than `LAST_ANSWERS`."""
        async with self._renewing:
            self._application = None
            await self._answered()
            await self._ending.aclose()
            await self._begin()

    async def _answered(self) -> None:
        try:
            async with asyncio.timeout(LAST_ANSWERS):
                while self._under_way:
                    self._none_under_way.clear()
                    await self._none_under_way.wait()
        except TimeoutError:
            log.warning("a cloud is begun anew though requests are under way", requests=self._under_way)

    async def _begin(self) -> None:
        """Make the next cloud. A start that fails leaves nothing, and is tried again by the next `renew`."""
        self._number += 1
        folder = self._config.data_dir / str(self._number)
        config = dataclasses.replace(self._config, data_dir=folder)
        folder.mkdir(mode=0o700)
        async with AsyncExitStack() as ending:
            ending.push_async_callback(self._delete, folder)
            write_private(folder / "credentials.json", self._key)
            self.clock = MovableClock()
            driver = await make_driver(config, self.clock)
            self.running = await ending.enter_async_context(running(config, driver, self.clock, models=models_dir()))
            self._application = Doors(self.running.gateway, self.running.console)
            self._ending = ending.pop_all()

    async def _delete(self, folder: Path) -> None:
        """Delete a cloud's folder, and end its guests where they outlive their server."""
        import shutil

        from kumoniwa.app.own_folder import end_processes_of

        if features_of(self._config.driver).outlives_the_server:
            await end_processes_of(folder)
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


@contextmanager
def _ending_with(parent: int, server: Server) -> Iterator[None]:
    """The server ends in order when this process has ended, however it did."""
    if parent in _NOBODY:
        yield
        return
    loop = asyncio.get_running_loop()
    try:
        process = os.pidfd_open(parent)
    except ProcessLookupError:
        server.end()
        yield
        return
    try:
        loop.add_reader(process, server.end)
        if os.getppid() != parent:  # it ended before we looked, and its number may be another's by now
            server.end()
        yield
        loop.remove_reader(process)
    finally:
        os.close(process)
