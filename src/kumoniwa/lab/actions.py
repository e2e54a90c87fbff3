"""What an experiment does to instances and asks about them: with the AWS CLI and SSH where a person would, shown;
by API where only a program waits."""

import asyncio
import secrets
from contextlib import suppress
from pathlib import Path

from kumoniwa.client.access import CommandFailed
from kumoniwa.client.boots import Boot, Downtime, command_of, downtimes, read_boots
from kumoniwa.client.cloud import CloudClient
from kumoniwa.client.ssh import ssh_endpoint
from kumoniwa.clock import Clock
from kumoniwa.lab.claims import ImageMade
from kumoniwa.lab.narration import Narrator
from kumoniwa.lab.shell import Login, Shell
from kumoniwa.lab.watch import Lookout

BOOTED_WITHIN = 300.0  # seconds until SSH answers, where guests are emulated
SHUT_DOWN_WITHIN = 300.0
IMAGE_WITHIN = 300.0
_TRIES = 30  # one a second
_KEY = "demo"


class Actions:
    """An experimenter's hands, on one cloud and in one folder."""

    def __init__(self, cloud: CloudClient, shell: Shell, narrator: Narrator, clock: Clock, folder: Path) -> None:
        self.lookout = Lookout(cloud, clock, narrator)
        self._cloud = cloud
        self._shell = shell
        self._narrator = narrator
        self._clock = clock
        self._folder = folder
        self._key = folder / f"{_KEY}.pem"
        self._group = ""

    async def prepare_access(self) -> None:
        """A key pair, and a security group that admits port 22."""
        create = f"ec2 create-key-pair --key-name {_KEY} --query KeyMaterial --output text"
        await self._shell.aws_into_file(create, self._key)
        self._group = await self._shell.aws_text(
            "ec2 create-security-group --group-name ssh --description ssh --query GroupId --output text"
        )
        admit = "ec2 authorize-security-group-ingress --protocol tcp --port 22 --cidr 0.0.0.0/0"
        await self._shell.aws_text(f"{admit} --group-id {self._group} --query Return")

    async def run_instance(self, image_id: str, options: str = "") -> str:
        """RunInstances, until the API says running; gives the instance id."""
        instance_id = await self._shell.aws_text(
            f"ec2 run-instances --image-id {image_id} --instance-type t3.micro --key-name {_KEY}"
            f" --security-group-ids {self._group} {options} --query Instances[0].InstanceId --output text"
        )
        await self.lookout.until_state(instance_id, "running", within=BOOTED_WITHIN)
        return instance_id

    async def until_ssh(self, instance_id: str, *, not_boot: str | None) -> Login:
        """Wait until SSH answers in another boot than `not_boot`; where, is asked anew: a start changes addresses."""
        await self._shell.aws_text(
            f"ec2 describe-instances --instance-ids {instance_id} --output text"
            " --query Reservations[].Instances[].[State.Name,PublicIpAddress,PrivateIpAddress,LaunchTime]"
        )
        host, port = await self._ssh_endpoint(instance_id)
        login = Login(host, port, self._key)
        self._narrator.remark(f"waiting for SSH at {host} port {port}")
        boot_id = await self._shell.until_booted(login, not_boot=not_boot, within=BOOTED_WITHIN)
        self._narrator.remark(f"SSH answers, boot id {boot_id}")
        return login

    async def until_boot_is_over(self, login: Login) -> None:
        """SSH may answer before all else is there: volumes with `nofail` are mounted meanwhile."""
        await self._shell.ssh_text(login, "systemctl is-system-running --wait || true")

    async def until_cloud_init_is_done(self, login: Login) -> None:
        await self._shell.ssh_text(login, "cloud-init status --wait >/dev/null; cloud-init status")

    async def create_image(self, instance_id: str, name: str, options: str = "") -> ImageMade:
        """CreateImage, until the image is no longer pending."""
        asked_at = self._clock.now()
        image_id = await self._shell.aws_text(
            f"ec2 create-image --instance-id {instance_id} --name {name} {options} --query ImageId --output text"
        )
        first_state = await self._shell.aws_text(
            f"ec2 describe-images --image-ids {image_id} --query Images[0].State --output text"
        )
        last_state = await self.lookout.until_image_settles(image_id, within=IMAGE_WITHIN)
        return ImageMade(image_id, asked_at, first_state, self._clock.now(), last_state)

    async def snapshots_of(self, image_id: str) -> list[str]:
        printed = await self._shell.aws_text(
            f"ec2 describe-images --image-ids {image_id} --output text"
            " --query Images[].BlockDeviceMappings[].Ebs.SnapshotId"
        )
        return printed.split()

    async def consistency_of(self, image_id: str) -> str:
        """How an image's disks were cut, which EC2 does not tell."""
        found = await asyncio.to_thread(self._cloud.evidence, f"images/{image_id}")
        return found.get("consistency") or ""

    async def volumes_of(self, instance_id: str) -> list[str]:
        printed = await self._shell.aws_text(
            f"ec2 describe-volumes --filters Name=attachment.instance-id,Values={instance_id} --output text"
            " --query Volumes[].VolumeId"
        )
        return printed.split()

    async def volumes_left(self) -> list[str]:
        """All volumes of the account, once those that go with their instance had time to go."""
        for _ in range(_TRIES):
            if not await asyncio.to_thread(self._cloud.pages, "DescribeVolumes", "Volumes"):
                break
            await self._clock.sleep(1)
        return (await self._shell.aws_text("ec2 describe-volumes --query Volumes[].VolumeId --output text")).split()

    async def write_to(self, login: Login, paths: tuple[str, ...]) -> str:
        """Write something new to files, and leave it to the guest to bring it from memory to its disks; gives it."""
        written = secrets.token_hex(8)
        await self._shell.ssh_text(login, f"echo {written} | sudo tee {' '.join(paths)}")
        return written

    async def read_from(self, login: Login, paths: tuple[str, ...]) -> dict[str, str]:
        return {path: (await self._shell.ssh(login, f"cat {path}")).output.strip() for path in paths}

    async def boots_of(self, instance_id: str) -> list[Boot]:
        found = await asyncio.to_thread(self._cloud.evidence, f"instances/{instance_id}/boots")
        return read_boots(found["boots"])

    async def downtime_for(self, instance_id: str, command: str) -> Downtime | None:
        """How long the guest was down for the last boot that this command of `aws ec2` caused.

        Waits until the cloud has seen the guest reachable.
        """
        for _ in range(_TRIES):
            found = [down for down in downtimes(await self.boots_of(instance_id)) if command_of(down.why) == command]
            if found:
                return found[-1]
            await self._clock.sleep(1)
        return None

    async def _ssh_endpoint(self, instance_id: str) -> tuple[str, int]:
        """Where the instance's port 22 is reached; a start may take a moment to open it."""
        for _ in range(_TRIES):
            with suppress(CommandFailed):
                return await asyncio.to_thread(ssh_endpoint, self._cloud, instance_id)
            await self._clock.sleep(1)
        return await asyncio.to_thread(ssh_endpoint, self._cloud, instance_id)
