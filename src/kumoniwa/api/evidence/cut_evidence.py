"""What EC2 hides of images and snapshots: how they were cut, and how much snapshots hold."""

from collections.abc import Mapping
from typing import Any

from kumoniwa.api.call import Call
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import IMAGE, SNAPSHOT
from kumoniwa.api.ec2.named.lookup import named


async def image_evidence(cloud: Cloud, call: Call, path: Mapping[str, str]) -> Mapping[str, Any]:
    """How an image's snapshots were cut, and what was seen that says so."""
    image = await cloud.read(lambda connection: named(connection, call.scope, IMAGE, path["image_id"]))
    return {
        "image_id": image.id,
        "state": image.state,
        "consistency": image.consistency,
        "detail": image.consistency_detail,
        "frozen_ms": image.frozen_ms,
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
