"""Cutting a running guest's disks: which nodes have to be switched, decided from what QEMU shows."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from kumoniwa.hypervisor.driver import Cut, CutRefused


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
