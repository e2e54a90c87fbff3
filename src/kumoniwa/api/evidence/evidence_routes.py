"""Kumoniwa's own routes below `/_kumoniwa/`: what a cloud knows, and EC2's API hides.

A route is read only unless it says POST. What answers it is imported when it is first asked, as actions are.
"""

from collections.abc import Awaitable, Callable, Mapping
from importlib import import_module
from typing import Any

from kumoniwa.api.call import Call
from kumoniwa.api.cloud import Cloud

Evidence = Callable[[Cloud, Call, Mapping[str, str]], Awaitable[Mapping[str, Any]]]


def _of(module: str, function: str) -> Evidence:
    def answer(cloud: Cloud, call: Call, named: Mapping[str, str]) -> Awaitable[Mapping[str, Any]]:
        found: Evidence = getattr(import_module(f"{__package__}.{module}"), function)
        return found(cloud, call, named)

    return answer


EXTENSIONS = {
    "/_kumoniwa/instances/{instance_id}": _of("instance_evidence", "instance_evidence"),
    "/_kumoniwa/instances/{instance_id}/boots": _of("instance_evidence", "instance_boots"),
    "POST /_kumoniwa/instances/{instance_id}/spot-interruption": _of("spot_interruption", "interrupt_spot_instance"),
    "/_kumoniwa/images/{image_id}": _of("cut_evidence", "image_evidence"),
    "/_kumoniwa/snapshots/{snapshot_id}": _of("cut_evidence", "snapshot_evidence"),
    "/_kumoniwa/reach": _of("reach", "reachability"),
    "/_kumoniwa/caller": _of("caller", "caller"),
    "/_kumoniwa/events": _of("events", "events"),
    "/_kumoniwa/troubles": _of("troubles", "troubles"),
    "/_kumoniwa/storage": _of("storage_routes", "storage_status"),
    "/_kumoniwa/storage/check": _of("storage_routes", "storage_check"),
    "POST /_kumoniwa/storage/repair": _of("storage_routes", "storage_repair"),
}
