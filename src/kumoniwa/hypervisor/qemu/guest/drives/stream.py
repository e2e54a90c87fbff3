"""Shortening a running guest's chains of layers: QEMU's block-stream copies into the layer that the guest writes to.

The job waits before its last move, which is to make the layer's header name what it stands on from now on. Until then
all is as it was, whether server or guest dies; and what was copied must be on the host's disk before: QEMU changes the
header without a flush, and a power failure between the two would leave a layer that stands on too little.

A job that has ended must be gone at once: as long as it is there, `query-named-block-nodes` ends QEMU with a
segmentation fault (7.2 and 10.0; bdrv_refresh_filename of the job's filter, which stands on nothing any more).
"""

import asyncio
import contextlib
import dataclasses
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from kumoniwa.hypervisor.driver import (
    AGAIN,
    MAKE_ROOM,
    START_ANEW,
    TRIED_ON,
    DriverError,
    GuestLost,
    HostExhausted,
    LayerId,
)
from kumoniwa.hypervisor.qemu.disks.layer_checks import has_subclusters, layer_of, parent, path_of
from kumoniwa.hypervisor.qemu.guest.process.machine import Machine
from kumoniwa.hypervisor.qemu.guest.process.monitor import CommandRefused, MonitorEvent
from kumoniwa.hypervisor.qemu.untrusted import Value
from kumoniwa.values import dataclass

_SPEED = 0  # bytes a second; 0: no limit. A guest's own reads and writes are served between two pieces of 512 KiB.
_LOOK_AGAIN = 5.0  # seconds; an event may be missed with a lost connection
_GIVEN_UP_WITHIN = 60.0
_FINISHED_WITHIN = 6 * 3600.0  # the next guest's turn comes only then
_CLOSED_WITHIN = 60.0
_NO_ROOM = "No space left on device"


@dataclass(frozen=True, slots=True)
class Node:
    """A block node of a layer's file. Its name is the layer's own where we made it, else one that QEMU chose."""

    name: str
    layer: LayerId


async def ensure_compacted(
    machine: Machine, layers: Path, layer: LayerId, onto: LayerId | None, *, spare_bytes: int, rearranging: asyncio.Lock
) -> bool:
    """See `Guest.ensure_compacted`. `spare_bytes`: what the host has free beyond its reserve.

    The lock is held until the job goes on, so that it begins neither on a layer that is being cut away nor beside
    anything else that is done with the guest's nodes. Who takes it afterwards gives the job up.
    """
    path = path_of(layers, layer)
    between: list[Node] = []
    try:
        async with rearranging:
            begun = await _begin(machine, layers, layer, onto, spare_bytes)
        if begun is None:
            return False
        if between := begun:
            async with asyncio.timeout(_FINISHED_WITHIN):
                await _finish(machine, path, layer)
    except TimeoutError as late:
        raise DriverError(f"{layer} was not compacted in {_FINISHED_WITHIN:.0f} s.", way_out=TRIED_ON) from late
    except GuestLost:
        if machine.alive:
            raise
        # It may have ended just after the last move.
    if await asyncio.to_thread(parent, path) != onto:
        return False
    await asyncio.to_thread(_sync, path)  # before the files in between are deleted
    if machine.alive:
        with contextlib.suppress(GuestLost, TimeoutError):
            async with asyncio.timeout(_CLOSED_WITHIN):
                await _close(machine, between)
    return True


async def _begin(
    machine: Machine, layers: Path, layer: LayerId, onto: LayerId | None, spare_bytes: int
) -> list[Node] | None:
    """Begin the job; gives the nodes that it copies. None: the guest has no such disk. Empty: nothing is to be copied.

    Raises `HostExhausted`, `DriverError`.
    """
    await ensure_given_up(machine, layer)  # one that an earlier server began: what it copied is not copied again
    below = (await chain(machine, layer))[1:]
    if layer not in await on_top(machine):
        return None
    if [node.layer for node in below][:1] == ([] if onto is None else [onto]):
        return []
    base, between = _split(layer, below, onto)
    if await asyncio.to_thread(has_subclusters, path_of(layers, layer)):
        # QEMU before 8.1 would end with a failed assertion, and the guest with it.
        raise DriverError(
            f"{layer} was made with subclusters, which QEMU could not compact.",
            way_out="Snapshot its volume: what the guest writes to from then on has none.",
        )
    _check_room(layers, between, spare_bytes)
    await machine.execute(
        "block-stream",
        job_id=_job_id(layer),
        device=layer,
        speed=_SPEED,
        on_error="report",
        auto_finalize=False,
        auto_dismiss=True,
        **({} if base is None else {"base_node": base.name, "backing_file": f"{base.layer}.qcow2"}),
    )
    return between


async def _close(machine: Machine, nodes: Iterable[Node]) -> None:
    for node in nodes:
        with contextlib.suppress(CommandRefused):  # QEMU closed it by itself, or another disk has it
            await machine.execute("blockdev-del", node_name=node.name)


async def ensure_given_up(machine: Machine, layer: LayerId) -> None:
    """Afterwards no compaction of this layer is under way: nothing keeps it from being cut, resized or detached."""
    try:
        with _hearing(machine, layer) as heard:
            async with asyncio.timeout(_GIVEN_UP_WITHIN):
                while (job := await _job(machine, layer, heard)) is not None:
                    with contextlib.suppress(CommandRefused):  # it came to its end a moment ago
                        # One that an earlier version began waits to be dismissed.
                        end = "job-dismiss" if job["status"].text() == "concluded" else "job-cancel"
                        await machine.execute(end, id=_job_id(layer))
                        if end == "job-dismiss":
                            continue
                    await _wait(heard)
    except TimeoutError as late:
        raise DriverError(
            f"The compaction of {layer} was not given up in {_GIVEN_UP_WITHIN:.0f} s.", way_out=AGAIN
        ) from late


async def chain(machine: Machine, top: str) -> list[Node]:
    """The nodes from this one down, as they stand on each other; none where there is no such node."""
    graph = await machine.execute("x-debug-query-block-graph")
    nodes = await machine.execute("query-named-block-nodes", flat=True)
    return chain_in(graph, {node["node-name"].text(): node["file"].text() for node in nodes.each()}, top)


def chain_in(graph: Value, files: Mapping[str, str], top: str) -> list[Node]:
    """See `chain`; from QEMU's graph of nodes and each node's file name.

    A node of qcow2 may go by a name in JSON; the node of the file beneath it has the plain one.
    """
    names = _names(graph, "block-driver")
    children = {
        (names[edge.parent], edge.name): names[edge.child]
        for edge in _edges(graph)
        if edge.parent in names and edge.child in names
    }
    found: list[Node] = []
    at: str | None = top if top in names.values() else None
    while at is not None:
        if len(found) > len(names):
            graph.refuse()  # a node that stands on itself
        file = files.get(children.get((at, "file"), ""), "")
        if (layer := layer_of(file)) is None:
            raise DriverError(f"QEMU's node {at} is of {file or 'no file'}, which is no layer's.", way_out=START_ANEW)
        found.append(Node(at, layer))
        at = children.get((at, "backing"))
    return found


async def shown(machine: Machine) -> set[str]:
    """The names of the nodes that devices show, and of all that those stand on."""
    return shown_in(await machine.execute("x-debug-query-block-graph"))


def shown_in(graph: Value) -> set[str]:
    """See `shown`; from QEMU's graph of nodes."""
    names = _names(graph, "block-driver")
    children: dict[int, list[int]] = {}
    for edge in _edges(graph):
        children.setdefault(edge.parent, []).append(edge.child)
    reached, to_follow = set[int](), list(_names(graph, "block-backend"))
    while to_follow:
        if (each := to_follow.pop()) not in reached:
            reached.add(each)
            to_follow += children.get(each, [])
    return {names[each] for each in reached if each in names}


class _Edge(NamedTuple):
    parent: int
    child: int
    name: str


def _names(graph: Value, kind: str) -> dict[int, str]:
    """The names of the nodes of this kind, by QEMU's number for them."""
    return {node["id"].count(): node["name"].text() for node in graph["nodes"].each() if node["type"].text() == kind}


def _edges(graph: Value) -> list[_Edge]:
    return [_Edge(edge["parent"].count(), edge["child"].count(), edge["name"].text()) for edge in graph["edges"].each()]


async def _finish(machine: Machine, path: Path, layer: LayerId) -> None:
    """Bring the job to its end, whichever. Raises `HostExhausted`, `DriverError` where it failed."""
    with (
        _hearing(machine, layer) as heard,
        path.open("rb") as file,
    ):  # open: it learns of a failed write too
        while (job := await _job(machine, layer, heard)) is not None:
            if job["status"].text() == "pending":
                with contextlib.suppress(CommandRefused):  # it is being given up
                    await machine.human(f'qemu-io {layer} "flush"')
                    await asyncio.to_thread(os.fsync, file.fileno())
                    await machine.execute("job-finalize", id=_job_id(layer))
            await _wait(heard)
    if _NO_ROOM in heard.error:
        raise HostExhausted(f"The host's disk is full: {layer} was not compacted.", way_out=MAKE_ROOM)
    if heard.error:
        raise DriverError(f"{layer} was not compacted: {heard.error}", way_out=TRIED_ON)


def _split(layer: LayerId, below: list[Node], onto: LayerId | None) -> tuple[Node | None, list[Node]]:
    """The node to stand on, and those above it that are to go."""
    if onto is None:
        return None, below
    for index, node in enumerate(below):
        if node.layer == onto:
            return node, below[:index]
    raise DriverError(f"{layer} does not stand on {onto}.", way_out=TRIED_ON)


def _check_room(layers: Path, between: Iterable[Node], spare_bytes: int) -> None:
    needed = sum(path_of(layers, node.layer).stat().st_blocks * 512 for node in between)
    if needed > spare_bytes:
        raise HostExhausted(
            f"{needed} bytes may have to be copied, and the host has room for {max(0, spare_bytes)}.", way_out=MAKE_ROOM
        )


async def on_top(machine: Machine) -> frozenset[str]:
    """The nodes that devices write to."""
    return nodes_on_top(await machine.execute("query-block"))


def nodes_on_top(query_block: Value) -> frozenset[str]:
    """See `on_top`; from the answer to `query-block`."""
    shown = (device.get("inserted") for device in query_block.each())
    return frozenset(inserted["node-name"].text() for inserted in shown if inserted is not None)


@dataclasses.dataclass(slots=True)
class _Heard:
    """What QEMU tells of a job by itself: that it came into another state, and what it failed for in the end."""

    changed: asyncio.Event
    error: str = ""


async def _job(machine: Machine, layer: LayerId, heard: _Heard) -> Value | None:
    """The job as it is now; what happens to it from now on sets `heard.changed`."""
    heard.changed.clear()
    jobs = await machine.execute("query-jobs")
    return next((job for job in jobs.each() if job["id"].text() == _job_id(layer)), None)


def _job_id(layer: LayerId) -> str:
    return f"compact-{layer}"


@contextlib.contextmanager
def _hearing(machine: Machine, layer: LayerId) -> Iterator[_Heard]:
    """What is heard of the layer's job as long as the block runs."""
    heard = _Heard(asyncio.Event())

    def hear(event: MonitorEvent) -> None:
        if event.name == "JOB_STATUS_CHANGE" and event.data["id"].text() == _job_id(layer):
            heard.changed.set()
        if event.name == "BLOCK_JOB_COMPLETED" and event.data["device"].text() == _job_id(layer):
            heard.error = "" if (error := event.data.get("error")) is None else error.text()

    with machine.listening(hear):
        yield heard


async def _wait(heard: _Heard) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_LOOK_AGAIN):
            await heard.changed.wait()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
