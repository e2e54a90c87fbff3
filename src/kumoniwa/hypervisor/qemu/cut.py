"""Cutting a running guest's disks: which nodes have to be switched is decided from what QEMU shows."""

import asyncio
import contextlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from kumoniwa.hypervisor.driver import Cut, CutMade, CutRefused
from kumoniwa.hypervisor.qemu import stream
from kumoniwa.hypervisor.qemu.command_line import disk_node
from kumoniwa.hypervisor.qemu.freeze import ensure_thawed, frozen
from kumoniwa.hypervisor.qemu.machine import Machine
from kumoniwa.hypervisor.qemu.monitor import CommandRefused


async def ensure_cut(machine: Machine, folder: Path, cuts: Sequence[Cut], *, freeze: bool) -> CutMade:
    """See `Guest.ensure_cut`."""
    to_switch = still_to_switch(cuts, nodes_on_top(await machine.execute("query-block")))
    if not to_switch:
        await ensure_thawed(machine, folder)
        return CutMade(0.0)
    for each in to_switch:
        await stream.ensure_given_up(machine, each.old)
    known = {node["node-name"] for node in await machine.execute("query-named-block-nodes", flat=True)}
    added: list[str] = []
    try:
        for each in to_switch:
            if each.new in known:  # an earlier call was interrupted before it switched
                await machine.execute("blockdev-del", node_name=each.new)
            await machine.execute("blockdev-add", **disk_node(each.new, on_top=True))
            added.append(each.new)
        if not freeze:
            return CutMade(await _switch(machine, to_switch))
        async with frozen(machine, folder) as standstill:
            seconds = await _switch(machine, to_switch)
        return CutMade(seconds, standstill.seconds, standstill.why_not)
    except CommandRefused as refusal:
        for node in added:
            with contextlib.suppress(CommandRefused):  # it stays unused, and the next call removes it
                await machine.execute("blockdev-del", node_name=node)
        raise CutRefused(str(refusal)) from refusal


async def _switch(machine: Machine, cuts: Sequence[Cut]) -> float:
    """Switch all of them; gives the seconds it took. QEMU flushes each old layer to the host's disk before (strace)."""
    began = asyncio.get_running_loop().time()
    await machine.execute("transaction", actions=transaction(cuts))
    return asyncio.get_running_loop().time() - began


def nodes_on_top(query_block: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """The nodes that devices write to, from the answer to `query-block`."""
    return frozenset(str(device["inserted"]["node-name"]) for device in query_block if "inserted" in device)


def still_to_switch(cuts: Sequence[Cut], on_top: Collection[str]) -> tuple[Cut, ...]:
    """The cuts not made yet. Raises `CutRefused` for a disk the guest does not have."""
    for cut in cuts:
        if cut.old not in on_top and cut.new not in on_top:
            raise CutRefused(f"no disk of the guest writes to {cut.old}")
    return tuple(cut for cut in cuts if cut.new not in on_top)


def transaction(cuts: Iterable[Cut]) -> list[dict[str, object]]:
    """The actions that switch these disks, all of them or none."""
    return [{"type": "blockdev-snapshot", "data": {"node": cut.old, "overlay": cut.new}} for cut in cuts]
