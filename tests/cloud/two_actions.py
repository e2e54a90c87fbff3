"""Two actions on one instance: the first is held in its midst, the second is called, and then both may end.

The volume that they are about is the instance's data volume, or the spare one that nobody has where it is attached.
What is written to the data volume is numbered: ① before the first action, ② while it is held, ③ when the second was
answered, the first still held. So what a snapshot of it holds can be told.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from asgi import Refused
from stack import Stack
from waiting import let_others_run

from kumoniwa.hypervisor.driver import GuestId, GuestState, LayerId
from kumoniwa.store import journal, layers, volumes

WRITES = "①②③"
NOTHING = "–"
_ZONE = "us-east-1a"
_DEVICES = [{"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 1, "DeleteOnTermination": False}}]
_IMAGE = [{"Name": "name", "Values": ["debian-12-amd64-simulated"]}]

Outcome = Callable[[], Awaitable[str]]


@dataclass(frozen=True)
class Held:
    """An action and what holds it: the driver, at the beginning of this method; or it waits there for a guest that does
    not hear its power button."""

    action: str
    at: str
    deaf: bool = False
    busy: bool = False  # a program in the guest keeps the volume, to the end


@dataclass(frozen=True)
class Ends:
    """What the second caller was told, and what is so when both have ended: `first` and `second` are what they made."""

    answer: str
    instance: str
    volume: str
    first: str
    second: str


@dataclass
class Scene:
    """An instance with a data volume, and a volume that nobody has."""

    stack: Stack
    instance_id: str = ""
    root: str = ""
    data: str = ""
    spare: str = ""
    subject: str = ""  # the volume that the actions are about
    to_attach: str = ""
    written: str = ""
    outcome: Outcome | None = None  # how that ends which the last action made

    async def call(self, action: str, **parameters: Any) -> dict[str, Any]:
        return await self.stack.call(action, **parameters)

    async def launch(self) -> str:
        """RunInstances; gives the state that is told."""
        image = (await self.call("DescribeImages", Filters=_IMAGE))["Images"][0]["ImageId"]
        asked = {"ImageId": image, "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1}
        told = (await self.call("RunInstances", **asked, BlockDeviceMappings=_DEVICES))["Instances"][0]
        self.instance_id = told["InstanceId"]
        self.root, self.data = await self.stack.running.cloud.read(
            lambda connection: [volume.id for _, volume in volumes.of_instance(connection, self.instance_id)]
        )
        self.subject = self.data
        return str(told["State"]["Name"])

    def disks(self) -> set[str]:
        """The serial numbers of the disks that the guest has, where it runs."""
        machine = self.stack.driver.world.machines.get(GuestId(self.instance_id))
        return set() if machine is None or machine.state is not GuestState.RUNNING else set(machine.drives.layers)

    def write(self, mark: str) -> None:
        """Write to the data volume, where the guest runs and has it."""
        if serial(self.data) in self.disks():
            guest = self.stack.guest(self.instance_id)
            guest.write(f"/{mark}", b"written", serial=serial(self.data), sync=True)
            self.written += mark

    async def holds(self, layer_id: str | None) -> str:
        """Which of the writes are read through this layer; one without a file so far shows the one beneath."""
        every = await self.stack.running.cloud.read(layers.every)
        world = self.stack.driver.world.layers
        for layer in layers.chain(every, layer_id):
            if LayerId(layer.id) in world:
                return "".join(mark for mark in WRITES if f"/{mark}" in world.shown(LayerId(layer.id)))
        return ""


async def meet(stack: Stack, first: Held, second: str) -> Ends:
    """Let the two actions meet on an instance of their own."""
    scene = Scene(stack)
    held, free = asyncio.Event(), asyncio.Event()

    async def stay(at: str) -> None:
        if at == first.at and not held.is_set():
            held.set()
            if not first.deaf:
                await free.wait()

    await _prepare(scene, first)
    stack.driver.faults.hook = stay
    try:
        await ACTIONS[first.action](scene)
        of_first, scene.outcome = scene.outcome, None
        async with asyncio.timeout(10):
            await held.wait()
        begun = {row.id for row in await stack.running.cloud.read(journal.running)}
        scene.write("②")
        try:
            answer = await ACTIONS[second](scene)
        except Refused as refusal:
            answer = _without_ids(scene, refusal)
        of_second = scene.outcome
        await _second_ended_or_waits(stack, begun)
        scene.write("③")
    finally:
        stack.driver.faults.hook = None
        free.set()
    if first.deaf:
        guest = stack.guest(scene.instance_id)
        guest.ignore_power_button = False
        guest.power_off_from_inside()
    await stack.idle()
    ends = Ends(
        answer,
        await _instance(scene),
        await _volume(scene),
        NOTHING if of_first is None else await of_first(),
        NOTHING if of_second is None else await of_second(),
    )
    await _clear(scene)
    return ends


async def _prepare(scene: Scene, first: Held) -> None:
    """What is there before the first action is called."""
    scene.spare = (await scene.call("CreateVolume", AvailabilityZone=_ZONE, Size=1))["VolumeId"]
    scene.to_attach = scene.spare
    await scene.stack.idle()
    if first.action == "RunInstances":
        return
    await scene.launch()
    await scene.stack.idle()
    scene.write("①")
    if first.action == "StartInstances":
        await scene.call("StopInstances", InstanceIds=[scene.instance_id])
        await scene.stack.idle()
    if first.action.startswith("DetachVolume"):
        scene.to_attach = scene.data
    guest = scene.stack.guest(scene.instance_id)
    guest.ignore_power_button = first.deaf
    if first.busy:
        guest.holds_disk(serial(scene.data))


async def _clear(scene: Scene) -> None:
    """Leave nothing behind that the next pair's calls would look at."""
    await scene.call("TerminateInstances", InstanceIds=[scene.instance_id])
    await scene.stack.idle()
    for volume_id in (scene.data, scene.spare):
        await scene.call("DeleteVolume", VolumeId=volume_id)
    await scene.stack.idle()


async def _second_ended_or_waits(stack: Stack, begun: set[str]) -> None:
    """Wait until nothing goes on but what did when the first action was held."""
    async with asyncio.timeout(10):
        while not {row.id for row in await stack.running.cloud.read(journal.running)} <= begun:
            await let_others_run()


def _without_ids(scene: Scene, refusal: Refused) -> str:
    """A refusal with what the ids in it are of in their place."""
    message = refusal.message.replace(scene.instance_id, "i-…")
    for volume_id in (scene.root, scene.data, scene.spare):
        message = message.replace(volume_id, "vol-…")
    return f"{refusal.code}: {message}"


def serial(volume_id: str) -> str:
    """A volume's id as guests see it."""
    return volume_id.replace("-", "")


# How things ended.


async def _instance(scene: Scene) -> str:
    """The instance's state and how often its guest booted. Nobody has it, and its guest is what the state says."""
    state: str = (await scene.stack.instance(scene.instance_id))["State"]["Name"]
    observed = await scene.stack.guest(scene.instance_id).observe()
    assert observed is (GuestState.RUNNING if state == "running" else GuestState.ABSENT)
    truth = await scene.stack.get(f"/_kumoniwa/instances/{scene.instance_id}")
    assert truth["claimed_by"] is None
    boots = len(await scene.stack.boots(scene.instance_id, 0))
    return f"{state}, {boots} boot{'' if boots == 1 else 's'}"


async def _volume(scene: Scene) -> str:
    """The volume, and its attachment. The data volume holds all that was written, and the guest has what rows say."""
    described = (await scene.call("DescribeVolumes"))["Volumes"]
    there = {one["VolumeId"]: one for one in described}
    head = await scene.stack.running.cloud.read(lambda connection: volumes.get(connection, scene.data))
    assert head is not None
    assert await scene.holds(head.head) == scene.written
    attached = {
        one["VolumeId"]
        for one in described
        for attachment in one.get("Attachments", ())
        if attachment["InstanceId"] == scene.instance_id
    }
    running = (await scene.stack.instance(scene.instance_id))["State"]["Name"] == "running"
    assert scene.disks() == ({serial(one) for one in attached} if running else set())
    one = there[scene.subject]
    size = "" if one["Size"] == 1 else f", {one['Size']} GiB"
    state: str = one["Attachments"][0]["State"] if one.get("Attachments") else one["State"]
    return state + size


async def _snapshot(scene: Scene, snapshot_id: str) -> str:
    told = await scene.stack.get(f"/_kumoniwa/snapshots/{snapshot_id}")
    if told["state"] != "completed":
        return str(told["state"])
    return f"completed {await scene.holds(told['layer_id'])}".rstrip()


async def _snapshots(scene: Scene, made: dict[str, str]) -> str:
    """Those of the volumes by id: of one state, and the data volume's as it is."""
    every = {volume_id: await _snapshot(scene, snapshot_id) for volume_id, snapshot_id in made.items()}
    assert len({told.split()[0] for told in every.values()}) == 1, every
    return every.get(scene.data, f"{every[scene.root]} without it")


async def _image(scene: Scene, image_id: str) -> str:
    image = (await scene.call("DescribeImages", ImageIds=[image_id]))["Images"][0]
    if image["State"] != "available":
        return str(image["State"])
    how = (await scene.stack.get(f"/_kumoniwa/images/{image_id}"))["consistency"]
    parts = {one["DeviceName"]: one["Ebs"]["SnapshotId"] for one in image["BlockDeviceMappings"]}
    held = "without it"
    if "/dev/sdf" in parts:
        held = (await _snapshot(scene, parts["/dev/sdf"])).removeprefix("completed").strip()
    return f"{how} {held}".rstrip()


async def _task(scene: Scene, task_id: str) -> str:
    told = await scene.call("DescribeReplaceRootVolumeTasks", ReplaceRootVolumeTaskIds=[task_id])
    return str(told["ReplaceRootVolumeTasks"][0]["TaskState"])


async def _modification(scene: Scene, volume_id: str) -> str:
    told = (await scene.call("DescribeVolumesModifications", VolumeIds=[volume_id]))["VolumesModifications"][0]
    return f"{told['ModificationState']}, {told['TargetSize']} GiB"


# The actions: each gives what is told at once.


async def _attach(scene: Scene) -> str:
    scene.subject = scene.to_attach
    told = await scene.call("AttachVolume", VolumeId=scene.subject, InstanceId=scene.instance_id, Device="/dev/sdg")
    return str(told["State"])


async def _detach(scene: Scene) -> str:
    return str((await scene.call("DetachVolume", VolumeId=scene.subject))["State"])


async def _force(scene: Scene) -> str:
    return str((await scene.call("DetachVolume", VolumeId=scene.subject, Force=True))["State"])


async def _detach_root(scene: Scene) -> str:
    return str((await scene.call("DetachVolume", VolumeId=scene.root))["State"])


async def _delete(scene: Scene) -> str:
    await scene.call("DeleteVolume", VolumeId=scene.subject)
    return "deleted"


async def _modify(scene: Scene) -> str:
    told = (await scene.call("ModifyVolume", VolumeId=scene.subject, Size=2))["VolumeModification"]
    scene.outcome = lambda: _modification(scene, told["VolumeId"])
    return str(told["ModificationState"])


async def _create_snapshot(scene: Scene, volume_id: str = "") -> str:
    told = await scene.call("CreateSnapshot", VolumeId=volume_id or scene.subject)
    scene.outcome = lambda: _snapshot(scene, told["SnapshotId"])
    return str(told["State"])


async def _create_snapshots(scene: Scene) -> str:
    told = await scene.call("CreateSnapshots", InstanceSpecification={"InstanceId": scene.instance_id})
    made = {one["VolumeId"]: one["SnapshotId"] for one in told["Snapshots"]}
    scene.outcome = lambda: _snapshots(scene, made)
    return "pending"


async def _create_image(scene: Scene, *, no_reboot: bool = False) -> str:
    name = f"{scene.instance_id} {'first' if scene.outcome is None else 'second'} {len(scene.written)}"
    told = await scene.call("CreateImage", InstanceId=scene.instance_id, Name=name, NoReboot=no_reboot)
    scene.outcome = lambda: _image(scene, told["ImageId"])
    return str((await scene.call("DescribeImages", ImageIds=[told["ImageId"]]))["Images"][0]["State"])


async def _replace_root(scene: Scene) -> str:
    told = (await scene.call("CreateReplaceRootVolumeTask", InstanceId=scene.instance_id))["ReplaceRootVolumeTask"]
    scene.outcome = lambda: _task(scene, told["ReplaceRootVolumeTaskId"])
    return str(told["TaskState"])


async def _lifecycle(scene: Scene, action: str, word: str) -> str:
    told = (await scene.call(action, InstanceIds=[scene.instance_id]))[word][0]
    return str(told["CurrentState"]["Name"])


async def _reboot(scene: Scene) -> str:
    await scene.call("RebootInstances", InstanceIds=[scene.instance_id])
    return "accepted"


async def _modify_attribute(scene: Scene, **attribute: Any) -> str:
    await scene.call("ModifyInstanceAttribute", InstanceId=scene.instance_id, **attribute)
    return "accepted"


ACTIONS: dict[str, Callable[[Scene], Awaitable[str]]] = {
    "AttachVolume": _attach,
    "DetachVolume": _detach,
    "DetachVolume Force": _force,
    "DetachVolume of the root": _detach_root,
    "DeleteVolume": _delete,
    "ModifyVolume": _modify,
    "CreateSnapshot": _create_snapshot,
    "CreateSnapshot of the root": lambda scene: _create_snapshot(scene, scene.root),
    "CreateSnapshots": _create_snapshots,
    "CreateImage": _create_image,
    "CreateImage NoReboot": lambda scene: _create_image(scene, no_reboot=True),
    "CreateReplaceRootVolumeTask": _replace_root,
    "StopInstances": lambda scene: _lifecycle(scene, "StopInstances", "StoppingInstances"),
    "StartInstances": lambda scene: _lifecycle(scene, "StartInstances", "StartingInstances"),
    "RebootInstances": _reboot,
    "TerminateInstances": lambda scene: _lifecycle(scene, "TerminateInstances", "TerminatingInstances"),
    "RunInstances": Scene.launch,
    "ModifyInstanceAttribute": lambda scene: _modify_attribute(scene, SourceDestCheck={"Value": False}),
    "ModifyInstanceAttribute type": lambda scene: _modify_attribute(scene, InstanceType={"Value": "t3.small"}),
}
