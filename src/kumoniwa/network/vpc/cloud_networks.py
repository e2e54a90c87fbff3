"""The networks of one cloud's VPCs on this host: planned from its rows, and kept as planned.

A network is there from its first guest on, until a minute after its last one: what keeps it takes memory, and a guest
that is stopped and started is not to wait for it. Whatever is lost of it (its keeper, its programs, a rule) is there
again after `ensure`, which the loss of a keeper brings about by itself.
"""

import asyncio
import contextlib
import socket
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from functools import partial
from ipaddress import IPv4Address
from pathlib import Path
from typing import Protocol

import structlog
from sqlalchemy.exc import SQLAlchemyError

from kumoniwa.network.vpc import names, nft, routes, settings
from kumoniwa.network.vpc.gather import PLANNED_FROM, NoSuchVpc, gather
from kumoniwa.network.vpc.host.errors import KeeperLost, NetworkFailed, NetworkRefused
from kumoniwa.network.vpc.host.host_network import Devices, Family, HostNetwork, TapFiles, Texts
from kumoniwa.network.vpc.host.way_out import HostPort
from kumoniwa.network.vpc.letting_in import letting_in
from kumoniwa.network.vpc.plan import METADATA, Plan, transit_address
from kumoniwa.refusal import happened
from kumoniwa.store.changes import Changed, Heard
from kumoniwa.store.database import Database
from kumoniwa.tasks import Tasks

log = structlog.get_logger(__name__)

_METADATA_PORT = 80
_METADATA_BACKLOG = 128  # connections of all guests of a network that wait for a server
_EMPTY_FOR = 60.0  # seconds
_AGAIN_AFTER = (0.0, 1.0, 2.0, 5.0, 10.0, 30.0)  # seconds, then always as the last one
_FAILURES = (NetworkFailed, OSError, SQLAlchemyError)
"""After which it may be had later: the host, its disk or the database does not let us now."""


class Metadata(Protocol):
    """Whoever answers guests' requests for their metadata."""

    async def open_network(self, vpc_id: str, listening: socket.socket) -> None:
        """Answer those that arrive at this socket, from now on; the one before is of no more use."""
        ...

    async def close_network(self, vpc_id: str) -> None:
        """There are no more: a socket that is open keeps the network's namespace."""
        ...


class CloudNetworks:
    """See above. `folder` is their own."""

    def __init__(self, folder: Path, database: Database, metadata: Metadata) -> None:
        self._folder = folder
        self._database = database
        self._metadata = metadata
        self._tasks = Tasks("networks")
        self._family = Family()
        self._networks: dict[str, HostNetwork] = {}
        self._turns: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self.on_trouble: Callable[[str, str | None], None] = lambda vpc_id, why: None
        """Is told of a network that is not as it should be, and why; None: it is, after all."""
        self._stirred = asyncio.Event()
        self._tried_again: set[str] = set()
        self._empty: set[str] = set()
        """Those that are looked at again, and end if they have no guest then either."""
        self._heard: Heard | None = None
        self._carried: dict[str, Plan] = {}
        """What the host carries of each, as far as that is known: from our last words to its keeper on."""

    def follow(self) -> None:
        """Have the networks as the rows have them, from now on, whoever changes them. Ends with `close`."""
        loop = asyncio.get_running_loop()

        def heard(changed: Changed) -> None:
            if not PLANNED_FROM.isdisjoint(changed):
                loop.call_soon_threadsafe(self._stirred.set)

        self._database.changes.follow(heard)
        self._heard = heard
        self._tasks.start(self._follow(), "follow changes")

    async def plug(self, vpc_id: str, interface_id: str) -> TapFiles:
        """A tap for an interface, whose network is there and carries as planned. Raises `NetworkFailed`.

        Where that fails, or is cancelled, the guests that are in the network are followed all the same.
        """
        async with self._turns[vpc_id]:
            was_carried = vpc_id in self._carried
            try:
                return await self._plug(vpc_id, interface_id)
            except BaseException:
                self._end_if_empty(vpc_id)
                raise
            finally:
                if was_carried and vpc_id not in self._carried:
                    self._try_again(vpc_id)

    def found(self, vpc_id: str, file: int) -> None:
        """A guest lives on in this VPC's network, whose namespace this open file is; it is ours now."""
        self._network(vpc_id).found(file)

    async def ensure(self, vpc_id: str) -> None:
        """Afterwards the network is as the rows have it, if there is one. Raises `NetworkFailed`."""
        if vpc_id in self._networks:
            async with self._turns[vpc_id]:
                plan = await self._ensure(vpc_id)
                if not any(interface.live for interface in plan.interfaces.values()):
                    self._end_if_empty(vpc_id)

    async def ensure_soon(self, vpc_id: str) -> None:
        """As `ensure`; where that fails, it is tried until it does not. Of a VPC that is deleted nothing is left."""
        try:
            await self.ensure(vpc_id)
        except NoSuchVpc:
            await self._forget(vpc_id)
        except _FAILURES as failure:
            self._note(vpc_id, failure)
            self._try_again(vpc_id)

    async def ensure_ports(self, vpc_id: str, owner: str, wanted: Collection[HostPort]) -> Mapping[HostPort, str]:
        """See `HostNetwork.ensure_ports`."""
        if vpc_id not in self._networks:
            return {}
        return await self._network(vpc_id).ensure_ports(owner, wanted)

    async def adopt(self) -> None:
        """At start, the guests being found: afterwards each network with a guest is there again, or tried again."""
        for vpc_id in list(self._networks):
            await self.ensure_soon(vpc_id)

    async def settle(self) -> None:
        """Once all guests' ports are open that are to be: close those that an earlier server left."""
        for vpc_id in list(self._carried):
            with contextlib.suppress(NetworkFailed):  # its keeper is lost: then they are closed
                await self._network(vpc_id).settle()

    async def close(self) -> None:
        """Let go of all. Those with guests go on, the others end."""
        if self._heard is not None:
            self._database.changes.forget(self._heard)
        await self._tasks.close()
        for network in self._networks.values():
            network.let_go()
        self._networks.clear()
        self._family.close()

    async def _follow(self) -> None:
        while True:
            await self._stirred.wait()
            self._stirred.clear()
            for vpc_id in list(self._carried):
                await self.ensure_soon(vpc_id)

    async def _plug(self, vpc_id: str, interface_id: str) -> TapFiles:
        plan = await self._ensure(vpc_id)  # also without a tap of this name that was there before
        interface = plan.interfaces.get(interface_id)
        if interface is None:
            raise NetworkFailed(f"{vpc_id} has no interface {interface_id}")
        files = await self._network(vpc_id).tap(interface.tap)
        try:
            await self._ensure(vpc_id)
        except BaseException:
            files.close()
            raise
        return files

    async def _ensure(self, vpc_id: str) -> Plan:
        """Have the host carry the network as the rows have it now, and give that: the whole of it where the host is not
        known to carry what was planned last, else what differs from that."""
        network = self._network(vpc_id)
        await network.ensure_kept()
        carried = self._carried.pop(vpc_id, None)
        gathered = await self._database.read(partial(gather, vpc_id=vpc_id))
        there = await self._ensure_devices(network, gathered)
        plan = _as_it_is(gathered, there)
        stand_ins, lets_in = _stand_ins(plan), letting_in(plan)
        if carried is None or carried.transit != plan.transit:  # the way out is in the transit block
            await self._carry_whole(network, plan)
        elif carried != plan:
            await network.stand_for(stand_ins, lets_in)  # before a packet goes there
            try:
                await network.apply(_changes(carried, plan))
            except NetworkRefused as failure:
                log.warning("a network is not as was thought", network=vpc_id, reason=str(failure))
                await self._carry_whole(network, plan)
        for link in there.links - {peering.link for peering in plan.peerings.values() if peering.active}:
            await network.ensure_no_link(link)
        await network.stand_for(stand_ins, lets_in)
        if not network.is_there:  # whoever is told of its loss leaves it to us, as long as we are at it
            raise KeeperLost("The network's keeper has ended.")
        self._carried[vpc_id] = plan
        self.on_trouble(vpc_id, None)
        return plan

    async def _ensure_devices(self, network: HostNetwork, plan: Plan) -> Devices:
        """Have links to those peers that are there, and give what devices there are. The peer learns of a new link."""
        there = await network.devices()
        for peering in plan.peerings.values():
            other = self._networks.get(peering.vpc_id)
            if peering.active and peering.link not in there.links and other is not None and other.is_there:
                try:
                    await network.ensure_link(peering.link, other)
                except NetworkRefused as failure:
                    log.error("two networks cannot be linked", peering=peering.id, reason=str(failure))
                else:
                    self._stirred.set()
        return await network.devices()

    async def _carry_whole(self, network: HostNetwork, plan: Plan) -> None:
        await network.ensure_way_out(plan.transit)
        await network.apply(_whole(plan))
        listening = await network.listen(METADATA, _METADATA_PORT, _METADATA_BACKLOG)
        await self._metadata.open_network(plan.vpc_id, listening)

    def _network(self, vpc_id: str) -> HostNetwork:
        if vpc_id not in self._networks:
            lost = partial(self._lost, vpc_id)
            self._networks[vpc_id] = HostNetwork(vpc_id, self._folder / vpc_id, self._tasks, lost, self._family)
        return self._networks[vpc_id]

    def _lost(self, vpc_id: str) -> None:
        self._carried.pop(vpc_id, None)
        self._try_again(vpc_id)

    def _try_again(self, vpc_id: str) -> None:
        if vpc_id not in self._tried_again:
            self._tried_again.add(vpc_id)
            self._tasks.start(self._ensure_again(vpc_id), f"ensure {vpc_id}")

    async def _ensure_again(self, vpc_id: str) -> None:
        """Ensure it until it is there."""
        waits = iter(_AGAIN_AFTER)
        try:
            while True:
                await asyncio.sleep(next(waits, _AGAIN_AFTER[-1]))
                try:
                    return await self.ensure(vpc_id)
                except NoSuchVpc:
                    return await self._forget(vpc_id)
                except _FAILURES as failure:
                    self._note(vpc_id, failure)
        finally:
            self._tried_again.discard(vpc_id)  # at once: what is lost from now on is tried again

    def _end_if_empty(self, vpc_id: str) -> None:
        """Have the network end in a while, if it has no guest then."""
        if vpc_id not in self._empty:
            self._empty.add(vpc_id)
            self._tasks.start(self._ended_if_empty(vpc_id), f"end {vpc_id} if it is empty")

    async def _ended_if_empty(self, vpc_id: str) -> None:
        try:
            await asyncio.sleep(_EMPTY_FOR)
        finally:
            self._empty.discard(vpc_id)
        async with self._turns[vpc_id]:
            network = self._networks.get(vpc_id)
            if network is None or not network.is_there:  # one that is lost is ensured first, and empty then
                return
            try:
                taps = (await network.devices()).taps
            except NetworkFailed as failure:
                log.info("it is not known whether a network has guests", network=vpc_id, reason=str(failure))
                return
            if not taps:
                log.info("a network ends with its last guest", network=vpc_id)
                await self._forget(vpc_id)
                self._stirred.set()  # its peers have a link less

    def _note(self, vpc_id: str, failure: Exception) -> None:
        log.error("a network is not as it should be", network=vpc_id, reason=str(failure))
        self.on_trouble(vpc_id, happened(failure))

    async def _forget(self, vpc_id: str) -> None:
        """The VPC is deleted, or has no guest: nothing is left of its network."""
        if (network := self._networks.pop(vpc_id, None)) is not None:
            self._carried.pop(vpc_id, None)
            self.on_trouble(vpc_id, None)
            try:
                await network.ensure_gone()
            except NetworkFailed as failure:  # without a server and a guest it ends by itself
                log.warning("a network could not be ended", network=vpc_id, reason=str(failure))
                network.let_go()
            await self._metadata.close_network(vpc_id)


def _as_it_is(plan: Plan, there: Devices) -> Plan:
    """The plan, in which just those interfaces are live that have a tap, and those peers active that have a link."""
    interfaces = {
        one.id: one if (live := one.tap in there.taps) == one.live else replace(one, live=live)
        for one in plan.interfaces.values()
    }
    peerings = {
        one.id: one if one.link in there.links else replace(one, active=False) for one in plan.peerings.values()
    }
    return replace(plan, interfaces=interfaces, peerings=peerings)


def _stand_ins(plan: Plan) -> dict[IPv4Address, IPv4Address]:
    """The private addresses of guests, by what stands for their public ones inside."""
    return {
        transit_address(address.public): address.private
        for interface in plan.interfaces.values()
        for address in interface.addresses
        if address.public is not None
    }


def _whole(plan: Plan) -> Texts:
    live = [interface.tap for interface in plan.interfaces.values() if interface.live]
    return Texts(
        settings.whole() | settings.of_taps(live),
        routes.whole(plan),
        nft.whole(plan).batches,
        names.files(plan),
    )


def _changes(before: Plan, after: Plan) -> Texts:
    known = {interface.tap for interface in before.interfaces.values() if interface.live}
    new = [interface.tap for interface in after.interfaces.values() if interface.live and interface.tap not in known]
    batches = nft.changes(before, after).batches
    return Texts(settings.of_taps(new), routes.changes(before, after), batches, names.files(after))
