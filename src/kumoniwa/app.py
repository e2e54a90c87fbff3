"""The composition root: what a cloud is made of, and in which order it starts and ends.

Start: folder and lock → schema → metadata → driver (adopts guests that outlived an earlier server) → workflows resume →
reconcile → the API opens. End: the API closes, then the rest in reverse. Guests go on running.
"""

import asyncio
import contextlib
import errno
import json
import os
import secrets
import signal
import socket
import string
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import structlog
import uvicorn
from sqlalchemy import Connection
from sqlalchemy.exc import DatabaseError

from kumoniwa.api import actions
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.registry import ACTIONS
from kumoniwa.api.simulated_images import ensure_simulated_images
from kumoniwa.api.storage import EXTENSIONS as OF_STORAGE
from kumoniwa.api.truths import EXTENSIONS
from kumoniwa.aws.ec2query import Codec
from kumoniwa.aws.gateway import Credential, Gateway
from kumoniwa.clock import Clock, SystemClock
from kumoniwa.config import Config, cache_dir
from kumoniwa.folder import FolderTaken, owned, write_private
from kumoniwa.hypervisor.driver import Driver, DriverError
from kumoniwa.imds.server import MetadataService
from kumoniwa.model.workflows import WorkflowRow
from kumoniwa.reconcile.compaction import CUTTING, Compaction
from kumoniwa.reconcile.damage import Damage
from kumoniwa.reconcile.follow import Follower
from kumoniwa.reconcile.housekeeping import Housekeeping
from kumoniwa.reconcile.leftovers import collect_kept
from kumoniwa.storage.collect import collect, sweep
from kumoniwa.store import facts
from kumoniwa.store.database import Database, make_engine
from kumoniwa.store.schema import SchemaTooNew, ensure_schema
from kumoniwa.workflows import stories
from kumoniwa.workflows.engine import Engine
from kumoniwa.workflows.world import World

log = structlog.get_logger(__name__)

assert actions and stories, "importing them registers what they hold"


class CannotStart(Exception):
    """The server cannot start. The text is a sentence for a person, and says what to do about it."""


@dataclass(frozen=True, slots=True)
class Running:
    """A cloud that runs: what answers its API, and what it consists of."""

    gateway: Gateway
    cloud: Cloud
    follower: Follower
    key: Mapping[str, str]


async def serve(config: Config, on_listening: Callable[[str], None] = lambda endpoint: None) -> None:
    """Run a cloud until SIGINT or SIGTERM. `on_listening` is told its endpoint. Raises `CannotStart`."""
    with _owned(config.data_dir), _listening(config) as listener:
        async with running(config, await make_driver(config)) as cloud:
            port = listener.getsockname()[1]
            endpoint = f"http://{config.host}:{port}"
            server = _server(cloud.gateway)
            with _ending_when_told(server), _announced(config, endpoint):
                what_runs_it = cloud.cloud.world.driver.describe()
                log.info("listening", endpoint=endpoint, data_dir=str(config.data_dir), **what_runs_it)
                on_listening(endpoint)
                await server.serve(sockets=[listener])  # requests under way at the end are answered first
        log.info("stopped")


@asynccontextmanager
async def running(config: Config, driver: Driver, clock: Clock | None = None) -> AsyncIterator[Running]:
    """A cloud without its socket: all of it runs inside this block. The data folder is the caller's alone.

    Raises `CannotStart` where a newer version or another driver wrote that folder; then nothing in it was changed.
    """
    clock = clock or SystemClock()
    async with contextlib.AsyncExitStack() as ending:
        engine_of_sql = make_engine(config.data_dir / "cloud.db")
        ending.callback(engine_of_sql.dispose)
        try:
            await asyncio.to_thread(ensure_schema, engine_of_sql)
        except SchemaTooNew as newer:
            raise CannotStart(str(newer)) from None
        except DatabaseError as broken:
            raise CannotStart(f"{config.data_dir / 'cloud.db'} cannot be used: {broken.orig}.") from None
        database = Database(engine_of_sql)
        ending.push_async_callback(database.close)
        await database.write(partial(_hold_to_driver, config.data_dir, driver.name))
        metadata = MetadataService(database, clock, on_request=lambda instance_id: follower.seen(instance_id))
        await metadata.open()
        ending.push_async_callback(metadata.close)
        world = World(config, clock, database, driver, metadata)
        engine = Engine(world)
        follower = Follower(world, engine)
        compaction = Compaction(world)
        damage = Damage(world, compaction.follow_files)
        await compaction.adopt()

        async def after(row: WorkflowRow, error: str | None) -> None:
            await follower.after(row, error)
            if row.kind in CUTTING:
                compaction.stir()
            await collect_kept(world, row)

        engine.after = after
        await driver.open()
        ending.push_async_callback(driver.close)
        try:
            await sweep(database, driver.disks)
            await collect(database, driver.disks)
        except (DriverError, OSError) as failure:  # rubbish that does not go keeps nobody from working
            log.warning("layers could not be deleted", reason=str(failure))
        ending.push_async_callback(engine.close)
        await engine.wake()
        ending.push_async_callback(follower.close)
        await follower.adopt()
        follower.start()
        housekeeping = Housekeeping(world)
        ending.push_async_callback(housekeeping.close)
        housekeeping.start()
        ending.push_async_callback(compaction.close)
        compaction.start()
        ending.push_async_callback(damage.close)
        damage.start()
        cloud = Cloud(world, engine, compaction=compaction, damage=damage)
        if driver.name == "simulated":
            await ensure_simulated_images(cloud)
        key = await asyncio.to_thread(ensure_key, config)
        yield Running(_gateway(config, cloud, key), cloud, follower, key)


def _hold_to_driver(data_dir: Path, driver: str, connection: Connection) -> None:
    """A folder stays with the driver that it began with: its rows name disks and guests that no other one has."""
    known = facts.get(connection, "driver")
    if known is None:
        facts.put(connection, "driver", driver)
    elif known != driver:
        raise CannotStart(
            f"The cloud in {data_dir} is one of --driver {known}, and its guests are not to be had with {driver}."
            f" Start it with --driver {known}, or choose another folder with --data-dir."
        )


async def make_driver(config: Config) -> Driver:
    """The driver that the configuration names, not yet open."""
    # Imported only where wanted: the simulated cloud must start where no QEMU is, and either should start quickly.
    if config.driver == "simulated":
        from kumoniwa.hypervisor.simulated import SimulatedDriver

        return SimulatedDriver(SystemClock(), kept_in=config.data_dir / "simulated.db")
    from kumoniwa.hypervisor.qemu.driver import QemuDriver
    from kumoniwa.hypervisor.qemu.probe import probe

    return QemuDriver(config.data_dir, clock=SystemClock(), accelerator=await probe(cache_dir()))


def ensure_key(config: Config) -> Mapping[str, str]:
    """The cloud's access key; made at its first start, readable by its owner alone."""
    path = config.data_dir / "credentials.json"
    if path.exists():
        known: Mapping[str, str] = json.loads(path.read_text())
        if not {"access_key_id", "secret_access_key", "account"} <= known.keys():
            raise CannotStart(f"{path} is not a key that a server wrote. Without that file a new key is made.")
        return known
    letters = string.ascii_uppercase + "234567"
    key = {
        "access_key_id": "AKIA" + "".join(secrets.choice(letters) for _ in range(16)),
        "secret_access_key": secrets.token_urlsafe(30),
        "account": config.account,
    }
    write_private(path, key)
    return key


def _gateway(config: Config, cloud: Cloud, key: Mapping[str, str]) -> Gateway:
    credential = Credential(key["secret_access_key"], key["account"])
    return Gateway(
        Codec(),
        {key["access_key_id"]: credential}.get,
        {name: partial(function, cloud) for name, function in ACTIONS.items()},
        cloud.world.clock,
        cloud,
        extensions={route: partial(extension, cloud) for route, extension in (EXTENSIONS | OF_STORAGE).items()},
        health=dict if cloud.damage is None else cloud.damage.told,
        hosts=[config.host],
    )


@contextmanager
def _owned(data_dir: Path) -> Iterator[None]:
    try:
        with owned(data_dir):
            yield
    except FolderTaken as taken:
        raise CannotStart(str(taken)) from None


@contextmanager
def _listening(config: Config) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    # The protocol is named because asyncio turns Nagle's algorithm off only where it is: it would hold every answer's
    # body back until the caller has acknowledged its headers, for 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    with listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((config.host, config.port))
            listener.listen()  # whoever reads where we listen is not refused, and waits until we answer
        except OSError as failure:
            is_of_the_port = failure.errno in (errno.EADDRINUSE, errno.EACCES)
            way_out = (
                "Choose another port with --port." if is_of_the_port else "--host takes an address of this machine."
            )
            raise CannotStart(f"Cannot listen on {config.host}:{config.port}: {failure.strerror}. {way_out}") from None
        yield listener


@contextmanager
def _announced(config: Config, endpoint: str) -> Iterator[None]:
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


def _server(gateway: Gateway) -> uvicorn.Server:
    settings = uvicorn.Config(
        gateway,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=10,
    )
    return _Server(settings)


@contextmanager
def _ending_when_told(server: uvicorn.Server) -> Iterator[None]:
    """SIGINT and SIGTERM end the server in order, from before anybody knows of it."""
    loop = asyncio.get_running_loop()

    def told() -> None:
        server.should_exit = True

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told)
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


class _Server(uvicorn.Server):
    """uvicorn, its signals left to us: it would raise them again at the end, in the middle of our own shutdown."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
