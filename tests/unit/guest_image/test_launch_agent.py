"""The program inside the guest that takes an identity on: the very text that the image has, on a root of the test's."""

import base64
import json
import os
import pwd
import signal
import socket
import struct
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from smbios import POINT, tables_of

from kumoniwa.guest_image import launch_from_memory
from kumoniwa.guest_image.guest_files import FILES
from kumoniwa.guest_image.launch_from_memory import __main__ as program
from kumoniwa.guest_image.launch_from_memory import port as ports
from kumoniwa.guest_image.launch_from_memory import preparing
from kumoniwa.guest_image.launch_from_memory.__main__ import serve
from kumoniwa.guest_image.launch_from_memory.covers import cover
from kumoniwa.guest_image.launch_from_memory.guest_machine import Machine
from kumoniwa.guest_image.launch_from_memory.host_keys import hold_sshd
from kumoniwa.guest_image.launch_from_memory.identity import Refused, identity_of, public_part
from kumoniwa.guest_image.launch_from_memory.kernel import Kernel
from kumoniwa.guest_image.launch_from_memory.port import Port

_UDEV, _WAITER, _JOURNAL = 31, 32, 33
_STILL = {
    "systemd-udevd.service": _UDEV,
    "systemd-networkd-wait-online.service": _WAITER,
    "systemd-journald.service": _JOURNAL,
}
_SAID_BEFORE = b"what the saved machine said, which is long\n"
_COVERED = {
    **{f"sys/class/dmi/id/{name}": _SAID_BEFORE for name in ("product_name", "product_uuid", "product_serial")},
    **{f"sys/class/dmi/id/{name}": _SAID_BEFORE for name in ("board_asset_tag", "chassis_asset_tag")},
    "sys/firmware/dmi/tables/DMI": tables_of("prepare-launch", "prepare-launch"),
    "sys/firmware/dmi/tables/smbios_entry_point": POINT,
    "proc/sys/kernel/random/boot_id": _SAID_BEFORE,
}


def _pem(key: ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()


_ED25519, _ECDSA = ed25519.Ed25519PrivateKey.generate(), ec.generate_private_key(ec.SECP256R1())
_PEMS = {"ed25519": _pem(_ED25519), "ecdsa": _pem(_ECDSA)}  # of one key there are many: each has random bytes in it
_SAID: dict[str, Any] = {
    "format": 1,
    "entropy": base64.b64encode(bytes(range(256)) * 2).decode(),
    "time": 1795993200.25,
    "instance_id": "i-0abcdef1234567890",
    "hostname": "ip-172-31-12-19",
    "uuid": "EC2E1916-9099-7caf-fd21-012345abcdef",
    "product": "t3.micro",
    "machine_id": "0123456789abcdef0123456789abcdef",
    "host_keys": _PEMS,
    "authorized_keys": ["ssh-ed25519 AAAAnew me"],
    "cloud_init_first": False,
}


def _line(**changed: object) -> bytes:
    return json.dumps(_SAID | changed).encode()


class Notes(Kernel):
    """A kernel that notes what it is asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[object, ...]] = []

    def add_entropy(self, entropy: bytes) -> None:
        self.asked.append(("entropy", entropy))

    def set_clock(self, seconds: float) -> None:
        self.asked.append(("clock", seconds))

    def set_hostname(self, name: str) -> None:
        self.asked.append(("hostname", name))

    def show(self, file: Path, at: Path) -> None:
        self.asked.append(("show", file, at))

    def signal(self, pid: int, number: signal.Signals) -> None:
        self.asked.append(("signal", pid, number))


@pytest.fixture
def kernel() -> Notes:
    return Notes()


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kernel: Notes) -> Path:
    """A machine that was made ready to be saved; the image's user is whoever runs the test."""
    for folder in (
        "etc/ssh",
        "run/systemd/journal",
        "run/systemd/journald.conf.d",
        "run/log/journal/old",
        "var/log",
        "home",
    ):
        (tmp_path / folder).mkdir(parents=True)
    _write_covered(tmp_path)
    (tmp_path / "sys/class/dmi/id/product_uuid").chmod(0o400)
    cover(tmp_path, kernel)
    kernel.asked.clear()
    hold_sshd(tmp_path)
    user = SimpleNamespace(pw_dir="/home/admin", pw_uid=os.geteuid(), pw_gid=os.getegid())
    monkeypatch.setattr(pwd, "getpwnam", {"admin": user}.__getitem__)
    return tmp_path


def _write_covered(root: Path) -> None:
    for path, said in _COVERED.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(said)


@pytest.fixture
def machine(root: Path, kernel: Notes) -> Machine:
    return Machine(root, kernel, _STILL)


@pytest.fixture
def sshd(root: Path) -> Iterator[int]:
    """Where sshd reads the first of its host keys."""
    reads = os.open(root / "etc/ssh/ssh_host_ecdsa_key", os.O_RDONLY | os.O_NONBLOCK)
    yield reads
    os.close(reads)


def test_the_image_has_this_very_program() -> None:
    folder = "usr/local/lib/kumoniwa/launch_from_memory/"
    there = {path.removeprefix(folder): text for path, text in FILES.items() if path.startswith(folder)}
    assert there == {part.name: part.read_text() for part in _parts()}
    assert "__main__.py" in there


def test_it_needs_nothing_but_the_guest_s_python() -> None:
    lines = [line for part in _parts() for line in part.read_text().splitlines()]
    imported = [line for line in lines if line.lstrip().startswith(("import ", "from "))]
    assert not [line for line in imported if "kumoniwa" in line]
    assert [line for line in imported if line.startswith(" ")] == [], "all is loaded before the memory is saved"


def _parts() -> list[Path]:
    return sorted(Path(str(launch_from_memory.__file__)).parent.glob("*.py"))


@pytest.mark.parametrize("key", [_ED25519, _ECDSA], ids=["ed25519", "ecdsa"])
def test_a_public_key_is_read_from_the_private_one(key: ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey) -> None:
    public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    assert public_part(_pem(key)) == public


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"format": 2}, "is not of format 1"),
        ({"entropy": "c2hvcnQ="}, "too little entropy"),
        ({"entropy": "A"}, "is not base64"),
        ({"entropy": 7}, "no usable entropy"),
        ({"time": "now"}, "has no time"),
        ({"time": True}, "has no time"),
        ({"time": -1}, "has no time"),
        ({"instance_id": "i 1"}, "no usable instance_id"),
        ({"hostname": "a/b"}, "no usable hostname"),
        ({"uuid": "ec2"}, "no usable uuid"),
        ({"product": "t3\nmicro"}, "no usable product"),
        ({"asset_tag": ""}, "no usable asset_tag"),
        ({"machine_id": "0" * 31}, "no usable machine_id"),
        ({"host_keys": {}}, "no host keys"),
        ({"host_keys": {"../ed25519": _PEMS["ed25519"]}}, "of an unknown kind"),
        ({"host_keys": {"ed25519": "a key"}}, "not in OpenSSH's format"),
        ({"host_keys": {"ed25519": _PEMS["ed25519"].replace("b3Bl", "AAAA")}}, "not in OpenSSH's format"),
        ({"host_keys": {"ed25519": _PEMS["ed25519"][:80] + "\n-----END OPENSSH PRIVATE KEY-----"}}, "OpenSSH's format"),
        ({"authorized_keys": "ssh-ed25519 AAAA"}, "not a list of lines"),
        ({"authorized_keys": ["ssh-ed25519 AAAA\nssh-ed25519 BBBB"]}, "not a list of lines"),
        ({"cloud_init_first": "no"}, "whether cloud-init comes first"),
    ],
)
def test_a_line_that_gives_no_identity_is_refused_and_said_why(changed: dict[str, object], why: str) -> None:
    with pytest.raises(Refused, match=why):
        identity_of(_line(**changed))


@pytest.mark.parametrize("line", [b"", b"[]", b"7", b'{"format":1', b"\xff"])
def test_what_is_no_object_of_json_s_is_refused(line: bytes) -> None:
    with pytest.raises(Refused, match="the host's line is not"):
        identity_of(line)


def test_entropy_comes_before_all_else_and_devices_go_on_after_it(machine: Machine, kernel: Notes) -> None:
    machine.take_on(identity_of(_line()))
    assert kernel.asked == [
        ("entropy", bytes(range(256)) * 2),
        ("clock", 1795993200.25),
        ("hostname", "ip-172-31-12-19"),
        ("signal", _UDEV, signal.SIGCONT),
    ]


def test_the_guest_s_names_are_in_all_files_that_say_them(root: Path, machine: Machine) -> None:
    machine.take_on(identity_of(_line()))
    covers = root / "run/launch-from-memory/covers"
    of_smbios = {name: (covers / name).read_bytes() for name in ("DMI", "smbios_entry_point")}
    said = {path.name: path.read_text() for path in covers.iterdir() if path.name not in of_smbios}
    boot = said.pop("boot_id")
    assert said == {
        "product_name": "t3.micro\n",
        "product_uuid": "ec2e1916-9099-7caf-fd21-012345abcdef\n",
        "product_serial": "ec2e1916-9099-7caf-fd21-012345abcdef\n",
        "board_asset_tag": "i-0abcdef1234567890\n",
        "chassis_asset_tag": "Amazon EC2\n",
    }
    assert of_smbios["DMI"] == tables_of("t3.micro", "i-0abcdef1234567890", said["product_uuid"].strip())
    assert of_smbios["smbios_entry_point"] != POINT
    assert (covers / "product_uuid").stat().st_mode & 0o777 == 0o400
    assert len(boot) == 37
    assert (root / "etc/hostname").read_text() == "ip-172-31-12-19\n"
    for path in ("etc/machine-id", "run/machine-id"):
        assert (root / path).read_text() == "0123456789abcdef0123456789abcdef\n"
    assert (root / "var/lib/cloud/data/keys-made-for").read_text() == "ec2e1916-9099-7caf-fd21-012345abcdef\n"
    assert (root / "run/cloud-init/cloud.cfg").read_text() == "ssh_deletekeys: false\n"


def test_covers_lie_over_what_they_were_made_of(tmp_path: Path, kernel: Notes) -> None:
    for path in _COVERED:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(path)
    cover(tmp_path, kernel)
    shown = [(file.read_text(), at) for _, file, at in kernel.asked if isinstance(file, Path)]
    assert shown == [(path, tmp_path / path) for path in _COVERED]


def test_two_guests_of_one_memory_have_neither_seed_nor_boot_in_common(root: Path, kernel: Notes) -> None:
    seen = set()
    for _ in range(2):
        Machine(root, kernel, _STILL).take_on(identity_of(_line()))
        seen.add((root / "var/lib/systemd/random-seed").read_bytes())
        seen.add((root / "run/launch-from-memory/covers/boot_id").read_bytes())
    assert len(seen) == 4
    assert (root / "var/lib/systemd/random-seed").stat().st_mode & 0o777 == 0o600


def test_sshd_goes_on_with_the_host_s_keys_when_it_is_let(root: Path, machine: Machine, sshd: int) -> None:
    machine.take_on(identity_of(_line()))
    with pytest.raises(BlockingIOError):
        os.read(sshd, 1)  # not before "applied"
    assert (root / "etc/ssh/ssh_host_ed25519_key").read_text() == _PEMS["ed25519"], "it reads the others next"
    assert machine.let_in()
    assert os.read(sshd, 4096).decode() == _PEMS["ecdsa"]
    assert os.read(sshd, 1) == b"", "no more comes"


def test_host_keys_are_root_s_alone_and_have_their_public_halves(root: Path, machine: Machine) -> None:
    machine.take_on(identity_of(_line()))
    for kind, key in (("ed25519", _ED25519), ("ecdsa", _ECDSA)):
        path = root / f"etc/ssh/ssh_host_{kind}_key"
        assert path.is_file()
        assert path.stat().st_mode & 0o777 == 0o600
        public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
        assert path.with_name(f"{path.name}.pub").read_text() == f"{public} root@ip-172-31-12-19\n"


def test_no_host_key_of_the_image_s_is_left_nor_a_pipe(root: Path, kernel: Notes) -> None:
    for name in ("ssh_host_rsa_key", "ssh_host_rsa_key.pub", "ssh_host_ed25519_key.pub"):
        (root / "etc/ssh" / name).write_text("of another instance")
    hold_sshd(root)
    assert sorted(path.name for path in (root / "etc/ssh").iterdir()) == ["ssh_host_ecdsa_key", "ssh_host_ed25519_key"]
    assert all(path.is_fifo() for path in (root / "etc/ssh").iterdir())
    Machine(root, kernel, _STILL).take_on(identity_of(_line(host_keys={"ed25519": _PEMS["ed25519"]})))
    names = sorted(path.name for path in (root / "etc/ssh").iterdir())
    assert names == ["ssh_host_ed25519_key", "ssh_host_ed25519_key.pub"]


def test_an_sshd_that_did_not_wait_has_to_be_started(machine: Machine) -> None:
    machine.take_on(identity_of(_line()))
    assert not machine.let_in()


def test_nobody_is_let_in_before_cloud_init_where_that_comes_first(root: Path, machine: Machine, sshd: int) -> None:
    (root / "run/cloud-init").mkdir()
    (root / "run/cloud-init/enabled").touch()
    machine.take_on(identity_of(_line(cloud_init_first=True)))
    assert machine.let_in()
    assert os.read(sshd, 1) == b""  # nobody has opened the other end
    assert machine.cloud_init_comes_first
    assert (root / "run/launch-from-memory/cloud-init-first").exists()
    assert (root / "etc/ssh/ssh_host_ecdsa_key").read_text() == _PEMS["ecdsa"]


def test_a_guest_whose_cloud_init_is_off_does_not_wait_for_it(machine: Machine, sshd: int) -> None:
    machine.take_on(identity_of(_line(cloud_init_first=True)))
    assert machine.let_in()
    assert os.read(sshd, 4096).decode() == _PEMS["ecdsa"]


def test_keys_are_authorized_once_beside_those_of_the_image(root: Path, machine: Machine) -> None:
    file = root / "home/admin/.ssh/authorized_keys"
    keys = ["ssh-ed25519 AAAAnew me", "ssh-ed25519 AAAAold you", "ssh-ed25519 AAAAnew me"]
    file.parent.mkdir(parents=True)
    file.write_text("ssh-ed25519 AAAAold you\n# no newline at the end")
    machine.take_on(identity_of(_line(authorized_keys=keys)))
    assert file.read_text() == "ssh-ed25519 AAAAold you\n# no newline at the end\nssh-ed25519 AAAAnew me\n"
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_user_s_folder_for_keys_is_made_where_there_is_none(root: Path, machine: Machine) -> None:
    machine.take_on(identity_of(_line()))
    folder = root / "home/admin/.ssh"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "authorized_keys").read_text() == "ssh-ed25519 AAAAnew me\n"


def test_it_is_reachable_when_it_has_a_way_out_and_sshd_listens(root: Path, machine: Machine) -> None:
    net = root / "proc/net"
    net.mkdir()
    for name in ("route", "tcp", "tcp6"):
        (net / name).write_text("a headline of words\n")
    assert not machine.is_reachable()
    (net / "route").write_text("Iface Destination Gateway\nens2 00000000 01001FAC\n")
    (net / "tcp").write_text("0: 0100007F:0016 0100007F:D2F0 01\n1: 00000000:1600 00000000:0000 0A\n")
    assert not machine.is_reachable()
    (net / "tcp6").write_text(f"0: {'0' * 32}:0016 {'0' * 32}:0000 0A\n")
    assert machine.is_reachable()


def test_the_saved_machine_s_journal_and_logins_are_forgotten(root: Path, machine: Machine, kernel: Notes) -> None:
    record = struct.Struct("=hxxi32s4s32s256shhiii36x")
    boot = (2, 0, b"~", b"~~", b"reboot", b"6.1.0", 0, 0, 0)
    (root / "run/utmp").write_bytes(record.pack(*boot, 1_000_000, 5))
    (root / "run/systemd/journald.conf.d/prepare-launch.conf").touch()
    (root / "sys/class/block/vda1").mkdir(parents=True)
    machine.take_on(identity_of(_line()))
    kernel.asked.clear()
    machine.finish()
    assert kernel.asked == [("signal", _WAITER, signal.SIGCONT), ("signal", _JOURNAL, signal.SIGKILL)]
    assert not (root / "run/log/journal").exists()
    assert not any((root / "run/systemd/journald.conf.d").iterdir())
    assert (root / "run/systemd/journal/flushed").exists()
    assert (root / "sys/class/block/vda1/uevent").read_text() == "change"
    assert (root / "sys/class/dmi/id/uevent").read_text() == "add", "udev's rules look at a model only then"
    *begun, seconds, _ = record.unpack((root / "var/log/wtmp").read_bytes())
    assert begun[4].rstrip(b"\0") == b"reboot"
    assert seconds > 1_700_000_000
    assert (root / "run/utmp").read_bytes() == (root / "var/log/wtmp").read_bytes()
    assert not machine.has_its_journal()
    (root / f"var/log/journal/{_SAID['machine_id']}").mkdir(parents=True)
    (root / f"var/log/journal/{_SAID['machine_id']}/system.journal").touch()
    assert machine.has_its_journal()


def test_all_is_run_once_before_the_memory_is_saved_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pwd, "getpwnam", {}.__getitem__)
    _write_covered(tmp_path)
    preparing._rehearse(tmp_path)
    assert list((tmp_path / "run/launch-from-memory").iterdir()) == []


class Host:
    """The host's end of the port."""

    def __init__(self) -> None:
        self._end, self._guest = socket.socketpair()
        self.port = Port(self._guest.fileno())

    def say(self, said: bytes) -> None:
        self._end.sendall(said)

    def hang_up(self) -> None:
        self._end.shutdown(socket.SHUT_WR)

    def heard(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._end.recv(65536).splitlines()]

    def close(self) -> None:
        self._end.close()
        self._guest.close()


@pytest.fixture
def host() -> Iterator[Host]:
    made = Host()
    yield made
    made.close()


def test_the_host_hears_prepared_and_applied_and_only_then_all_goes_on(
    host: Host, machine: Machine, root: Path, sshd: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "proc/net").mkdir()
    (root / "proc/net/route").write_text("ens2 00000000\n")
    (root / "proc/net/tcp").write_text("0: 00000000:0016 00000000:0000 0A\n")
    (root / f"var/log/journal/{_SAID['machine_id']}").mkdir(parents=True)
    (root / f"var/log/journal/{_SAID['machine_id']}/system.journal").touch()
    monkeypatch.setattr(os, "nice", lambda by: by)
    monkeypatch.setattr(program, "wait_until_idle", lambda most: None)
    host.say(_line() + b"\n")
    serve(host.port, lambda: machine)
    assert host.heard() == [{"format": 1, "state": "prepared"}, {"format": 1, "state": "applied"}]
    assert os.read(sshd, 4096).decode() == _PEMS["ecdsa"]
    assert not (root / "run/log/journal").exists()


def test_a_line_that_makes_no_sense_fails_the_launch_and_lets_nobody_in(
    host: Host, machine: Machine, sshd: int, kernel: Notes
) -> None:
    host.say(b'{"format":1}\n')
    with pytest.raises(Refused):
        serve(host.port, lambda: machine)
    prepared, failed = host.heard()
    assert prepared["state"] == "prepared"
    assert failed == {"format": 1, "state": "failed", "why": "Refused: the host's line has no time"}
    assert kernel.asked == []
    assert os.read(sshd, 1) == b""


def test_what_fails_while_an_identity_is_taken_on_is_told(
    host: Host, machine: Machine, root: Path, kernel: Notes
) -> None:
    (root / "etc/machine-id.new").mkdir()
    host.say(_line() + b"\n")
    with pytest.raises(OSError, match="machine-id"):
        serve(host.port, lambda: machine)
    failed = host.heard()[-1]
    assert failed["state"] == "failed"
    assert "machine-id" in failed["why"]


def test_a_machine_that_cannot_be_saved_says_so(host: Host) -> None:
    def unready() -> Machine:
        raise Refused("the system does not come to rest: slow.service")

    with pytest.raises(Refused):
        serve(host.port, unready)
    (failed,) = host.heard()
    assert (failed["state"], failed["why"]) == ("failed", "Refused: the system does not come to rest: slow.service")


def test_a_line_comes_in_parts_and_what_follows_it_is_left(host: Host) -> None:
    host.say(b'{"a":')
    host.say(b"1}\nmore")
    assert host.port.line() == b'{"a":1}'


def test_a_line_without_an_end_is_refused(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "LONGEST_LINE", 1000)
    host.say(b"x" * 1001)
    with pytest.raises(Refused, match="does not end"):
        host.port.line()


def test_a_host_that_stays_away_is_not_waited_for_without_end(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("time.monotonic", lambda: sum(slept))
    monkeypatch.setattr("time.sleep", slept.append)
    host.hang_up()
    with pytest.raises(Refused, match="not at the port"):
        host.port.line()
    assert 60 < sum(slept) < 61


def test_a_host_that_does_not_listen_keeps_nobody_from_failing(host: Host) -> None:
    def unready() -> Machine:
        raise Refused("more than a socket holds " * 100_000)

    with pytest.raises(Refused, match="more than a socket holds"):
        serve(host.port, unready)
