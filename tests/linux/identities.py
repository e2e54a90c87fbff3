"""Whether guests that were launched from one prepared machine are each somebody else."""

import base64
import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from debian_guest import Login

from kumoniwa.client.cloud import CloudClient

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


def facts_of(login: Login) -> dict[str, Any]:
    """What the guest says of itself, once its journal is its own: that comes last, when nobody needs the processor."""
    login.run("timeout 200 sh -c 'until ls /var/log/journal/$(cat /etc/machine-id)/system.journal; do sleep 1; done'")
    program = base64.b64encode(_TELL.encode()).decode()
    facts: dict[str, Any] = json.loads(login.run(f"echo {program} | base64 -d | sudo python3 -"))
    return facts


def are_all_others(guests: Sequence[dict[str, Any]]) -> None:
    """No two of them share a fact that is a guest's own."""
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


def is_as_told(cloud: CloudClient, facts: dict[str, Any], instance_id: str) -> None:
    """The guest is who the cloud says it is."""
    told = cloud.instance(instance_id)
    assert facts["tag"] == instance_id
    assert facts["hostname"].partition(".")[0] == told["PrivateDnsName"].partition(".")[0]
    addresses = sorted(f"ADDRESS={interface['PrivateIpAddress']}" for interface in told["NetworkInterfaces"])
    assert sorted(facts["lease"]) == addresses
    assert facts["journals"] == [facts["machine id"]] == [facts["transient machine id"]]
    assert instance_id.encode().hex() in facts["SMBIOS"]
    assert facts["authorized"] == 1


def _apart(numbers: Sequence[int]) -> list[int]:
    """How far a kernel's first numbers are from each other, whatever the time is."""
    return [(number - numbers[0]) % (1 << 32) for number in numbers[1:]]
