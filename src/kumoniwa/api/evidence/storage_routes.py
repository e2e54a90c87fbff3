"""What no EC2 tells of its disks, as extensions below `/_kumoniwa/storage`: room, layers, what is wrong with them."""

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from kumoniwa.api.call import Call
from kumoniwa.api.cloud import Cloud
from kumoniwa.hypervisor.driver import Disks, Room
from kumoniwa.reconcile.damage import Damage
from kumoniwa.reconcile.layer_files import DriversFiles
from kumoniwa.reconcile.shorten_chains import Compaction
from kumoniwa.reconcile.shorten_chains import told as compacted
from kumoniwa.storage.check import look_at_layers, look_at_whole, repair, told
from kumoniwa.store.database import Database
from kumoniwa.store.usage import usage

_AT_ONCE = 1.0  # seconds of looking in one answer: then the caller asks on from where it ended, or does not


async def storage_status(cloud: Cloud, _call: Call, _named: Mapping[str, str]) -> Mapping[str, Any]:
    """The room that there is and what takes it, chains and their compactions, what was damaged at start."""
    world = cloud.world
    told_of_rest = {"compaction": _compaction(cloud.compaction), "damage": _damage(cloud.damage)}
    return await status(world.database, world.driver.room(), world.config.data_dir) | told_of_rest


async def storage_check(cloud: Cloud, _call: Call, named: Mapping[str, str]) -> Mapping[str, Any]:
    """Look at layers for about a second, from the one that `from` names on; without it at the rows first.

    `next` is where to go on; None at the end. Nothing is changed, and nothing is left behind by who does not go on.
    """
    return await check_part(cloud.world.database, cloud.world.driver.disks, named.get("from"))


async def storage_repair(cloud: Cloud, _call: Call, _named: Mapping[str, str]) -> Mapping[str, Any]:
    """Repair what needs no guessing, and tell what it was."""
    return await repair_all(cloud.world.database, cloud.world.driver.disks)


async def status(database: Database, room: Room, data_dir: Path) -> dict[str, Any]:
    """What can be told of a cloud's storage whether or not a server runs."""
    held = await asyncio.to_thread(_bytes_on_disk, data_dir / "layers")
    return {
        "room": {
            "free_bytes": room.free,
            "reserve_bytes": room.reserve,
            "usable_bytes": max(0, room.free - room.reserve),
        },
        "bytes_on_disk": held,
        **asdict(await database.read(usage)),
    }


async def check_part(database: Database, disks: Disks, start: str | None) -> dict[str, Any]:
    """See `storage_check`."""
    files, began = DriversFiles(disks), time.monotonic()
    found = await look_at_whole(database, files) if start is None else []
    looked = await look_at_layers(database, files, start, lambda: time.monotonic() - began > _AT_ONCE)
    return {
        "looked_at": looked.done,
        "of": looked.of,
        "next": looked.next,
        "faults": told([*found, *looked.faults]),
    }


async def repair_all(database: Database, disks: Disks) -> dict[str, Any]:
    """See `storage_repair`."""
    return {"repaired": told(await repair(database, DriversFiles(disks)))}


def _bytes_on_disk(folder: Path) -> int | None:
    """What the layers' files take; None where there are none (a simulated cloud)."""
    if not folder.is_dir():
        return None
    held = 0
    for path in folder.iterdir():
        with suppress(FileNotFoundError):  # deleted meanwhile
            held += path.lstat().st_blocks * 512
    return held


def _compaction(compaction: Compaction | None) -> Mapping[str, Any] | None:
    if compaction is None:
        return None
    return {
        "running": compacted(compaction.running),
        "last": compacted(compaction.last),
        "skipped": dict(compaction.skipped),
    }


def _damage(damage: Damage | None) -> Mapping[str, Any] | None:
    if damage is None or damage.seen is None:
        return None
    return {"looked_at": damage.seen.looked_at, "of": damage.seen.of, "faults": told(damage.seen.faults)}


EXTENSIONS = {
    "/_kumoniwa/storage": storage_status,
    "/_kumoniwa/storage/check": storage_check,
    "POST /_kumoniwa/storage/repair": storage_repair,
}
