"""The server around a cloud: its folder, its socket, its signals."""

import asyncio
import errno
import gc
import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog
import uvloop

from kumoniwa.app.cloud import running
from kumoniwa.app.connections import GuardedProtocol, ensure_open_files
from kumoniwa.app.doors import Doors
from kumoniwa.app.errors import CannotStart
from kumoniwa.app.server import Server
from kumoniwa.config import Config, models_dir
from kumoniwa.folder import write_private
from kumoniwa.hypervisor.drivers import make_driver

log = structlog.get_logger(__name__)


def run(config: Config, on_listening: Callable[[str], None]) -> None:
    """`serve`, in an event loop of its own. Raises `CannotStart`."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(config, on_listening))


GARBAGE = 50_000, 20, 50
"""After how many new objects it is looked for, and how often for older ones: a launch makes some thousands that are in
no circle, and was interrupted several times by the interpreter's own 700."""


async def serve(config: Config, on_listening: Callable[[str], None] = lambda endpoint: None) -> None:
    """Run a cloud until SIGINT or SIGTERM. `on_listening` is called with its endpoint. The data folder is the caller's
    alone. Raises `CannotStart`."""
    most_connections = ensure_open_files()
    with listening(config) as listener:
        async with running(config, await make_driver(config), models=models_dir()) as cloud:
            endpoint = endpoint_of(config, listener)
            server = Server(Doors(cloud.gateway, cloud.console), most_connections)
            with ending_when_told(server), announced(config, endpoint):
                gc.freeze()  # the garbage that there may be among what the start made is small, and never looked for
                gc.set_threshold(*GARBAGE)
                gc.enable()
                what_runs_it = cloud.cloud.world.driver.describe()
                log.info("listening", endpoint=endpoint, data_dir=str(config.data_dir), **what_runs_it)
                on_listening(endpoint)
                await server.serve(listener, GuardedProtocol)  # requests under way at the end are answered first
        log.info("stopped")


@contextmanager
def listening(config: Config) -> Iterator[socket.socket]:
    if not config.host.strip():  # to a socket it would mean every address of this machine
        raise CannotStart(
            "--host names no address.", way_out="127.0.0.1 is this machine alone, 0.0.0.0 every address of it."
        )
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    # The protocol is named because asyncio turns Nagle's algorithm off only where it is: it would hold every answer's
    # body back until the caller has acknowledged its headers, for 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    with listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((config.host, config.port))
            listener.listen()  # whoever reads where we listen is not refused, and waits until we answer
        except UnicodeError:
            raise CannotStart(
                f"Cannot listen on {config.host}.", way_out="--host takes an address of this machine."
            ) from None
        except OSError as failure:
            is_of_the_port = failure.errno in (errno.EADDRINUSE, errno.EACCES)
            way_out = (
                "Choose another port with --port." if is_of_the_port else "--host takes an address of this machine."
            )
            where = f"{_in_url(config.host)}:{config.port}"
            raise CannotStart(f"Cannot listen on {where}: {failure.strerror}.", way_out=way_out) from None
        yield listener


def endpoint_of(config: Config, listener: socket.socket) -> str:
    """The URL at which it listens."""
    return f"http://{_in_url(config.host)}:{listener.getsockname()[1]}"


def _in_url(host: str) -> str:
    """The host as URLs have it: an IPv6 address in brackets, the percent sign before its zone escaped."""
    return f"[{host.replace('%', '%25')}]" if ":" in host else host


@contextmanager
def announced(config: Config, endpoint: str) -> Iterator[None]:
    """`server.json` tells commands where this cloud listens, as long as it does."""
    path = config.data_dir / "server.json"
    announcement = {
        "endpoint": endpoint,
        "pid": os.getpid(),
        "region": config.region,
        "account": config.account,
        "driver": config.driver,
    }
    write_private(path, announcement)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


@contextmanager
def ending_when_told(server: Server) -> Iterator[None]:
    """SIGINT and SIGTERM end the server in order, from before anybody knows of it."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, server.end)
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
