"""What is there before a story begins, and what must hold of it when it is over, whatever died and failed meanwhile."""

from collections.abc import Awaitable, Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from stack import Stack

from kumoniwa.hypervisor.driver import GuestState, LayerId
from kumoniwa.model.scope import Scope
from kumoniwa.store import snapshots

ZONE = "us-east-1a"
FILE = "/written"
BEFORE = b"before"

_LEGAL = {
    "instance": {"running": GuestState.RUNNING, "stopped": GuestState.ABSENT, "terminated": GuestState.ABSENT},
    "attachment": {"attached", "busy"},
}


@dataclass(frozen=True)
class Given:
    """An instance that runs and one that is stopped, each with a volume beside its root, and a volume that nobody has;
    to each of these volumes something was written. A snapshot of the last, and an image of the stopped instance."""

    instance: str
    root: str
    attached: str
    stopped: str
    stopped_root: str
    stopped_data: str
    spare: str
    snapshot: str
    image: str
    told: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What the API tells of each of these."""


@dataclass(frozen=True)
class Story:
    """How a story is begun, and what must have come of it."""

    kind: str
    """One of `kumoniwa.workflows.story.STORIES`."""
    begin: Callable[[Stack, Given], Awaitable[Any]]
    failure: Callable[[Stack, Given], Awaitable[str | None]]
    """Why it came to nothing, as the API tells it; None: it did not, and all that was asked for is checked."""
    loses: frozenset[str] = frozenset()
    """The volumes (fields of `Given`) that go when it succeeds."""
    changes: frozenset[str] = frozenset()
    """What the API tells otherwise of what is given when it succeeds: `stopped.State`, and all below it."""
    blames: frozenset[str] = frozenset()
    """What it tells otherwise when it failed."""
    before: Callable[[Stack, Given], Awaitable[Any]] | None = None
    """What must have been done before it is begun."""


def serial(volume_id: str) -> str:
    """As the volume's guest sees it."""
    return volume_id.replace("-", "")


async def make(stack: Stack) -> Given:
    """Make what is given, all at rest."""
    instance = await stack.launch(InstanceType="t2.micro", HibernationOptions={"Configured": True})
    stopped = await stack.launch()
    roots = [(await volumes_of(stack, one))[0] for one in (instance, stopped)]
    made = [(await stack.call("CreateVolume", AvailabilityZone=ZONE, Size=1))["VolumeId"] for _ in range(3)]
    await stack.idle()
    for volume_id, at, device in zip(made, (instance, stopped, instance), "ffg", strict=True):
        await stack.call("AttachVolume", VolumeId=volume_id, InstanceId=at, Device=f"/dev/sd{device}")
        await stack.idle()
        stack.guest(at).write(FILE, BEFORE, serial=serial(volume_id), sync=True)
    for one in (instance, stopped):
        stack.guest(one).write(FILE, BEFORE, sync=True)
    await stack.call("CreateTags", Resources=[instance, stopped, *roots, *made], Tags=[{"Key": "kept", "Value": "yes"}])
    await stack.call("DetachVolume", VolumeId=made[2])
    await stack.call("StopInstances", InstanceIds=[stopped])
    await stack.idle()
    snapshot = (await stack.call("CreateSnapshot", VolumeId=made[2]))["SnapshotId"]
    image = (await stack.call("CreateImage", InstanceId=stopped, Name="given"))["ImageId"]
    await stack.idle()
    given = Given(instance, roots[0], made[0], stopped, roots[1], made[1], made[2], snapshot, image)
    return replace(given, told=(await describe(stack)).of(given))


@dataclass(frozen=True)
class Described:
    """What the API tells of all there is."""

    instances: list[dict[str, Any]]
    volumes: list[dict[str, Any]]
    snapshots: list[dict[str, Any]]
    images: list[dict[str, Any]]

    def of(self, given: Given) -> dict[str, dict[str, Any]]:
        """What it tells of what is given, by its name there. What is gone is left out."""
        names = {value: name for name, value in vars(given).items() if isinstance(value, str)}
        found: dict[str, dict[str, Any]] = {}
        for one in self.instances:
            devices = {f"At {device['DeviceName']}": device for device in one["BlockDeviceMappings"]}
            found[one["InstanceId"]] = {**one, **devices, "BlockDeviceMappings": None}
        for id, every in (("VolumeId", self.volumes), ("SnapshotId", self.snapshots), ("ImageId", self.images)):
            found |= {one[id]: one for one in every}
        return {names[id]: told for id, told in found.items() if id in names}


async def describe(stack: Stack) -> Described:
    """Ask the API."""
    reservations = (await stack.call("DescribeInstances"))["Reservations"]
    return Described(
        [instance for reservation in reservations for instance in reservation["Instances"]],
        (await stack.call("DescribeVolumes"))["Volumes"],
        (await stack.call("DescribeSnapshots"))["Snapshots"],
        (await stack.call("DescribeImages"))["Images"],
    )


def changed(before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]]) -> set[str]:
    """What is told otherwise: `name.Field.Field`, or the name alone of what is gone."""
    was = {name: dict(_leaves(told, name)) for name, told in before.items()}
    now = {name: dict(_leaves(told, name)) for name, told in after.items()}
    found = was.keys() - now.keys()
    for name in was.keys() & now.keys():
        found |= {one for one in was[name].keys() | now[name].keys() if was[name].get(one) != now[name].get(one)}
    return found


def _leaves(told: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(told, list):
        told = dict(enumerate(told))
    if not isinstance(told, dict):
        yield path, told
        return
    for name, value in told.items():
        yield from _leaves(value, f"{path}.{name}")


async def volumes_of(stack: Stack, instance_id: str) -> list[str]:
    """The ids of an instance's volumes, its root first."""
    return [one["Ebs"]["VolumeId"] for one in (await stack.instance(instance_id))["BlockDeviceMappings"]]


async def check_legal(stack: Stack, described: Described) -> None:
    """Nothing is half done: every resource is in a state in which it may stay, and says why where that is a failure."""
    for instance in described.instances:
        guest = _LEGAL["instance"][instance["State"]["Name"]]  # type: ignore[index]
        assert await stack.guest(instance["InstanceId"]).observe() is guest
    for volume in described.volumes:
        assert volume["State"] == ("in-use" if volume["Attachments"] else "available") or volume["State"] == "error"
        assert {one["State"] for one in volume["Attachments"]} <= _LEGAL["attachment"]  # type: ignore[operator]
    states = {}
    for snapshot in described.snapshots:
        states[snapshot["SnapshotId"]] = snapshot["State"]
        assert snapshot["State"] in ("completed", "error")
        assert bool(snapshot.get("StateMessage")) == (snapshot["State"] == "error")
    for image in described.images:
        of = {states[one["Ebs"]["SnapshotId"]] for one in image["BlockDeviceMappings"] if "Ebs" in one}
        assert image["State"] == "failed" or (image["State"] == "available" and of == {"completed"})
        assert bool(image.get("StateReason")) == (image["State"] == "failed")
    for modification in (await stack.call("DescribeVolumesModifications"))["VolumesModifications"]:
        assert modification["ModificationState"] in ("completed", "failed")
    for task in (await stack.call("DescribeReplaceRootVolumeTasks"))["ReplaceRootVolumeTasks"]:
        assert task["TaskState"] in ("succeeded", "failed")
    for imported in (await stack.call("DescribeImportSnapshotTasks"))["ImportSnapshotTasks"]:
        assert imported["SnapshotTaskDetail"]["Status"] in ("completed", "deleted")


def check_told(story: Story, given: Given, now: dict[str, dict[str, Any]], failure: str | None) -> None:
    """The API tells what it told before, of all that the story had not to change."""
    allowed = story.changes | story.loses if failure is None else story.blames
    for one in sorted(changed(given.told, now)):
        assert any(one == name or one.startswith(f"{name}.") for name in allowed), f"{one} is told otherwise"


async def check_kept(stack: Stack, given: Given, loses: Collection[str] = ()) -> None:
    """What was written is there, on volumes and in every completed snapshot of them; and all volumes take more."""
    if (await stack.instance(given.stopped))["State"]["Name"] == "stopped":
        await stack.call("StartInstances", InstanceIds=[given.stopped])
        await stack.idle()
    state = (await stack.instance(given.instance))["State"]["Name"]
    host = given.instance if state == "running" else await stack.launch()
    there = {one["VolumeId"]: one for one in (await stack.call("DescribeVolumes"))["Volumes"]}
    for name, letter in (
        ("root", "p"),
        ("attached", "q"),
        ("stopped_root", "r"),
        ("stopped_data", "s"),
        ("spare", "t"),
    ):
        volume_id = getattr(given, name)
        assert volume_id in there or name in loses
        if volume_id not in there:
            continue
        if not there[volume_id]["Attachments"]:
            await stack.call("AttachVolume", VolumeId=volume_id, InstanceId=host, Device=f"/dev/sd{letter}")
            await stack.idle()
        at = there[volume_id]["Attachments"][0]["InstanceId"] if there[volume_id]["Attachments"] else host
        assert stack.guest(at).read(FILE, serial=serial(volume_id)) == BEFORE, name
        stack.guest(at).write(FILE, b"after", serial=serial(volume_id), sync=True)
    for layer_id in await _snapshotted(stack, given):
        assert stack.driver.world.layers.get(layer_id, FILE) == BEFORE


async def _snapshotted(stack: Stack, given: Given) -> list[LayerId]:
    """The layers of the completed snapshots of what is given."""
    account, written = stack.running.key["account"], vars(given).values()
    found = await stack.running.cloud.read(
        lambda connection: snapshots.in_scope(connection, Scope(account, "us-east-1"))
    )
    return [
        LayerId(one.layer_id)
        for one in found
        if one.state == "completed" and one.volume_id in written and one.layer_id is not None
    ]
