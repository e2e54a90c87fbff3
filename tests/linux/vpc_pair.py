"""Two Debian guests of the default VPC, in different subnets, in a cloud that carries packets between them."""

import asyncio
import os
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from debian_guest import Login, launch, login_to, until
from server import Server

from kumoniwa.client.cloud import CloudClient
from kumoniwa.network.vpc.host.probe import probe


@dataclass(frozen=True)
class Member:
    """One of the two: how it is reached, and its addresses."""

    login: Login
    private: str
    public: str

    @property
    def id(self) -> str:
        return self.login.instance_id

    def reaches(self, address: str, port: int) -> bool:
        """Whether something says a word to it there, within some seconds."""
        asked = f"timeout 10 bash -c 'exec 3<>/dev/tcp/{address}/{port} && head -c 3 <&3' || true"
        return self.login.run(asked) == "SSH"

    def pings(self, address: str, *options: str) -> bool:
        """Whether it hears an echo from there."""
        said = self.login.run(f"sudo ping -c 1 -W 3 {' '.join(options)} {address} >/dev/null 2>&1; echo $?")
        return said == "0"


class Pair:
    """A server in mode `vpc` with both guests, all reached by SSH. `end` leaves nothing of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server = Server(folder / "cloud", "qemu", folder, options=("--network", "vpc"))
        try:
            self.cloud: CloudClient = self.server.start()
            login = launch(self.cloud, folder, kind="t3.micro")
            self.one = self._member(login)
            self.other = self._launch_other()
            self.until_up()
        except BaseException:
            self.end()
            raise

    @property
    def group_id(self) -> str:
        """The group of both: it admits SSH from anywhere, and nothing else."""
        return str(self.cloud.instance(self.one.id)["SecurityGroups"][0]["GroupId"])

    def until_up(self) -> None:
        """Both have booted, and let us in."""
        for member in (self.one, self.other):
            member.login.run("true")

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
            os.kill(pid, signal.SIGKILL)

    def authorize(self, **permission: Any) -> None:
        self.cloud.call("AuthorizeSecurityGroupIngress", GroupId=self.group_id, IpPermissions=[permission])

    def revoke(self, **permission: Any) -> None:
        self.cloud.call("RevokeSecurityGroupIngress", GroupId=self.group_id, IpPermissions=[permission])

    def end(self) -> None:
        """Nothing is left of it."""
        self.server.end()

    def _launch_other(self) -> Member:
        like = self.cloud.instance(self.one.id)
        subnets = self.cloud.call("DescribeSubnets")["Subnets"]
        launched = self.cloud.call(
            "RunInstances",
            ImageId=like["ImageId"],
            InstanceType="t3.micro",
            MinCount=1,
            MaxCount=1,
            KeyName="test",
            SubnetId=next(one["SubnetId"] for one in subnets if one["SubnetId"] != like["SubnetId"]),
            SecurityGroupIds=[group["GroupId"] for group in like["SecurityGroups"]],
        )["Instances"][0]
        until(lambda: self.cloud.instance(launched["InstanceId"])["State"], "Name", "running", 120)
        return self._member(login_to(self.cloud, launched["InstanceId"], self.folder / "key.pem"))

    def _member(self, login: Login) -> Member:
        instance = self.cloud.instance(login.instance_id)
        return Member(login, instance["PrivateIpAddress"], instance["PublicIpAddress"])


def obstacle() -> str | None:
    """Why this host cannot carry packets between guests; None where it can."""
    found = asyncio.run(probe())
    return None if found is None else str(found)
