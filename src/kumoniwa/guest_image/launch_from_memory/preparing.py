"""A machine is made ready to be saved in memory."""

import binascii
import json
import os
import signal
import struct
import subprocess
import time
from pathlib import Path

from . import whole_files
from .covers import COVERED, RUN, cover
from .guest_machine import DEVICES, JOURNAL, USER, WAITER, Machine
from .host_keys import hold_sshd
from .identity import FORMAT, Refused, identity_of
from .idleness import wait_until_idle
from .kernel import Kernel, Rehearsal

_STARTED = 280.0  # seconds that the rest of the system has to start; the host may have less patience

# Jobs that run until there is an identity: this program, sshd without its host keys, and who waits for a network.
_WAITING = {"launch-from-memory.service", "ssh.service", "systemd-networkd-wait-online.service"}

# What runs soon after a launch, and is not in memory yet.
_NEEDED_SOON = """
    etc/pam.d/* etc/security/* etc/ssh/* usr/lib/x86_64-linux-gnu/security/*.so usr/lib/x86_64-linux-gnu/libpam*.so.*
    usr/lib/x86_64-linux-gnu/libnss_*.so.* usr/sbin/sshd usr/lib/openssh/* usr/bin/bash usr/bin/dash usr/bin/run-parts
    usr/bin/uname usr/bin/env usr/bin/id usr/bin/cat usr/bin/ls usr/bin/sudo usr/libexec/sudo/* usr/bin/ssh-keygen
    usr/sbin/rsyslogd usr/lib/x86_64-linux-gnu/rsyslog/*.so usr/sbin/agetty usr/bin/curl usr/bin/ip usr/bin/sed
    usr/bin/mawk usr/bin/systemctl usr/bin/growpart usr/sbin/sfdisk usr/sbin/resize2fs usr/bin/lsblk usr/sbin/usermod
    usr/lib/systemd/systemd-journald usr/bin/journalctl usr/bin/rm usr/bin/cp usr/bin/mv usr/bin/sleep
    usr/bin/cloud-init
"""


def prepare(root: Path, kernel: Kernel) -> dict[str, int]:
    """Make the machine ready to be saved: all that can run does, nothing is to be done, and nothing is only its own.

    Gives who stands still, by unit. Raises `Refused`.
    """
    _wait_for_the_rest()
    cover(root, kernel)
    _load_what_is_needed_soon(root)
    _rehearse(root)
    for path in ("var/lib/systemd/random-seed", "var/log/wtmp", "var/log/btmp", "var/log/lastlog"):
        (root / path).unlink(missing_ok=True)
    run("udevadm", "settle", "--timeout=30")
    still = {unit: _process_of(unit) for unit in (DEVICES, WAITER, JOURNAL)}
    for pid in still.values():
        kernel.signal(pid, signal.SIGSTOP)
    os.sync()
    wait_until_idle(30)
    return still


def _wait_for_the_rest() -> None:
    """Until all jobs wait for this one, and are seen so twice."""
    deadline = time.monotonic() + _STARTED
    quiet = 0
    while quiet < 2:
        jobs = [line.split() for line in run("systemctl", "list-jobs", "--no-legend", "--plain").splitlines()]
        running = {job[1] for job in jobs if job[3:] == ["running"]}
        quiet = quiet + 1 if running <= _WAITING and "ssh.service" in running else 0
        if time.monotonic() > deadline:
            others = ", ".join(sorted(running - _WAITING)) or "sshd does not wait for its host keys"
            raise Refused(f"the system does not come to rest: {others}")
        time.sleep(0.5)


def _load_what_is_needed_soon(root: Path) -> None:
    for pattern in _NEEDED_SOON.split():
        for file in root.glob(pattern):
            if file.is_file():
                file.read_bytes()
    as_user = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--init-groups", "bash", "-lc", "true"]
    subprocess.run(as_user, check=False, capture_output=True, timeout=60)


def _rehearse(root: Path) -> None:
    """Take on an identity of nobody's in a folder that is removed again: what will run then has run."""
    stage = root / RUN / "rehearsal"
    for folder in ("etc/ssh", "sys/class/block", "proc/net", "run/systemd/journal", "var/log", f"home/{USER}"):
        (stage / folder).mkdir(parents=True)
    for path in COVERED:
        (stage / path).parent.mkdir(parents=True, exist_ok=True)
        (stage / path).write_bytes((root / path).read_bytes())
    cover(stage, Rehearsal())
    (stage / "proc/net/route").write_text("Iface Destination\nens2 00000000\n")
    (stage / "proc/net/tcp").write_text("sl local_address rem_address st\n0: 00000000:0016 00000000:0000 0A\n")
    line = json.dumps(
        {
            "format": FORMAT,
            "entropy": binascii.b2a_base64(bytes(512), newline=False).decode(),
            "time": 1.5,
            "instance_id": "i-0",
            "hostname": "localhost",
            "uuid": "00000000-0000-0000-0000-000000000000",
            "product": "-",
            "machine_id": 32 * "0",
            "host_keys": {"ed25519": _NOBODYS_KEY},
            "authorized_keys": ["ssh-ed25519 AAAA nobody"],
            "cloud_init_first": False,
        }
    )
    hold_sshd(stage)
    machine = Machine(stage, Rehearsal(), {DEVICES: 0, JOURNAL: 0, WAITER: 0})
    machine.take_on(identity_of(line.encode()))
    machine.let_in()
    machine.is_reachable()
    machine.finish()
    machine.has_its_journal()
    whole_files.remove(stage)


_NOBODYS_KEY = (  # of the format, and no key
    "-----BEGIN OPENSSH PRIVATE KEY-----\n"
    + binascii.b2a_base64(b"openssh-key-v1\0" + 3 * struct.pack(">I", 0) + struct.pack(">IIIc", 1, 5, 1, b"-")).decode()
    + "-----END OPENSSH PRIVATE KEY-----\n"
)


def _process_of(unit: str) -> int:
    pid = int(run("systemctl", "show", "--property=MainPID", "--value", unit))
    if pid == 0:
        raise Refused(f"{unit} does not run")
    return pid


def run(*command: str) -> str:
    """What a program says. Raises `subprocess.SubprocessError` where it fails."""
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
