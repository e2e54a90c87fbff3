"""What the examples of every action name (`every_action`), made by boto3 on a server in a process of its own."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from botocore import xform_name
from cloud_process import CloudProcess, Sdk
from every_action import Scene, scene
from waiting import eventually_async


class Remote:
    """As much of a `Stack` as the scene asks for."""

    def __init__(self, cloud: CloudProcess, sdk: Sdk) -> None:
        self._cloud = cloud
        self._sdk = sdk
        self._ec2 = sdk.client()
        self.caller = SimpleNamespace(iam=self._iam)

    async def call(self, action: str, **parameters: Any) -> Any:
        """One call of EC2."""
        return getattr(self._ec2, xform_name(action))(**parameters)

    async def launch(self, **parameters: Any) -> str:
        """An instance that runs."""
        asked = {"ImageId": self._sdk.starting_image(), "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1}
        launched = self._ec2.run_instances(**{**asked, **parameters})
        await self.idle()
        return str(launched["Instances"][0]["InstanceId"])

    async def instance(self, instance_id: str) -> Any:
        """The instance as EC2 describes it."""
        return self._ec2.describe_instances(InstanceIds=[instance_id])["Reservations"][0]["Instances"][0]

    async def idle(self) -> None:
        """Wait until each workflow has ended that the server's log says has begun."""
        quiet = 0

        async def look() -> bool:
            nonlocal quiet  # what was just answered may be said to have begun a moment later
            quiet = quiet + 1 if _is_idle(self._cloud) else 0
            return quiet > 1

        await eventually_async(look, within=30, every=0.05)

    async def _iam(self, action: str, **parameters: Any) -> Any:
        return getattr(self._sdk.client("iam"), xform_name(action))(**parameters)


def scene_on(remote: Remote, folder: Path) -> Scene:
    """The scene, on the remote cloud. `folder` is one that the server imports disks from."""
    return asyncio.run(scene(remote, folder))  # type: ignore[arg-type] # it is no Stack, and has what is asked of one


def _is_idle(cloud: CloudProcess) -> bool:
    going: set[str] = set()
    for line in cloud.logged():
        if line["event"] in ("workflow started", "workflow resumed"):
            going.add(line["workflow"])
        elif line["event"] == "workflow finished":
            going.discard(line["workflow"])
    return not going
