"""Waits for an identity, and takes it on: launch-from-memory.service.

With `hold-sshd`: launch-host-keys.service; with `cloud-init-standby`: that one.
"""

import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path

from . import standby
from .guest_machine import Machine
from .host_keys import hold_sshd
from .identity import identity_of
from .idleness import wait_until, wait_until_idle
from .kernel import Kernel
from .port import Port, opened
from .preparing import prepare, run

_ONLINE = 10.0  # seconds until what comes after sshd does not wait for it any more
_UNDISTURBED = 10.0  # seconds for whom logs in first, and as long as the processor does not come to rest


def serve(port: Port, ready_to_be_saved: Callable[[], Machine]) -> None:
    """Have the machine saved, and become who the host says. What fails is told to the host, and raised."""
    try:
        machine = ready_to_be_saved()
        port.say("prepared")
        identity = identity_of(port.line())
        machine.take_on(identity)
        port.say("applied")
    except Exception as failure:
        port.fail(failure)
        raise
    if not machine.let_in():
        run("systemctl", "--no-block", "restart", "ssh.service")
    if not machine.cloud_init_comes_first:
        wait_until(machine.is_reachable, _ONLINE)
        os.nice(19)
        wait_until_idle(_UNDISTURBED)
    machine.finish()
    wait_until(machine.has_its_journal, _ONLINE)  # what reads it starts next


def _tell_systemd(state: str) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as way:
        way.sendto(state.encode(), os.environ["NOTIFY_SOCKET"])


def main() -> None:
    root = Path("/")
    if sys.argv[1:] == ["hold-sshd"]:
        hold_sshd(root)
        return
    if sys.argv[1:] == ["cloud-init-standby"]:
        standby.load()
        listening = standby.opened(root)
        _tell_systemd("READY=1")
        standby.serve(listening)
        return
    kernel = Kernel()
    serve(opened(), lambda: Machine(root, kernel, prepare(root, kernel)))
    os.sync()  # who the guest is outlives a power cut from here on
    _tell_systemd("READY=1")


if __name__ == "__main__":
    main()
