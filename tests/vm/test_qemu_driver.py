"""What the driver `qemu` promises beyond the contract: guests outlive servers, crashes, full disks, long paths."""

import asyncio
import json
import os
import re
import signal
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from qemu_bench import PLENTY, WITHIN, QemuBench, identity_of, machine_of, qemu
from waiting import eventually_async

from kumoniwa import run, sockets
from kumoniwa.hypervisor.driver import (
    Cut,
    DiskRefused,
    DriverError,
    EventKind,
    GuestState,
    HostExhausted,
    LayerId,
)
from kumoniwa.hypervisor.qemu.guest import translations
from kumoniwa.hypervisor.qemu.guest.process import record
from kumoniwa.hypervisor.qemu.guest.process.command_line import ENVIRONMENT
from kumoniwa.hypervisor.qemu.guest.process.host_process import find_in, identify
from kumoniwa.hypervisor.qemu.guest.qemu_guest import QemuGuest

pytestmark = [pytest.mark.anyio, pytest.mark.vm]


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[QemuBench]:
    folder = tmp_path / ("long" * 30)  # longer than the address of a socket may be
    folder.mkdir()
    async with qemu(folder) as bench:
        yield bench


async def test_a_new_server_finds_a_running_guest_and_hears_it(bench: QemuBench) -> None:
    guest, spec = await bench.up()
    process = identity_of(bench, guest)
    found = (await bench.successor()).guest(spec.id)
    assert await found.observe() is GuestState.RUNNING
    assert identity_of(bench, found) == process
    await bench.press(spec.id, "3", answered=False)
    assert (await bench.event(EventKind.SHUT_DOWN)).guest == spec.id


async def test_a_new_server_tells_a_guest_that_shut_down_from_one_that_was_cut_off(bench: QemuBench) -> None:
    polite, _ = await bench.up()
    stubborn, _ = await bench.up()
    bench.ignore_power_button(stubborn.id)
    await bench.run(polite.ensure_shut_down(deadline=WITHIN))
    await bench.run(stubborn.ensure_shut_down(deadline=0.5))
    driver = await bench.successor()
    assert await driver.guest(polite.id).observe() is GuestState.SHUT_DOWN
    assert await driver.guest(stubborn.id).observe() is GuestState.HALTED
    shutdown = await bench.run(driver.guest(polite.id).ensure_shut_down(deadline=WITHIN))
    assert (shutdown.clean, shutdown.at_rest_at) == (True, None)  # clean, but nobody saw when


async def test_a_guest_whose_process_was_not_noted_any_more_is_found_by_its_folder(bench: QemuBench) -> None:
    guest, spec = await bench.up()
    folder, process = bench.data_dir / "guests" / spec.id, identity_of(bench, guest)
    record.write(folder, record.GuestRecord(spec, None))
    assert await (await bench.successor()).guest(spec.id).observe() is GuestState.RUNNING
    assert identity_of(bench, guest) == process


async def test_the_death_of_a_guests_process_is_told_and_leaves_no_zombie(bench: QemuBench) -> None:
    guest, spec = await bench.up()
    process = identity_of(bench, guest)
    os.kill(process.pid, signal.SIGKILL)
    died = await bench.event(EventKind.DIED)
    assert (died.guest, died.detail) == (spec.id, "QEMU ended with status -9")
    assert await guest.observe() is GuestState.ABSENT
    with pytest.raises(ProcessLookupError):
        os.kill(process.pid, 0)
    assert (await bench.run(guest.ensure_running(spec))).fresh


async def test_a_guest_that_reboots_itself_goes_on_running_and_tells_it_once(bench: QemuBench) -> None:
    guest, spec = await bench.up()
    await bench.press(spec.id, "2", answered=False)
    assert (await bench.event(EventKind.RESET)).guest == spec.id
    await bench.event(EventKind.KERNEL_STARTED)  # any further reset of the firmware's came before this line
    assert await guest.observe() is GuestState.RUNNING
    await bench.run(guest.ensure_shut_down(deadline=WITHIN))
    assert (await bench.event_of({EventKind.RESET, EventKind.SHUT_DOWN})).kind is EventKind.SHUT_DOWN


async def test_a_button_pressed_before_the_guest_listens_is_pressed_again(bench: QemuBench) -> None:
    spec = await bench.spec()
    guest = bench.driver.guest(spec.id)
    await bench.run(guest.ensure_running(spec))
    shutdown = await bench.run(guest.ensure_shut_down(deadline=WITHIN))  # the firmware is still at work
    assert shutdown.clean


async def test_a_guest_that_is_reset_begins_anew_without_the_translations_of_the_boot_before(bench: QemuBench) -> None:
    guest, spec = await bench.up()
    await bench.run(guest.ensure_shut_down(deadline=WITHIN))
    flushed = await flushes(guest)
    assert (await bench.run(guest.ensure_running(spec))).fresh
    assert await flushes(guest) > flushed
    assert (await bench.event_of({EventKind.KERNEL_STARTED, EventKind.RESET})).kind is EventKind.KERNEL_STARTED
    await bench.write(spec.id, "after")  # it goes on, and nothing stops it
    assert await guest.observe() is GuestState.RUNNING
    assert await debugger_channels(guest) == []


async def test_a_guest_boots_all_the_same_when_its_translations_cannot_be_dropped(
    bench: QemuBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    guest, spec = await bench.up()
    await bench.run(guest.ensure_shut_down(deadline=WITHIN))
    monkeypatch.setattr(translations, "_STEP", b"+")  # which asks for nothing: no answer comes
    monkeypatch.setattr(translations, "_STEP_WITHIN", 0.1)
    assert (await bench.run(guest.ensure_running(spec))).fresh
    await bench.event(EventKind.KERNEL_STARTED)
    await bench.write(spec.id, "after")
    assert await debugger_channels(guest) == []


@pytest.mark.parametrize("stepped", [False, True])
async def test_a_debugger_interface_left_by_a_server_that_was_killed_is_deaf_and_removed(
    bench: QemuBench, *, stepped: bool
) -> None:
    guest, spec = await bench.up()
    bench.ignore_power_button(spec.id)
    await bench.run(guest.ensure_shut_down(deadline=0.5))
    machine = machine_of(guest)
    await machine.execute("system_reset")
    ours, theirs = socket.socketpair()
    with ours, theirs:
        await translations._attach(machine, theirs)
        assert await debugger_channels(guest) == [translations.CHANNEL]
        if stepped:
            await bench.run(translations._step(ours))
    found = (await bench.successor()).guest(spec.id)
    assert await found.observe() is GuestState.HALTED
    assert (await bench.run(found.ensure_running(spec))).fresh
    await bench.event(EventKind.KERNEL_STARTED)
    await bench.write(spec.id, "after")
    assert await debugger_channels(found) == []


async def test_a_layer_that_was_cut_can_be_used_by_another_guest_at_once(bench: QemuBench) -> None:
    guest, spec = await bench.up()
    await bench.write(spec.id, "before")
    old = spec.disks[0].layer
    cut = Cut(old, bench.layer())
    await bench.driver.disks.ensure_overlay(cut.new, cut.old, 8 << 20)
    await bench.run(guest.ensure_cut([cut]))
    layer = bench.data_dir / "layers" / f"{old}.qcow2"
    await run.run(["qemu-img", "check", "-q", "-f", "qcow2", str(layer)], timeout=WITHIN)  # no lock, no damage
    assert await bench.holds(old, "before")


async def test_an_overlay_left_open_by_a_server_that_died_before_the_switch_is_switched_to(bench: QemuBench) -> None:
    guest, spec = await bench.up()
    cut = Cut(spec.disks[0].layer, bench.layer())
    await bench.driver.disks.ensure_overlay(cut.new, cut.old, 8 << 20)
    file = {"driver": "file", "filename": f"../../layers/{cut.new}.qcow2"}
    await machine_of(guest).execute("blockdev-add", driver="qcow2", node_name=cut.new, backing=None, file=file)
    found = (await bench.successor()).guest(spec.id)
    assert (await bench.run(found.ensure_cut([cut]))).seconds > 0
    await bench.write(spec.id, "after")
    await bench.run(found.ensure_off(deadline=WITHIN, skip_os_shutdown=False))
    assert await bench.holds(cut.new, "after")
    assert not await bench.holds(cut.old, "after")


async def test_guests_pause_before_the_hosts_disk_is_full_and_go_on_by_themselves(bench: QemuBench) -> None:
    guest, spec = await bench.up()
    bench.free = 0
    await bench.event(EventKind.OUT_OF_SPACE)
    assert await guest.observe() is GuestState.HALTED
    with pytest.raises(HostExhausted):
        await bench.run(guest.ensure_running(spec))
    found = (await bench.successor()).guest(spec.id)  # the new server knows why it stands still
    bench.free = PLENTY
    await bench.event(EventKind.RESUMED)
    assert await found.observe() is GuestState.RUNNING
    await bench.write(spec.id, "after")


async def test_a_port_of_udp_is_really_open_and_one_of_tcp_is_not_where_the_guest_is_deaf(bench: QemuBench) -> None:
    guest, _ = await bench.up()
    udp = bench.forward()
    tcp = replace(udp, protocol="tcp")
    address = str(udp.host_address), udp.host_port
    assert await bench.run(guest.ensure_forwards([udp, tcp])) == {}
    assert sockets.why_not("udp", udp.host_address, udp.host_port) == "another program listens there"

    async def is_silent() -> bool | None:
        try:
            async with asyncio.timeout(0.5):
                await asyncio.open_connection(*address)
        except TimeoutError:
            return True
        except ConnectionRefusedError:  # a busy host takes a moment to have it so
            return None
        return None

    assert await eventually_async(is_silent, within=20), "it was never heard: it is not there yet"
    assert await bench.run(guest.ensure_forwards([])) == {}
    assert sockets.why_not("udp", udp.host_address, udp.host_port) is None


async def test_a_guest_whose_disk_is_torn_is_not_started(bench: QemuBench) -> None:
    spec = await bench.spec()
    (bench.data_dir / "layers" / f"{spec.disks[0].layer}.qcow2").write_bytes(b"not a disk")
    with pytest.raises(DriverError, match=r"layer\d+\.qcow2 is torn"):
        await bench.run(bench.driver.guest(spec.id).ensure_running(spec))
    assert find_in(bench.data_dir / "guests" / spec.id, "/usr/bin/qemu-system-x86_64") is None


async def test_a_killed_server_leaves_its_guests(bench: QemuBench) -> None:
    guest, _ = await bench.up()
    process = identity_of(bench, guest)
    await bench.driver.close()
    assert identify(process.pid) == process
    assert os.getsid(process.pid) == process.pid  # a session of its own: no signal to the server's reaches it


async def test_a_guest_gets_nothing_of_the_servers_environment_but_what_is_named(
    bench: QemuBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OF_THE_SERVER", "secret")
    guest, _ = await bench.up()
    given = _environment_of(identity_of(bench, guest).pid)
    assert given.keys() == {"PATH", "LC_ALL", "TZ", *ENVIRONMENT}
    assert given | ENVIRONMENT == given


def _environment_of(pid: int) -> dict[str, str]:
    told = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")[:-1]
    return dict(each.split("=", 1) for each in told)


async def test_an_imported_disk_is_whole_by_itself(bench: QemuBench, tmp_path: Path) -> None:
    base, overlay, secret = tmp_path / "base.qcow2", tmp_path / "overlay.qcow2", tmp_path / "reads-a-file.qcow2"
    for argv in (
        ["create", "-q", "-f", "qcow2", str(base), "1M"],
        ["create", "-q", "-f", "qcow2", "-b", str(base), "-F", "qcow2", str(overlay)],
        ["create", "-q", "-f", "qcow2", "-o", f"data_file={tmp_path / 'data.raw'}", str(secret), "1M"],
    ):
        await run.run(["qemu-img", *argv], timeout=WITHIN)
    assert (await bench.driver.disks.inspect(base, "qcow2")).virtual_bytes == 1 << 20
    for source, why in ((overlay, "backing file"), (secret, "another file")):
        with pytest.raises(DiskRefused, match=why):
            await bench.driver.disks.inspect(source, "qcow2")
    with pytest.raises(DiskRefused, match="a qcow2 file, not a raw disk"):
        await bench.driver.disks.inspect(base, "raw")


async def test_a_layer_says_its_formats_so_that_none_is_ever_guessed(bench: QemuBench) -> None:
    base, above = LayerId("base"), LayerId("above")
    await bench.driver.disks.ensure_empty(base, 1 << 20)
    await bench.driver.disks.ensure_overlay(above, base, 2 << 20)
    path = str(bench.data_dir / "layers" / f"{above}.qcow2")
    info = json.loads(await run.run(["qemu-img", "info", "--output=json", "-f", "qcow2", path], timeout=WITHIN))
    assert (info["backing-filename"], info["backing-filename-format"]) == ("base.qcow2", "qcow2")
    assert (info["virtual-size"], info["format-specific"]["data"]["extended-l2"]) == (2 << 20, False)


async def flushes(guest: QemuGuest) -> int:
    """How often QEMU has dropped its translations."""
    told = re.search(r"TB flush count +(\d+)", await machine_of(guest).human("info jit"))
    assert told is not None
    return int(told[1])


async def debugger_channels(guest: QemuGuest) -> list[str]:
    """What a debugger of the guest could be connected to."""
    known = {"monitor", "console", "agent"}
    return [
        device["label"].text()
        for device in (await machine_of(guest).execute("query-chardev")).each()
        if device["label"].text() not in known and device["filename"].text() != "gdb"  # QEMU's, connected to nothing
    ]
