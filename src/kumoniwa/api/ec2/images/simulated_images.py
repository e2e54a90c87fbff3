"""The AMI that every region of a simulated cloud has from the start."""

from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from kumoniwa.api.cloud import Cloud
from kumoniwa.hypervisor.driver import LayerId
from kumoniwa.ids import new_id
from kumoniwa.model.consistency import Consistency
from kumoniwa.model.images import Image, ImageDevice, ImageState
from kumoniwa.model.layers import GIB, Layer
from kumoniwa.model.regions import REGIONS, opt_in_regions
from kumoniwa.model.snapshots import Snapshot, SnapshotState
from kumoniwa.store import facts, images, layers, snapshots

_FACT, _REGIONS_FACT = "simulated layer", "simulated regions"
_SIZE_GIB = 8
_MADE = "no guest ever had it: it was made with this cloud"
NAME = "debian-12-amd64-simulated"


async def ensure_simulated_images(cloud: Cloud) -> None:
    """Afterwards every region has had its AMI once; an AMI that was deregistered is not made again."""
    world = cloud.world
    layer_id = await world.database.write(partial(_add_images, cloud=cloud))
    await world.driver.disks.ensure_empty(LayerId(layer_id), _SIZE_GIB * GIB)


def _add_images(connection: Connection, cloud: Cloud) -> str:
    known = facts.get(connection, _FACT)
    # Earlier versions had the regions that are enabled by default, and did not write down which.
    had = (facts.get(connection, _REGIONS_FACT) or REGIONS.keys() - opt_in_regions()) if known is not None else ()
    missing = [region for region in REGIONS if region not in had]
    if known is not None and not missing:
        return str(known)
    now = cloud.world.clock.now()
    account = cloud.world.config.account
    if known is None:
        layer = Layer(new_id("layer"), None, _SIZE_GIB * GIB, now)
        layers.add(connection, layer)
        facts.put(connection, _FACT, layer.id)
        known = layer.id
    roots = [_root(account, region, known, now) for region in missing]
    made = [_image(account, region, now) for region in missing]
    devices = [
        ImageDevice(image.id, 0, "/dev/xvda", root.id, _SIZE_GIB) for image, root in zip(made, roots, strict=True)
    ]
    snapshots.add(connection, *roots)
    images.add_many(connection, made, devices)
    facts.change(connection, _REGIONS_FACT, list(REGIONS))
    return str(known)


def _root(account: str, region: str, layer_id: str, now: datetime) -> Snapshot:
    return Snapshot(
        id=new_id("snap"),
        account=account,
        region=region,
        volume_id="vol-ffffffff",  # as EC2 writes for a snapshot that was made from no volume
        volume_size_gib=_SIZE_GIB,
        state=SnapshotState.COMPLETED,
        progress=100,
        started_at=now,
        completed_at=now,
        description="Root of a simulated Debian 12",
        layer_id=layer_id,
        changed_bytes=0,
        full_bytes=0,
        consistency=Consistency.AT_REST,
        consistency_detail=_MADE,
    )


def _image(account: str, region: str, now: datetime) -> Image:
    return Image(
        id=new_id("ami"),
        account=account,
        region=region,
        name=NAME,
        description="A simulated Debian 12: it boots, logs and shuts down in memory",
        state=ImageState.AVAILABLE,
        architecture="x86_64",
        root_device_name="/dev/xvda",
        created_at=now,
        consistency=Consistency.AT_REST,
        consistency_detail=_MADE,
    )
