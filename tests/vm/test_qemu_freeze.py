"""The driver `qemu` freezes a real Linux's file systems while it cuts its disk, and never leaves them so."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from qemu_bench import WITHIN, QemuBench, machine_of, qemu

from kumoniwa import run
from kumoniwa.hypervisor.driver import Cut, CutRefused, EventKind, GuestSpec, LayerId
from kumoniwa.hypervisor.qemu.guest.drives import agent, cut, freeze
from kumoniwa.hypervisor.qemu.guest.qemu_guest import QemuGuest

pytestmark = [pytest.mark.anyio, pytest.mark.vm, pytest.mark.timeout(900)]

_IMAGES = Path.home() / ".cache" / "kumoniwa" / "images"
_BOOTED_WITHIN = 300.0
_GIB = 1 << 30


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[QemuBench]:
    async with qemu(tmp_path) as bench:
        yield bench


async def test_file_systems_are_at_rest_in_a_layer_that_was_cut_while_they_were_frozen(
    bench: QemuBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    guest, spec, top = await _debian(bench)
    plain = await guest.ensure_cut([Cut(top, second := await _overlay(bench, top))])
    assert (plain.frozen_seconds, plain.not_frozen) == (None, "")
    still = await guest.ensure_cut([Cut(second, third := await _overlay(bench, second))], freeze=True)
    assert still.not_frozen == ""
    assert still.frozen_seconds is not None
    assert 0 < still.seconds < still.frozen_seconds < freeze._THAWS_WITHIN
    assert await _status(bench, guest) == "thawed"
    assert await _needs_recovery(bench, top)
    assert not await _needs_recovery(bench, second)

    # The server dies between freezing and thawing; the next one finds it so.
    with monkeypatch.context() as dies:
        dies.setattr(freeze, "ensure_thawed", _does_nothing)
        await guest.ensure_cut([Cut(third, fourth := await _overlay(bench, third))], freeze=True)
    assert await _status(bench, guest) == "frozen"
    guest = (await bench.successor()).guest(spec.id)
    assert await _status(bench, guest) == "thawed"
    assert not (bench.data_dir / "guests" / spec.id / freeze._MARK).exists()

    # The cut is asked for again instead, by the same server.
    with monkeypatch.context() as dies:
        dies.setattr(freeze, "ensure_thawed", _does_nothing)
        fifth = await _overlay(bench, fourth)
        await guest.ensure_cut([Cut(fourth, fifth)], freeze=True)
    assert (await guest.ensure_cut([Cut(fourth, fifth)], freeze=True)).seconds == 0
    assert await _status(bench, guest) == "thawed"

    # The cut is refused, and the file systems are thawed nevertheless.
    with monkeypatch.context() as refuses:
        refuses.setattr(cut, "transaction", lambda _: [{"type": "abort", "data": {}}])
        with pytest.raises(CutRefused):
            await guest.ensure_cut([Cut(fifth, await _overlay(bench, fifth))], freeze=True)
    assert await _status(bench, guest) == "thawed"


async def test_a_guest_without_an_agent_is_cut_unfrozen_and_the_answer_says_why(bench: QemuBench) -> None:
    guest, spec = await bench.up()
    top = spec.disks[0].layer
    made = await bench.run(guest.ensure_cut([Cut(top, await _overlay(bench, top))], freeze=True))
    assert (made.frozen_seconds, made.not_frozen) == (None, "the guest runs no agent")


async def _debian(bench: QemuBench) -> tuple[QemuGuest, GuestSpec, LayerId]:
    """The newest Debian image that was built here, up with its agent."""
    spec = await bench.spec()
    [*_, image] = sorted(_IMAGES.glob("debian-12-*.qcow2"), key=lambda path: path.stat().st_mtime)
    layer = bench.layer()
    await bench.driver.disks.ensure_imported(layer, image, "qcow2", lambda _: None)
    disks = (replace(spec.disks[0], layer=layer),)
    spec = replace(spec, disks=disks, memory_mib=512, nics=(replace(spec.nic, address=IPv4Address("172.31.12.19")),))
    guest = bench.driver.guest(spec.id)
    await guest.ensure_running(spec)
    async with asyncio.timeout(_BOOTED_WITHIN):
        while await freeze._why_not_now(machine_of(guest)) != "":
            with contextlib.suppress(TimeoutError):
                await bench.event(EventKind.REACHABLE)
    return guest, spec, layer


async def _overlay(bench: QemuBench, on: LayerId) -> LayerId:
    await bench.driver.disks.ensure_overlay(layer := bench.layer(), on, 8 * _GIB)
    return layer


async def _status(bench: QemuBench, guest: QemuGuest) -> object:
    path = bench.data_dir / "guests" / guest.id / "agent.sock"
    async with agent.listening(path, within=WITHIN) as listening:
        return (await listening.ask("guest-fsfreeze-status", within=WITHIN)).text()


async def _needs_recovery(bench: QemuBench, layer: LayerId) -> bool:
    """Whether the layer's file system has a journal to be replayed."""
    raw, source = bench.data_dir / "looked-into.raw", bench.data_dir / "layers" / f"{layer}.qcow2"
    await run.run(["qemu-img", "convert", "-U", "-f", "qcow2", "-O", "raw", str(source), str(raw)], timeout=WITHIN)
    table = json.loads(await run.run(["sfdisk", "--json", str(raw)], timeout=WITHIN))["partitiontable"]
    [root] = [one["start"] for one in table["partitions"] if one["node"].endswith(("raw1", "rawp1"))]
    features = await run.run(["dumpe2fs", "-h", f"{raw}?offset={512 * root}"], timeout=WITHIN)
    return "needs_recovery" in features


async def _does_nothing(*_: object) -> None:
    """What a server does that was killed."""
