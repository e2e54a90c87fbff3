"""Nobody is answered at a cloud's public addresses where no security group admits it, as on EC2: as far as this host
lets us.

With a table in the host's packet filter it is so of every port. Without, it is of the well-known ports of TCP, by
sockets (`SilentPorts`): others are refused by the host. Either follows the rows, whoever changes them, and ends with
the server.
"""

import asyncio
import contextlib
import resource
import time
from collections.abc import AsyncIterator, Collection, Iterator
from functools import partial
from ipaddress import IPv4Address
from pathlib import Path

import structlog
from sqlalchemy.exc import SQLAlchemyError

from kumoniwa.network.host import lowest_unprivileged_port
from kumoniwa.network.silence.admitted import ByAddress, gather, shut_well_known
from kumoniwa.network.silence.host_filter import HostFilter, obstacle
from kumoniwa.network.silence.libnftables import NftRefused
from kumoniwa.network.silent_ports import HostEnd, SilentPorts
from kumoniwa.network.user.openings import WELL_KNOWN
from kumoniwa.refusal import Refusal
from kumoniwa.store.changes import Changed
from kumoniwa.store.database import Database
from kumoniwa.tasks import Tasks

log = structlog.get_logger(__name__)

MOST_SOCKETS = 4096
"""Of one server: each has an open file, and 6 kB of the kernel's memory. That is 227 addresses without any group that
admits something; beyond, the first of the well-known ports are silent everywhere, and the last are refused."""
_PART_OF_FILES = 8  # of the files that the server may open, no more than this part
MOST_GIVEN_BACK = 1024
"""Addresses that were given back, at which nobody is answered as long as the server runs."""
NOT_WANTED = Refusal("--no-host-filter has it so", way_out="Start the server without --no-host-filter.")
_PLANNED_FROM = frozenset(
    {
        *("instances", "elastic_ips", "network_interfaces", "interface_groups"),
        *("security_group_rules", "prefix_lists", "prefix_list_entries"),
    }
)
_RESTS = 5.0  # times as long as a round took, where nobody waits for the next one
_RESTS_MOST = 1.0  # seconds
_AGAIN_AFTER = (1.0, 5.0, 20.0, 60.0)  # seconds, then always as the last one
_SETTLED_WITHIN = 5.0  # seconds
_FAILURES = (NftRefused, SQLAlchemyError, OSError)


class Silence:
    """See above, from `open` to `close`. `filters`: whether the host's packet filter may be changed."""

    def __init__(self, database: Database, folder: Path, *, filters: bool) -> None:
        self._database = database
        self._folder = folder
        self._lowest_port = lowest_unprivileged_port()
        self._filters = filters
        self._tasks = Tasks("silence")
        self._filter: HostFilter | None = None
        self.obstacle: Refusal | None = None
        """Why there is no table in the host's packet filter."""
        self._ports = SilentPorts()
        self._led: dict[str, frozenset[HostEnd]] = {}
        """By owner, the ports at which clients are to come to a guest."""
        self._had: dict[str, None] = {}
        self._turn = asyncio.Lock()
        self._stirred, self._asked = asyncio.Event(), asyncio.Event()
        """A round is due; somebody waits for it."""
        self._waiting: list[asyncio.Future[None]] = []
        self._hindered = 0
        self._has_said = False
        self._again: asyncio.TimerHandle | None = None
        self._following: asyncio.Task[object] | None = None
        self._has_ended = False
        self._loop: asyncio.AbstractEventLoop | None = None

    async def open(self) -> None:
        """Have it so, from now on."""
        self._loop = asyncio.get_running_loop()
        self.obstacle = await asyncio.to_thread(obstacle) if self._filters else NOT_WANTED
        if self.obstacle is None:
            self._filter = HostFilter.of_folder(self._folder)
        log.info("what is not admitted is not answered", **self.tell())
        self._database.changes.follow(self._heard)
        self._stirred.set()
        self._following = self._tasks.start(self._follow(), "follow changes")
        await self._settled()

    async def close(self) -> None:
        """Afterwards the host is as it was."""
        if self._following is None:
            return
        self._database.changes.forget(self._heard)
        self._has_ended = True
        for event in (self._stirred, self._asked):
            event.set()
        await asyncio.wait([self._following])  # not cancelled: what it does in a thread would go on meanwhile
        if self._again is not None:
            self._again.cancel()
        if self._filter is not None:
            await asyncio.to_thread(self._filter.close)
        self._ports.keep(())

    def tell(self) -> dict[str, object]:
        """How it is done: `by` a `filter`, or by `sockets` at so many ports now, and why there is no filter."""
        if self.obstacle is None:
            return {"by": "filter"}
        return {"by": "sockets", "ports": len(self._ports), "why": self.obstacle.what}

    @contextlib.asynccontextmanager
    async def making_way(self, owner: str, ends: Collection[HostEnd]) -> AsyncIterator[None]:
        """In the block, and after it, these ports of the host lead to the owner's guest, and whoever is to listen there
        can. After it clients come to what the rows admit now."""
        if self._filter is None:
            async with self._turn:
                self._led[owner] = self._led.get(owner, frozenset()).union(ends)
                self._ports.let_go(ends)
        try:
            yield
        finally:
            if self._filter is None:
                self._led[owner] = frozenset(ends)
            await self._settled()

    async def _settled(self) -> None:
        """Return after a round that began since, or in a while."""
        if self._loop is not None:
            waiting: asyncio.Future[None] = self._loop.create_future()
            self._waiting.append(waiting)
            self._stirred.set()
            self._asked.set()
            await asyncio.wait([waiting], timeout=_SETTLED_WITHIN)

    def _heard(self, changed: Changed) -> None:
        if self._loop is not None and not _PLANNED_FROM.isdisjoint(changed):
            self._loop.call_soon_threadsafe(self._stirred.set)

    async def _follow(self) -> None:
        while True:
            await self._stirred.wait()
            if self._has_ended:
                return
            for event in (self._stirred, self._asked):
                event.clear()
            waiting, self._waiting = self._waiting, []
            began = time.monotonic()
            try:
                async with self._turn:
                    is_whole = await self._round()
            except _FAILURES as failure:
                log.error("what is not admitted may be answered", reason=str(failure))
                is_whole = False
            self._look_again(is_whole=is_whole)
            for each in waiting:
                if not each.done():
                    each.set_result(None)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(_RESTS * (time.monotonic() - began), _RESTS_MOST)):
                    await self._asked.wait()

    def _look_again(self, *, is_whole: bool) -> None:
        """In a while, though no row changes, where something was in the way."""
        if self._again is not None:
            self._again.cancel()
            self._again = None
        if is_whole:
            self._hindered = 0
        else:
            wait = _AGAIN_AFTER[min(self._hindered, len(_AGAIN_AFTER) - 1)]
            self._hindered += 1
            self._again = asyncio.get_running_loop().call_later(wait, self._stirred.set)

    async def _round(self) -> bool:
        """Have it as the rows have it. False: something is in the way of it."""
        admitted = await self._database.read(partial(gather, lowest_port=self._lowest_port))
        if self._filter is not None:
            await asyncio.to_thread(self._filter.ensure, {**self._given_back(admitted), **admitted})
            return True
        ends, most = list(self._shut(admitted)), _most_sockets()
        if len(ends) > most and not self._has_said:
            self._has_said = True
            log.warning("some ports that are not admitted are refused", silent=most, not_admitted=len(ends))
        was_first = await asyncio.to_thread(self._ports.ensure, ends, most=most)
        return was_first and len(self._ports) == min(len(ends), most)

    def _given_back(self, admitted: ByAddress) -> dict[str, None]:
        """The addresses that the cloud has had, and has no more, those last that it gave back last."""
        gone = [address for address in self._had if address not in admitted][-MOST_GIVEN_BACK:]
        self._had = dict.fromkeys([*gone, *admitted])
        return dict.fromkeys(gone)

    def _shut(self, admitted: ByAddress) -> Iterator[HostEnd]:
        """Where sockets are to keep silent: the first of the well-known ports at all addresses, then the second."""
        led_now = {owner: _of_guests(ends, admitted) for owner, ends in self._led.items()}
        self._led = {owner: ends for owner, ends in led_now.items() if ends}
        led = frozenset[HostEnd]().union(*self._led.values())
        shut = {
            IPv4Address(address): shut_well_known(one, lowest_port=self._lowest_port)
            for address, one in admitted.items()
        }
        for place in range(len(WELL_KNOWN["tcp"])):
            for address, ports in shut.items():
                if place < len(ports) and (address, ports[place]) not in led:
                    yield address, ports[place]


def _of_guests(ends: Collection[HostEnd], admitted: ByAddress) -> frozenset[HostEnd]:
    """Those of addresses that lead to an instance that runs: whoever led the others to a guest has ended."""
    return frozenset(end for end in ends if admitted.get(str(end[0])) is not None)


def _most_sockets() -> int:
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST_SOCKETS if files == resource.RLIM_INFINITY else min(MOST_SOCKETS, files // _PART_OF_FILES)
