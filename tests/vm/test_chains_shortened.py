"""A volume that was cut often, under a real guest: its chain becomes short, and nobody's bytes change."""

from pathlib import Path
from typing import Any

import pytest
from real_cloud import RealCloud, end_guests, layer_holds, letters, real_cloud, until

from kumoniwa.hypervisor.driver import LayerId
from kumoniwa.hypervisor.qemu.disks import qemu_disks
from kumoniwa.hypervisor.qemu.disks.layer_checks import has_subclusters, path_of
from kumoniwa.storage.compaction import LEFT, LONGEST
from kumoniwa.store import layers

pytestmark = [pytest.mark.anyio, pytest.mark.vm, pytest.mark.timeout(600)]

LETTERS = "abcdefgh"
"""Each is written once; all further cuts are of a guest that writes nothing."""


async def test_a_volume_that_was_cut_often_is_read_through_few_layers(tmp_path: Path) -> None:
    try:
        async with real_cloud(tmp_path) as cloud:
            instance = await cloud.launch(await cloud.boot_sector_image())
            cut: list[str] = []
            for number in range(LONGEST):
                if number < len(LETTERS):
                    await cloud.press(instance, LETTERS[number])
                cut.append(await _cut(cloud, instance, number))
            short = await until(lambda: _short(cloud, instance))
            assert (await cloud.evidence("storage"))["compaction"]["last"]["outcome"] == "done"
            assert (await cloud.evidence("storage"))["longest_chain"] == len(short)
            for number, letter in enumerate(LETTERS):
                assert await cloud.snapshot_holds(cut[number], letter)
                assert number == 0 or not await cloud.snapshot_holds(cut[number - 1], letter)
                assert await layer_holds(tmp_path, short[0], letter)
            assert (await cloud.evidence("storage/check"))["faults"] == []
            for image in (await cloud.call("DescribeImages", Owners=["self"]))["Images"]:
                if image["Name"].startswith("cut "):
                    await cloud.call("DeregisterImage", ImageId=image["ImageId"], DeleteAssociatedSnapshots=True)
            await cloud.idle()
            assert set(short) <= await cloud.driver.disks.all_layers()
            assert (await cloud.evidence("storage"))["layers"] == len(short), "what only snapshots held is gone"
        async with real_cloud(tmp_path) as cloud:  # the next server, and the next life of the guest
            assert (await cloud.evidence("storage/check"))["faults"] == []
            await cloud.press(instance, "i")
            await cloud.call("StopInstances", InstanceIds=[instance], Force=True)
            await cloud.idle()
            await cloud.call("StartInstances", InstanceIds=[instance])
            await cloud.idle()
            await cloud.booted(instance, 2)
            await cloud.press(instance, "j")
            for letter in "ahij":
                assert await layer_holds(tmp_path, await cloud.head(instance), letter)
    finally:
        end_guests(tmp_path)


async def test_a_head_with_subclusters_is_left_alone_until_it_was_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As an earlier version made them. QEMU 7.2 would end with a failed assertion, and the guest with it."""
    try:
        async with real_cloud(tmp_path) as cloud:
            instance = await cloud.launch(await cloud.boot_sector_image())
            cut: list[str] = []
            with monkeypatch.context() as earlier:
                earlier.setattr(qemu_disks, "_OVERLAY_OPTIONS", "extended_l2=on,cluster_size=128k")
                for number, letter in enumerate("abcd"):
                    await cloud.press(instance, letter)
                    cut.append(await _cut(cloud, instance, number))
            await cloud.press(instance, "e")
            head, process = await cloud.head(instance), cloud.process(instance)
            assert has_subclusters(path_of(tmp_path / "layers", LayerId(head)))
            stood_on = await cloud.driver.disks.parent(LayerId(head))
            compaction = await cloud.compaction()

            await compaction.go_round()
            volume = (await cloud.instance(instance))["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
            told = (await cloud.evidence("storage"))["compaction"]
            why, way_out = f"{head} was made with subclusters, which QEMU could not compact.", " Snapshot its volume: "
            assert told["skipped"][volume].startswith(why + way_out)
            assert (told["running"], told["last"]["outcome"]) == (None, told["skipped"][volume])
            assert await cloud.driver.disks.parent(LayerId(head)) == stood_on
            await cloud.press(instance, "f")
            assert (cloud.process(instance), len(await cloud.booted(instance, 1))) == (process, 1), "it went on"

            cut.append(await _cut(cloud, instance, 4))
            await cloud.press(instance, "g")
            await compaction.go_round()
            told = (await cloud.evidence("storage"))["compaction"]
            assert (told["skipped"], told["last"]["outcome"], told["last"]["layers_after"]) == ({}, "done", 2)
            assert (cloud.process(instance), len(await cloud.booted(instance, 1))) == (process, 1)
            assert [await cloud.snapshot_letters(one) for one in cut] == ["a", "ab", "abc", "abcd", "abcdef"]
            await cloud.call("StopInstances", InstanceIds=[instance])
            await cloud.idle()
            assert await letters(tmp_path, await cloud.head(instance)) == "abcdefg"
            assert await cloud.faults() == []
    finally:
        end_guests(tmp_path)


async def _cut(cloud: RealCloud, instance: str, number: int) -> str:
    """The snapshot that a new image has of the guest, which goes on."""
    made = await cloud.call("CreateImage", InstanceId=instance, Name=f"cut {number}", NoReboot=True)
    await cloud.idle()
    [image] = (await cloud.call("DescribeImages", ImageIds=[made["ImageId"]]))["Images"]
    assert image["State"] == "available"
    return str(image["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"])


async def _short(cloud: RealCloud, instance: str) -> list[str] | None:
    """The chain's layers, top to bottom, once there are few; rows and files say the same."""
    head = await cloud.head(instance)

    def read(connection: Any) -> list[Any]:
        return layers.chain(layers.every(connection), head)

    found = await cloud.running.cloud.read(read)
    if len(found) > LEFT:
        return None
    for layer in found:
        assert await cloud.driver.disks.parent(layer.id) == layer.parent_id
    return [layer.id for layer in found]
