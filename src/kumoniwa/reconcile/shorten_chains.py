"""Shortens the chains of layers under running guests, one at a time, while they write.

It claims nothing: a cut, a detachment or the guest's end gives a compaction up, and it is tried again in a later round.
A guest finishes a compaction also when the server dies: then its head's file stands elsewhere than the row says, and
the row follows the file.
"""

import asyncio
import contextlib
from collections.abc import Collection, Mapping
from dataclasses import asdict, replace
from datetime import datetime
from functools import partial
from typing import Any

import structlog
from sqlalchemy import Connection

from kumoniwa.clock import precise
from kumoniwa.hypervisor.driver import MAKE_ROOM, TRIED_ON, DriverError, GuestId, GuestLost, LayerId
from kumoniwa.model.layers import Layer
from kumoniwa.reconcile.layer_files import DriversFiles
from kumoniwa.refusal import Refusal, happened, sentence
from kumoniwa.storage.check import Unreadable, follow
from kumoniwa.storage.compaction import LEFT, LONGEST, Shortening, plan
from kumoniwa.store import layers
from kumoniwa.tasks import Tasks
from kumoniwa.values import dataclass
from kumoniwa.workflows.world import World

log = structlog.get_logger(__name__)

ROUND = 60.0  # seconds
_AT_ONCE = 200  # files that are looked at, for one read of their rows
_COMPACTION, _HINT = "compaction", "kumoniwa storage status; nothing is lost, reading gets slower"


@dataclass(frozen=True, slots=True)
class Chain:
    """The layers of a volume that a running guest has, top to bottom."""

    volume: str
    instance: str
    layers: tuple[Layer, ...]

    @property
    def head(self) -> Layer:
        return self.layers[0]


@dataclass(frozen=True, slots=True)
class Compacted:
    """A compaction: `outcome` is "" while it goes on, then `done`, or why it is not."""

    volume: str
    instance: str
    onto: str
    layers_before: int
    layers_after: int
    copied_bytes: int
    began_at: datetime
    ended_at: datetime | None = None
    outcome: str = ""


class Compaction:
    """Owns the task that goes round each minute, and after workflows that cut.

    It looks at the instances that a workflow had since the last time, and at those whose chains it could not shorten:
    the chains of all others are as long as they were.
    """

    def __init__(self, world: World, *, longest: int = LONGEST, left: int = LEFT) -> None:
        self._world = world
        self._files = DriversFiles(world.driver.disks)
        self._longest, self._left = longest, left
        self._tasks = Tasks("compaction")
        self._due = asyncio.Event()
        self._minute_over = True
        self._cut: set[str] = set()
        """The instances that were cut since it was looked: a chain of theirs may be too long by now."""
        self._later: set[str] | None = None
        """The instances to look at when the minute is over; None: all, as at start."""
        self._unsure: set[str] = set()
        """Heads that a guest may compact though we do not wait for it: their rows follow their files."""
        self.running: Compacted | None = None
        self.last: Compacted | None = None
        self._skipped: dict[str, tuple[str, str]] = {}  # by volume: its instance, and why

    async def adopt(self) -> None:
        """At start: what an earlier server began, guests may have finished meanwhile, or will. Call once, before
        workflows cut anything."""
        self._unsure = await self._world.database.read(layers.heads_that_may_be_compacted)

    @property
    def skipped(self) -> Mapping[str, str]:
        """Volumes whose chains are too long and were not shortened when they were last looked at, with the reason."""
        return {volume: why for volume, (_, why) in self._skipped.items()}

    def start(self) -> None:
        """Go round from now on."""
        self._tasks.start(self._rounds(), "rounds")
        self._tasks.start(self._tick(), "ticks")

    async def close(self) -> None:
        """Let go; a compaction that goes on is its guest's to finish."""
        await self._tasks.close()

    def note(self, instance_id: str, *, was_cut: bool) -> None:
        """A workflow let this instance go: its chains may be longer than they were, or it may run now.

        Where it was cut, it is looked at soon, else when the minute is over.
        """
        if was_cut:
            self._cut.add(instance_id)
            self._due.set()
        elif self._later is not None:
            self._later.add(instance_id)

    async def go_round(self, of: Collection[str] | None = None) -> None:
        """Shorten once what is too long now, the longest first; of these instances alone, where they are given."""
        await self.follow_files()
        skipped = {volume: why for volume, why in self._skipped.items() if of is not None and why[0] not in of}
        tried: set[str] = set()
        while chains := [chain for chain in await self._too_long(of) if chain.volume not in tried]:
            chain = max(chains, key=lambda one: len(one.layers))
            tried.add(chain.volume)
            if (refusal := await self._shorten(chain)) is not None:
                skipped[chain.volume] = chain.instance, str(refusal)
                if self._later is not None:
                    self._later.add(chain.instance)
                log.warning("a chain of layers was not shortened", volume=chain.volume, reason=str(refusal))
                what = f"the layers of {chain.volume} cannot be merged"
                self._world.troubles.failed(f"{_COMPACTION} of {chain.volume}", what, refusal.what, hint=_HINT)
        self._world.troubles.keep(f"{_COMPACTION} of ", [f"{_COMPACTION} of {volume}" for volume in skipped])
        self._skipped = skipped

    async def follow_files(self) -> None:
        """Bring the rows of heads that guests may have compacted by themselves to what the files say."""
        followed, unsure = False, sorted(self._unsure)
        for begin in range(0, len(unsure), _AT_ONCE):
            for layer_id in await self._standing_elsewhere(unsure[begin : begin + _AT_ONCE]):
                if (onto := await follow(self._world.database, self._files, layer_id)) is not None:
                    log.info("a guest finished a compaction by itself", layer=layer_id, onto=onto)
                    followed = True
        if followed:
            await self._collect()

    async def _standing_elsewhere(self, ids: Collection[str]) -> list[str]:
        """Those of these layers whose files do not stand on what their rows say. One that cannot be read is reported
        where it is needed."""
        noted = await self._world.database.read(partial(layers.parents_of, ids=ids))
        found: list[str] = []
        for layer_id, parent in noted.items():
            with contextlib.suppress(Unreadable):
                if await self._files.parent(layer_id) != parent:
                    found.append(layer_id)
        return found

    async def _rounds(self) -> None:
        while True:
            self._due.clear()
            try:
                await self._look()
                self._world.troubles.over(_COMPACTION)
            except Exception as failure:
                log.exception("a round of compactions failed; the next one may not")
                self._world.troubles.failed(_COMPACTION, "layers are not merged", str(failure), hint=_HINT)
            await self._due.wait()

    async def _look(self) -> None:
        """Go round, if a minute is over, or what was cut since the last time calls for it."""
        cut, self._cut = self._cut, set()
        minute, self._minute_over = self._minute_over, False
        of: set[str] | None = cut
        if minute:
            of = None if self._later is None else self._later | cut
            self._later = set()
        try:
            if minute or (cut and await self._long_chains(cut)):
                await self.go_round(of)
        except BaseException:
            self._later = None if self._later is None or of is None else self._later | of
            raise

    async def _tick(self) -> None:
        while True:
            await self._world.clock.sleep(ROUND)
            self._minute_over = True
            self._due.set()

    async def _too_long(self, of: Collection[str] | None) -> list[Chain]:
        if of is not None and not of:
            return []
        return await self._world.database.read(partial(_chains, longer_than=self._longest, of=of))

    async def _long_chains(self, of: Collection[str]) -> list[tuple[str, str, str]]:
        return await self._world.database.read(partial(layers.long_chains, longer_than=self._longest, of=of))

    async def _shorten(self, chain: Chain) -> Refusal | None:
        """Shorten one chain; gives why it was not shortened, None where it was."""
        try:
            chain = await self._measured(chain)
            room = (await self._world.driver.capacity()).room
        except (DriverError, OSError) as failure:
            return _refusal(failure)
        shortening = plan([one.sealed_bytes for one in chain.layers], longest=self._longest, left=self._left)
        assert shortening is not None, "it was longer than that"
        if room.spare < shortening.copied_bytes:
            return Refusal(
                f"The host has no room to copy {shortening.copied_bytes} bytes: {room.free} are free, of which "
                f"{room.reserve} are kept in reserve.",
                way_out=MAKE_ROOM,
            )
        return await self._compact(chain, shortening)

    async def _compact(self, chain: Chain, shortening: Shortening) -> Refusal | None:
        """Have the guest copy; gives why it did not."""
        clock, head, onto = self._world.clock, chain.head, chain.layers[shortening.onto].id
        left = 1 + len(chain.layers) - shortening.onto
        own = Compacted(
            chain.volume, chain.instance, onto, len(chain.layers), left, shortening.copied_bytes, clock.now()
        )
        began = clock.monotonic()
        self.running = own
        self._unsure.add(head.id)
        try:
            refusal = await self._copied(GuestId(chain.instance), head, onto)
        finally:
            self.running = None
        self.last = replace(own, ended_at=clock.now(), outcome="done" if refusal is None else str(refusal))
        if refusal is None:
            log.info(
                "a chain of layers was shortened",
                volume=chain.volume,
                layers_before=own.layers_before,
                layers_after=own.layers_after,
                seconds=clock.monotonic() - began,
            )
            await self._collect()
        return refusal

    async def _copied(self, guest_id: GuestId, head: Layer, onto: str) -> Refusal | None:
        """Have the guest copy, and write what its head stands on then; gives why it did not, None where it did."""
        try:
            done = await self._world.driver.guest(guest_id).ensure_compacted(LayerId(head.id), LayerId(onto))
            if done:
                await self._note(head, onto)
        except (DriverError, OSError) as failure:
            return _refusal(failure)  # it may go on: the row follows the file
        self._unsure.discard(head.id)
        given_up = Refusal("It was given up for something else that was done with the volume.", way_out=TRIED_ON)
        return None if done else given_up

    async def _note(self, head: Layer, onto: str) -> None:
        """Write what the head stands on now, if its row still says what it said."""
        await self._world.database.write(partial(layers.change_parent, layer_id=head.id, was=head.parent_id, now=onto))

    async def _measured(self, chain: Chain) -> Chain:
        """The chain, the files of its immutable layers measured. Raises `DriverError`."""
        for layer in chain.layers[1:]:
            if layer.sealed_bytes is None:
                measure = await self._world.driver.disks.measure(LayerId(layer.id))
                await self._world.database.write(
                    partial(layers.seal, layer_id=layer.id, length=measure.file_bytes, sha256=measure.sha256)
                )
        found = tuple(await self._world.database.read(partial(layers.standing, head=chain.head.id)))
        if [one.id for one in found] != [one.id for one in chain.layers]:
            raise DriverError("Its layers changed while they were measured.", way_out=TRIED_ON)
        return Chain(chain.volume, chain.instance, found)

    async def _collect(self) -> None:
        try:
            await self._world.collector.collect()
        except (DriverError, OSError) as failure:  # the next collector tries again
            log.warning("layers could not be deleted", reason=str(failure))


def _refusal(failure: DriverError | OSError) -> Refusal:
    if isinstance(failure, DriverError) and not isinstance(failure, GuestLost):
        return failure
    return Refusal(sentence(happened(failure)), way_out=TRIED_ON)


def as_json(one: Compacted | None) -> dict[str, Any] | None:
    """A compaction as JSON has it."""
    if one is None:
        return None
    return asdict(one) | {
        "began_at": precise(one.began_at),
        "ended_at": None if one.ended_at is None else precise(one.ended_at),
    }


def _chains(connection: Connection, longer_than: int, of: Collection[str] | None) -> list[Chain]:
    """The chains of more layers, of volumes that running guests have. Instances that a workflow owns are left out."""
    return [
        Chain(volume, instance, tuple(layers.standing(connection, head)))
        for volume, instance, head in layers.long_chains(connection, longer_than, of)
    ]
