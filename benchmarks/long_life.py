"""What a cloud is asked for in a long life: by the hour and by the day, as a person's automation would."""

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kumoniwa.api.call import Call, Token
from kumoniwa.api.client_tokens import ClientTokens
from kumoniwa.api.registry import ACTIONS
from kumoniwa.app.cloud import Running
from kumoniwa.clock import ManualClock
from kumoniwa.config import DEFAULT_REGION
from kumoniwa.hypervisor.simulated import SimulatedDriver
from kumoniwa.ids import new_request_id

_WITHIN = 120.0  # seconds
_ZONE = f"{DEFAULT_REGION}a"


class LongLife:
    """A cloud, its time, and what it is asked for. `imports` is a folder that disks are imported from.

    `took` holds the seconds of calls that were made while nothing else was under way, by action.
    """

    def __init__(self, cloud: Running, clock: ManualClock, driver: SimulatedDriver, imports: Path) -> None:
        self.took: dict[str, list[float]] = {}
        self._cloud, self._clock, self._driver = cloud, clock, driver
        self._disk = imports / "disk.raw"
        self._snapshots: dict[str, list[str]] = {}
        self._image: str | None = None
        self._base = ""

    async def begin(self, instances: int) -> None:
        """Launch the instances that stay."""
        self._disk.parent.mkdir(exist_ok=True)
        self._disk.write_bytes(bytes(4096))
        named = [{"Name": "name", "Values": ["debian-12-amd64-simulated"]}]
        self._base = next(iter((await self._ask("DescribeImages", Filters=named))["Images"]))["ImageId"]
        for _ in range(instances):
            self._snapshots[await self._launch()] = []

    async def back_up(self, keep: int) -> None:
        """A snapshot of each instance's root volume, and the end of those beyond `keep` of each.

        The first instance's is made and deleted by itself, and timed; the others' all at once, as a plan of backups
        does.
        """
        begun = time.perf_counter()
        roots = await self._roots()
        first, *others = self._snapshots
        await self._back_up(first, roots[first], keep, timed=True)
        await asyncio.gather(*(self._back_up(each, roots[each], keep, timed=False) for each in others))
        await self._idle()
        self.took.setdefault("a round of snapshots", []).append(time.perf_counter() - begun)

    async def pass_time(self, seconds: float) -> None:
        """Move the cloud's clock, and let it do what is due."""
        await self._clock.advance(seconds)
        await self._idle()

    async def day(self, number: int) -> None:
        """What is done once a day: reboots, other root volumes, an image, and all that comes and goes."""
        for instance_id in self._snapshots:
            await self._ask("RebootInstances", InstanceIds=[instance_id])
            await self._ask("CreateReplaceRootVolumeTask", InstanceId=instance_id, DeleteReplacedRootVolume=True)
            await self._ask("GetConsoleOutput", InstanceId=instance_id)
        first = next(iter(self._snapshots))
        made = await self._ask("CreateImage", InstanceId=first, Name=f"day {number}", NoReboot=True)
        if self._image is not None:
            await self._ask("DeregisterImage", ImageId=self._image, DeleteAssociatedSnapshots=True)
        self._image = made["ImageId"]
        passing = await self._launch(ClientToken=f"day {number}")
        await self._pass_volume(passing)
        await self._ask("TerminateInstances", InstanceIds=[passing])
        await self._pass_snapshots(self._snapshots[first][-1])
        await self._pass_others(number)
        for _ in range(5):
            await self._ask("DescribeInstances")
            await self._ask("DescribeSnapshots", OwnerIds=["self"])

    async def _back_up(self, instance_id: str, root: str, keep: int, *, timed: bool) -> None:
        ask = self._ask if timed else self._call
        taken = self._snapshots[instance_id]
        taken.append((await ask("CreateSnapshot", VolumeId=root))["SnapshotId"])
        if len(taken) > keep:
            await ask("DeleteSnapshot", SnapshotId=taken.pop(0))

    async def _pass_volume(self, instance_id: str) -> None:
        """A volume is attached, grows, is detached and deleted."""
        volume = (await self._ask("CreateVolume", AvailabilityZone=_ZONE, Size=1))["VolumeId"]
        await self._ask("CreateTags", Resources=[volume, instance_id], Tags=[{"Key": "Name", "Value": "passing"}])
        await self._ask("AttachVolume", VolumeId=volume, InstanceId=instance_id, Device="/dev/sdf")
        await self._ask("ModifyVolume", VolumeId=volume, Size=2)
        await self._ask("DetachVolume", VolumeId=volume)
        await self._ask("DeleteVolume", VolumeId=volume)

    async def _pass_snapshots(self, source: str) -> None:
        """A snapshot is copied, another imported, and both are deleted."""
        copy = await self._ask("CopySnapshot", SourceRegion=DEFAULT_REGION, SourceSnapshotId=source)
        await self._ask("DeleteSnapshot", SnapshotId=copy["SnapshotId"])
        task = await self._ask("ImportSnapshot", DiskContainer={"Format": "RAW", "Url": self._disk.as_uri()})
        asked = await self._ask("DescribeImportSnapshotTasks", ImportTaskIds=[task["ImportTaskId"]])
        detail = next(iter(asked["ImportSnapshotTasks"]))["SnapshotTaskDetail"]
        await self._ask("DeleteSnapshot", SnapshotId=detail["SnapshotId"])

    async def _pass_others(self, number: int) -> None:
        """A key pair and a security group come and go."""
        await self._ask("CreateKeyPair", KeyName=f"day {number}", KeyType="ed25519")
        await self._ask("DeleteKeyPair", KeyName=f"day {number}")
        group = (await self._ask("CreateSecurityGroup", GroupName=f"day {number}", Description="passing"))["GroupId"]
        ssh = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
        await self._ask("AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=[ssh])
        await self._ask("DeleteSecurityGroup", GroupId=group)

    async def _ask(self, action: str, **parameters: Any) -> Mapping[str, Any]:
        """An action by itself: how long it took is noted, and what it began is waited for."""
        begun = time.perf_counter()
        answer = await self._call(action, **parameters)
        self.took.setdefault(action, []).append(time.perf_counter() - begun)
        await self._idle()
        return answer

    async def _call(self, action: str, **parameters: Any) -> Mapping[str, Any]:
        """An action, as the gateway would call it."""
        cloud, key = self._cloud.cloud, self._cloud.key
        value = parameters.pop("ClientToken", None)
        token = None if value is None else Token(value, value)
        now = self._clock.now()
        call = Call(action, key["account"], DEFAULT_REGION, new_request_id(), key["access_key_id"], now, token)
        answer = None if token is None else await ClientTokens(cloud).find(call)
        if answer is None:
            answer = await ACTIONS["ec2"][action].function(cloud, call, parameters)
        return answer or {}

    async def _launch(self, **parameters: Any) -> str:
        launched = await self._ask(
            "RunInstances",
            ImageId=self._base,
            InstanceType="t3.micro",
            MinCount=1,
            MaxCount=1,
            Placement={"AvailabilityZone": _ZONE},
            **parameters,
        )
        return str(next(iter(launched["Instances"]))["InstanceId"])

    async def _roots(self) -> dict[str, str]:
        """The root volume of each instance that stays, as it is now."""
        answer = await self._call("DescribeInstances", InstanceIds=list(self._snapshots))
        return {
            instance["InstanceId"]: str(next(iter(instance["BlockDeviceMappings"]))["Ebs"]["VolumeId"])
            for reservation in answer["Reservations"]
            for instance in reservation["Instances"]
        }

    async def _idle(self) -> None:
        await self._driver.followed()
        while not self._cloud.cloud.engine.is_idle:
            await self._cloud.cloud.engine.idle(timeout=_WITHIN)
            await self._driver.followed()
