"""What a cloud is made of, and in which order it starts and ends.

Start: schema → metadata → driver (adopts guests that outlived an earlier server) → workflows resume → reconcile → the
doors → what nobody waits for: housekeeping, compaction, the look for damage.
End: the reverse. Guests go on running.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DatabaseError

from kumoniwa import __version__
from kumoniwa.api.client_tokens import ClientTokens
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.images.simulated_images import ensure_simulated_images
from kumoniwa.api.evidence.evidence_routes import EXTENSIONS
from kumoniwa.api.registry import ACTIONS
from kumoniwa.api.trail import Trail
from kumoniwa.app.doors import WhenAsked
from kumoniwa.app.errors import CannotStart
from kumoniwa.app.keys import ensure_key
from kumoniwa.clock import Clock, MovableClock, SystemClock
from kumoniwa.config import Config
from kumoniwa.console.sessions import Sessions
from kumoniwa.console.way_in import SIGN_IN_CODES, sign_in_code
from kumoniwa.credentials.known import KnownCredentials
from kumoniwa.credentials.session_tokens import SessionTokens, key_of_tokens
from kumoniwa.gateway.chain import Gateway
from kumoniwa.gateway.dispatch import Dispatcher
from kumoniwa.gateway.event_elements import EventElements
from kumoniwa.gateway.routes import Extensions
from kumoniwa.gateway.services import services
from kumoniwa.hypervisor.driver import Driver, DriverError
from kumoniwa.imds.server import MetadataService
from kumoniwa.model.workflows import WorkflowRow
from kumoniwa.modules import import_all
from kumoniwa.reconcile.damage import Damage
from kumoniwa.reconcile.guests import Follower
from kumoniwa.reconcile.leftovers import collect_kept
from kumoniwa.reconcile.prepared_machines import look_at_machines
from kumoniwa.reconcile.shorten_chains import Compaction
from kumoniwa.reconcile.spot_interruptions import SpotInterruptions
from kumoniwa.reconcile.time import Housekeeping
from kumoniwa.refusal import Refusal
from kumoniwa.store import facts, journal
from kumoniwa.store.database import Database, DatabaseUnavailable
from kumoniwa.store.engines import open_database, unusable
from kumoniwa.store.new_state import DATABASE_FILE
from kumoniwa.values import dataclass
from kumoniwa.workflows import stories
from kumoniwa.workflows.engine import Engine
from kumoniwa.workflows.story import STORIES
from kumoniwa.workflows.world import World

if TYPE_CHECKING:
    from kumoniwa.app.carried import Carried
    from kumoniwa.console.door import Console
    from kumoniwa.network.silence.silence import Silence

log = structlog.get_logger(__name__)

import_all(stories)


@dataclass(frozen=True, slots=True)
class Running:
    """A cloud that runs: what answers its API, and what it consists of."""

    gateway: Gateway
    console: "WhenAsked[Console]"
    cloud: Cloud
    follower: Follower
    housekeeping: Housekeeping
    interruptions: SpotInterruptions
    key: Mapping[str, str] = field(repr=False)


@asynccontextmanager
async def running(
    config: Config, driver: Driver, clock: Clock | None = None, *, models: Path | None = None
) -> AsyncIterator[Running]:
    """A cloud without its socket: all of it runs inside this block. The data folder is the caller's alone.

    `models` is the folder of what is kept of botocore's models; without one they are loaded whole.
    Raises `CannotStart` where a newer version or another driver wrote that folder; then nothing in it was changed.
    """
    async with contextlib.AsyncExitStack() as ending:
        try:
            made = await _started(ending, config, driver, clock or SystemClock(), models)
        except DatabaseUnavailable as hindered:  # in the middle
            raise _away(config, hindered) from None
        yield made


async def _started(
    ending: contextlib.AsyncExitStack, config: Config, driver: Driver, clock: Clock, models: Path | None
) -> Running:
    with _database_failures(config):
        opened = partial(open_database, config.data_dir, config.database, durable=not config.ephemeral)
        database = await asyncio.to_thread(opened)
        ending.push_async_callback(database.close)
        await database.read(partial(_check_kinds, config.data_dir))
        await database.write(partial(_hold_to_driver, config.data_dir, driver.name))
    metadata = MetadataService(database, clock, on_request=lambda instance_id: follower.seen(instance_id))
    await metadata.open()
    ending.push_async_callback(metadata.close)
    networks: Carried | None = None
    if driver.features.carries_packets:
        from kumoniwa.app.carried import carried  # only real guests have packets

        networks = await ending.enter_async_context(carried(config, database, metadata))
        driver.plug_into(networks)
    silence = _silence(config, driver, database)
    world = World(config, clock, database, driver, metadata, networks, silence)
    if networks is not None:
        networks.report_to(world.troubles)
    engine = Engine(world)
    follower = Follower(world, engine)
    compaction = Compaction(world)
    damage = Damage(world, compaction.follow_files)
    await compaction.adopt()

    async def after(row: WorkflowRow, error: str | None) -> None:
        if row.subject is not None:
            compaction.note(row.subject, was_cut=STORIES[row.kind].cuts)
        await follower.after(row, error)
        await collect_kept(world, row)

    engine.after = after
    await driver.open()
    ending.push_async_callback(driver.close)
    if networks is not None:
        await networks.adopt()
    if silence is not None:
        ending.push_async_callback(silence.close)
        await silence.open()
    try:
        await world.collector.collect()
    except (DriverError, OSError) as failure:  # leftovers that cannot be deleted do not prevent a start
        log.warning("layers could not be deleted", reason=str(failure))
    await look_at_machines(world)
    ending.push_async_callback(engine.close)
    await engine.wake()
    ending.push_async_callback(follower.close)
    await follower.adopt()
    if networks is not None:
        await networks.settle()
    follower.start()
    key = await asyncio.to_thread(ensure_key, config)
    credentials = KnownCredentials(database, key, SessionTokens(await database.write(key_of_tokens)))
    await credentials.start()
    ending.push_async_callback(credentials.close)
    trail = Trail(database, clock)
    ending.push_async_callback(trail.close)
    cloud = Cloud(world, engine, compaction=compaction, damage=damage, credentials=credentials, trail=trail)
    housekeeping = Housekeeping(world, cloud.descriptions.forget)
    ending.push_async_callback(housekeeping.close)
    ending.push_async_callback(compaction.close)
    ending.push_async_callback(damage.close)
    interruptions = SpotInterruptions(world, engine)
    ending.push_async_callback(interruptions.close)
    if driver.features.boots_blank_disks:
        await ensure_simulated_images(cloud)
    gateway, console = _doors(cloud, credentials, models, ending)
    # Nobody waits for what these do: they are not to hold up the first answers.
    housekeeping.start()
    compaction.start()
    damage.start()
    interruptions.start()
    return Running(gateway, console, cloud, follower, housekeeping, interruptions, key)


@contextlib.contextmanager
def _database_failures(config: Config) -> Iterator[None]:
    """Why the state cannot be had, as `CannotStart`."""
    try:
        yield
    except Refusal as refused:  # a newer version wrote it, or it is in another database
        raise CannotStart.of(refused) from None
    except DatabaseUnavailable as hindered:
        raise _away(config, hindered) from None
    except DatabaseError as broken:
        raise CannotStart.of(unusable(config.data_dir, config.database, broken)) from None


def _away(config: Config, hindered: DatabaseUnavailable) -> CannotStart:
    if config.database:
        return CannotStart(
            f"The database of PostgreSQL cannot be used now: {hindered}.",
            way_out="Start it, or name another one with --database.",
        )
    return CannotStart(
        f"{config.data_dir / DATABASE_FILE} cannot be used now: {hindered}.",
        way_out="Make room where it lies, and end other programs that have it open.",
    )


def _silence(config: Config, driver: Driver, database: Database) -> "Silence | None":
    """What keeps the host from answering where nobody is admitted; None where no client can come at all."""
    if not driver.features.answers_connections:
        return None
    from kumoniwa.network.silence.silence import Silence  # only real guests have clients

    return Silence(database, config.data_dir, filters=config.host_filter)


def _check_kinds(data_dir: Path, connection: Connection) -> None:
    """Refuse a folder with workflows that this version cannot finish: their instances would stay claimed for ever."""
    if unknown := sorted(journal.unfinished_kinds(connection) - STORIES.keys()):
        raise CannotStart(
            f"The cloud in {data_dir} is in the middle of {', '.join(unknown)}, which this version does not know.",
            way_out="Start it with the version that wrote it, or choose another folder with --data-dir.",
        )


def _hold_to_driver(data_dir: Path, driver: str, connection: Connection) -> None:
    """A folder stays with the driver that it began with: its rows name disks and guests that no other one has."""
    known = facts.get(connection, "driver")
    if known is None:
        facts.put(connection, "driver", driver)
    elif known != driver:
        raise CannotStart(
            f"The cloud in {data_dir} is one of --driver {known}, and its guests are not to be had with {driver}.",
            way_out=f"Start it with --driver {known}, or choose another folder with --data-dir.",
        )


def _doors(
    cloud: Cloud, credentials: KnownCredentials, models: Path | None, ending: contextlib.AsyncExitStack
) -> "tuple[Gateway, WhenAsked[Console]]":
    """The signed API and the console: two doors to the same actions."""
    actions = {service: those.bound(cloud) for service, those in ACTIONS.items()}
    clock = cloud.world.clock
    sessions = Sessions(clock)
    credentials.on_change(lambda: sessions.end_those(lambda key: credentials.find(key) is None))
    extensions = {route: partial(extension, cloud) for route, extension in EXTENSIONS.items()}
    routes = Extensions({**extensions, SIGN_IN_CODES: partial(sign_in_code, sessions)})
    known = services(actions, models)
    assert cloud.trail is not None, "a server records what it is asked"
    cloud.trail.elements = EventElements(known)
    dispatcher = Dispatcher(known, ClientTokens(cloud), cloud.trail)
    gateway = Gateway(
        dispatcher,
        credentials,
        clock,
        extensions=routes,
        health=dict if cloud.damage is None else cloud.damage.counts,
        hosts=[cloud.world.config.host],
        callers_clock=SystemClock() if isinstance(clock, MovableClock) else None,
    )
    return gateway, WhenAsked(lambda: _console(cloud, dispatcher, routes, sessions, credentials, ending))


def _console(
    cloud: Cloud,
    dispatcher: Dispatcher,
    routes: Extensions,
    sessions: Sessions,
    credentials: KnownCredentials,
    ending: contextlib.AsyncExitStack,
) -> "Console":
    """The console, which ends with the cloud. Imported only here: most servers are never asked for it."""
    from kumoniwa.console.changes import LiveChanges
    from kumoniwa.console.door import Console
    from kumoniwa.console.serial import SerialConsoles
    from kumoniwa.console.static_files import static_files

    config, clock, networks = cloud.world.config, cloud.world.clock, cloud.world.networks
    changes = LiveChanges(cloud.world.database.changes, clock)
    changes.start()
    ending.callback(changes.close)
    about = {
        "version": __version__,
        "region": config.region,
        "driver": config.driver,
        "freeze": config.freeze,
        "network": "vpc" if networks is not None and networks.carries else "user",
    }
    return Console(
        dispatcher,
        routes,
        sessions,
        credentials,
        changes,
        SerialConsoles(cloud, changes),
        clock,
        files=static_files,
        about=about,
        hosts=[config.host],
    )
