"""The fast launch of an image as EC2 describes it."""

from typing import Any

from kumoniwa.model.fast_launch import FastLaunch

SNAPSHOT = "snapshot"
"""EC2's only type of what is prepared: here it is a machine's memory, and a layer beneath the disk."""


def fast_launch_output(one: FastLaunch) -> dict[str, Any]:
    """Under EC2's member names."""
    return {
        "ImageId": one.image_id,
        "ResourceType": SNAPSHOT,
        "SnapshotConfiguration": {"TargetResourceCount": one.target_count},
        "LaunchTemplate": one.launch_template or {},
        "MaxParallelLaunches": one.max_parallel,
        "OwnerId": one.account,
        "State": str(one.state),
        "StateTransitionReason": one.reason,
        "StateTransitionTime": one.changed_at,
    }
