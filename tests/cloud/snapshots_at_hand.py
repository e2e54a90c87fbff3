"""What a bare cloud's listing says of its snapshots."""

from typing import Any

from bare_cloud import BareCloud


async def described(cloud: BareCloud, *filters: tuple[str, str], **parameters: Any) -> list[str]:
    """The ids of the snapshots that a DescribeSnapshots gives."""
    asked = [{"Name": name, "Values": [value]} for name, value in filters]
    answer = await cloud.ask("DescribeSnapshots", Filters=asked, **parameters)
    return [snapshot["SnapshotId"] for snapshot in answer["Snapshots"]]
