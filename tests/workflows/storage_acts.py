"""What is done to a cloud's storage, by its users, inside its guests, and by misfortune."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from storage import REGION, Rows, Storage, any_of, serial
from waiting import let_others_run

from kumoniwa.hypervisor.driver import CutRefused, DetachRefused, DriverError, GuestLost, HostExhausted, LayerDamaged

Act = Callable[[Storage], Awaitable[None]]

_REFUSED: dict[str, tuple[type[DriverError], ...]] = {
    "all_layers": (DriverError,),
    "present": (DriverError,),
    "ensure_attached": (DriverError, GuestLost),
    "ensure_compacted": (DriverError, HostExhausted),
    "ensure_cut": (CutRefused, GuestLost),
    "ensure_deleted": (DriverError,),
    "ensure_detached": (DetachRefused, GuestLost),
    "ensure_durable": (DriverError,),
    "ensure_empty": (DriverError, HostExhausted),
    "ensure_forgotten": (DriverError,),
    "ensure_grown": (DriverError, GuestLost),
    "ensure_imported": (DriverError, HostExhausted),
    "ensure_off": (GuestLost,),
    "ensure_overlay": (DriverError, HostExhausted),
    "ensure_running": (DriverError, GuestLost, HostExhausted),
    "ensure_shut_down": (GuestLost,),
    "measure": (DriverError, LayerDamaged),
    "observe": (GuestLost,),
    "parent": (DriverError,),
}
_FREEZE = [{"Key": "kumoniwa:freeze", "Value": "true"}]


def _chance(storage: Storage, percent: int) -> bool:
    return storage.choose.randrange(100) >= 100 - percent  # what is shorter is without


def _instance(storage: Storage, rows: Rows) -> str:
    return str(any_of(storage.choose, [one.id for one in rows.instances.values() if one.state != "terminated"]))


def _volume(storage: Storage, rows: Rows) -> str:
    return str(any_of(storage.choose, list(rows.volumes)))


def _completed(storage: Storage, rows: Rows) -> str:
    return str(any_of(storage.choose, [one.id for one in rows.snapshots.values() if one.state == "completed"]))


def _image(storage: Storage, rows: Rows, *states: str) -> str:
    return str(any_of(storage.choose, [one.id for one in rows.images.values() if one.state in states]))


def _launchable(storage: Storage, rows: Rows) -> str:
    """An image; rather one that was made here."""
    first, *made = [one.id for one in rows.images.values() if one.state == "available"]
    return str(storage.choose.choice(made)) if made and _chance(storage, 75) else first


# By users.


async def rest(storage: Storage) -> None:
    await storage.rest()


async def launch(storage: Storage) -> None:
    rows = await storage.look()
    mapping = [{"DeviceName": "/dev/sdj", "Ebs": {"VolumeSize": 1, "DeleteOnTermination": _chance(storage, 50)}}]
    await storage.call(
        "RunInstances",
        ImageId=_launchable(storage, rows),
        MinCount=1,
        MaxCount=1,
        BlockDeviceMappings=mapping if _chance(storage, 75) else [],
        InstanceInitiatedShutdownBehavior="terminate" if _chance(storage, 10) else "stop",
    )


async def stop(storage: Storage) -> None:
    rows = await storage.look()
    instance_id, skip = _instance(storage, rows), _chance(storage, 25)
    if skip:
        storage.shake(rows, instance_id)
    await storage.call("StopInstances", InstanceIds=[instance_id], SkipOsShutdown=skip)


async def start(storage: Storage) -> None:
    await storage.call("StartInstances", InstanceIds=[_instance(storage, await storage.look())])


async def reboot(storage: Storage) -> None:
    await storage.call("RebootInstances", InstanceIds=[_instance(storage, await storage.look())])


async def terminate(storage: Storage) -> None:
    await storage.call("TerminateInstances", InstanceIds=[_instance(storage, await storage.look())])


async def snapshot(storage: Storage) -> None:
    rows = await storage.look()
    volume_id, freeze = _volume(storage, rows), _chance(storage, 35)
    if (attachment := rows.attachments.get(volume_id)) is not None:
        await storage.see(attachment.instance_id)
    told = await storage.call("CreateSnapshot", VolumeId=volume_id, **_freezing(freeze, "snapshot"))
    storage.is_to_hold(told["SnapshotId"], volume_id, freeze=freeze)


async def snapshots(storage: Storage) -> None:
    instance_id, freeze = _instance(storage, await storage.look()), _chance(storage, 35)
    await storage.see(instance_id)
    asked = {"InstanceSpecification": {"InstanceId": instance_id}, **_freezing(freeze, "snapshot")}
    told = (await storage.call("CreateSnapshots", **asked))["Snapshots"]
    for one in told:
        storage.is_to_hold(one["SnapshotId"], one["VolumeId"], freeze=freeze)
    storage.groups.append([one["SnapshotId"] for one in told])


async def image(storage: Storage) -> None:
    instance_id, freeze = _instance(storage, await storage.look()), _chance(storage, 35)
    before = (await storage.see(instance_id)).volumes_of(instance_id)
    told = await storage.call(
        "CreateImage",
        InstanceId=instance_id,
        Name=f"image {storage.time} {len(storage.story)}",
        NoReboot=_chance(storage, 60),
        **_freezing(freeze, "image"),
    )
    rows = await storage.rows()
    devices = rows.devices.get(told["ImageId"], [])
    made = {one.device: one.snapshot_id for one in devices if one.snapshot_id is not None}
    after = rows.volumes_of(instance_id)
    for device, snapshot_id in made.items():
        volume_id = rows.snapshots[snapshot_id].volume_id
        assert volume_id in (before.get(device), after.get(device)), f"{snapshot_id} is of {volume_id}, as {device}"
        storage.is_to_hold(snapshot_id, volume_id, freeze=freeze)
    assert made.keys() <= before.keys() | after.keys() and made.keys() >= before.keys() & after.keys()
    storage.groups.append(list(made.values()))


def _freezing(freeze: bool, kind: str) -> dict[str, Any]:
    return {"TagSpecifications": [{"ResourceType": kind, "Tags": _FREEZE}]} if freeze else {}


async def copy_snapshot(storage: Storage) -> None:
    source = _completed(storage, await storage.look())
    told = await storage.call("CopySnapshot", SourceRegion=REGION, SourceSnapshotId=source)
    storage.is_copy(told["SnapshotId"], source)


async def copy_image(storage: Storage) -> None:
    rows = await storage.look()
    source = _launchable(storage, rows)
    told = await storage.call(
        "CopyImage", SourceRegion=REGION, SourceImageId=source, Name=f"copy {storage.time} {len(storage.story)}"
    )
    of = {one.device: one.snapshot_id for one in rows.devices[source]}
    made = (await storage.rows()).devices[told["ImageId"]]
    assert {one.device for one in made} == of.keys()
    for one in made:
        if one.snapshot_id is not None:
            storage.is_copy(one.snapshot_id, str(of[one.device]))


async def register(storage: Storage) -> None:
    snapshot_id = _completed(storage, await storage.look())
    await storage.call(
        "RegisterImage",
        Name=f"registered {storage.time} {len(storage.story)}",
        Architecture="x86_64",
        VirtualizationType="hvm",
        RootDeviceName="/dev/xvda",
        BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": snapshot_id}}],
    )


async def import_snapshot(storage: Storage) -> None:
    disk: Path = storage.life.folder / "disk.raw"
    await asyncio.to_thread(disk.write_bytes, bytes(4096))
    await storage.call("ImportSnapshot", DiskContainer={"Format": "RAW", "Url": disk.as_uri()})


async def disable_image(storage: Storage) -> None:
    await storage.call("DisableImage", ImageId=_ours(storage, await storage.look()))


async def enable_image(storage: Storage) -> None:
    await storage.call("EnableImage", ImageId=_image(storage, await storage.look(), "disabled"))


async def deregister(storage: Storage) -> None:
    image_id, also = _ours(storage, await storage.look()), _chance(storage, 50)
    await storage.call("DeregisterImage", ImageId=image_id, DeleteAssociatedSnapshots=also)


def _ours(storage: Storage, rows: Rows) -> str:
    """An image that is not the one that there was at first: without it nothing could be launched."""
    known = [one.id for one in rows.images.values() if one.state != "deregistered"]
    return str(any_of(storage.choose, known[1:]))


async def create_volume(storage: Storage) -> None:
    rows = await storage.look()
    source = {"SnapshotId": _completed(storage, rows)} if _chance(storage, 70) else {"Size": 1}
    zone = next(iter(rows.instances.values())).zone
    await storage.call("CreateVolume", AvailabilityZone=zone, **source)


async def attach(storage: Storage) -> None:
    rows = await storage.look()
    volume_id = any_of(storage.choose, [one.id for one in rows.volumes.values() if one.state == "available"])
    instance_id, device = _instance(storage, rows), f"/dev/sd{storage.choose.choice('fghi')}"
    if "/dev/xvda" not in rows.volumes_of(instance_id) and _chance(storage, 70):
        device = "/dev/xvda"
    await storage.call("AttachVolume", VolumeId=volume_id, InstanceId=instance_id, Device=device)
    storage.attached.add((volume_id, instance_id))


async def detach(storage: Storage) -> None:
    rows = await storage.look()
    data = [one.volume_id for one in rows.attachments.values() if one.position]
    volume_id, force = any_of(storage.choose, data or list(rows.attachments)), _chance(storage, 35)
    instance_id = rows.attachments[volume_id].instance_id
    rows, guest = await storage.see(instance_id), storage.stack.guest(instance_id)
    if volume_id in storage.seen_by(guest) and _chance(storage, 60):
        storage.write(rows, guest, volume_id)
    if force:
        storage.pull(volume_id)
        if _chance(storage, 50):
            guest.holds_disk(serial(volume_id))
            storage.story.append(f"{volume_id} is in use")
    await storage.call("DetachVolume", VolumeId=volume_id, Force=force)
    storage.detached.add(volume_id)


async def grow(storage: Storage) -> None:
    volume_id = _volume(storage, await storage.look())
    await storage.call("ModifyVolume", VolumeId=volume_id, Size=1 + storage.choose.randrange(9))


async def keep_or_not(storage: Storage) -> None:
    """DeleteOnTermination changes."""
    rows = await storage.look()
    one = any_of(storage.choose, list(rows.attachments.values()))
    mapping = [{"DeviceName": one.device, "Ebs": {"DeleteOnTermination": not one.delete_on_termination}}]
    await storage.call("ModifyInstanceAttribute", InstanceId=one.instance_id, BlockDeviceMappings=mapping)
    await storage.look()


async def replace_root(storage: Storage) -> None:
    rows = await storage.look()
    instance_id, kind = _instance(storage, rows), storage.choose.randrange(4)
    source = {}
    if kind == 1:
        roots = {volume_id for device, volume_id in rows.volumes_of(instance_id).items() if device == "/dev/xvda"}
        of_roots = [one.id for one in rows.snapshots.values() if one.volume_id in roots and one.state == "completed"]
        source = {"SnapshotId": any_of(storage.choose, of_roots)}
    elif kind == 2:
        source = {"ImageId": _launchable(storage, rows)}
    elif kind == 3:
        source = {"VolumeId": _volume(storage, rows)}
    also = _chance(storage, 50)
    await storage.call("CreateReplaceRootVolumeTask", InstanceId=instance_id, DeleteReplacedRootVolume=also, **source)
    old = {one.volume_id for one in rows.attachments.values() if (one.instance_id, one.position) == (instance_id, 0)}
    storage.detached.update(old)
    storage.doomed.update((await storage.rows()).volumes.keys() - rows.volumes.keys(), old if also else ())


async def delete_volume(storage: Storage) -> None:
    volume_id = _volume(storage, await storage.look())
    await storage.call("DeleteVolume", VolumeId=volume_id)
    storage.doomed.add(volume_id)


async def delete_snapshot(storage: Storage) -> None:
    rows = await storage.look()
    await storage.call("DeleteSnapshot", SnapshotId=any_of(storage.choose, list(rows.snapshots)))


# Inside guests.


async def write(storage: Storage) -> None:
    """A guest writes to one of its disks; half of the time it makes sure that it is there."""
    instance_id, synced = _instance(storage, await storage.look()), _chance(storage, 50)
    rows, guest = await storage.see(instance_id), storage.stack.guest(instance_id)
    storage.write(rows, guest, any_of(storage.choose, storage.seen_by(guest)))
    if synced:
        storage.sync(guest)


async def write_on(storage: Storage) -> None:
    """A program in a guest, whose disks may be cut just now, writes to one after the other, each time with a sync."""
    rows = await storage.look()
    working = [one.id for one in rows.instances.values() if one.id in rows.busy and one.state == "running"]
    instance_id = str(storage.choose.choice(working)) if working else _instance(storage, rows)
    guest = storage.stack.guest(instance_id)
    for turn in range(3 + storage.choose.randrange(6)):
        rows, disks = await storage.see(instance_id), storage.seen_by(guest)
        storage.write(rows, guest, disks[turn % len(disks)] if disks else any_of(storage.choose, disks))
        storage.sync(guest)
        for _ in range(storage.choose.randrange(12)):
            await let_others_run()


async def sync(storage: Storage) -> None:
    instance_id = _instance(storage, await storage.look())
    await storage.see(instance_id)
    storage.sync(storage.stack.guest(instance_id))


async def power_off_inside(storage: Storage) -> None:
    instance_id = _instance(storage, await storage.look())
    storage.stack.guest(instance_id).power_off_from_inside()
    storage.story.append(f"{instance_id} powers itself off")


async def reboot_inside(storage: Storage) -> None:
    instance_id = _instance(storage, await storage.look())
    storage.stack.guest(instance_id).reboot_from_inside()
    storage.story.append(f"{instance_id} reboots itself")


async def ignore_or_heed(storage: Storage) -> None:
    """A guest that ignores its power button, or one that does no more."""
    rows = await storage.look()
    instance_id = _instance(storage, rows)
    storage.shake(rows, instance_id)
    guest = storage.stack.guest(instance_id)
    guest.ignore_power_button = not guest.ignore_power_button
    storage.story.append(f"{instance_id} ignores its power button: {guest.ignore_power_button}")


async def silence_or_speak(storage: Storage) -> None:
    """A guest's agent that does not answer, or one that does again."""
    instance_id = _instance(storage, await storage.look())
    guest = storage.stack.guest(instance_id)
    guest.agent_answers = not guest.agent_answers
    storage.story.append(f"the agent of {instance_id} answers: {guest.agent_answers}")


async def hold_or_release(storage: Storage) -> None:
    """A guest that does not let a disk go, or one that does no more."""
    rows = await storage.look()
    guest = storage.stack.guest(_instance(storage, rows))
    volume_id = any_of(storage.choose, storage.seen_by(guest))
    if _chance(storage, 60):
        guest.holds_disk(serial(volume_id))
        storage.story.append(f"{guest.id} holds {volume_id}")
    else:
        guest.releases_disk(serial(volume_id))
        storage.story.append(f"{guest.id} releases {volume_id}")


# Misfortune.


async def die(storage: Storage) -> None:
    rows = await storage.look()
    instance_id = _instance(storage, rows)
    storage.stack.guest(instance_id).die()
    storage.story.append(f"{instance_id} dies")
    storage.shake(rows, instance_id)


async def panic(storage: Storage) -> None:
    rows = await storage.look()
    instance_id = _instance(storage, rows)
    storage.stack.guest(instance_id).panic()
    storage.story.append(f"{instance_id} panics")
    storage.shake(rows, instance_id)


async def run_out_of_space(storage: Storage) -> None:
    """A guest stands still until the host has room again."""
    rows = await storage.look()
    instance_id = _instance(storage, rows)
    storage.stack.guest(instance_id).run_out_of_space()
    storage.story.append(f"{instance_id} waits for room")
    storage.shake(rows, instance_id)
    storage.without_room.add(instance_id)


async def find_space(storage: Storage) -> None:
    instance_id = any_of(storage.choose, sorted(storage.without_room))
    storage.stack.guest(instance_id).find_space()
    storage.story.append(f"{instance_id} has room")
    storage.without_room.discard(instance_id)


async def lack_room(storage: Storage) -> None:
    """The host's disk is full, for a while."""
    storage.life.world.room = 0
    storage.story.append("the host has no room")


async def refuse(storage: Storage) -> None:
    """The host refuses what it is asked next."""
    method = storage.choose.choice(["ensure_cut"] * 5 + sorted(_REFUSED))
    error = storage.choose.choice(_REFUSED[method])
    said = f"The host said no, {len(storage.refusals)}."
    storage.refusals.append(said)
    storage.story.append(f"the next {method} is refused: {error.__name__}")
    storage.stack.driver.fail_next(method, error(said, way_out="Ask again."))
    if method == "ensure_running":
        await storage.look()
        storage.shake_host()


async def compact(storage: Storage) -> None:
    """Chains are shortened; also by themselves, after cuts."""
    compaction = storage.stack.running.cloud.compaction
    assert compaction is not None
    await compaction.go_round()


async def let_pass(storage: Storage) -> None:
    """Some time passes."""
    await storage.stack.clock.advance(1 + storage.choose.randrange(90))


ACTS: list[Act] = [
    *[rest] * 5,
    *[write] * 7,
    *[write_on] * 4,
    *[sync] * 2,
    *[snapshot] * 4,
    *[snapshots] * 4,
    *[image] * 4,
    *[attach] * 3,
    *[detach] * 2,
    *[create_volume] * 2,
    *[launch] * 2,
    *[stop] * 2,
    *[start] * 3,
    *[reboot] * 2,
    *[replace_root] * 2,
    *[compact] * 2,
    *[let_pass] * 2,
    *[copy_image] * 2,
    *[silence_or_speak] * 2,
    *[ignore_or_heed] * 2,
    *[refuse] * 2,
    *[lack_room] * 2,
    terminate,
    copy_snapshot,
    register,
    import_snapshot,
    disable_image,
    enable_image,
    deregister,
    grow,
    keep_or_not,
    delete_volume,
    delete_snapshot,
    power_off_inside,
    reboot_inside,
    hold_or_release,
    die,
    panic,
    run_out_of_space,
    find_space,
]
