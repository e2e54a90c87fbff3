"""What does not get on in this cloud, for a person to be told (`kumoniwa doctor`)."""

from collections.abc import Mapping
from typing import Any

from kumoniwa.api.call import Call
from kumoniwa.api.cloud import Cloud
from kumoniwa.clock import precise
from kumoniwa.workflows.troubles import Trouble


async def troubles(cloud: Cloud, _call: Call, _path: Mapping[str, str]) -> Mapping[str, Any]:
    """What has been tried again, or has lasted, for longer than it may; the oldest first. It is tried on."""
    return {"troubles": [trouble_as_json(one) for one in cloud.world.troubles.overdue()]}


def trouble_as_json(trouble: Trouble) -> dict[str, Any]:
    """A trouble as JSON has it."""
    return {
        "instance_id": trouble.instance,
        "what": trouble.what,
        "since": precise(trouble.since),
        "reason": trouble.reason,
        "hint": trouble.hint,
    }
