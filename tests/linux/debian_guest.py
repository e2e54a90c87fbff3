"""The Debian guest under a server process: launched, reached by SSH, and what is told of what is around it."""

import asyncio
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from waiting import NotYet, eventually
from without_cloud_init import debian_without_cloud_init

from kumoniwa.client.cloud import CloudClient
from kumoniwa.client.commands import debian_image
from kumoniwa.client.ssh import ssh_endpoint

KEY = "test"
BOOT_DEADLINE = 150.0  # seconds; without KVM a first boot takes most of a minute on a quiet machine


class Login:
    """SSH into an instance, tried until the deadline of a boot.

    All commands share one connection, for a login costs an emulated guest more than a second. It is made anew when it
    was lost, and by `reconnect` when the guest boots anew, which closes no connection. A guest that this host does not
    reach is reached `via` another one.
    """

    def __init__(
        self, instance_id: str, address: str, key: Path, *, port: int = 22, via: "Login | None" = None
    ) -> None:
        self.instance_id = instance_id
        self._folder = key.parent
        self._socket = f"{instance_id}.ssh"  # relative, for a socket's address is short
        options = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR", "ConnectTimeout=10"]
        options += ["ServerAliveInterval=10", f"ControlPath={self._socket}"]
        if via is not None:
            *to_it, at = via._ssh
            options.append(f"ProxyCommand={shlex.join([*to_it, '-W', '%h:%p', at])}")
        self._ssh: list[str] = [
            "ssh",
            "-i",
            str(key),
            "-p",
            str(port),
            *(word for one in options for word in ("-o", one)),
            f"admin@{address}",
        ]

    def run(self, command: str) -> str:
        """What a command printed. Raises `AssertionError` where it failed, or nobody let us in."""

        def tried() -> str:
            self._connect()
            ended = subprocess.run(
                [*self._ssh, command],
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=300,
                check=False,
            )
            said = f"{command}: {ended.returncode} {ended.stdout} {ended.stderr}"
            if ended.returncode == 255:  # a connection refused says nothing about when to come back
                raise NotYet(said)
            assert ended.returncode == 0, said
            return ended.stdout.strip()

        return eventually(tried, within=BOOT_DEADLINE, every=1)

    def reconnect(self) -> None:
        """The guest boots anew: what is connected to it is connected to nothing."""
        subprocess.run(
            [*self._ssh, "-O", "exit"],
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
            check=False,  # it may be gone already
        )

    def _connect(self) -> None:
        """The connection is there. It lives in a process of its own, until the guest or the host ends it."""
        if (self._folder / self._socket).exists():
            return
        with (self._folder / "ssh.log").open("w+") as log:
            ended = subprocess.run(
                [*self._ssh, "-M", "-N", "-f"],
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                timeout=60,
                check=False,
            )
            if ended.returncode:
                log.seek(0)
                raise NotYet(f"no connection: {log.read()}")

    def device(self, volume_id: str) -> str:
        """The path of the disk that the volume is in the guest, once there is one."""
        serial = volume_id.replace("-", "")
        found = self.run(
            f"timeout 60 sh -c 'until lsblk -dno SERIAL | grep -q {serial}; do sleep 0.2; done'; "
            f"lsblk -dnpo NAME,SERIAL | awk '$2 == \"{serial}\" {{print $1}}'"
        )
        assert found, f"the guest sees no disk {serial}"
        return found


def launch(cloud: CloudClient, folder: Path, *, kind: str) -> Login:
    """An instance of the Debian AMI, but for cloud-init, reached by SSH."""
    key, group = access(cloud, folder)
    [pair] = cloud.call("DescribeKeyPairs", KeyNames=[KEY], IncludePublicKey=True)["KeyPairs"]
    image = debian_without_cloud_init(cloud, folder, admits=pair["PublicKey"])
    wanted: dict[str, Any] = {"ImageId": image, "InstanceType": kind, "KeyName": KEY, "SecurityGroupIds": [group]}
    if kind == "t3.micro":  # of two emulated processors of a busy host one may lose its timer for ever, rarely
        wanted["CpuOptions"] = {"CoreCount": 1, "ThreadsPerCore": 1}
    launched = cloud.call("RunInstances", MinCount=1, MaxCount=1, **wanted)["Instances"][0]
    until(lambda: cloud.instance(launched["InstanceId"])["State"], "Name", "running", 120)
    return login_to(cloud, launched["InstanceId"], key)


def debian_ami(cloud: CloudClient) -> str:
    """The Debian AMI, made where it is not there."""
    return asyncio.run(debian_image(cloud, lambda what, percent: None))


def prepare(cloud: CloudClient, image: str) -> None:
    """Have instances of `t3.micro` launched from memory, of this AMI."""
    cloud.call("EnableFastLaunch", ImageId=image)

    def told() -> dict[str, Any]:
        found: dict[str, Any] = cloud.call("DescribeFastLaunchImages", ImageIds=[image])["FastLaunchImages"][0]
        return found

    until(told, "State", "enabled", BOOT_DEADLINE)


def access(cloud: CloudClient, folder: Path) -> tuple[Path, str]:
    """A key pair `KEY`, in a file, and a security group that lets everybody try it."""
    key = folder / "key.pem"
    key.write_text(cloud.call("CreateKeyPair", KeyName=KEY, KeyType="ed25519")["KeyMaterial"])
    key.chmod(0o600)
    group = cloud.call("CreateSecurityGroup", GroupName="ssh", Description="ssh")["GroupId"]
    cloud.call(
        "AuthorizeSecurityGroupIngress", GroupId=group, IpProtocol="tcp", FromPort=22, ToPort=22, CidrIp="0.0.0.0/0"
    )
    return key, str(group)


def login_to(cloud: CloudClient, instance_id: str, key: Path) -> Login:
    """SSH into a running instance, at the port of this host that stands for its port 22."""
    address, port = ssh_endpoint(cloud, instance_id)
    return Login(instance_id, address, key, port=port)


def volume_of(cloud: CloudClient, volume_id: str) -> dict[str, Any]:
    """The volume, as it is told now."""
    volume: dict[str, Any] = cloud.call("DescribeVolumes", VolumeIds=[volume_id])["Volumes"][0]
    return volume


def image_of(cloud: CloudClient, image_id: str) -> dict[str, Any]:
    """The image, as it is told now."""
    image: dict[str, Any] = cloud.call("DescribeImages", ImageIds=[image_id])["Images"][0]
    return image


def status_of(cloud: CloudClient, instance_id: str) -> dict[str, Any]:
    """The instance's status check, as it is told now."""
    told: dict[str, Any] = cloud.call("DescribeInstanceStatus", InstanceIds=[instance_id])["InstanceStatuses"][0]
    return dict(told["InstanceStatus"])


def until(look: Callable[[], dict[str, Any]], member: str, wanted: object, seconds: float) -> dict[str, Any]:
    """Look again and again, as a waiter does, until the member is as wanted."""

    def wanted_is_seen() -> dict[str, Any]:
        seen = look()
        if seen[member] != wanted:
            raise NotYet(f"{member} is {seen[member]}, not {wanted}")
        return seen

    return eventually(wanted_is_seen, within=seconds, every=0.5)
