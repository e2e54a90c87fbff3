"""Debian guests launched from one prepared machine: each has an identity of its own, and is a guest like any other."""

import base64
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from debian_guest import KEY, Login, access, image_of, login_to, until, volume_of
from hibernated_guest import goes_on_where_it_stood
from prepared_cloud import PreparedCloud
from sampling import Sampling
from server import Server

from kumoniwa.client.cloud import CloudClient

pytestmark = [pytest.mark.linux, pytest.mark.timeout(3600)]  # twenty guests on a busy machine

TYPE = "t3.micro"
MOST = 20  # guests that are compared: as many where the run is exhaustive
TOGETHER = 4

# What each guest tells of itself. The first numbers of connections are heard on the loopback interface: kernels that
# had one secret would choose them as far from each other.
_TELL = r"""
import json, os, re, socket, subprocess, tempfile
from pathlib import Path

def shell(command):
    return subprocess.run(command, shell=True, capture_output=True, text=True).stdout.split()

def first_numbers(ports):
    heard = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
    heard.bind(("lo", 0))
    heard.settimeout(5)
    numbers = []
    for port in ports:
        with socket.socket() as caller:
            caller.bind(("127.0.0.1", port))
            caller.connect(("127.0.0.1", 22))
        while True:
            packet = heard.recv(65536)
            ip = 4 * (packet[0] & 15)
            source, _, number = int.from_bytes(packet[ip:ip + 2], "big"), 0, packet[ip + 4:ip + 8]
            if packet[9] == 6 and source == port and packet[ip + 13] & 2:
                numbers.append(int.from_bytes(number, "big"))
                break
    return numbers

def chosen_ports():
    ports = []
    for address in ("127.0.0.1", "127.0.0.2", "127.0.0.3"):
        with socket.create_connection((address, 22)) as one:
            ports.append(one.getsockname()[1])
    return ports

text = lambda path: Path(path).read_text().strip()
print(json.dumps({
    "machine id": text("/etc/machine-id"),
    "transient machine id": text("/run/machine-id" if os.path.exists("/run/machine-id") else "/etc/machine-id"),
    "uuid": text("/sys/class/dmi/id/product_uuid"),
    "SMBIOS": Path("/sys/firmware/dmi/tables/DMI").read_bytes().hex(),
    "tag": text("/sys/class/dmi/id/board_asset_tag"),
    "hostname": socket.gethostname(),
    "host keys": sorted(text(path) for path in Path("/etc/ssh").glob("ssh_host_*_key.pub")),
    "private keys": sorted(text(path) for path in Path("/etc/ssh").glob("ssh_host_*_key")),
    "random": os.urandom(16).hex(),
    "random uuid": text("/proc/sys/kernel/random/uuid"),
    "boot id": text("/proc/sys/kernel/random/boot_id"),
    "random seed": Path("/var/lib/systemd/random-seed").read_bytes().hex(),
    "temporary": tempfile.mkdtemp(),
    "mktemp": shell("mktemp -u"),
    "mac": text("/sys/class/net/" + next(name for name in os.listdir("/sys/class/net") if name != "lo") + "/address"),
    "lease": shell("grep -h ^ADDRESS= /run/systemd/netif/leases/*"),
    "ports": chosen_ports(),
    "first numbers": first_numbers([40001, 40003, 40007, 40009]),
    "journals": os.listdir("/var/log/journal"),
    "authorized": len(Path("/home/admin/.ssh/authorized_keys").read_text().splitlines()),
}))
"""
_OWN = (
    "machine id",
    "transient machine id",
    "uuid",
    "SMBIOS",
    "tag",
    "hostname",
    "host keys",
    "private keys",
    "random",
    "random uuid",
    "boot id",
    "random seed",
    "temporary",
    "mktemp",
    "mac",
    "ports",
    "journals",
)
"""Facts that no two guests share."""


@pytest.fixture
def cloud(prepared_cloud: PreparedCloud, cloud_folder: Path, server: Server) -> CloudClient:
    """Of a server that did not prepare the machine itself."""
    prepared_cloud.copied(cloud_folder)
    return server.start()


def test_guests_launched_from_memory_share_no_identity_and_live_on_like_others(
    prepared_cloud: PreparedCloud, cloud: CloudClient, cloud_folder: Path, tmp_path: Path, sampling: Sampling
) -> None:
    image = prepared_cloud.image
    key, group = access(cloud, tmp_path)
    clones = len(sampling.of(range(MOST), 1))  # and one that is configured, which is compared with them
    first = ""
    told: list[dict[str, Any]] = []
    for begun in range(0, clones, TOGETHER):  # each works for a minute after its launch, and has no need to
        several = _launched(
            cloud, image, group, count=min(TOGETHER, clones - begun), HibernationOptions={"Configured": True}
        )
        told += [_told(login_to(cloud, each, key)) for each in several]
        first = first or several[0]
        _are_as_told(cloud, told[begun:], several)
        if others := [each for each in several if each != first]:
            cloud.call("TerminateInstances", InstanceIds=others)
    [configured] = _launched(
        cloud,
        image,
        group,
        count=1,
        UserData="#cloud-config\nbootcmd: [touch /run/early]\nwrite_files: [{path: /etc/told, content: so}]\n",
        BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 11}}],
    )
    login = login_to(cloud, configured, key)
    told.append(_told(login))
    _are_as_told(cloud, told[-1:], [configured])
    _are_all_others(told)

    login.run("sudo cloud-init status --wait")
    assert json.loads(login.run("hostnamectl --json=short"))["HardwareModel"] == TYPE
    assert login.run("cat /etc/told /run/early /var/lib/cloud/data/instance-id") == f"so{configured}"
    assert int(login.run("df --output=size -BM / | tail -1").strip("M ")) > 10_000, "it has grown"
    cloud.call("TerminateInstances", InstanceIds=[configured])

    _lives_on(cloud, goes_on_where_it_stood(cloud, cloud_folder, login_to(cloud, first, key), key))


def _lives_on(cloud: CloudClient, login: Login) -> None:
    """A disk comes, an image is made at rest, and the guest is who it was after its reboot."""
    before = _told(login)
    zone = cloud.instance(login.instance_id)["Placement"]["AvailabilityZone"]
    volume = cloud.call("CreateVolume", AvailabilityZone=zone, Size=1)["VolumeId"]
    until(lambda: volume_of(cloud, volume), "State", "available", 60)
    cloud.call("AttachVolume", InstanceId=login.instance_id, VolumeId=volume, Device="/dev/sdf")
    assert login.device(volume) == "/dev/vdb"
    made = cloud.call("CreateImage", InstanceId=login.instance_id, Name="of a launched guest")["ImageId"]
    until(lambda: image_of(cloud, made), "State", "available", 300)
    assert cloud.evidence(f"images/{made}")["consistency"] == "at-rest"
    login.reconnect()
    after = _told(login)
    same = ("machine id", "uuid", "tag", "hostname", "host keys", "mac", "lease", "journals")
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
    first, second = _boots(cloud, login.instance_id)
    assert (first["from_memory"], first["cold_because"], second["from_memory"]) == (True, None, False)
    assert second["cold_because"], "it is said why the reboot was a boot"


def _launched(cloud: CloudClient, image: str, group: str, *, count: int, **more: Any) -> list[str]:
    wanted = {"ImageId": image, "InstanceType": TYPE, "KeyName": KEY, "SecurityGroupIds": [group], **more}
    launched = cloud.call("RunInstances", MinCount=count, MaxCount=count, **wanted)["Instances"]
    ids = [each["InstanceId"] for each in launched]
    for each in ids:
        until(lambda id=each: cloud.instance(id)["State"], "Name", "running", 120)  # type: ignore[misc]
        [boot] = _boots(cloud, each)
        assert boot["from_memory"], boot
    return ids


def _boots(cloud: CloudClient, instance_id: str) -> list[dict[str, Any]]:
    boots: list[dict[str, Any]] = cloud.evidence(f"instances/{instance_id}/boots")["boots"]
    return boots


def _told(login: Login) -> dict[str, Any]:
    """What the guest says of itself, once its journal is its own: that comes last, when nobody needs the processor."""
    login.run("timeout 200 sh -c 'until ls /var/log/journal/$(cat /etc/machine-id)/system.journal; do sleep 1; done'")
    program = base64.b64encode(_TELL.encode()).decode()
    told: dict[str, Any] = json.loads(login.run(f"echo {program} | base64 -d | sudo python3 -"))
    return told


def _are_all_others(guests: Sequence[dict[str, Any]]) -> None:
    for name in _OWN:
        seen = Counter(json.dumps(guest[name]) for guest in guests)
        assert len(seen) == len(guests), f"{name} is shared: {seen.most_common(3)}"
    for place in range(len(guests[0]["host keys"])):
        assert len({guest["host keys"][place] for guest in guests}) == len(guests)
    apart = [_apart(guest["first numbers"]) for guest in guests]
    for at, one in enumerate(apart):
        for other in apart[:at]:
            near = [abs(a - b) < 1 << 20 for a, b in zip(one, other, strict=True)]
            assert not all(near), "two kernels have one secret"


def _are_as_told(cloud: CloudClient, guests: Sequence[dict[str, Any]], ids: Sequence[str]) -> None:
    for guest, instance_id in zip(guests, ids, strict=True):
        told = cloud.instance(instance_id)
        assert guest["tag"] == instance_id
        assert guest["hostname"].partition(".")[0] == told["PrivateDnsName"].partition(".")[0]
        assert guest["lease"] == [f"ADDRESS={told['PrivateIpAddress']}"]
        assert guest["journals"] == [guest["machine id"]] == [guest["transient machine id"]]
        assert instance_id.encode().hex() in guest["SMBIOS"]
        assert guest["authorized"] == 1


def _apart(numbers: Sequence[int]) -> list[int]:
    """How far a kernel's first numbers are from each other, whatever the time is."""
    return [(number - numbers[0]) % (1 << 32) for number in numbers[1:]]
