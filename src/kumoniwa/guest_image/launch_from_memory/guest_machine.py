"""This guest, as it becomes who it is told to be."""

import os
import pwd
import signal
import struct
import time
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path

from . import covers, smbios_tables, whole_files
from .covers import BOOT, ENTRY_POINT, HARDWARE, RUN, TABLES
from .host_keys import KINDS, path_of
from .identity import Identity, public_part
from .kernel import Kernel

USER = "admin"
"""Whom the image logs in, and EC2's key is for."""

# They stand still while the machine is saved. udev until there is entropy: nothing is made of a network interface
# before. The journal and who waits for a network until somebody could log in: they would have to share the processor,
# and what is sent to the journal meanwhile waits for it.
DEVICES = "systemd-udevd.service"
JOURNAL = "systemd-journald.service"
WAITER = "systemd-networkd-wait-online.service"

_CHASSIS = "Amazon EC2"


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
        self._go_on(DEVICES)
        self._write("etc/hostname", identity.hostname + "\n")
        self._machine_id = identity.machine_id
        for path in ("etc/machine-id", "run/machine-id"):  # the second is what systemd began with
            self._write(path, identity.machine_id + "\n", mode=0o444)
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
                os.write(pipe, (self._root / path_of(kind)).read_bytes())
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
        """What is left: the journal goes on under the guest's own name, udev looks at what the machine is and at its
        disks again, the boot is now."""
        self._go_on(WAITER)
        whole_files.remove(self._root / "run/log/journal")
        (self._root / "run/systemd/journald.conf.d/prepare-launch.conf").unlink(missing_ok=True)
        (self._root / "run/systemd/journal/flushed").touch()  # to disk at once
        # systemd starts it again, and hands it all that was sent to it meanwhile.
        self._kernel.signal(self._still[JOURNAL], signal.SIGKILL)
        # udev noted the saved machine's model, which hostnamectl asks it for, and the names of its disks.
        (self._root / HARDWARE / "uevent").write_text("add")  # its rules look at a model only then
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
            ("chassis_asset_tag", _CHASSIS),
        ):
            covers.write(self._root, f"{HARDWARE}/{name}", f"{value}\n".encode())
        if tables := covers.read(self._root, TABLES):
            names = {
                (1, 5): identity.product,
                (1, 7): identity.uuid,
                (2, 8): identity.asset_tag,
                (3, 8): _CHASSIS,
            }
            tables = smbios_tables.renamed(tables, identity.uuid, names)
            point = smbios_tables.entry_point(covers.read(self._root, ENTRY_POINT), tables)
            covers.write(self._root, TABLES, tables)
            covers.write(self._root, ENTRY_POINT, point)
        # Whoever asks which boot this is gets another answer in each guest. The kernel's own stays the saved machine's.
        covers.write(self._root, BOOT, f"{uuid.UUID(bytes=os.urandom(16), version=4)}\n".encode())

    def _write_host_keys(self, identity: Identity) -> None:
        if not self.cloud_init_comes_first:
            self._sshd = {kind: pipe for kind in identity.host_keys if (pipe := self._waiting_at(kind)) is not None}
        for kind in KINDS:
            path = path_of(kind)
            if kind in identity.host_keys:
                key = identity.host_keys[kind]
                self._write(f"{path}.pub", f"{public_part(key)} root@{identity.hostname}\n")
                self._write(path, key, mode=0o600)
            else:
                (self._root / path).unlink(missing_ok=True)

    def _waiting_at(self, kind: str) -> int | None:
        """The pipe at whose other end sshd waits for this key; None where it does not."""
        try:
            return os.open(self._root / path_of(kind), os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
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
        whole_files.write(self._root / path, content, mode=mode)
