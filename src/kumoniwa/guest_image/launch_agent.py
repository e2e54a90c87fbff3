#!/usr/bin/python3
"""The guest's side of a launch from memory. A program of the image: it runs inside the guest, on its Python alone.

It is started at a boot whose machine is to be saved (`launch_files.py`). When all has started that can start without
an identity, it makes the machine ready to be saved, says `prepared` to the host, and reads. What it reads comes later:
each guest that is launched from the saved memory goes on right here, and is told who it is, in a line of JSON. It takes
that identity on, says `applied`, and lets sshd and the rest go on. Whatever goes wrong, the host is told `failed`.

All it needs is loaded, and was run once, before the memory is saved: nothing is imported afterwards.
"""

import binascii
import contextlib
import ctypes
import fcntl
import json
import os
import pwd
import re
import signal
import socket
import struct
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

PORT = Path("/dev/virtio-ports/kumoniwa.launch.0")
USER = "admin"
"""Whom the image logs in, and EC2's key is for."""
FORMAT = 1
LONGEST_LINE = 1024 * 1024  # bytes
RUN = "run/launch-from-memory"
"""Notes for this boot, below the root."""

_HOST_KEY_KINDS = ("ed25519", "ecdsa", "rsa")
_STARTED = 280.0  # seconds that the rest of the system has to start; the host may have less patience
_SILENT = 60.0  # seconds that nobody may be at the port's other end
_ONLINE = 10.0  # seconds until what comes after sshd does not wait for it any more
_UNDISTURBED = 10.0  # seconds for whom logs in first, and as long as the processor does not come to rest

# Jobs that run until there is an identity: this program, sshd without its host keys, and who waits for a network.
_WAITING = {"launch-from-memory.service", "ssh.service", "systemd-networkd-wait-online.service"}

# They stand still while the machine is saved. udev until there is entropy: nothing is made of a network interface
# before. The journal and who waits for a network until somebody could log in: they would have to share the processor,
# and what is sent to the journal meanwhile waits for it.
_DEVICES = "systemd-udevd.service"
_JOURNAL = "systemd-journald.service"
_ONLINE_NOW = "systemd-networkd-wait-online.service"

# Files of the kernel's that say who this machine is. They are covered by files of ours before the machine is saved,
# so that a launch has to write them only: systemd looks at all mounts again for each that comes.
_HARDWARE = "sys/class/dmi/id"
_BOOT = "proc/sys/kernel/random/boot_id"
_COVERED = (
    *(f"{_HARDWARE}/{name}" for name in ("product_name", "product_uuid", "product_serial")),
    *(f"{_HARDWARE}/{name}" for name in ("board_asset_tag", "chassis_asset_tag")),
    _BOOT,
)

# What runs soon after a launch, and is not in memory yet.
_NEEDED_SOON = """
    etc/pam.d/* etc/security/* etc/ssh/* usr/lib/x86_64-linux-gnu/security/*.so usr/lib/x86_64-linux-gnu/libpam*.so.*
    usr/lib/x86_64-linux-gnu/libnss_*.so.* usr/sbin/sshd usr/lib/openssh/* usr/bin/bash usr/bin/dash usr/bin/run-parts
    usr/bin/uname usr/bin/env usr/bin/id usr/bin/cat usr/bin/ls usr/bin/sudo usr/libexec/sudo/* usr/bin/ssh-keygen
    usr/sbin/rsyslogd usr/lib/x86_64-linux-gnu/rsyslog/*.so usr/sbin/agetty usr/bin/curl usr/bin/ip usr/bin/sed
    usr/bin/mawk usr/bin/systemctl usr/bin/growpart usr/sbin/sfdisk usr/sbin/resize2fs usr/bin/lsblk usr/sbin/usermod
    usr/lib/systemd/systemd-journald usr/bin/journalctl usr/bin/rm usr/bin/cp usr/bin/mv usr/bin/sleep
"""
_CLOUD_INIT_MODULES = """
import importlib, pkgutil
import cloudinit.cmd.main, cloudinit.config, cloudinit.distros.debian, cloudinit.sources.DataSourceEc2
for module in pkgutil.iter_modules(cloudinit.config.__path__):
    importlib.import_module("cloudinit.config." + module.name)
"""


class Refused(Exception):
    """What the host sent cannot be this guest's identity, or the machine cannot be saved: the text says why."""


@dataclass(frozen=True)
class Identity:
    """Who this guest is to be, as the host says it."""

    entropy: bytes
    time: float
    """Seconds since 1970."""
    instance_id: str
    hostname: str
    uuid: str
    product: str
    asset_tag: str
    machine_id: str
    host_keys: Mapping[str, str]
    authorized_keys: tuple[str, ...]
    cloud_init_first: bool


def identity_of(line: bytes) -> Identity:
    """The identity that a line of the host's gives. Raises `Refused`."""
    try:
        said = json.loads(line)
    except ValueError as malformed:
        raise Refused("the host's line is not JSON") from malformed
    if not isinstance(said, dict) or said.get("format") != FORMAT:
        raise Refused(f"the host's line is not of format {FORMAT}")
    moment = said.get("time")
    if isinstance(moment, bool) or not isinstance(moment, int | float) or not 0 < moment < 2**33:
        raise Refused("the host's line has no time")
    if not isinstance(said.get("cloud_init_first"), bool):
        raise Refused("the host's line does not say whether cloud-init comes first")
    instance_id = _text(said, "instance_id", r"[A-Za-z0-9-]{1,64}")
    return Identity(
        entropy=_entropy(said),
        time=float(moment),
        instance_id=instance_id,
        hostname=_text(said, "hostname", r"[A-Za-z0-9]([A-Za-z0-9.-]{0,62}[A-Za-z0-9])?"),
        uuid=_text(said, "uuid", r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}").lower(),
        product=_text(said, "product", r"[\x20-\x7e]{1,64}"),
        asset_tag=_text({"asset_tag": instance_id} | said, "asset_tag", r"[\x20-\x7e]{1,64}"),
        machine_id=_text(said, "machine_id", r"[0-9a-f]{32}"),
        host_keys=_host_keys(said),
        authorized_keys=_authorized_keys(said),
        cloud_init_first=said["cloud_init_first"],
    )


def _text(said: Mapping[str, object], name: str, pattern: str) -> str:
    value = said.get(name)
    if not isinstance(value, str) or not re.fullmatch(pattern, value):
        raise Refused(f"the host's line has no usable {name}")
    return value


def _entropy(said: Mapping[str, object]) -> bytes:
    try:
        entropy = binascii.a2b_base64(_text(said, "entropy", "[A-Za-z0-9+/]+=*"))
    except binascii.Error as malformed:
        raise Refused("the host's entropy is not base64") from malformed
    if len(entropy) < 32:
        raise Refused("the host's line has too little entropy")
    return entropy


def _host_keys(said: Mapping[str, object]) -> dict[str, str]:
    keys = said.get("host_keys")
    if not isinstance(keys, dict) or not keys:
        raise Refused("the host's line has no host keys")
    for kind, key in keys.items():
        if kind not in _HOST_KEY_KINDS or not isinstance(key, str):
            raise Refused("the host's line has a host key of an unknown kind")
        public_part(key)
    return {kind: key.rstrip("\n") + "\n" for kind, key in keys.items()}


def _authorized_keys(said: Mapping[str, object]) -> tuple[str, ...]:
    keys = said.get("authorized_keys")
    if not isinstance(keys, list) or not all(isinstance(key, str) and key.isprintable() and key for key in keys):
        raise Refused("the host's authorized keys are not a list of lines")
    return tuple(keys)


def public_part(private_key: str) -> str:
    """What `ssh-keygen -y` would print of a private key in OpenSSH's format without a passphrase. Raises `Refused`."""
    match = re.search("-----BEGIN ([A-Z ]+)-----\n(.+?)-----END", private_key, re.DOTALL)
    try:
        if match is None or match[1] != "OPENSSH PRIVATE KEY":
            raise ValueError("no such block")
        content = binascii.a2b_base64(match[2])
        magic = b"openssh-key-v1\0"
        if not content.startswith(magic):
            raise ValueError("no such magic")
        at = len(magic)
        for _ in ("cipher", "key derivation", "its options"):
            _, at = _string(content, at)
        key, _ = _string(content, at + 4)  # after how many keys there are: one
        kind, _ = _string(key, 0)
        return f"{kind.decode('ascii')} {binascii.b2a_base64(key, newline=False).decode()}"
    except (ValueError, struct.error) as malformed:
        raise Refused("a host key is not in OpenSSH's format") from malformed


def _string(content: bytes, at: int) -> tuple[bytes, int]:
    """A string with its length before it, and where it ends."""
    (length,) = struct.unpack_from(">I", content, at)
    end = at + 4 + length
    if end > len(content):
        raise ValueError("it ends too early")
    return content[at + 4 : end], end


class Kernel:
    """What is asked of the kernel; a rehearsal and tests have one that does nothing of it."""

    _RNDADDENTROPY = 0x40085203
    _RNDRESEEDCRNG = 0x5207
    _MS_BIND = 4096

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)

    def add_entropy(self, entropy: bytes) -> None:
        """Its random numbers are others from here on."""
        with Path("/dev/urandom").open("wb", buffering=0) as device:
            counted = struct.pack("ii", len(entropy) * 8, len(entropy)) + entropy
            fcntl.ioctl(device, self._RNDADDENTROPY, counted)
            fcntl.ioctl(device, self._RNDRESEEDCRNG)

    def set_clock(self, seconds: float) -> None:
        """It is that time now."""
        time.clock_settime(time.CLOCK_REALTIME, seconds)

    def set_hostname(self, name: str) -> None:
        """The guest's name is that."""
        socket.sethostname(name)

    def show(self, file: Path, at: Path) -> None:
        """Who reads `at` reads `file` from here on (a bind mount)."""
        if self._libc.mount(bytes(file), bytes(at), None, self._MS_BIND, None) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(at))

    def signal(self, pid: int, number: signal.Signals) -> None:
        """Send a signal to a process."""
        os.kill(pid, number)


class Rehearsal(Kernel):
    """Does nothing: by it all is run once before the memory is saved."""

    def __init__(self) -> None:
        pass

    def add_entropy(self, entropy: bytes) -> None: ...

    def set_clock(self, seconds: float) -> None: ...

    def set_hostname(self, name: str) -> None: ...

    def show(self, file: Path, at: Path) -> None: ...

    def signal(self, pid: int, number: signal.Signals) -> None: ...


class Machine:
    """This guest: its files below `root`, its kernel, and who of it stands still (a process by its unit)."""

    def __init__(self, root: Path, kernel: Kernel, still: Mapping[str, int]) -> None:
        self._root = root
        self._kernel = kernel
        self._still = still
        self._sshd: dict[str, int] = {}
        self.cloud_init_comes_first = False
        """Whether nobody is let in before cloud-init has read the user data."""
        self._machine_id = ""

    def take_on(self, identity: Identity) -> None:
        """Afterwards the guest is who it is to be, and its devices go on; sshd and the journal stand still yet."""
        self.cloud_init_comes_first = identity.cloud_init_first and (self._root / "run/cloud-init/enabled").exists()
        self._kernel.add_entropy(identity.entropy)  # first: all below draws on it
        self._kernel.set_clock(identity.time)
        self._kernel.set_hostname(identity.hostname)
        self._go_on(_DEVICES)
        self._write("etc/hostname", identity.hostname + "\n")
        self._machine_id = identity.machine_id
        self._write("etc/machine-id", identity.machine_id + "\n", mode=0o444)
        self._write_bytes("var/lib/systemd/random-seed", os.urandom(512), mode=0o600)
        self._write_covers(identity)
        self._write_host_keys(identity)
        self._authorize(identity.authorized_keys)
        self._tell_cloud_init(identity)

    def let_in(self) -> bool:
        """sshd goes on with the host keys. False: it did not wait for them, and has to be started.

        Where cloud-init comes first, it is started anew after that (ssh-after-cloud-init.service).
        """
        if self.cloud_init_comes_first:
            return True
        waited = bool(self._sshd)
        for kind, pipe in self._sshd.items():
            try:
                os.write(pipe, (self._root / _host_key(kind)).read_bytes())
            except BrokenPipeError:
                waited = False  # it has ended meanwhile
            os.close(pipe)
        return waited

    def is_reachable(self) -> bool:
        """Whether it has a way out, and sshd listens."""
        routes = (self._root / "proc/net/route").read_text().splitlines()
        online = any(line.split()[1:2] == ["00000000"] for line in routes)
        return online and self._sshd_listens()

    def finish(self) -> None:
        """What is left: the journal goes on under the guest's own name, disks are named anew, the boot is now."""
        self._go_on(_ONLINE_NOW)
        remove(self._root / "run/log/journal")
        (self._root / "run/systemd/journald.conf.d/prepare-launch.conf").unlink(missing_ok=True)
        (self._root / "run/systemd/journal/flushed").touch()  # to disk at once
        # systemd starts it again, and hands it all that was sent to it meanwhile.
        self._kernel.signal(self._still[_JOURNAL], signal.SIGKILL)
        for disk in sorted((self._root / "sys/class/block").glob("vd*")):
            (disk / "uevent").write_text("change")
        self._begin_logins()

    def has_its_journal(self) -> bool:
        """Whether the journal is written under the guest's own name."""
        return (self._root / "var/log/journal" / self._machine_id / "system.journal").exists()

    def _go_on(self, unit: str) -> None:
        self._kernel.signal(self._still[unit], signal.SIGCONT)

    def _write_covers(self, identity: Identity) -> None:
        """What the machine is called, in the place of what the saved one was. A reboot shows the same by itself."""
        for name, value in (
            ("product_name", identity.product),
            ("product_uuid", identity.uuid),
            ("product_serial", identity.uuid),
            ("board_asset_tag", identity.asset_tag),
            ("chassis_asset_tag", "Amazon EC2"),
        ):
            self._cover(f"{_HARDWARE}/{name}", value)
        # Whoever asks which boot this is gets another answer in each guest. The kernel's own stays the saved machine's.
        self._cover(_BOOT, str(uuid.UUID(bytes=os.urandom(16), version=4)))

    def _cover(self, path: str, value: str) -> None:
        with _cover_of(self._root, path).open("r+") as cover:
            cover.write(value + "\n")
            cover.truncate()

    def _write_host_keys(self, identity: Identity) -> None:
        if not self.cloud_init_comes_first:
            self._sshd = {kind: pipe for kind in identity.host_keys if (pipe := self._waiting_at(kind)) is not None}
        for kind in _HOST_KEY_KINDS:
            path = _host_key(kind)
            if kind in identity.host_keys:
                key = identity.host_keys[kind]
                self._write(f"{path}.pub", f"{public_part(key)} root@{identity.hostname}\n")
                self._write(path, key, mode=0o600)
            else:
                (self._root / path).unlink(missing_ok=True)

    def _waiting_at(self, kind: str) -> int | None:
        """The pipe at whose other end sshd waits for this key; None where it does not."""
        try:
            return os.open(self._root / _host_key(kind), os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            return None  # nobody reads there, or it is no pipe

    def _authorize(self, keys: Iterable[str]) -> None:
        """The user's keys, beside those that the image has. cloud-init finds them there, and writes none twice."""
        try:
            user = pwd.getpwnam(USER)
        except KeyError:
            return  # cloud-init will make the user
        file = self._root / user.pw_dir.lstrip("/") / ".ssh/authorized_keys"
        lines = file.read_text().splitlines() if file.exists() else []
        lines += [key for key in dict.fromkeys(keys) if key not in lines]
        for folder in (file.parent.parent, file.parent):
            if not folder.exists():
                folder.mkdir(mode=0o700)
                os.chown(folder, user.pw_uid, user.pw_gid)
        self._write(str(file.relative_to(self._root)), "".join(f"{line}\n" for line in lines), mode=0o600)
        os.chown(file, user.pw_uid, user.pw_gid)

    def _tell_cloud_init(self, identity: Identity) -> None:
        """Whose host keys these are (the generator of cloud-init goes by that at every boot), and that they stay."""
        self._write("var/lib/cloud/data/keys-made-for", identity.uuid + "\n")
        self._write("run/cloud-init/cloud.cfg", "ssh_deletekeys: false\n")
        if self.cloud_init_comes_first:
            self._write(f"{RUN}/cloud-init-first", "")

    def _sshd_listens(self) -> bool:
        for table in ("proc/net/tcp", "proc/net/tcp6"):
            for line in (self._root / table).read_text().splitlines():
                words = line.split()
                if len(words) > 3 and words[1].endswith(":0016") and words[3] == "0A":
                    return True
        return False

    def _begin_logins(self) -> None:
        """The records of who is and was logged in begin with this guest, now."""
        record = struct.Struct("=hxxi32s4s32s256shhiii36x")
        utmp = self._root / "run/utmp"
        now = int(time.clock_gettime(time.CLOCK_REALTIME))
        begun = b""
        for *fields, _, _ in record.iter_unpack(utmp.read_bytes() if utmp.exists() else b""):
            begun += record.pack(*fields, now, 0)
        if begun:
            utmp.write_bytes(begun)
        self._write_bytes("var/log/wtmp", begun, mode=0o664)

    def _write(self, path: str, text: str, *, mode: int = 0o644) -> None:
        self._write_bytes(path, text.encode(), mode=mode)

    def _write_bytes(self, path: str, content: bytes, *, mode: int) -> None:
        """The file is whole under its name, or as it was."""
        file = self._root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        new = file.with_name(f"{file.name}.new")
        new.unlink(missing_ok=True)
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        with os.fdopen(descriptor, "wb") as written:
            written.write(content)
            os.fchmod(written.fileno(), mode)
        new.rename(file)


class Port:
    """The way to the host: lines of JSON."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def say(self, state: str, **more: str) -> None:
        """Tell the host; waits until it is there."""
        line = json.dumps({"format": FORMAT, "state": state} | more, separators=(",", ":")) + "\n"
        left = line.encode()
        while left:
            left = left[os.write(self._descriptor, left) :]

    def fail(self, failure: Exception) -> None:
        """Tell the host what failed, where it is there to hear it."""
        os.set_blocking(self._descriptor, False)
        with contextlib.suppress(BlockingIOError):
            self.say("failed", why=f"{type(failure).__name__}: {failure}")

    def line(self) -> bytes:
        """The host's next line. Raises `Refused` where it does not end, or nobody is there for a minute."""
        said = b""
        last_heard = time.monotonic()
        while b"\n" not in said:
            if part := os.read(self._descriptor, 65536):
                said += part
                last_heard = time.monotonic()
            elif time.monotonic() - last_heard > _SILENT:
                raise Refused("the host is not at the port")
            else:
                time.sleep(0.02)  # the port reads as at its end while the host is not there
            if len(said) > LONGEST_LINE:
                raise Refused("the host's line does not end")
        return said.partition(b"\n")[0]


def hold_sshd(root: Path) -> None:
    """Afterwards the guest has no host keys, and sshd, when it starts, waits for them: they are pipes."""
    for kind in _HOST_KEY_KINDS:
        path = root / _host_key(kind)
        path.unlink(missing_ok=True)
        path.with_name(f"{path.name}.pub").unlink(missing_ok=True)
        if kind != "rsa":  # sshd reads it first, and the host gives none
            os.mkfifo(path, 0o600)


def cover(root: Path, kernel: Kernel) -> None:
    """Afterwards what the machine is called is read from files of ours, which say the same."""
    for path in _COVERED:
        file = _cover_of(root, path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes((root / path).read_bytes())
        file.chmod((root / path).stat().st_mode & 0o777)
        kernel.show(file, root / path)


def _cover_of(root: Path, path: str) -> Path:
    return root / RUN / "covers" / path.rpartition("/")[2]


def _host_key(kind: str) -> str:
    return f"etc/ssh/ssh_host_{kind}_key"


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
    _run("udevadm", "settle", "--timeout=30")
    still = {unit: _process_of(unit) for unit in (_DEVICES, _ONLINE_NOW, _JOURNAL)}
    for pid in still.values():
        kernel.signal(pid, signal.SIGSTOP)
    os.sync()
    _wait_until_idle(30)
    return still


def _wait_for_the_rest() -> None:
    """Until all jobs wait for this one, and are seen so twice."""
    deadline = time.monotonic() + _STARTED
    quiet = 0
    while quiet < 2:
        jobs = [line.split() for line in _run("systemctl", "list-jobs", "--no-legend", "--plain").splitlines()]
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
    subprocess.run([sys.executable, "-c", _CLOUD_INIT_MODULES], check=False, capture_output=True, timeout=120)
    as_user = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--init-groups", "bash", "-lc", "true"]
    subprocess.run(as_user, check=False, capture_output=True, timeout=60)


def _rehearse(root: Path) -> None:
    """Take on an identity of nobody's in a folder that is removed again: what will run then has run."""
    stage = root / RUN / "rehearsal"
    for folder in ("etc/ssh", "sys/class/block", "proc/net", "run/systemd/journal", "var/log", f"home/{USER}"):
        (stage / folder).mkdir(parents=True)
    for path in _COVERED:
        (stage / path).parent.mkdir(parents=True, exist_ok=True)
        (stage / path).touch()
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
    machine = Machine(stage, Rehearsal(), {_DEVICES: 0, _JOURNAL: 0, _ONLINE_NOW: 0})
    machine.take_on(identity_of(line.encode()))
    machine.let_in()
    machine.is_reachable()
    machine.finish()
    machine.has_its_journal()
    remove(stage)


_NOBODYS_KEY = (  # of the format, and no key
    "-----BEGIN OPENSSH PRIVATE KEY-----\n"
    + binascii.b2a_base64(b"openssh-key-v1\0" + 3 * struct.pack(">I", 0) + struct.pack(">IIIc", 1, 5, 1, b"-")).decode()
    + "-----END OPENSSH PRIVATE KEY-----\n"
)


def _wait_until_idle(most: float) -> None:
    """Until the processor has had nothing to do for a second in all, or does not come to that in so many seconds."""
    until = _idle_seconds() + (os.cpu_count() or 1)
    deadline = time.monotonic() + most
    while _idle_seconds() < until and time.monotonic() < deadline:
        time.sleep(0.25)


def _idle_seconds() -> float:
    """Of all processors together."""
    words = Path("/proc/stat").read_text().split("\n", 1)[0].split()
    return (int(words[4]) + int(words[5])) / os.sysconf("SC_CLK_TCK")


def _process_of(unit: str) -> int:
    pid = int(_run("systemctl", "show", "--property=MainPID", "--value", unit))
    if pid == 0:
        raise Refused(f"{unit} does not run")
    return pid


def _run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout


def remove(tree: Path) -> None:
    """The folder and all in it are gone."""
    if tree.is_dir() and not tree.is_symlink():
        for entry in tree.iterdir():
            remove(entry)
        tree.rmdir()
    else:
        tree.unlink(missing_ok=True)


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
        _run("systemctl", "--no-block", "restart", "ssh.service")
    if not machine.cloud_init_comes_first:
        _wait_until(machine.is_reachable, _ONLINE)
        os.nice(19)
        _wait_until_idle(_UNDISTURBED)
    machine.finish()
    _wait_until(machine.has_its_journal, _ONLINE)  # what reads it starts next


def _wait_until(is_so: Callable[[], bool], most: float) -> None:
    """Until it is so, or for so many seconds."""
    deadline = time.monotonic() + most
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.1)


def _open_port() -> int:
    deadline = time.monotonic() + _SILENT
    while not PORT.exists():
        if time.monotonic() > deadline:
            raise Refused(f"there is no {PORT}")
        time.sleep(0.1)
    return os.open(PORT, os.O_RDWR | os.O_CLOEXEC)


def _tell_systemd(state: str) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as way:
        way.sendto(state.encode(), os.environ["NOTIFY_SOCKET"])


def main() -> None:
    root = Path("/")
    if sys.argv[1:] == ["hold-sshd"]:
        hold_sshd(root)
        return
    kernel = Kernel()
    serve(Port(_open_port()), lambda: Machine(root, kernel, prepare(root, kernel)))
    os.sync()  # who the guest is outlives a power cut from here on
    _tell_systemd("READY=1")


if __name__ == "__main__":
    main()
