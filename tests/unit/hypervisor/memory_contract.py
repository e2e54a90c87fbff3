"""What drivers promise of machines that are prepared in memory, and of guests that are launched from them."""

from dataclasses import replace

from contract_bench import MIB, Bench, up
from memory_bench import ID, launch_of, launched, prepared, refused, standing_on

from kumoniwa.hypervisor.driver import DiskBus, EventKind, GuestState


class MemoryContract:
    """Each test is a sentence of the interface's docstrings."""

    async def test_a_machine_that_was_never_prepared_is_not_there(self, bench: Bench) -> None:
        machine = bench.driver.prepared(ID)
        assert (await machine.is_made(), await machine.bytes_on_disk()) == (False, 0)
        await bench.run(machine.ensure_forgotten())
        assert await bench.driver.all_prepared() == frozenset()

    async def test_a_machine_is_prepared_once_and_guests_go_on_from_it(self, bench: Bench) -> None:
        machine, layer = await prepared(bench)
        assert await machine.is_made()
        assert await machine.bytes_on_disk() > 0
        assert await bench.driver.all_prepared() == {machine.id}
        await bench.run(machine.ensure_made(await bench.to_prepare(), deadline=300))
        for _ in range(2):
            spec = await standing_on(bench, layer)
            started = await launched(bench, machine, spec)
            assert (started.fresh, started.restored) == (True, True)
            assert await bench.driver.guest(spec.id).observe() is GuestState.RUNNING
            assert await bench.driver.guest(spec.id).nics() == spec.nics
            await bench.write(spec.id, "its own")
            assert await bench.holds(spec.disks[0].layer, "its own")
        assert not await bench.holds(layer, "its own")

    async def test_no_kernel_starts_in_a_guest_that_was_launched_from_memory_until_it_boots(self, bench: Bench) -> None:
        machine, layer = await prepared(bench)
        spec = await standing_on(bench, layer, 16 * MIB)
        await launched(bench, machine, spec)
        assert (await bench.event(EventKind.REACHABLE)).guest == spec.id
        guest = bench.driver.guest(spec.id)
        again = await bench.run(guest.ensure_running(spec, launch_of(machine)))
        assert (again.fresh, again.restored) == (False, True)
        assert (await bench.run(guest.ensure_shut_down(deadline=300))).clean
        booted = await bench.run(guest.ensure_running(spec))
        assert (booted.fresh, booted.restored) == (True, False)
        assert (await bench.event(EventKind.KERNEL_STARTED)).guest == spec.id
        assert (await bench.run(guest.ensure_off(deadline=300, skip_os_shutdown=False))).clean
        assert not (await bench.run(guest.ensure_running(spec))).restored

    async def test_guests_go_on_when_their_machine_is_forgotten_and_no_others_are_launched(self, bench: Bench) -> None:
        machine, layer = await prepared(bench)
        spec, other = await standing_on(bench, layer), await standing_on(bench, layer)
        await launched(bench, machine, spec)
        await bench.run(machine.ensure_forgotten())
        assert (await machine.is_made(), await machine.bytes_on_disk()) == (False, 0)
        await bench.write(spec.id, "its own")
        await refused(bench, machine, other)

    async def test_a_guest_that_is_not_like_the_machine_is_refused_and_can_be_booted(self, bench: Bench) -> None:
        machine, layer = await prepared(bench)
        spec = await standing_on(bench, layer)
        await refused(bench, machine, replace(spec, memory_mib=2 * spec.memory_mib))
        await refused(bench, machine, replace(spec, vcpus=2))
        await refused(bench, machine, replace(spec, bus=DiskBus.NVME))
        await refused(bench, machine, await bench.spec())
        id, _ = await up(bench)
        assert await bench.driver.guest(id).observe() is GuestState.RUNNING
