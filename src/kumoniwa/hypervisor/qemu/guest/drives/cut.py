"""Cutting a running guest's disks: which nodes have to be switched is decided from what QEMU shows."""

import asyncio
import contextlib
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from kumoniwa.hypervisor.driver import Cut, CutMade, CutRefused, LayerDamaged, LayerId
from kumoniwa.hypervisor.qemu.disks.layer_checks import is_encrypted, layer_of
from kumoniwa.hypervisor.qemu.guest.drives import plugs, stream
from kumoniwa.hypervisor.qemu.guest.drives.freeze import ensure_thawed, frozen
from kumoniwa.hypervisor.qemu.guest.process.disk_devices import LAYERS_FROM_GUEST, DiskIo, node_on_top
from kumoniwa.hypervisor.qemu.guest.process.machine import Machine
from kumoniwa.hypervisor.qemu.guest.process.monitor import CommandRefused


async def ensure_cut(machine: Machine, folder: Path, cuts: Sequence[Cut], disk_io: DiskIo, *, freeze: bool) -> CutMade:
    """See `Guest.ensure_cut`."""
    on_top = await stream.on_top(machine)
    if not {cut.old for cut in cuts} <= on_top:
        await plugs.ensure_idle_closed(machine)  # what a disk stood on that the guest has let go of
    to_switch = still_to_switch(cuts, on_top, await _open_layers(machine))
    if not to_switch:
        await ensure_thawed(machine, folder)
        return CutMade(0.0)
    nodes = [await _node(folder, each.new, disk_io) for each in to_switch]
    for each in to_switch:
        await stream.ensure_given_up(machine, each.old)
    added: list[str] = []
    try:
        for each, node in zip(to_switch, nodes, strict=True):
            with contextlib.suppress(CommandRefused):  # there is one where an earlier call was interrupted
                await machine.execute("blockdev-del", node_name=each.new)
            await machine.execute("blockdev-add", **node)
            added.append(each.new)
        if not freeze:
            return CutMade(await _switch(machine, to_switch))
        async with frozen(machine, folder) as standstill:
            seconds = await _switch(machine, to_switch)
        return CutMade(seconds, standstill.seconds, standstill.why_not)
    except CommandRefused as refusal:
        for name in added:
            with contextlib.suppress(CommandRefused):  # it stays unused, and the next call removes it
                await machine.execute("blockdev-del", node_name=name)
        raise CutRefused(refusal.what) from refusal


async def _node(folder: Path, layer: LayerId, disk_io: DiskIo) -> dict[str, object]:
    """The node of a layer to cut to. Raises `CutRefused` where its file is not whole."""
    try:
        encrypted = await asyncio.to_thread(is_encrypted, folder / LAYERS_FROM_GUEST, layer)
    except LayerDamaged as damage:
        raise CutRefused(damage.what) from damage
    return node_on_top(layer, disk_io, encrypted=encrypted)


async def _switch(machine: Machine, cuts: Sequence[Cut]) -> float:
    """Switch all of them; gives the seconds it took. QEMU flushes each old layer to the host's disk before (strace)."""
    began = asyncio.get_running_loop().time()
    await machine.execute("transaction", actions=transaction(cuts))
    return asyncio.get_running_loop().time() - began


async def _open_layers(machine: Machine) -> frozenset[str]:
    """The layers whose files QEMU holds open."""
    nodes = await machine.execute("query-named-block-nodes", flat=True)
    return frozenset(layer for node in nodes.each() if (layer := layer_of(node["file"].text())) is not None)


def still_to_switch(cuts: Sequence[Cut], on_top: Collection[str], is_open: frozenset[str]) -> tuple[Cut, ...]:
    """The cuts not made yet. A disk that the guest let go of since has nothing to switch.

    Raises `CutRefused` where the guest has a disk that writes to neither layer; never where one of the cuts was made:
    they were made together.
    """
    made = any(cut.new in on_top for cut in cuts)
    for cut in cuts:
        gone = is_open.isdisjoint({cut.old, cut.new})
        if cut.old not in on_top and cut.new not in on_top and not gone and not made:
            raise CutRefused(f"No disk of the guest writes to {cut.old}.")
    return tuple(cut for cut in cuts if cut.old in on_top and cut.new not in on_top)


def transaction(cuts: Iterable[Cut]) -> list[dict[str, object]]:
    """The actions that switch these disks, all of them or none."""
    return [{"type": "blockdev-snapshot", "data": {"node": cut.old, "overlay": cut.new}} for cut in cuts]
