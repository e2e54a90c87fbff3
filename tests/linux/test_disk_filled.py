"""A guest fills the host's disk, really: the data folder lies on a small file system of its own."""

import os

import pytest
from debian_guest import status_of, until
from shared_guest import MADE, ROOM, SharedGuest
from small_disk import MIB

from kumoniwa.hypervisor.qemu.host.disk_space import FLOOR, free_bytes

pytestmark = [
    pytest.mark.linux,
    pytest.mark.timeout(1200),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a file system"),
]

_PIECE, _PIECE_MIB, _PIECES = "/dev/shm/piece", 16, 12
_WRITTEN = f"{MADE}/written"
_BEFORE_IT_IS_FULL = 32  # MiB


@pytest.mark.some_of("tests of the shared guest", 2)
def test_a_guest_that_fills_the_hosts_disk_pauses_and_goes_on_and_loses_nothing(shared_guest: SharedGuest) -> None:
    cloud, login, disk = shared_guest.cloud, shared_guest.login, shared_guest.disk
    assert disk is not None
    boots = len(shared_guest.boots())
    volume_id = shared_guest.attach("/dev/sdf")
    device = login.device(volume_id)
    disk.leave(FLOOR // MIB + _BEFORE_IT_IS_FULL)
    login.run(f"mkfifo {_WRITTEN}")
    write = _in_pieces(f"dd if={_PIECE} of={device} bs=1M seek=$at oflag=direct conv=notrunc")
    login.run(f"sudo setsid sh -c '{write} echo all > {_WRITTEN}' >/dev/null 2>&1 </dev/null &")
    shared_guest.server.wait_for(lambda line: line.get("kind") == "out-of-space", 300)
    until(lambda: status_of(cloud, shared_guest.instance_id), "Status", "impaired", 60)
    free = free_bytes(disk.path)
    assert 0 < free < FLOOR, "it paused before there was nothing left"
    assert free > FLOOR - (_PIECES * _PIECE_MIB - _BEFORE_IT_IS_FULL) * MIB, "it paused in the middle of writing"
    disk.resize(ROOM)
    shared_guest.server.wait_for(lambda line: line.get("kind") == "resumed", 60)
    assert login.run(f"timeout 240 cat {_WRITTEN}") == "all"
    compare = _in_pieces(f"cmp -n {_PIECE_MIB}M -i $((at << 20)):0 {device} {_PIECE} || exit 1")
    assert login.run(f"sudo sh -c '{compare} rm {_PIECE}; echo same'") == "same"
    assert len(shared_guest.boots()) == boots, "it went on where it stood"


def _in_pieces(command: str) -> str:
    """A script that runs the command for each piece of what is written: `at` is where it begins, in MiB."""
    make = f"yes kumoniwa-$at | head -c {_PIECE_MIB}M > {_PIECE};"
    return f"for at in $(seq 0 {_PIECE_MIB} {_PIECES * _PIECE_MIB - 1}); do {make} {command}; done;"
