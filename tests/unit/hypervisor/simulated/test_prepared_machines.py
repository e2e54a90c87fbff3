"""Simulated machines that are prepared in memory: what they promise, and what may go wrong with them."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import IPv4Address

import pytest

from kumoniwa.clock import ManualClock
from kumoniwa.hypervisor.driver import (
    DiskBus,
    DriverError,
    EventKind,
    GuestDisk,
    GuestId,
    GuestNic,
    GuestSpec,
    GuestState,
    Identity,
    Launch,
    LayerId,
    PreparedId,
    RestoreFailed,
)
from kumoniwa.hypervisor.simulated import SimulatedDriver, Timing

pytestmark = pytest.mark.anyio

MACHINE, ROOT, OF_MACHINE = PreparedId("prepared-1"), LayerId("layer-0"), LayerId("layer-1")
GIB = 1 << 30
SPEC = GuestSpec(
    id=GuestId("prepares"),
    uuid="ec2",
    product="none",
    vcpus=2,
    memory_mib=1024,
    disks=(GuestDisk(OF_MACHINE, "vol0"),),
    nics=(),
    bus=DiskBus.VIRTIO,
)
IDENTITY = Identity("i-1", "ip-10-0-0-4.ec2.internal", "0" * 32, {"ed25519": "a key"}, (), cloud_init_first=False)


@pytest.fixture
async def driver() -> AsyncIterator[SimulatedDriver]:
    """With a disk on which a machine can be prepared."""
    made = SimulatedDriver(ManualClock(datetime(2026, 1, 1, tzinfo=UTC)), timing=Timing.instant())
    await made.open()
    await made.disks.ensure_empty(ROOT, GIB)
    await made.disks.ensure_overlay(OF_MACHINE, ROOT, GIB)
    yield made
    await made.close()


async def _guest(driver: SimulatedDriver, name: str, *, on: LayerId = OF_MACHINE) -> GuestSpec:
    """A guest that does not exist yet, its disk new."""
    head = LayerId(f"layer-of-{name}")
    await driver.disks.ensure_overlay(head, on, 2 * GIB)
    nic = GuestNic("02:00:00:00:00:01", IPv4Address("10.0.0.4"))
    return replace(SPEC, id=GuestId(name), disks=(GuestDisk(head, f"of-{name}"),), nics=(nic,))


async def test_a_machine_is_made_once_and_guests_go_on_from_it(driver: SimulatedDriver) -> None:
    machine = driver.prepared(MACHINE)
    assert (await machine.is_made(), await machine.bytes_on_disk(), await driver.all_prepared()) == (False, 0, set())
    await machine.ensure_made(SPEC, deadline=10)
    await machine.ensure_made(SPEC, deadline=10)
    assert await machine.is_made()
    assert await machine.bytes_on_disk() > 0
    assert await driver.all_prepared() == {MACHINE}
    for name in ("one", "two"):
        spec = await _guest(driver, name)
        guest = driver.guest(spec.id)
        started = await guest.ensure_running(spec, Launch(MACHINE, IDENTITY))
        assert (started.fresh, started.restored) == (True, True)
        again = await guest.ensure_running(spec, Launch(MACHINE, IDENTITY))
        assert (again.fresh, again.restored) == (False, True)
        assert guest.identity == IDENTITY
    assert driver.guest(GuestId("one")).boot_id == driver.guest(GuestId("two")).boot_id
    assert driver.world.layers.broken == []


async def test_no_kernel_starts_until_it_boots(driver: SimulatedDriver) -> None:
    await driver.prepared(MACHINE).ensure_made(SPEC, deadline=10)
    spec = await _guest(driver, "one")
    guest = driver.guest(spec.id)
    await guest.ensure_running(spec, Launch(MACHINE, IDENTITY))
    shared = guest.boot_id
    assert (await guest.ensure_shut_down(deadline=10)).clean
    started = await guest.ensure_running(spec)
    assert (started.fresh, started.restored, guest.identity) == (True, False, None)
    assert guest.boot_id != shared
    await driver.close()
    kinds = [event.kind async for event in driver.events()]
    assert kinds == [EventKind.REACHABLE, EventKind.SHUT_DOWN, EventKind.KERNEL_STARTED, EventKind.REACHABLE]


async def test_a_guest_that_cannot_go_on_from_the_machine_is_not_there(driver: SimulatedDriver) -> None:
    machine = driver.prepared(MACHINE)
    await machine.ensure_made(SPEC, deadline=10)
    spec = await _guest(driver, "one")
    other = await _guest(driver, "other", on=ROOT)
    for odd in (replace(spec, vcpus=1), replace(spec, memory_mib=512), replace(spec, bus=DiskBus.NVME), other):
        with pytest.raises(RestoreFailed):
            await driver.guest(odd.id).ensure_running(odd, Launch(MACHINE, IDENTITY))
        assert await driver.guest(odd.id).observe() is GuestState.ABSENT
    for spoil in (
        lambda: driver.world.tear_prepared(MACHINE),
        lambda: setattr(driver.world, "makes_prepared", "simulated 2"),
        lambda: driver.world.prepared.clear(),
    ):
        spoil()
        assert not await machine.is_made()
        with pytest.raises(RestoreFailed):
            await driver.guest(spec.id).ensure_running(spec, Launch(MACHINE, IDENTITY))
    assert (await driver.guest(spec.id).ensure_running(spec)).fresh, "it can be booted"


async def test_a_guest_that_is_forgotten_while_its_machine_is_made_leaves_its_disk(driver: SimulatedDriver) -> None:
    driver.world.never_prepared = True
    machine = driver.prepared(MACHINE)
    with pytest.raises(DriverError, match="did not say within 10 s"):
        await machine.ensure_made(SPEC, deadline=10)
    assert await driver.all_prepared() == set()
    await driver.disks.ensure_deleted(OF_MACHINE)
    assert driver.world.layers.broken == []


@pytest.mark.parametrize("odd", [{"bus": DiskBus.NVME}, {"disks": ()}])
async def test_only_what_can_be_saved_is_prepared(driver: SimulatedDriver, odd: dict[str, object]) -> None:
    with pytest.raises(DriverError, match="one disk, on virtio"):
        await driver.prepared(MACHINE).ensure_made(replace(SPEC, **odd), deadline=10)  # type: ignore[arg-type]
