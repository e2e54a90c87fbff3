"""What EC2 hides of its disks: room, layers, their faults, and the compaction of their chains."""

from collections.abc import Mapping
from typing import Any

from kumoniwa.api.call import Call
from kumoniwa.api.cloud import Cloud
from kumoniwa.reconcile.damage import Damage
from kumoniwa.reconcile.layer_files import DriversFiles
from kumoniwa.reconcile.shorten_chains import Compaction
from kumoniwa.reconcile.shorten_chains import as_json as compaction_as_json
from kumoniwa.storage import report
from kumoniwa.storage.check import as_json


async def storage_status(cloud: Cloud, _call: Call, _path: Mapping[str, str]) -> Mapping[str, Any]:
    """The host's room and what takes it, chains and their compactions, what was found damaged at start."""
    room = (await cloud.world.driver.capacity()).room
    stored = await report.status(cloud.world.database, room, cloud.world.config.data_dir)
    return {**stored, "compaction": _compaction(cloud.compaction), "damage": _damage(cloud.damage)}


async def storage_check(cloud: Cloud, _call: Call, path: Mapping[str, str]) -> Mapping[str, Any]:
    """Check layers for about a second, from the one that `from` names on; without `from` the rows first.

    `next` is where to go on; None at the end. Nothing is changed, and a caller that does not go on leaves nothing
    behind.
    """
    world = cloud.world
    files = DriversFiles(world.driver.disks)
    return await report.check_part(world.database, files, world.collector, path.get("from"))


async def storage_repair(cloud: Cloud, _call: Call, _path: Mapping[str, str]) -> Mapping[str, Any]:
    """Repair what needs no guessing; the answer lists it."""
    world = cloud.world
    return await report.repair_all(world.database, DriversFiles(world.driver.disks), world.collector)


def _compaction(compaction: Compaction | None) -> Mapping[str, Any] | None:
    if compaction is None:
        return None
    return {
        "running": compaction_as_json(compaction.running),
        "last": compaction_as_json(compaction.last),
        "skipped": dict(compaction.skipped),
    }


def _damage(damage: Damage | None) -> Mapping[str, Any] | None:
    if damage is None or damage.seen is None:
        return None
    return {"looked_at": damage.seen.looked_at, "of": damage.seen.of, "faults": as_json(damage.seen.faults)}
