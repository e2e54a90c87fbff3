"""What keeps snapshots and AMIs apart on EC2, and nothing here does: the Recycle Bin, fast snapshot restore.

There is none of it, so the lists are empty: ListSnapshotsInRecycleBin, ListImagesInRecycleBin and
DescribeFastSnapshotRestores. What is deleted is gone.
"""

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import IMAGE, SNAPSHOT
from kumoniwa.api.ec2.named.region_lookup import check_region
from kumoniwa.api.nothing import nothing
from kumoniwa.api.registry import action

_BINNED_SNAPSHOTS = nothing("Snapshots", kind=SNAPSHOT, ids="SnapshotIds", limits=(5, 1000))
_BINNED_IMAGES = nothing("Images", kind=IMAGE, ids="ImageIds", limits=(1, 1000))
_FAST_RESTORES = nothing(
    "FastSnapshotRestores",
    *("availability-zone", "availability-zone-id", "owner-id", "snapshot-id", "state"),
    limits=(0, 200),
)


@action("ListSnapshotsInRecycleBin")
async def list_snapshots_in_recycle_bin(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """No snapshots in the Recycle Bin."""
    check_region(call.region)
    return await _BINNED_SNAPSHOTS.answer(cloud, call, parameters)


@action("ListImagesInRecycleBin")
async def list_images_in_recycle_bin(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """No AMIs in the Recycle Bin."""
    check_region(call.region)
    return await _BINNED_IMAGES.answer(cloud, call, parameters)


@action("DescribeFastSnapshotRestores")
async def describe_fast_snapshot_restores(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """No snapshots that are restored faster than others."""
    check_region(call.region)
    return await _FAST_RESTORES.answer(cloud, call, parameters)
