"""What no EC2 tells, as extensions below `/_kumoniwa/`: boots and their causes, forwards, how an image was cut."""

from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Call
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import IMAGE
from kumoniwa.api.ec2.named.instance_lookup import instance_named
from kumoniwa.api.ec2.named.snapshot_lookup import snapshot_named
from kumoniwa.store import boots, claims, images
from kumoniwa.workflows.steps.instances.instance_ports import ensure_forwards, planned


async def instance_boots(cloud: Cloud, call: Call, named: Mapping[str, str]) -> Mapping[str, Any]:
    """Every boot of an instance, with its cause and times."""

    def read(connection: Connection) -> Mapping[str, Any]:
        instance = instance_named(connection, call, named["instance_id"])
        told = [asdict(boot) for boot in boots.of_instance(connection, instance.id)]
        return {"instance_id": instance.id, "boots": told}

    return await cloud.read(read)


async def instance_truth(cloud: Cloud, call: Call, named: Mapping[str, str]) -> Mapping[str, Any]:
    """Where an instance is reached, what its guest is seen to be, and which workflow owns it."""
    instance = await cloud.read(partial(_instance, call=call, instance_id=named["instance_id"]))
    plan = await planned(cloud.world, instance["instance_id"]) or ()
    refused = (await ensure_forwards(cloud.world, [instance["instance_id"]])).get(instance["instance_id"], {})
    return {
        **instance,
        "forwards": [
            {
                "protocol": forward.protocol,
                "host": str(forward.host_address),
                "port": forward.host_port,
                "guest_port": forward.guest_port,
                "refused": refused.get(forward),
            }
            for forward in plan
        ],
    }


async def image_truth(cloud: Cloud, call: Call, named: Mapping[str, str]) -> Mapping[str, Any]:
    """How an image's snapshots were cut, and what was seen that says so."""
    IMAGE.check_form([named["image_id"]])
    image = await cloud.read(partial(images.get, image_id=named["image_id"]))
    if image is None or (image.account, image.region) != (call.account, call.region):
        raise IMAGE.not_found([named["image_id"]])
    return {
        "image_id": image.id,
        "state": image.state,
        "consistency": image.consistency,
        "detail": image.consistency_detail,
        "frozen_ms": image.frozen_ms,
    }


async def snapshot_truth(cloud: Cloud, call: Call, named: Mapping[str, str]) -> Mapping[str, Any]:
    """How a snapshot was cut, what was seen that says so, and how much it holds."""
    snapshot = await cloud.read(lambda connection: snapshot_named(connection, call, named["snapshot_id"]))
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


def _instance(connection: Connection, call: Call, instance_id: str) -> dict[str, Any]:
    instance = instance_named(connection, call, instance_id)
    owner = claims.holder(connection, instance.id)
    return {
        "instance_id": instance.id,
        "state": instance.state,
        "claimed_by": None if owner is None else {"workflow": owner.id, "kind": owner.kind},
    }


EXTENSIONS = {
    "/_kumoniwa/instances/{instance_id}": instance_truth,
    "/_kumoniwa/instances/{instance_id}/boots": instance_boots,
    "/_kumoniwa/images/{image_id}": image_truth,
    "/_kumoniwa/snapshots/{snapshot_id}": snapshot_truth,
}
