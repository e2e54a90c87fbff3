"""One Debian guest that a benchmark logs in to."""

import asyncio
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bare import banner, blueprint
from boot import OPTIONS, Launcher
from processes import cpu_seconds

from kumoniwa.client.commands import debian_image
from kumoniwa.client.ssh import ssh_command
from kumoniwa.lab.cloud import OwnCloud

_WITHIN = 300.0  # seconds
_PROGRAM = "/tmp/guest_disk.py"


@dataclass(frozen=True)
class Ran:
    """What a program said that ran in the guest.

    `begun` is the host's time; `cpu` the processor time, in seconds, that the guest's QEMU took for it.
    """

    begun: float
    told: str
    cpu: float


@dataclass(frozen=True)
class Guest:
    """An instance, its QEMU, and SSH to it."""

    instance_id: str
    pid: int
    endpoint: tuple[str, int]
    key: Path
    _devices: dict[str, str] = field(default_factory=dict)
    """What the guest calls a volume once it was asked: each login takes an emulated guest a second."""

    def run(self, command: str, given: bytes = b"") -> str:
        """What a command prints in the guest; `given` is its standard input."""
        argv = [*ssh_command(self.endpoint, user="admin", key=self.key, options=OPTIONS), command]
        return subprocess.run(argv, input=given, check=True, capture_output=True, timeout=_WITHIN).stdout.decode()

    def fill(self, volume_id: str, mib: int) -> None:
        """Write each block of the first MIB, so that what comes after writes over data."""
        self.run(f"yes kumoniwa | sudo dd of={self._device(volume_id)} bs=1M count={mib} iflag=fullblock oflag=direct")

    def write(self, volume_id: str, seconds: int, mib: int, on_begun: Callable[[], None] = lambda: None) -> Ran:
        """Random 4k writes for so long: each as (seconds since they began, took), in JSON."""
        with self._begun("write", str(seconds), str(mib), self._device(volume_id)) as lines:
            begun, cpu = time.time(), cpu_seconds(self.pid)
            on_begun()
            return Ran(begun, next(lines), cpu_seconds(self.pid) - cpu)

    def read(self, volume_ids: Sequence[str], mib: int, passes: int) -> Iterator[tuple[str, float, float]]:
        """Read the first MIB of each so often, in turns: of each pass the volume, its seconds, and those of QEMU's
        processor.
        """
        return self._in_turns("read", volume_ids, mib, passes)

    def write_in_turns(self, volume_ids: Sequence[str], mib: int, passes: int) -> Iterator[tuple[str, float, float]]:
        """As many random 4k writes to each so often, in short turns: told as of `read`."""
        return self._in_turns("turns", volume_ids, mib, passes)

    def _in_turns(
        self, exercise: str, volume_ids: Sequence[str], mib: int, passes: int
    ) -> Iterator[tuple[str, float, float]]:
        with self._begun(exercise, str(passes), str(mib), *map(self._device, volume_ids)) as lines:
            cpu = cpu_seconds(self.pid)
            for volume_id in [*volume_ids] * passes:
                seconds, before, cpu = float(next(lines)), cpu, cpu_seconds(self.pid)
                yield volume_id, seconds, cpu - before

    @contextmanager
    def _begun(self, *words: str) -> Iterator[Iterator[str]]:
        """The program in the guest, from its begin on: what it says, line by line."""
        command = " ".join(["sudo", "python3", _PROGRAM, *words])
        argv = [*ssh_command(self.endpoint, user="admin", key=self.key, options=OPTIONS), command]
        with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert next(process.stdout) == "begun\n"
            yield process.stdout
        assert process.returncode == 0, f"{command} failed in the guest"

    def _device(self, volume_id: str) -> str:
        if volume_id not in self._devices:
            serial = volume_id.replace("-", "")
            found = self.run(f"lsblk -dnpo NAME,SERIAL | awk '$2 == \"{serial}\" {{print $1}}'").strip()
            assert found, f"the guest has no disk {serial}"
            self._devices[volume_id] = found
        return self._devices[volume_id]


async def launched_guest(cloud: OwnCloud) -> tuple[Launcher, Guest]:
    """A guest that somebody can log in to, with the program that exercises disks."""
    image_id = await debian_image(cloud.client, lambda what, percent: None)
    call = cloud.client.call
    key = cloud.folder / "key.pem"
    key.touch(0o600)
    key.write_text(call("CreateKeyPair", KeyName="key")["KeyMaterial"])
    group_id = call("CreateSecurityGroup", GroupName="ssh", Description="ssh")["GroupId"]
    admitted = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    call("AuthorizeSecurityGroupIngress", GroupId=group_id, IpPermissions=[admitted])
    launcher = Launcher(cloud.client, image_id, group_id, key)
    instance_id = await asyncio.to_thread(launcher.launch)
    endpoint = await launcher.endpoint(instance_id)
    await banner(*endpoint, _WITHIN)
    await launcher.until_reachable(instance_id)
    guest = Guest(instance_id, blueprint(instance_id).pid, endpoint, key)
    program = Path(__file__).with_name("guest_disk.py").read_bytes()
    await asyncio.to_thread(guest.run, f"cat > {_PROGRAM}", program)
    return launcher, guest
