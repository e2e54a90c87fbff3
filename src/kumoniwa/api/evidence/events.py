"""What happened last in a region: boots with their causes, instances that came into a state, images that were cut."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Call
from kumoniwa.api.cloud import Cloud
from kumoniwa.model.boots import Boot
from kumoniwa.model.images import Image
from kumoniwa.model.instances import Move
from kumoniwa.store import boots, images, instances

MOST_EVENTS = 50


async def events(cloud: Cloud, call: Call, _path: Mapping[str, str]) -> Mapping[str, Any]:
    """The latest `MOST_EVENTS` of a region, the latest first: `boot`, `state` and `image`."""

    def read(connection: Connection) -> list[dict[str, Any]]:
        return [
            *map(_boot, boots.latest_in(connection, call.scope, MOST_EVENTS)),
            *map(_move, instances.latest_moves_in(connection, call.scope, MOST_EVENTS)),
            *map(_image, images.latest_cut(connection, call.scope, MOST_EVENTS)),
        ]

    found = await cloud.read(read)
    return {"events": sorted(found, key=lambda event: event["at"], reverse=True)[:MOST_EVENTS]}


def _boot(boot: Boot) -> dict[str, Any]:
    return {
        "what": "boot",
        "at": boot.started_at,
        "instance_id": boot.instance_id,
        "number": boot.number,
        "cause": boot.cause,
        "action": boot.action,
        "request_id": boot.request_id,
        "principal": boot.principal,
        "principal_arn": boot.principal_arn,
        "from_memory": boot.from_memory,
    }


def _move(move: Move) -> dict[str, Any]:
    return {"what": "state", "at": move.at, "instance_id": move.instance_id, "state": move.state}


def _image(image: Image) -> dict[str, Any]:
    return {
        "what": "image",
        "at": image.created_at,
        "image_id": image.id,
        "name": image.name,
        "state": image.state,
        "instance_id": image.source_instance_id,
        "consistency": image.consistency,
    }
