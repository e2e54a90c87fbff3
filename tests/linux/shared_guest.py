"""One booted Debian guest that serves many tests.

The ladder: a cloud is *made* (server, AMI, key), its guest is *booted*, and it is *prepared* for each test: what a test
made, in the cloud and in the guest, is gone before the next. A guest that a test left dead, out of reach or with
something that does not go is given up, loudly, and so is that of a failed test: the next gets a fresh cloud with a
fresh guest.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from debian_guest import Login, launch, status_of, until, volume_of
from evidence import keep
from server import Server
from small_disk import SmallDisk

from kumoniwa.client.cloud import CloudClient

MADE = "/made"
"""The folder in the guest where a test makes whatever it makes, volumes mounted there among it."""
ROOM = 4000  # MiB, in memory as it is used; more than all tests together write
_LOOK = "; ".join(
    (
        "findmnt --noheadings --list --output TARGET,SOURCE --real",
        "lsblk --nodeps --noheadings --output NAME,SERIAL",
        "ls -A / /home/admin /dev/shm /tmp | grep -v ^systemd-private",  # each boot's own
        "systemctl --failed --no-legend --plain",
        "systemctl is-active qemu-guest-agent ssh",
    )
)
_LASTING = ("State", "InstanceType", "LaunchTime", "PublicIpAddress", "BlockDeviceMappings", "Tags")


class SharedGuest:
    """A guest of its own cloud, reached by SSH, and what both looked like when it was booted."""

    def __init__(self, folder: Path, kind: str) -> None:
        self.data_dir = folder / "small" / "cloud"
        self.used = self.over = False
        self.disk = SmallDisk(folder / "small", ROOM) if os.geteuid() == 0 else None
        self.server = Server(self.data_dir, "qemu", folder, options=("--network", "user"))  # others are of a VPC
        self._folder = self.evidence_folder = folder
        try:
            if self.disk is None:
                self.data_dir.parent.mkdir()
            self.cloud: CloudClient = self.server.start()
            self.login: Login = launch(self.cloud, folder, kind=kind)
            self.login.run("systemctl is-system-running --wait; sudo true")  # which leaves a file when it is first used
            self.note()
        except BaseException:
            keep(self.data_dir.parent, folder)  # its disk goes with it, and what the guest said there
            self.end()
            raise

    @property
    def instance_id(self) -> str:
        return self.login.instance_id

    @property
    def kind(self) -> str:
        """Its instance type now."""
        return str(self.instance()["InstanceType"])

    def instance(self) -> dict[str, Any]:
        return dict(self.cloud.instance(self.instance_id))

    def boots(self) -> list[dict[str, Any]]:
        boots: list[dict[str, Any]] = self.cloud.evidence(f"instances/{self.instance_id}/boots")["boots"]
        return boots

    def until_booted(self, count: int) -> None:
        """Wait until it has begun so many boots."""
        until(lambda: {"boots": len(self.boots())}, "boots", count, 120)
        self.login.reconnect()

    def found_again(self) -> None:
        """Log in where the instance is now: a start changes its address."""
        self.login = Login(self.instance_id, self.instance()["PublicIpAddress"], self._folder / "key.pem")

    def restart_server(self) -> CloudClient:
        """Start the server anew after it was killed; what goes on in the guest, goes on."""
        self.cloud = self.server.start()
        return self.cloud

    def attach(self, device: str, *, gib: int = 1, **parameters: Any) -> str:
        """A new volume, attached; gives its id."""
        zone = self.instance()["Placement"]["AvailabilityZone"]
        asked = parameters or {"Size": gib}
        volume_id = str(self.cloud.call("CreateVolume", AvailabilityZone=zone, **asked)["VolumeId"])
        until(lambda: volume_of(self.cloud, volume_id), "State", "available", 60)
        self.cloud.call("AttachVolume", VolumeId=volume_id, InstanceId=self.instance_id, Device=device)

        def attachment() -> dict[str, Any]:
            attachments: list[dict[str, Any]] = volume_of(self.cloud, volume_id)["Attachments"]
            assert attachments, "it could not be attached"
            return attachments[0]

        until(attachment, "State", "attached", 60)
        return volume_id

    def detach(self, volume_id: str) -> None:
        """Have the volume let go of by the guest, which must not use it any more."""
        self.cloud.call("DetachVolume", VolumeId=volume_id)
        until(lambda: volume_of(self.cloud, volume_id), "State", "available", 120)

    def prepare(self) -> None:
        """Ready for a test: reachable, its agent answers, a folder for what the test makes, nothing logged before."""
        self.used = True
        self.login.run(f"sudo mkdir {MADE} && sudo chown admin {MADE}")
        until(lambda: status_of(self.cloud, self.instance_id), "Status", "ok", 120)
        self.server.forget_log()

    def note(self) -> None:
        """From now on this is how it looks when nothing is left of a test: after the boot, or what cannot be undone."""
        self._noted = self._look()

    def terminate(self) -> None:
        """End the instance as its owner would; there is none after it."""
        self.cloud.call("TerminateInstances", InstanceIds=[self.instance_id])
        until(lambda: self.instance()["State"], "Name", "terminated", 120)
        self.over = True

    def renew(self) -> None:
        """What the test did to the guest cannot be undone (a larger root volume, another boot): it stays so."""
        self._undo()
        self.note()

    def clean(self) -> None:
        """Undo what a test made. Raises where something stays, or nobody answers."""
        self._undo()
        left, noted = self._look(), self._noted
        differences = [f"{what}: {left[what]!r}, not {noted[what]!r}" for what in noted if left[what] != noted[what]]
        assert not differences, "; ".join(differences)

    def _undo(self) -> None:
        self.login.run(
            f"sync; for target in $(findmnt --noheadings --list --output TARGET | grep '^{MADE}/' | tac); do"
            f" sudo umount $target || exit 1; done; sudo rm -rf {MADE}"
        )
        noted = self._noted
        for volume_id, volume in self._volumes().items():
            if volume_id not in noted["volumes"]:
                if volume["Attachments"]:
                    self.detach(volume_id)
                self.cloud.call("DeleteVolume", VolumeId=volume_id)
        for image_id in self._images() - noted["images"]:
            self.cloud.call("DeregisterImage", ImageId=image_id, DeleteAssociatedSnapshots=True)
        for snapshot_id in self._snapshots() - noted["snapshots"]:
            self.cloud.call("DeleteSnapshot", SnapshotId=snapshot_id)
        until(lambda: {"volumes": set(self._volumes())}, "volumes", noted["volumes"], 60)

    def end(self) -> None:
        """Nothing is left of it."""
        self.server.end()
        if self.disk is not None:
            self.disk.unmount()

    def _look(self) -> dict[str, Any]:
        instance = self.instance()
        return {
            "volumes": set(self._volumes()),
            "images": self._images(),
            "snapshots": self._snapshots(),
            "instance": {member: instance.get(member) for member in _LASTING},
            "in the guest": self.login.run(_LOOK),
        }

    def _volumes(self) -> dict[str, dict[str, Any]]:
        return {one["VolumeId"]: one for one in self.cloud.call("DescribeVolumes")["Volumes"]}

    def _images(self) -> set[str]:
        return {one["ImageId"] for one in self.cloud.call("DescribeImages", Owners=["self"])["Images"]}

    def _snapshots(self) -> set[str]:
        return {one["SnapshotId"] for one in self.cloud.call("DescribeSnapshots", OwnerIds=["self"])["Snapshots"]}


class SharedGuests:
    """Gives the one guest that there is to test after test, and boots another where it has to."""

    def __init__(self, folder: Callable[[], Path], say: Callable[[str], None]) -> None:
        self._folder = folder
        self._say = say
        self._guest: SharedGuest | None = None

    def take(self, kind: str | None = None, *, unused: bool = False, new: str = "t3.micro") -> SharedGuest:
        """A guest that is prepared: of this instance type, where it matters, and one that no test has had. Where it is
        all one, a guest that has to be booted is of the type `new`."""
        guest = self._guest
        if guest is not None and ((unused and guest.used) or kind not in (None, guest.kind)):
            self.end()
        if self._guest is None:
            self._guest = SharedGuest(self._folder(), kind or new)
        try:
            self._guest.prepare()
        except BaseException:
            self.end()
            raise
        return self._guest

    def give_back(self, guest: SharedGuest, test: str, *, failed: bool = False) -> None:
        """The test is done with it, which may have ended it. What a failed test left half done is not known."""
        if guest.over or failed:
            self.end()
            return
        try:
            guest.clean()
        except Exception as failure:  # noqa: BLE001 -- whatever it is, the guest cannot be had again
            self._say(f"The shared guest is given up, the next test gets a fresh one. {test} left it so: {failure}")
            self.end()

    def end(self) -> None:
        """There is no guest any more."""
        guest, self._guest = self._guest, None
        if guest is not None:
            guest.end()
