"""A cloud that plays a scene, and whose power fails at the end of it: a program of its own, for it ends with the power.

    python power_cut_scenes.py <data folder> <its disk's file> <folder for photographs> <scene> [headers] <moment> …

What the disk holds at each of the moments is photographed into the folder as `<number>.ext4`, and what the cloud has
promised by then, a line each, as `<number>.promises`. At the last moment the power fails as well. A moment is

    done: <step>            the workflow's step was done, and is not yet journaled
    journaled: <step>       … and is journaled
    asked: <command>        before QEMU is given this command
    answered: <command>     after it was
    called: <function>      before this function of ours, by its dotted name
    returned: <function>    after it
    the end                 when the scene is played and all is quiet

Each is taken once, when it first comes. When the power has failed the process ends with the status `CUT`. With
`headers` the kernel has just written back, at each moment, the first page of every layer's file, which it may at any
time, and nothing else that nobody asked for.
"""

import asyncio
import importlib
import inspect
import json
import os
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import power
from real_cloud import RealCloud, real_cloud, until

from kumoniwa.hypervisor.driver import LayerId
from kumoniwa.hypervisor.qemu.disks.layer_checks import path_of
from kumoniwa.hypervisor.qemu.guest.drives import stream
from kumoniwa.hypervisor.qemu.guest.process.disk_devices import LAYERS_FROM_GUEST
from kumoniwa.hypervisor.qemu.guest.process.machine import Machine
from kumoniwa.reconcile.shorten_chains import Compaction
from kumoniwa.store import layers
from kumoniwa.workflows.workflow import Step, Workflow

CUT = 17


class Scene:
    """A cloud with an instance that runs, whose guest has written and flushed `a`, and a completed snapshot of it."""

    def __init__(self, cloud: RealCloud, moments: "Moments") -> None:
        self.cloud = cloud
        self.instance = self.root = ""
        self._moments = moments
        self._flushed: list[str] = []

    def promise(self, what: str, **values: object) -> None:
        """What was told, and must be true from now on, whatever happens."""
        self._moments.promised += json.dumps({"what": what, **values}) + "\n"

    async def begin(self) -> None:
        self.instance = await self.cloud.launch(await self.cloud.boot_sector_image())
        self.root = (await self.cloud.instance(self.instance))["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
        self.promise("instance", id=self.instance)
        await self.write("a")
        await self.snapshot()

    async def write(self, letter: str) -> None:
        """Write a letter in the guest and flush it, as a guest's own flush does."""
        await self.cloud.press(self.instance, letter)
        await self.cloud.flush(self.instance)
        self._flushed.append(letter)
        self.promise("flushed", letter=letter)

    async def snapshot(self, volume: str | None = None, *, holds: str | None = None) -> str:
        """A snapshot of the root volume, or another; told as soon as it is answered, and when it is completed."""
        holds = "".join(self._flushed) if holds is None else holds
        made = (await self.cloud.call("CreateSnapshot", VolumeId=volume or self.root))["SnapshotId"]
        self.promise("snapshot", id=made)
        await self.cloud.idle()
        [told] = (await self.cloud.call("DescribeSnapshots", SnapshotIds=[made]))["Snapshots"]
        assert told["State"] == "completed", told
        self.promise("completed", id=made, holds=holds)
        return str(made)

    def arm(self) -> None:
        """From here on the power may fail."""
        for moment in self._moments.to_come:
            _arm(moment, partial(self._moments.come, moment))


class Moments:
    """The moments of a scene: a photograph is taken of each, and at the last the power fails."""

    def __init__(self, folder: Path, file: Path, photographs: Path, moments: list[str], *, headers: bool) -> None:
        self.to_come = list(moments)
        self.promised = ""
        self._folder, self._file, self._photographs, self._headers = folder, file, photographs, headers
        self._names = {moment: str(number) for number, moment in enumerate(moments)}

    def come(self, moment: str) -> None:
        """It is this moment, perhaps not for the first time."""
        if moment not in self.to_come:
            return
        self.to_come.remove(moment)
        promised = self.promised
        for layer in (self._folder / "layers").iterdir() if self._headers else ():
            power.write_first_page(layer)
        taken = self._photographs / self._names[moment]
        power.photograph(self._folder, self._file, taken.with_suffix(".ext4"))
        taken.with_suffix(".promises").write_text(promised)
        if not self.to_come:
            power.cut(self._folder)
            os._exit(CUT)


async def idle(scene: Scene) -> None:
    scene.arm()
    await scene.write("b")


async def image(scene: Scene, *, no_reboot: bool = False) -> None:
    await scene.write("b")
    scene.arm()
    made = (await scene.cloud.call("CreateImage", InstanceId=scene.instance, Name="golden", NoReboot=no_reboot))[
        "ImageId"
    ]
    scene.promise("image", id=made, holds="ab")
    await scene.cloud.idle()
    [told] = (await scene.cloud.call("DescribeImages", ImageIds=[made]))["Images"]
    assert told["State"] == "available", told
    scene.promise("available", id=made)


async def live_image(scene: Scene) -> None:
    await image(scene, no_reboot=True)


async def image_of_the_stopped(scene: Scene) -> None:
    await scene.write("b")
    await scene.cloud.call("StopInstances", InstanceIds=[scene.instance])
    await scene.cloud.idle()
    scene.promise("stopped")
    await image_without_writing(scene)


async def image_without_writing(scene: Scene) -> None:
    scene.arm()
    made = (await scene.cloud.call("CreateImage", InstanceId=scene.instance, Name="golden"))["ImageId"]
    scene.promise("image", id=made, holds="ab")
    await scene.cloud.idle()
    scene.promise("available", id=made)


async def multi_volume(scene: Scene) -> None:
    await _attach(scene, await _volume(scene))
    await scene.write("b")
    scene.arm()
    asked = {"InstanceSpecification": {"InstanceId": scene.instance}}
    made = (await scene.cloud.call("CreateSnapshots", **asked))["Snapshots"]
    for one in made:
        scene.promise("snapshot", id=one["SnapshotId"])
    await scene.cloud.idle()
    for one in made:
        scene.promise("completed", id=one["SnapshotId"], holds="ab" if one["VolumeId"] == scene.root else "a")


async def attach(scene: Scene) -> None:
    scene.arm()
    await _attach(scene, await _volume(scene))


async def _volume(scene: Scene) -> str:
    """A volume of a snapshot, which holds `a`."""
    of = await scene.snapshot()
    made = await scene.cloud.call("CreateVolume", AvailabilityZone="us-east-1a", SnapshotId=of)
    await scene.cloud.idle()
    return str(made["VolumeId"])


async def _attach(scene: Scene, volume: str) -> None:
    await scene.cloud.call("AttachVolume", VolumeId=volume, InstanceId=scene.instance, Device="/dev/sdf")
    scene.promise("attached", volume=volume, holds="a")
    await scene.cloud.idle()


async def grow(scene: Scene) -> None:
    [volume] = (await scene.cloud.call("DescribeVolumes", VolumeIds=[scene.root]))["Volumes"]
    scene.arm()
    await scene.cloud.call("ModifyVolume", VolumeId=scene.root, Size=volume["Size"] + 1)
    scene.promise("size", volume=scene.root, gib=volume["Size"] + 1)
    await scene.cloud.idle()
    await scene.write("b")


async def compaction(scene: Scene) -> None:
    """A chain is shortened, and what nobody needs any more is deleted."""
    shorten = await _tall(scene)
    scene.arm()
    await shorten.go_round()
    assert shorten.skipped == {} and shorten.last is not None and shorten.last.outcome == "done", shorten.skipped
    await scene.write("f")


async def followed(scene: Scene) -> None:
    """The same where the server that began it is gone: the guest has finished it, and the row follows the file."""
    shorten = await _tall(scene)
    guest, head = scene.cloud.guest(scene.instance), LayerId(await scene.cloud.head(scene.instance))
    machine, folder = guest._machine, guest._folder / LAYERS_FROM_GUEST
    assert machine is not None
    assert await stream._begin(machine, folder, head, (await stream.chain(machine, head))[-1].layer, 1 << 40)
    await stream._finish(machine, path_of(folder, head), head)
    shorten._unsure.add(head)
    scene.arm()
    await shorten.follow_files()
    chain = await scene.cloud.running.cloud.read(lambda connection: layers.chain(layers.every(connection), head))
    assert len(chain) == 2


async def _tall(scene: Scene) -> Compaction:
    """A chain of six layers, of which snapshots hold three; gives who shortens it to two."""
    for number, letter in enumerate("bcd", 1):
        await scene.cloud.fill(scene.instance, number)
        await scene.write(letter)
        scene.promise("filled", number=number)
        made = await scene.snapshot()
        if letter != "b":
            await scene.cloud.call("DeleteSnapshot", SnapshotId=made)
            scene.promise("deleted", id=made)
    await scene.write("e")
    await scene.cloud.idle()
    return await scene.cloud.compaction()


async def deletion(scene: Scene) -> None:
    """A snapshot that alone holds a layer is deleted, and so are the layer and the one above it."""
    made = await scene.cloud.call("CreateVolume", AvailabilityZone="us-east-1a", Size=1)
    await scene.cloud.idle()
    low = await scene.snapshot(made["VolumeId"], holds="")
    high = await scene.snapshot(made["VolumeId"], holds="")
    await scene.cloud.call("DeleteVolume", VolumeId=made["VolumeId"])
    await scene.cloud.idle()
    await scene.cloud.call("DeleteSnapshot", SnapshotId=low)
    scene.promise("deleted", id=low)
    await scene.cloud.idle()
    scene.arm()
    await scene.cloud.call("DeleteSnapshot", SnapshotId=high)
    scene.promise("deleted", id=high)
    await scene.cloud.idle()


async def killed(scene: Scene) -> None:
    """A guest was killed before what it wrote was flushed, and writes no more when it is up again: QEMU does not flush
    then what another one wrote, not before a cut either. Yet the snapshot holds it."""
    await scene.write("b")
    await scene.cloud.press(scene.instance, "c")  # beside the b: QEMU has the file's tables say nothing more
    scene.cloud.kill_guest(scene.instance)
    await scene.cloud.booted(scene.instance, 2)
    await until(lambda: _is_running(scene))
    await scene.cloud.idle()
    scene.arm()
    await scene.snapshot(holds="abc")


async def _is_running(scene: Scene) -> bool:
    return bool((await scene.cloud.instance(scene.instance))["State"]["Name"] == "running")


SCENES: dict[str, Callable[[Scene], Awaitable[None]]] = {
    scene.__name__: scene
    for scene in (
        idle,
        image,
        live_image,
        image_of_the_stopped,
        multi_volume,
        attach,
        grow,
        compaction,
        followed,
        deletion,
        killed,
    )
}


async def play(folder: Path, scene: str, moments: Moments) -> None:
    """Play the scene; the power fails at the last of its moments."""
    async with real_cloud(folder) as cloud:
        playing = Scene(cloud, moments)
        await playing.begin()
        await SCENES[scene](playing)
        if moments.to_come != ["the end"]:
            raise AssertionError(f"these moments never came: {moments.to_come}")
        moments.come("the end")


def _arm(moment: str, cut: Callable[[], None]) -> None:
    if moment == "the end":
        return
    when, _, name = moment.partition(": ")
    match when:
        case "done" | "journaled":
            _arm_step(when, name, cut)
        case "asked" | "answered":
            _arm_command(when, name, cut)
        case "called" | "returned":
            _arm_function(when, name, cut)
        case _:
            raise AssertionError(f"no moment is called {moment}")


def _arm_step(when: str, wanted: str, cut: Callable[[], None]) -> None:
    for method in ("step", "settle"):
        original = getattr(Workflow, method)

        def around(original: Any) -> Any:
            async def told(workflow: Workflow, name: str, function: Step[..., Any], *args: Any, **kwargs: Any) -> Any:
                async def done(world: Any, *args: Any, **kwargs: Any) -> Any:
                    result = await function(world, *args, **kwargs)
                    if (when, wanted) == ("done", name):
                        cut()
                    return result

                result = await original(workflow, name, done, *args, **kwargs)
                if (when, wanted) == ("journaled", name):
                    cut()
                return result

            return told

        setattr(Workflow, method, around(original))


def _arm_command(when: str, wanted: str, cut: Callable[[], None]) -> None:
    execute = Machine.execute

    async def told(machine: Machine, command: str, **arguments: Any) -> Any:
        if (when, wanted) == ("asked", command):
            cut()
        answer = await execute(machine, command, **arguments)
        if (when, wanted) == ("answered", command):
            cut()
        return answer

    patched: Any = Machine
    patched.execute = told


def _arm_function(when: str, dotted: str, cut: Callable[[], None]) -> None:
    module, _, name = dotted.partition(":")
    owner: Any = importlib.import_module(module)
    *path, last = name.split(".")
    for part in path:
        owner = getattr(owner, part)
    original = getattr(owner, last)

    def told(*args: Any, **kwargs: Any) -> Any:
        if when == "called":
            cut()
        result = original(*args, **kwargs)
        if not inspect.isawaitable(result):
            cut()
        return _then(result)

    async def _then(result: Awaitable[Any]) -> Any:
        answer = await result
        cut()
        return answer

    setattr(owner, last, told)


if __name__ == "__main__":
    folder, file, photographs = map(Path, sys.argv[1:4])
    scene, *moments = sys.argv[4:]
    with_headers = moments[0] == "headers"
    asyncio.run(play(folder, scene, Moments(folder, file, photographs, moments[with_headers:], headers=with_headers)))
