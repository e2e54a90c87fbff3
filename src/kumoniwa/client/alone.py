"""The storage of a cloud that no server runs: its folder is held meanwhile, its database and disks are looked at."""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy.exc import DatabaseError

from kumoniwa.client.access import CommandFailed
from kumoniwa.clock import SystemClock
from kumoniwa.folder import FolderTaken, owned
from kumoniwa.hypervisor.driver import Disks, Room
from kumoniwa.reconcile.layer_files import DriversFiles
from kumoniwa.refusal import Refusal
from kumoniwa.storage.collect import Collector
from kumoniwa.storage.report import check_part, repair_all, status
from kumoniwa.store import facts
from kumoniwa.store.database import Database, DatabaseUnavailable
from kumoniwa.store.engines import NoState, check_has_state, open_database, unusable
from kumoniwa.store.schema import SchemaTooOld

T = TypeVar("T")


class StorageAlone:
    """See `kumoniwa.client.storage.Storage`."""

    def __init__(self, runner: asyncio.Runner, data_dir: Path, database: Database, disks: Disks, room: Room) -> None:
        self._runner, self._data_dir = runner, data_dir
        self._database, self._disks, self._room = database, disks, room
        self._collector = Collector(database, disks)

    def status(self) -> dict[str, Any]:
        return self._run(status(self._database, self._room, self._data_dir))

    def check(self, start: str | None) -> dict[str, Any]:
        return self._run(check_part(self._database, DriversFiles(self._disks), self._collector, start))

    def repair(self) -> dict[str, Any]:
        return self._run(repair_all(self._database, DriversFiles(self._disks), self._collector))

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        """Ctrl-C cancels the work, waits until it has cleared up, and is raised as `KeyboardInterrupt`."""
        return self._runner.run(work)


@contextmanager
def storage_alone(data_dir: Path, address: str) -> Iterator[StorageAlone]:
    """The storage in this folder, ours alone while the block runs; its state is at this address, if there is one.

    Raises `CommandFailed`. What is no cloud's folder stays as it is, and is not made.
    """
    with ExitStack() as ending:
        try:
            check_has_state(data_dir)
            ending.enter_context(owned(data_dir))
        except (NoState, FolderTaken) as taken:
            raise CommandFailed.of(taken) from None
        runner = ending.enter_context(asyncio.Runner())
        try:
            yield ending.enter_context(_opened(runner, data_dir, address))
        except DatabaseUnavailable as away:
            raise CommandFailed(f"The database cannot be used now: {away}.", way_out="Try again later.") from None
        except DatabaseError as broken:
            raise CommandFailed.of(unusable(data_dir, address, broken)) from None


@contextmanager
def _opened(runner: asyncio.Runner, data_dir: Path, address: str) -> Iterator[StorageAlone]:
    with ExitStack() as ending:
        try:
            database = open_database(data_dir, address, upgrade=False)
        except SchemaTooOld:
            raise CommandFailed(
                f"The state of {data_dir} is of an older Kumoniwa.",
                way_out="Start a server on it once, which brings it up to date.",
            ) from None
        except Refusal as refused:
            raise CommandFailed.of(refused) from None
        ending.callback(lambda: runner.run(database.close()))
        driver = runner.run(database.read(lambda connection: facts.get(connection, "driver")))
        yield StorageAlone(runner, data_dir, database, *ending.enter_context(_disks(runner, data_dir, driver)))


@contextmanager
def _disks(runner: asyncio.Runner, data_dir: Path, driver: object) -> Iterator[tuple[Disks, Room]]:
    """The disks that the cloud's driver made, without the driver: nothing is started, guests are left alone."""
    if driver == "simulated":
        from kumoniwa.hypervisor.simulated import SimulatedDriver

        simulated = SimulatedDriver(SystemClock(), kept_in=data_dir / "simulated.db")
        try:
            yield simulated.disks, runner.run(simulated.capacity()).room
        finally:
            runner.run(simulated.close())
        return
    from kumoniwa.hypervisor.qemu.disks.qemu_disks import QcowDisks
    from kumoniwa.hypervisor.qemu.host.disk_space import FLOOR, free_bytes

    yield QcowDisks(data_dir / "layers"), Room(free_bytes(data_dir), FLOOR)
