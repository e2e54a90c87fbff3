"""What may go wrong with simulated machines that are prepared in memory, for tests of what follows."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import IPv4Address

import pytest

from kumoniwa.clock import ManualClock
from kumoniwa.hypervisor.driver import (
    DiskBus,
    DriverError,
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


async def _guest(driver: SimulatedDriver, name: str) -> GuestSpec:
    """A guest that does not exist yet, its disk new."""
    head = LayerId(f"layer-of-{name}")
    await driver.disks.ensure_overlay(head, OF_MACHINE, 2 * GIB)
    nic = GuestNic("02:00:00:00:00:01", IPv4Address("10.0.0.4"))
    return replace(SPEC, id=GuestId(name), disks=(GuestDisk(head, f"of-{name}"),), nics=(nic,))


async def test_nothing_is_launched_from_a_machine_that_is_not_whole(driver: SimulatedDriver) -> None:
    machine = driver.prepared(MACHINE)
    await machine.ensure_made(SPEC, deadline=10)
    spec = await _guest(driver, "one")
    other = replace(await _guest(driver, "other"), disks=spec.disks)
    await driver.guest(spec.id).ensure_running(spec, Launch(MACHINE, IDENTITY))
    assert driver.guest(spec.id).identity == IDENTITY
    await driver.guest(spec.id).ensure_off(deadline=0, skip_os_shutdown=True)

    async def spoiled(why: str) -> None:
        assert not await machine.is_made()
        with pytest.raises(RestoreFailed, match=why):
            await driver.guest(other.id).ensure_running(other, Launch(MACHINE, IDENTITY))
        assert await driver.guest(other.id).observe() is GuestState.ABSENT

    driver.world.makes_prepared = "simulated 2"
    await spoiled("made by simulated 1")
    driver.world.tear_prepared(MACHINE)
    await spoiled("torn")
    driver.world.prepared.clear()
    await spoiled("not there")
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
