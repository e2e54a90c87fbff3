"""The power fails at arbitrary moments, under real guests: what had been promised by then is there afterwards."""

import asyncio
import os
import random
import sys
from pathlib import Path
from typing import Any

import photograph
import pytest
from real_cloud import RealCloud, end_guests, real_cloud
from sqlalchemy import select

from kumoniwa.store.tables import instances, workflows

pytestmark = [pytest.mark.anyio, pytest.mark.vm, pytest.mark.timeout(600)]

_MOMENTS = 8


async def test_a_data_folder_as_a_power_cut_leaves_it_starts_and_is_whole(tmp_path: Path) -> None:
    original, choose = tmp_path / "original", random.Random(20261124)
    original.mkdir()
    promised: list[dict[str, str]] = []  # for each photograph, the images that were available before it
    try:
        async with real_cloud(original) as cloud:
            instance_id = await cloud.launch(await cloud.boot_sector_image())
            await cloud.press(instance_id, "a")
            available: dict[str, str] = {}
            for moment in range(_MOMENTS):
                name = f"image {moment}"
                made = await cloud.call("CreateImage", InstanceId=instance_id, Name=name, NoReboot=moment % 2 == 1)
                await asyncio.sleep(choose.random() * 0.6)  # wherever the work has come to by then
                promised.append(dict(available))
                await _photograph(cloud, original, tmp_path / f"cut {moment}")
                await cloud.idle()
                image = (await cloud.call("DescribeImages", ImageIds=[made["ImageId"]]))["Images"][0]
                assert image["State"] == "available"
                available[made["ImageId"]] = image["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]
    finally:
        end_guests(original)
    for moment, images in enumerate(promised):
        await _comes_back(tmp_path / f"cut {moment}", instance_id, images)


async def _photograph(cloud: RealCloud, folder: Path, copy: Path) -> None:
    guests = [str(cloud.process(path.name).pid) for path in (folder / "guests").iterdir()]
    program = [sys.executable, photograph.__file__, str(folder), str(copy), str(os.getpid()), *guests]
    process = await asyncio.create_subprocess_exec(*program)
    assert await process.wait() == 0


async def _comes_back(folder: Path, instance_id: str, images: dict[str, str]) -> None:
    try:
        async with real_cloud(folder) as cloud:
            await cloud.idle()
            await cloud.booted(instance_id, 2)  # it was running, so it runs again
            await cloud.idle()
            for image_id, snapshot_id in images.items():
                [image] = (await cloud.call("DescribeImages", ImageIds=[image_id]))["Images"]
                assert image["State"] == "available"
                assert await cloud.snapshot_holds(snapshot_id, "a")
            for image in (await cloud.call("DescribeImages", Owners=["self"]))["Images"]:
                assert image["State"] in ("available", "failed")
            assert await cloud.running.cloud.read(_unfinished) == []
            known = {layer.stem for layer in (folder / "layers").iterdir()}
            assert await cloud.driver.disks.all_layers() == known
            await cloud.press(instance_id, "b")
    finally:
        end_guests(folder)


def _unfinished(connection: Any) -> list[Any]:
    claims = select(instances.c.id).where(instances.c.claimed_by.is_not(None))
    running = select(workflows.c.id).where(workflows.c.finished_at.is_(None))
    return [*connection.execute(claims).scalars(), *connection.execute(running).scalars()]
