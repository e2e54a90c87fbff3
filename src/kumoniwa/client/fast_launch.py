"""An AMI gets fast launch, through the public API."""

import time
from typing import Any

from kumoniwa.client.access import CommandFailed
from kumoniwa.client.cloud import CloudClient
from kumoniwa.client.terminal import OnProgress

_POLL = 0.5  # seconds; EC2 has no call that waits
_USUALLY = 40.0  # seconds, on a host without KVM: progress is a guess at that


def enable_fast_launch(cloud: CloudClient, image_id: str, on_progress: OnProgress) -> None:
    """Enable it, and wait until instances can be launched from memory. Raises `CommandFailed` with the reason."""
    if (there := _state_of(cloud, image_id)) is None or there["State"] != "enabled":
        cloud.call("EnableFastLaunch", ImageId=image_id)
    began = time.monotonic()
    while (now := _state_of(cloud, image_id)) is not None and now["State"] == "enabling":
        on_progress("booting it up to where instances begin", min(99, int(100 * (time.monotonic() - began) / _USUALLY)))
        time.sleep(_POLL)
    if now is None or not now["State"].startswith("enabled"):
        raise CommandFailed(
            f"Fast launch of {image_id} is {'disabled' if now is None else now['State']}:"
            f" {'' if now is None else now['StateTransitionReason']}",
            way_out="Its instances boot. Try again: aws ec2 enable-fast-launch.",
        )


def _state_of(cloud: CloudClient, image_id: str) -> dict[str, Any] | None:
    found: list[dict[str, Any]] = cloud.call("DescribeFastLaunchImages", ImageIds=[image_id])["FastLaunchImages"]
    return found[0] if found else None
