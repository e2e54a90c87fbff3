"""Machines that are prepared, and guests launched from them, for the tests of any driver."""

from dataclasses import replace

import pytest
from contract_bench import MIB, Bench

from kumoniwa.hypervisor.driver import (
    DiskBus,
    GuestDisk,
    GuestSpec,
    GuestState,
    Identity,
    Launch,
    LayerId,
    PreparedId,
    PreparedMachine,
    RestoreFailed,
    Started,
)

ID = PreparedId("machine-1")
IDENTITY = Identity(
    instance_id="i-0abcdef1234567890",
    hostname="ip-172-31-0-4",
    machine_id="0123456789abcdef0123456789abcdef",
    host_keys={"ed25519": "a key"},
    authorized_keys=("ssh-ed25519 AAAA",),
    cloud_init_first=False,
)


async def prepared(bench: Bench) -> tuple[PreparedMachine, LayerId]:
    """A machine that is prepared, and the layer under its disk."""
    spec = await bench.to_prepare()
    machine = bench.driver.prepared(ID)
    await bench.run(machine.ensure_made(spec, deadline=300))
    return machine, spec.disks[0].layer


async def standing_on(bench: Bench, layer: LayerId, size_bytes: int = 8 * MIB) -> GuestSpec:
    """A guest that does not exist yet, like the machines that are prepared, whose disk stands on this layer."""
    spec, head = await bench.spec(), bench.layer()
    await bench.driver.disks.ensure_overlay(head, layer, size_bytes)
    return replace(spec, disks=(GuestDisk(head, spec.disks[0].serial),), bus=DiskBus.VIRTIO)


def launch_of(machine: PreparedMachine) -> Launch:
    """A launch from this machine."""
    return Launch(machine.id, IDENTITY)


async def launched(bench: Bench, machine: PreparedMachine, spec: GuestSpec) -> Started:
    """How the guest was launched from the machine."""
    return await bench.run(bench.driver.guest(spec.id).ensure_running(spec, launch_of(machine)))


async def refused(bench: Bench, machine: PreparedMachine, spec: GuestSpec, *, by_machine: bool | None = None) -> str:
    """Why the guest was not launched from the machine, whose fault it is `by_machine`; the guest is not there."""
    with pytest.raises(RestoreFailed) as refusal:
        await launched(bench, machine, spec)
    assert await bench.driver.guest(spec.id).observe() is GuestState.ABSENT
    assert by_machine in (None, refusal.value.by_machine)
    return refusal.value.what
