"""The promises of `kumoniwa.hypervisor.driver`, as tests that every driver must pass.

A driver's test module makes a subclass of `DriverContract` and a fixture `bench`, which prepares guests for that driver
and looks into its disks.
"""

from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path

import pytest

pytest.register_assert_rewrite("storage_contract", "memory_contract")

from contract_bench import MIB, Bench, forward, overlay, up  # noqa: E402  (rewriting must be asked for before)
from storage_contract import StorageContract  # noqa: E402

from kumoniwa.hypervisor.driver import (  # noqa: E402
    ConsoleReader,
    Cut,
    CutRefused,
    DiskRefused,
    DriverError,
    EventKind,
    GuestLost,
    GuestNic,
    GuestSpec,
    GuestState,
    LinkRefused,
)

__all__ = ["MIB", "Bench", "DriverContract", "forward"]


class DriverContract(StorageContract):
    """Each test is a sentence of the interface's docstrings."""

    async def test_a_driver_knows_what_its_host_has(self, bench: Bench) -> None:
        host = await bench.driver.capacity()
        assert host.memory_mib is None or host.memory_mib > 0
        assert 0 <= host.room.reserve < host.room.free
        assert host.room.spare == host.room.free - host.room.reserve

    async def test_a_guest_that_was_never_made_is_absent(self, bench: Bench) -> None:
        spec = await bench.spec()
        assert await bench.driver.guest(spec.id).observe() is GuestState.ABSENT

    async def test_ensure_running_starts_an_absent_guest_afresh(self, bench: Bench) -> None:
        spec = await bench.spec()
        guest = bench.driver.guest(spec.id)
        assert (await bench.run(guest.ensure_running(spec))).fresh
        assert await guest.observe() is GuestState.RUNNING

    async def test_ensure_running_leaves_a_running_guest_alone(self, bench: Bench) -> None:
        spec = await bench.spec()
        guest = bench.driver.guest(spec.id)
        await bench.run(guest.ensure_running(spec))
        assert not (await bench.run(guest.ensure_running(spec))).fresh

    async def test_ensure_running_boots_a_guest_that_shut_down_again(self, bench: Bench) -> None:
        guest, spec = await up(bench)
        await bench.run(bench.driver.guest(guest).ensure_shut_down(deadline=300))
        assert (await bench.run(bench.driver.guest(guest).ensure_running(spec))).fresh
        assert await bench.driver.guest(guest).observe() is GuestState.RUNNING

    async def test_a_guest_that_cannot_be_made_stays_absent(self, bench: Bench) -> None:
        spec = await bench.spec()
        await bench.driver.disks.ensure_deleted(spec.disks[0].layer)
        with pytest.raises(DriverError):
            await bench.run(bench.driver.guest(spec.id).ensure_running(spec))
        assert await bench.driver.guest(spec.id).observe() is GuestState.ABSENT

    async def test_ensure_shut_down_ends_with_disks_at_rest(self, bench: Bench) -> None:
        id, _ = await up(bench)
        shutdown = await bench.run(bench.driver.guest(id).ensure_shut_down(deadline=300))
        assert shutdown.clean
        assert shutdown.at_rest_at is not None
        assert shutdown.requested_at <= shutdown.at_rest_at
        assert await bench.driver.guest(id).observe() is GuestState.SHUT_DOWN

    async def test_ensure_shut_down_may_be_repeated(self, bench: Bench) -> None:
        id, _ = await up(bench)
        first = await bench.run(bench.driver.guest(id).ensure_shut_down(deadline=300))
        second = await bench.run(bench.driver.guest(id).ensure_shut_down(deadline=300))
        assert (second.clean, second.at_rest_at) == (True, first.at_rest_at)
        assert second.at_rest_at is not None
        assert second.requested_at <= second.at_rest_at
        assert await bench.driver.guest(id).observe() is GuestState.SHUT_DOWN

    async def test_a_guest_that_does_not_follow_in_time_is_halted(self, bench: Bench) -> None:
        id, spec = await up(bench)
        bench.ignore_power_button(id)
        shutdown = await bench.run(bench.driver.guest(id).ensure_shut_down(deadline=3))
        assert (shutdown.clean, shutdown.at_rest_at) == (False, None)
        assert await bench.driver.guest(id).observe() is GuestState.HALTED
        assert (await bench.run(bench.driver.guest(id).ensure_running(spec))).fresh

    async def test_shutting_down_an_absent_guest_does_nothing(self, bench: Bench) -> None:
        spec = await bench.spec()
        shutdown = await bench.run(bench.driver.guest(spec.id).ensure_shut_down(deadline=300))
        assert not shutdown.clean
        assert await bench.driver.guest(spec.id).observe() is GuestState.ABSENT

    async def test_ensure_off_shuts_down_and_ends_the_process(self, bench: Bench) -> None:
        id, _ = await up(bench)
        first = await bench.run(bench.driver.guest(id).ensure_off(deadline=300, skip_os_shutdown=False))
        assert first.clean
        assert await bench.driver.guest(id).observe() is GuestState.ABSENT
        second = await bench.run(bench.driver.guest(id).ensure_off(deadline=300, skip_os_shutdown=False))
        assert second.clean  # its process ended after a clean shutdown
        assert await bench.driver.guest(id).observe() is GuestState.ABSENT

    async def test_ensure_off_that_skips_the_shutdown_is_not_clean(self, bench: Bench) -> None:
        id, _ = await up(bench)
        shutdown = await bench.run(bench.driver.guest(id).ensure_off(deadline=300, skip_os_shutdown=True))
        assert not shutdown.clean
        assert await bench.driver.guest(id).observe() is GuestState.ABSENT

    async def test_ensure_off_of_a_guest_already_at_rest_is_clean(self, bench: Bench) -> None:
        id, _ = await up(bench)
        await bench.run(bench.driver.guest(id).ensure_shut_down(deadline=300))
        shutdown = await bench.run(bench.driver.guest(id).ensure_off(deadline=0, skip_os_shutdown=True))
        assert shutdown.clean

    async def test_ensure_off_ends_a_guest_that_ignores_it(self, bench: Bench) -> None:
        id, _ = await up(bench)
        bench.ignore_power_button(id)
        shutdown = await bench.run(bench.driver.guest(id).ensure_off(deadline=3, skip_os_shutdown=False))
        assert not shutdown.clean
        assert await bench.driver.guest(id).observe() is GuestState.ABSENT

    async def test_what_was_synced_is_on_the_disk_when_the_guest_is_off(self, bench: Bench) -> None:
        id, spec = await up(bench)
        await bench.write(id, "kept")
        await bench.run(bench.driver.guest(id).ensure_off(deadline=300, skip_os_shutdown=True))
        assert await bench.holds(spec.disks[0].layer, "kept")

    async def test_making_a_layer_again_leaves_what_it_holds(self, bench: Bench) -> None:
        id, spec = await up(bench)
        root = spec.disks[0].layer
        await bench.write(id, "kept")
        await bench.run(bench.driver.guest(id).ensure_off(deadline=300, skip_os_shutdown=False))
        await bench.driver.disks.ensure_empty(root, 8 * MIB)
        assert await bench.holds(root, "kept")
        above = await overlay(bench, spec.disks[0])
        on_top = replace(spec, disks=(replace(spec.disks[0], layer=above.new),))
        await bench.run(bench.driver.guest(id).ensure_running(on_top))
        await bench.event(EventKind.REACHABLE)
        await bench.write(id, "above")
        await bench.run(bench.driver.guest(id).ensure_off(deadline=300, skip_os_shutdown=False))
        await bench.driver.disks.ensure_overlay(above.new, above.old, 8 * MIB)
        assert [await bench.holds(above.new, text) for text in ("kept", "above")] == [True, True]

    async def test_after_a_cut_writes_go_to_the_new_layer_and_the_old_one_does_not_change(self, bench: Bench) -> None:
        id, spec = await up(bench)
        await bench.write(id, "before")
        cut = await overlay(bench, spec.disks[0])
        assert (await bench.run(bench.driver.guest(id).ensure_cut([cut]))).seconds >= 0
        await bench.write(id, "after")
        await bench.run(bench.driver.guest(id).ensure_off(deadline=300, skip_os_shutdown=False))
        assert [await bench.holds(cut.old, text) for text in ("before", "after")] == [True, False]
        assert [await bench.holds(cut.new, text) for text in ("before", "after")] == [True, True]

    async def test_ensure_cut_leaves_disks_alone_that_were_switched_already(self, bench: Bench) -> None:
        id, spec = await up(bench, data_volumes=1)
        root, data = [await overlay(bench, disk) for disk in spec.disks]
        await bench.run(bench.driver.guest(id).ensure_cut([root]))
        await bench.run(bench.driver.guest(id).ensure_cut([root, data]))
        await bench.run(bench.driver.guest(id).ensure_cut([root, data]))
        await bench.write(id, "after")
        await bench.run(bench.driver.guest(id).ensure_off(deadline=300, skip_os_shutdown=False))
        assert not await bench.holds(root.old, "after")
        assert await bench.holds(root.new, "after")

    async def test_a_cut_that_is_refused_switches_no_disk(self, bench: Bench) -> None:
        id, spec = await up(bench, data_volumes=1)
        root = await overlay(bench, spec.disks[0])
        impossible = Cut(spec.disks[1].layer, bench.layer())
        with pytest.raises(CutRefused):
            await bench.run(bench.driver.guest(id).ensure_cut([root, impossible]))
        await bench.write(id, "after")
        await bench.run(bench.driver.guest(id).ensure_off(deadline=300, skip_os_shutdown=False))
        assert await bench.holds(root.old, "after")

    async def test_a_guest_at_rest_can_be_cut_and_booted_again(self, bench: Bench) -> None:
        id, spec = await up(bench)
        await bench.run(bench.driver.guest(id).ensure_shut_down(deadline=300))
        cut = await overlay(bench, spec.disks[0])
        await bench.run(bench.driver.guest(id).ensure_cut([cut]))
        await bench.run(bench.driver.guest(id).ensure_running(spec))
        await bench.event(EventKind.REACHABLE)
        await bench.write(id, "after")
        await bench.run(bench.driver.guest(id).ensure_off(deadline=300, skip_os_shutdown=False))
        assert not await bench.holds(cut.old, "after")
        assert await bench.holds(cut.new, "after")

    async def test_on_an_absent_guest_there_is_nothing_to_cut(self, bench: Bench) -> None:
        spec = await bench.spec()
        cut = await overlay(bench, spec.disks[0])
        await bench.run(bench.driver.guest(spec.id).ensure_cut([cut]))
        assert await bench.driver.guest(spec.id).observe() is GuestState.ABSENT

    async def test_ensure_forwards_opens_exactly_what_was_asked_for(self, bench: Bench) -> None:
        one, _ = await up(bench)
        other, _ = await up(bench)
        first, second = bench.forward(), bench.forward()
        assert await bench.run(bench.driver.guest(one).ensure_forwards([first, second])) == {}
        assert await bench.run(bench.driver.guest(one).ensure_forwards([second])) == {}
        refused = await bench.run(bench.driver.guest(other).ensure_forwards([first, second]))
        assert list(refused) == [second]
        assert refused[second]

    async def test_forwards_end_with_the_process(self, bench: Bench) -> None:
        one, _ = await up(bench)
        other, _ = await up(bench)
        forward = bench.forward()
        await bench.run(bench.driver.guest(one).ensure_forwards([forward]))
        await bench.run(bench.driver.guest(one).ensure_off(deadline=300, skip_os_shutdown=True))
        assert await bench.run(bench.driver.guest(other).ensure_forwards([forward])) == {}

    async def test_a_guest_that_is_not_there_has_nothing_open_and_refuses_nothing(self, bench: Bench) -> None:
        spec = await bench.spec()
        assert await bench.run(bench.driver.guest(spec.id).ensure_forwards([bench.forward()])) == {}

    async def test_a_guest_has_the_network_interfaces_that_it_was_made_with(self, bench: Bench) -> None:
        spec, nics = _plugged(bench, await bench.spec(), 2)
        guest = bench.driver.guest(spec.id)
        assert await guest.nics() == ()
        await bench.run(guest.ensure_running(spec))
        assert await guest.nics() == nics
        await bench.run(guest.ensure_off(deadline=0, skip_os_shutdown=True))
        assert await guest.nics() == ()

    async def test_a_guest_in_a_network_of_its_own_has_one_interface_without_a_port(self, bench: Bench) -> None:
        id, spec = await up(bench)
        assert await bench.driver.guest(id).nics() == spec.nics
        assert spec.nic.port is None

    async def test_a_network_interface_that_is_attached_is_there_whoever_asks_again(self, bench: Bench) -> None:
        spec, (primary, further) = _plugged(bench, await bench.spec(), 2)
        guest = bench.driver.guest(spec.id)
        await bench.run(guest.ensure_nic_attached(further))
        assert await guest.nics() == (), "no guest, no interface"
        await bench.run(guest.ensure_running(replace(spec, nics=(primary,))))
        for _ in range(2):
            await bench.run(guest.ensure_nic_attached(further))
            assert await guest.nics() == (primary, further)

    async def test_a_network_interface_that_is_taken_away_may_come_again(self, bench: Bench) -> None:
        spec, (primary, further) = _plugged(bench, await bench.spec(), 2)
        guest = bench.driver.guest(spec.id)
        await bench.run(guest.ensure_nic_detached(further.mac, deadline=1, force=False))
        await bench.run(guest.ensure_running(spec))
        await bench.run(guest.ensure_shut_down(deadline=0))  # so that nothing is asked of it
        for _ in range(2):
            await bench.run(guest.ensure_nic_detached(further.mac, deadline=1, force=False))
            assert await guest.nics() == (primary,)
        await bench.run(guest.ensure_running(replace(spec, nics=(primary,))))
        await bench.run(guest.ensure_nic_attached(further))
        assert await guest.nics() == (primary, further)

    async def test_the_console_outlives_the_process(self, bench: Bench) -> None:
        id, _ = await up(bench)
        await bench.run(bench.driver.guest(id).ensure_off(deadline=300, skip_os_shutdown=False))
        console = await bench.driver.guest(id).console()
        assert b"Linux version" in console
        assert b"reboot: Power down" in console
        assert len(console) <= 64 << 10

    async def test_a_reader_of_the_console_follows_a_guest_from_its_first_boot_to_its_end(self, bench: Bench) -> None:
        id, spec = await up(bench)
        guest = bench.driver.guest(id)
        with await guest.follow_console() as reader, await guest.follow_console() as other:
            await bench.run(guest.ensure_off(deadline=300, skip_os_shutdown=False))
            await bench.run(guest.ensure_running(spec))
            await bench.event(EventKind.REACHABLE)
            await bench.run(guest.ensure_off(deadline=300, skip_os_shutdown=False))
            with await guest.follow_console() as late:  # of a guest that does not run
                await bench.run(guest.ensure_forgotten())
                heard = [await _all_of(one) for one in (reader, other, late)]
        assert heard[0].count(b"Linux version") == 2
        assert heard[0].count(b"reboot: Power down") == 2
        assert heard[1:] == [heard[0], heard[0]]

    async def test_readers_of_the_console_end_with_the_driver(self, bench: Bench) -> None:
        id, _ = await up(bench)
        with await bench.driver.guest(id).follow_console() as reader:
            await bench.driver.close()
            assert b"Linux version" in await _all_of(reader)

    async def test_nobody_reads_what_is_typed_to_a_guest_that_is_off(self, bench: Bench) -> None:
        spec = await bench.spec()
        with pytest.raises(GuestLost):
            await bench.driver.guest(spec.id).type_on_console(b"\r")

    async def test_nothing_is_left_of_a_forgotten_guest_but_its_disks(self, bench: Bench) -> None:
        id, spec = await up(bench)
        for _ in range(2):
            await bench.run(bench.driver.guest(id).ensure_forgotten())
            assert await bench.driver.guest(id).observe() is GuestState.ABSENT
            assert await bench.driver.guest(id).console() == b""
            assert spec.disks[0].layer in await bench.driver.disks.all_layers()

    async def test_a_boot_and_a_shutdown_are_told_in_their_order(self, bench: Bench) -> None:
        spec = await bench.spec()
        await bench.run(bench.driver.guest(spec.id).ensure_running(spec))
        events = [await bench.event(EventKind.KERNEL_STARTED), await bench.event(EventKind.REACHABLE)]
        await bench.run(bench.driver.guest(spec.id).ensure_shut_down(deadline=300))
        events.append(await bench.event(EventKind.SHUT_DOWN))
        assert {event.guest for event in events} == {spec.id}
        assert [event.at for event in events] == sorted(event.at for event in events)

    async def test_events_end_when_the_driver_is_closed(self, bench: Bench) -> None:
        await bench.driver.close()
        assert [event async for event in bench.driver.events()] == []

    async def test_making_and_deleting_a_layer_may_be_repeated(self, bench: Bench) -> None:
        disks, layer, above = bench.driver.disks, bench.layer(), bench.layer()
        before = await disks.all_layers()
        for _ in range(2):
            await disks.ensure_empty(layer, 8 * MIB)
        for _ in range(2):
            await disks.ensure_overlay(above, layer, 16 * MIB)
        assert await disks.all_layers() == before | {layer, above}
        for gone in (above, above, layer, layer):
            await disks.ensure_deleted(gone)
        assert await disks.all_layers() == before

    async def test_an_overlay_needs_the_layer_it_stands_on(self, bench: Bench) -> None:
        layer = bench.layer()
        with pytest.raises(DriverError):
            await bench.driver.disks.ensure_overlay(layer, bench.layer(), 8 * MIB)
        assert layer not in await bench.driver.disks.all_layers()

    @pytest.mark.parametrize("encrypted", [False, True])
    async def test_a_raw_file_is_imported_with_its_size(self, bench: Bench, tmp_path: Path, encrypted: bool) -> None:
        source, layer, progress = tmp_path / "disk.raw", bench.layer(), list[int]()
        source.write_bytes(bytes(MIB))
        facts = await bench.run(bench.driver.disks.inspect(source, "raw"))
        assert (facts.format, facts.virtual_bytes) == ("raw", MIB)
        for _ in range(2):
            importing = bench.driver.disks.ensure_imported(layer, source, "raw", progress.append, encrypted=encrypted)
            await bench.run(importing)
            assert progress[-1] == 100
        assert layer in await bench.driver.disks.all_layers()

    @pytest.mark.parametrize(
        ("format", "content"),
        [("raw", b""), ("raw", b"not a whole sector"), ("qcow2", bytes(MIB)), ("raw", None), ("vmdk", bytes(512))],
        ids=["an empty file", "half a sector", "not a qcow2", "no file", "another format"],
    )
    async def test_what_is_no_disk_is_refused(
        self, bench: Bench, tmp_path: Path, format: str, content: bytes | None
    ) -> None:
        source, layer = tmp_path / "disk", bench.layer()
        if content is not None:
            source.write_bytes(content)
        with pytest.raises(DiskRefused):
            await bench.run(bench.driver.disks.inspect(source, format))
        with pytest.raises(DiskRefused):
            await bench.run(bench.driver.disks.ensure_imported(layer, source, format, lambda _: None))
        assert layer not in await bench.driver.disks.all_layers()

    async def test_a_link_to_a_disk_is_not_followed(self, bench: Bench, tmp_path: Path) -> None:
        """It was, where the import was asked for. A task of an earlier version may still name a link."""
        source, link, layer = tmp_path / "disk.raw", tmp_path / "link.raw", bench.layer()
        source.write_bytes(bytes(MIB))
        link.symlink_to(source)
        with pytest.raises(LinkRefused):
            await bench.run(bench.driver.disks.inspect(link, "raw"))
        with pytest.raises(LinkRefused):
            await bench.run(bench.driver.disks.ensure_imported(layer, link, "raw", lambda _: None))
        assert layer not in await bench.driver.disks.all_layers()

    async def test_a_driver_says_what_it_is(self, bench: Bench) -> None:
        assert bench.driver.name
        assert bench.driver.describe()


async def _all_of(reader: ConsoleReader) -> bytes:
    """What a reader gets until its end."""
    heard = b""
    while (said := await reader.next()) is not None:
        heard += said.text
    return heard


def _plugged(bench: Bench, spec: GuestSpec, count: int) -> tuple[GuestSpec, tuple[GuestNic, ...]]:
    """The guest with so many network interfaces in the bench's network, and these."""
    nics = tuple(
        GuestNic(f"02:00:00:00:01:{number:02x}", IPv4Address("172.31.1.4") + number, bench.port())
        for number in range(count)
    )
    return replace(spec, nics=nics), nics
