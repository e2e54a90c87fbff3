"""Types from before Nitro have virtio disks: a real Linux boots from one, and sees at once that it has grown."""

import pytest
from debian_guest import Login, until
from shared_guest import MADE, SharedGuest

from kumoniwa.client.cloud import CloudClient

pytestmark = [pytest.mark.linux, pytest.mark.timeout(1200)]

DATA = f"{MADE}/data"
_GIB = 1 << 30


@pytest.mark.some_of("long guests", 1)
def test_a_real_guest_sees_its_virtio_disks_come_grow_and_go_while_it_runs(unused_t2_guest: SharedGuest) -> None:
    guest, cloud, login = unused_t2_guest, unused_t2_guest.cloud, unused_t2_guest.login
    [root] = [one["Ebs"]["VolumeId"] for one in guest.instance()["BlockDeviceMappings"]]
    data = guest.attach("/dev/sdf")
    assert (login.device(root), login.device(data)) == ("/dev/vda", "/dev/vdb")
    assert _initrds(login) == 1
    login.run(f"sudo mkfs.ext4 -q /dev/vdb && mkdir {DATA} && sudo mount /dev/vdb {DATA}")
    for volume_id, device, size in ((root, "/dev/vda", 10), (data, "/dev/vdb", 3)):
        _grow(cloud, volume_id, size)
        assert login.run(f"sudo blockdev --getsize64 {device}") == str(size * _GIB)
    login.run("sudo growpart /dev/vda 1 && sudo resize2fs /dev/vda1 && sudo resize2fs /dev/vdb")
    sizes = login.run(f"df --block-size=1 --output=size / {DATA} | tail -n +2").split()
    assert [int(size) // _GIB for size in sizes] == [9, 2], "what ext4 leaves of 10 and 3 GiB"

    plugged = guest.attach("/dev/sdg")
    assert login.device(plugged) == "/dev/vdc"
    guest.detach(plugged)
    assert login.run("ls /dev/vd?") == "/dev/vda\n/dev/vdb"
    assert len(guest.boots()) == 1
    login.run("sudo update-grub")  # all later boots are by its menu, those of the next tests among them
    guest.renew()


@pytest.mark.some_of("long guests", 1)
def test_a_real_guest_boots_on_either_bus(t2_guest: SharedGuest) -> None:
    """After the others' tests with a virtio guest, whose reboots were by the menu of `update-grub`."""
    guest, cloud, login = t2_guest, t2_guest.cloud, t2_guest.login
    [root] = [one["Ebs"]["VolumeId"] for one in guest.instance()["BlockDeviceMappings"]]
    data = guest.attach("/dev/sdf")
    assert (login.device(root), login.device(data), _initrds(login)) == ("/dev/vda", "/dev/vdb", 1)
    login.run(f"sudo mkfs.ext4 -q /dev/vdb && mkdir {DATA} && sudo mount /dev/vdb {DATA}")
    login.run(f"echo kept | sudo tee {DATA}/file")

    cloud.call("StopInstances", InstanceIds=[login.instance_id])
    until(lambda: guest.instance()["State"], "Name", "stopped", 120)
    cloud.call("ModifyInstanceAttribute", InstanceId=login.instance_id, InstanceType={"Value": "t3.micro"})
    cloud.call("StartInstances", InstanceIds=[login.instance_id])
    until(lambda: guest.instance()["State"], "Name", "running", 120)
    guest.found_again()
    login = guest.login
    assert (login.device(root), _initrds(login)) == ("/dev/nvme0n1", 0)
    assert login.run(f"sudo mount {login.device(data)} {DATA} && cat {DATA}/file") == "kept"
    guest.renew()


def _initrds(login: Login) -> int:
    """How many initrds this boot was given."""
    return int(login.run("sudo dmesg | grep -c 'Freeing initrd memory' || true"))


def _grow(cloud: CloudClient, volume_id: str, size_gib: int) -> None:
    """Make the volume this large; nothing is said of a boot that it waits for."""
    cloud.call("ModifyVolume", VolumeId=volume_id, Size=size_gib)

    def modification() -> dict[str, object]:
        told = cloud.call("DescribeVolumesModifications", VolumeIds=[volume_id])["VolumesModifications"]
        return dict(told[0])

    assert "StatusMessage" not in until(modification, "ModificationState", "completed", 60)
