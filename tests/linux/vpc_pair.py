"""A web and a database tier of a VPC of their own: two Debian guests, in a cloud that carries packets between them.

The web server is in a public subnet, the database, which has two interfaces, in a private one, whose way out is a NAT
gateway. The database's group names the web server's. All is made by the AWS CLI, as a user would make it.
"""

import asyncio
import os
import signal
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from aws_commands import AwsCommands
from debian_guest import Login, until
from prepared_cloud import PreparedCloud
from server import Server

from kumoniwa.client.cloud import CloudClient
from kumoniwa.client.ssh import ssh_endpoint
from kumoniwa.network.vpc.host.probe import probe

DATABASE_PORT = 5432
BLOCK, PUBLIC, PRIVATE = "10.20.0.0/16", "10.20.1.0/24", "10.20.2.0/24"
ANYWHERE = "0.0.0.0/0"


@dataclass(frozen=True)
class Member:
    """One of the two: how it is reached, and its address."""

    login: Login
    private: str

    @property
    def id(self) -> str:
        return self.login.instance_id

    def reaches(self, address: str, port: int, *, within: int = 10) -> bool:
        """Whether something says a word to it there, within so many seconds."""
        asked = f"timeout {within} bash -c 'exec 3<>/dev/tcp/{address}/{port} && head -c 3 <&3' || true"
        return self.login.run(asked) == "SSH"

    def pings(self, address: str, *options: str) -> bool:
        """Whether it hears an echo from there."""
        said = self.login.run(f"sudo ping -c 1 -W 3 {' '.join(options)} {address} >/dev/null 2>&1; echo $?")
        return said == "0"


class Tiers:
    """What both guests are in: ids of what a user makes for them, before they are launched."""

    def __init__(self, cloud: AwsCommands) -> None:
        self._cloud = cloud
        self.vpc = self._made("CreateVpc", "Vpc", CidrBlock=BLOCK)
        cloud.call("ModifyVpcAttribute", VpcId=self.vpc, EnableDnsHostnames={"Value": True})
        self.gateway = self._made("CreateInternetGateway", "InternetGateway")
        cloud.call("AttachInternetGateway", InternetGatewayId=self.gateway, VpcId=self.vpc)
        zone = cloud.call("DescribeAvailabilityZones")["AvailabilityZones"][0]["ZoneName"]
        self.public, self.private = (
            self._made("CreateSubnet", "Subnet", VpcId=self.vpc, CidrBlock=block, AvailabilityZone=zone)
            for block in (PUBLIC, PRIVATE)
        )
        cloud.call("ModifySubnetAttribute", SubnetId=self.public, MapPublicIpOnLaunch={"Value": True})
        self.outward, self.inward = (
            self._made("CreateRouteTable", "RouteTable", VpcId=self.vpc) for _ in (self.public, self.private)
        )
        for table, subnet in ((self.outward, self.public), (self.inward, self.private)):
            cloud.call("AssociateRouteTable", RouteTableId=table, SubnetId=subnet)
        cloud.call("CreateRoute", RouteTableId=self.outward, DestinationCidrBlock=ANYWHERE, GatewayId=self.gateway)
        allocation = cloud.call("AllocateAddress", Domain="vpc")["AllocationId"]
        self.nat = self._made("CreateNatGateway", "NatGateway", SubnetId=self.public, AllocationId=allocation)
        until(self._nat_gateway, "State", "available", 60)
        cloud.call("CreateRoute", RouteTableId=self.inward, DestinationCidrBlock=ANYWHERE, NatGatewayId=self.nat)
        self.web_group, self.database_group = (
            cloud.call("CreateSecurityGroup", GroupName=name, Description=name, VpcId=self.vpc)["GroupId"]
            for name in ("web", "database")
        )
        self.authorize(self.web_group, 22, IpRanges=[{"CidrIp": ANYWHERE}])
        for port in (22, DATABASE_PORT):
            self.authorize(self.database_group, port, UserIdGroupPairs=[{"GroupId": self.web_group}])

    def authorize(self, group: str, port: int, **source: Any) -> None:
        permission = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **source}
        self._cloud.call("AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=[permission])

    def _made(self, action: str, what: str, **parameters: Any) -> str:
        return str(self._cloud.call(action, **parameters)[what][f"{what}Id"])

    def _nat_gateway(self) -> dict[str, Any]:
        return dict(self._cloud.call("DescribeNatGateways", NatGatewayIds=[self.nat])["NatGateways"][0])


class Pair:
    """A server in mode `vpc` with both guests. `end` leaves nothing of it."""

    def __init__(self, folder: Path, prepared: PreparedCloud) -> None:
        self.folder = self.evidence_folder = folder
        self.server = Server(folder / "cloud", "qemu", folder, options=("--network", "vpc"))
        try:
            prepared.copied(folder / "cloud")
            self.cloud: CloudClient = self.server.start()
            self._image = prepared.image
            self.key = folder / "key.pem"
            with AwsCommands(self.cloud.access) as aws:
                self.key.write_text(aws.call("CreateKeyPair", KeyName="test", KeyType="ed25519")["KeyMaterial"])
                self.key.chmod(0o600)
                self.tiers = tiers = Tiers(aws)
                web = self._launched(aws, SubnetId=tiers.public, SecurityGroupIds=[tiers.web_group])
                interface = {
                    "SubnetId": tiers.private,
                    "Groups": [tiers.database_group],
                    "SecondaryPrivateIpAddressCount": 1,
                }
                both = [{"DeviceIndex": index, **interface} for index in (0, 1)]
                database = self._launched(aws, NetworkInterfaces=both)
            for instance_id in (web, database):
                until(lambda id=instance_id: self.cloud.instance(id)["State"], "Name", "running", 120)  # type: ignore[misc]
            self.one = Member(self.login_to(web), self.private_of(web))
            self.other = Member(self.login_to(database, via=self.one.login), self.private_of(database))
            self.until_up()
        except BaseException:
            self.end()
            raise

    def login_to(self, instance_id: str, *, via: Login | None = None) -> Login:
        """SSH into an instance, by this host's port where it has one, or by way of another guest."""
        if via is not None:
            return Login(instance_id, self.private_of(instance_id), self.key, via=via)
        address, port = ssh_endpoint(self.cloud, instance_id)
        return Login(instance_id, address, self.key, port=port)

    def found_again(self) -> None:
        """Log in where the web server is now, whose public address is another one."""
        for member in (self.other, self.one):
            member.login.reconnect()
        self.one = replace(self.one, login=self.login_to(self.one.id))
        self.other = replace(self.other, login=self.login_to(self.other.id, via=self.one.login))

    def private_of(self, instance_id: str) -> str:
        return str(self.cloud.instance(instance_id)["PrivateIpAddress"])

    def until_up(self) -> None:
        """Both let us in."""
        for member in (self.one, self.other):
            member.login.run("true")

    def reconnect(self) -> None:
        """What carried our connections is another one: they lead nowhere."""
        for member in (self.other, self.one):
            member.login.reconnect()

    def restart_server(self) -> None:
        self.cloud = self.server.start()

    def programs(self, word: str) -> list[int]:
        """The processes of this cloud's networks with this word in their command line."""
        networks, found = str(self.folder / "cloud" / "networks"), []
        for entry in Path("/proc").iterdir():
            try:
                words = (entry / "cmdline").read_text().replace("\0", " ")
                told = words + (entry / "environ").read_text() + str((entry / "cwd").readlink())
            except (OSError, ValueError):
                continue
            if entry.name.isdigit() and networks in told and word in words and "qemu-system" not in words:
                found.append(int(entry.name))
        return sorted(found)

    def runs_another(self, word: str, before: list[int]) -> bool:
        """Whether programs of this kind run, and not those before."""
        return bool(found := self.programs(word)) and not set(found) & set(before)

    def state_of(self, member: Member) -> dict[str, Any]:
        return dict(self.cloud.instance(member.id)["State"])

    def kill(self, word: str) -> None:
        """`kill -9` of those."""
        found = self.programs(word)
        assert found, f"nobody is {word}"
        for pid in found:
            with suppress(ProcessLookupError):  # it has ended with the one before it
                os.kill(pid, signal.SIGKILL)

    def end(self) -> None:
        """Nothing is left of it."""
        self.server.end()

    def _launched(self, aws: AwsCommands, **parameters: Any) -> str:
        launched = aws.call(
            "RunInstances",
            ImageId=self._image,
            InstanceType="t3.micro",
            MinCount=1,
            MaxCount=1,
            KeyName="test",
            **parameters,
        )["Instances"][0]
        return str(launched["InstanceId"])


def obstacle() -> str | None:
    """Why this host cannot carry packets between guests; None where it can."""
    found = asyncio.run(probe())
    return None if found is None else str(found)
