"""What EC2 hides of images and snapshots: how they were cut, and how much snapshots hold."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Call
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import IMAGE, SNAPSHOT
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.model.fast_launch import PreparedMachine
from kumoniwa.store import boots, fast_launch, images, snapshots

_SHOWN_BOOTS = 20


async def image_evidence(cloud: Cloud, call: Call, path: Mapping[str, str]) -> Mapping[str, Any]:
    """How an image's snapshots were cut, what was seen that says so, and which instances booted from it since.

    A boot of the source instance that has the image's `request_id` is the one that ended its reboot. The snapshots are
    in the order of the image's devices; `booted` are the latest of the first boots, and `reachable_at` of each is null
    until its guest was reached. `machines` are those prepared of it for fast launch.
    """

    def read(connection: Connection) -> Mapping[str, Any]:
        image = named(connection, call.scope, IMAGE, path["image_id"])
        devices = images.devices_of(connection, [image.id]).get(image.id, [])
        first_boots = boots.first_from_image(connection, image.id, _SHOWN_BOOTS)
        return {
            "image_id": image.id,
            "state": image.state,
            "request_id": image.request_id,
            "asked_at": image.created_at,
            "consistency": image.consistency,
            "detail": image.consistency_detail,
            "frozen_ms": image.frozen_ms,
            "snapshots": [
                _part(connection, device.device, device.snapshot_id)
                for device in devices
                if device.snapshot_id is not None
            ],
            "machines": [_machine(one) for one in fast_launch.machines_of(connection, image.id)],
            "booted": [
                {
                    "instance_id": boot.instance_id,
                    "started_at": boot.started_at,
                    "reachable_at": boot.reachable_at,
                    "from_memory": boot.from_memory,
                    "cold_because": boot.cold_because,
                }
                for boot in first_boots
            ],
        }

    return await cloud.read(read)


def _machine(machine: PreparedMachine) -> Mapping[str, Any]:
    """A machine that was prepared in memory, for instances of the image to be launched from."""
    return {
        "machine_id": machine.id,
        "vcpus": machine.vcpus,
        "memory_mib": machine.memory_mib,
        "state": machine.state,
        "reason": machine.reason,
        "created_at": machine.created_at,
        "ready_at": machine.ready_at,
    }


def _part(connection: Connection, device: str, snapshot_id: str) -> Mapping[str, Any]:
    """What is known of an image's snapshot, which may have been deleted when the image was deregistered."""
    found = snapshots.get(connection, snapshot_id)
    return {
        "device": device,
        "snapshot_id": snapshot_id,
        "volume_id": None if found is None else found.volume_id,
        "state": None if found is None else found.state,
        "progress": None if found is None else found.progress,
        "consistency": None if found is None else found.consistency,
        "detail": None if found is None else found.consistency_detail,
        "completed_at": None if found is None else found.completed_at,
    }


async def snapshot_evidence(cloud: Cloud, call: Call, path: Mapping[str, str]) -> Mapping[str, Any]:
    """How a snapshot was cut, what was seen that says so, and how much it holds."""
    snapshot = await cloud.read(lambda connection: named(connection, call.scope, SNAPSHOT, path["snapshot_id"]))
    return {
        "snapshot_id": snapshot.id,
        "state": snapshot.state,
        "layer_id": snapshot.layer_id,
        "consistency": snapshot.consistency,
        "detail": snapshot.consistency_detail,
        "frozen_ms": snapshot.frozen_ms,
        "changed_bytes": snapshot.changed_bytes,
        "full_bytes": snapshot.full_bytes,
    }
