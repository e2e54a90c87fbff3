"""Encrypted volumes, snapshots and images: which are, under which key, and what becomes of those whose key fails."""

import asyncio
from typing import Any

import pytest
from stack import Stack
from volumes_at_hand import ZONE, create, disable, own_key, refused, root_of, states, volume

from kumoniwa.store import layers, volumes

pytestmark = pytest.mark.anyio

AWAY = "eu-west-1"


async def image_of(stack: Stack) -> dict[str, Any]:
    image: dict[str, Any] = (await stack.call("DescribeImages"))["Images"][0]
    return image


async def snapshot(stack: Stack, snapshot_id: str, region: str = "us-east-1") -> dict[str, Any]:
    described = await stack.in_region(region).call("DescribeSnapshots", SnapshotIds=[snapshot_id])
    found: dict[str, Any] = described["Snapshots"][0]
    return found


async def plain_snapshot(stack: Stack) -> str:
    """A snapshot of a volume to which a guest has written."""
    instance = await stack.launch()
    made = await stack.call("CreateSnapshot", VolumeId=await root_of(stack, instance))
    await stack.idle()
    return str(made["SnapshotId"])


async def chain_of(stack: Stack, volume_id: str) -> list[bool]:
    """Of a volume's layers, from the top, whether each is encrypted."""

    def read(connection: Any) -> list[bool]:
        found = volumes.get(connection, volume_id)
        assert found is not None
        return [layer.encrypted for layer in layers.standing(connection, found.head)]

    return await stack.running.cloud.world.database.read(read)


def is_ebs_key(arn: str) -> bool:
    return arn.startswith("arn:aws:kms:us-east-1:123456789012:key/")


async def test_an_empty_encrypted_volume_is_under_the_key_that_was_named_or_under_awss_own(stack: Stack) -> None:
    own = await own_key(stack)
    for asked in ({}, {"KmsKeyId": own}, {"KmsKeyId": "alias/mine"}, {"KmsKeyId": own.rpartition("/")[2]}):
        volume_id = await create(stack, Encrypted=True, **asked)
        described = await volume(stack, volume_id)
        assert described["Encrypted"]
        assert described["KmsKeyId"] == own if asked else is_ebs_key(described["KmsKeyId"])
        assert await chain_of(stack, volume_id) == [True]
    plain = await volume(stack, await create(stack, Encrypted=False))
    assert (plain["Encrypted"], plain.get("KmsKeyId")) == (False, None)
    found = await stack.call("DescribeVolumes", Filters=[{"Name": "encrypted", "Values": ["true"]}])
    assert len(found["Volumes"]) == 4
    with refused("InvalidParameterDependency", "The parameter KmsKeyId requires the parameter Encrypted to be set."):
        await create(stack, KmsKeyId=own)
    for odd in ("k" * 2049, "alias/\n"):
        with refused("InvalidParameterValue"):
            await create(stack, Encrypted=True, KmsKeyId=odd)


async def test_an_encrypted_volume_of_a_plain_snapshot_holds_the_same_and_stands_on_nothing_plain(stack: Stack) -> None:
    of = await plain_snapshot(stack)
    volume_id = await create(stack, SnapshotId=of, Size=9, Encrypted=True)
    described = await volume(stack, volume_id)
    assert (described["Encrypted"], described["SnapshotId"], described["Size"]) == (True, of, 9)
    assert await chain_of(stack, volume_id) == [True]
    source = (await stack.call("DescribeSnapshots", SnapshotIds=[of]))["Snapshots"][0]
    cut = await stack.call("CreateSnapshot", VolumeId=volume_id)
    await stack.idle()
    of_copy = await snapshot(stack, cut["SnapshotId"])
    assert (cut["Encrypted"], of_copy["Encrypted"], of_copy["KmsKeyId"]) == (True, True, described["KmsKeyId"])
    assert of_copy["FullSnapshotSizeInBytes"] == source["FullSnapshotSizeInBytes"]
    again = await create(stack, SnapshotId=cut["SnapshotId"], Size=9)
    assert (await volume(stack, again))["KmsKeyId"] == described["KmsKeyId"]
    assert await chain_of(stack, again) == [True, True]


async def test_another_key_makes_another_copy(stack: Stack) -> None:
    first, second = await own_key(stack), await own_key(stack, "other")
    volume_id = await create(stack, Encrypted=True, KmsKeyId=first)
    cut = (await stack.call("CreateSnapshot", VolumeId=volume_id))["SnapshotId"]
    await stack.idle()
    other = await create(stack, SnapshotId=cut, Encrypted=True, KmsKeyId=second)
    assert (await volume(stack, other))["KmsKeyId"] == second
    assert await chain_of(stack, other) == [True]
    copied = await stack.call(
        "CopySnapshot", SourceRegion="us-east-1", SourceSnapshotId=cut, Encrypted=True, KmsKeyId="alias/other"
    )
    await stack.idle()
    assert (await snapshot(stack, copied["SnapshotId"]))["KmsKeyId"] == second


async def test_a_snapshot_is_copied_into_an_encrypted_one_and_away(stack: Stack) -> None:
    of = await plain_snapshot(stack)
    source = await snapshot(stack, of)
    copy = {"SourceRegion": "us-east-1", "SourceSnapshotId": of}
    made = (await stack.call("CopySnapshot", **copy, Encrypted=True))["SnapshotId"]
    await stack.idle()
    told = await snapshot(stack, made)
    assert (told["State"], told["Encrypted"]) == ("completed", True)
    assert told["FullSnapshotSizeInBytes"] == source["FullSnapshotSizeInBytes"]
    away = stack.in_region(AWAY)
    copy = {"SourceRegion": "us-east-1", "SourceSnapshotId": made}
    there = (await away.call("CopySnapshot", **copy))["SnapshotId"]
    await stack.idle()
    told = await snapshot(stack, there, AWAY)
    assert (told["State"], told["Encrypted"]) == ("completed", True)
    assert told["KmsKeyId"].startswith(f"arn:aws:kms:{AWAY}:")
    with refused("OperationNotPermitted"):
        share = {"CreateVolumePermission": {"Add": [{"Group": "all"}]}}
        await stack.call("ModifySnapshotAttribute", SnapshotId=made, **share)


async def test_an_image_is_copied_into_an_encrypted_one_whose_instances_are_encrypted(stack: Stack) -> None:
    source = await image_of(stack)
    asked = {"SourceRegion": "us-east-1", "SourceImageId": source["ImageId"], "Name": "sealed", "Encrypted": True}
    image_id = (await stack.call("CopyImage", **asked))["ImageId"]
    await stack.idle()
    image = (await stack.call("DescribeImages", ImageIds=[image_id]))["Images"][0]
    assert (image["State"], image["BlockDeviceMappings"][0]["Ebs"]["Encrypted"]) == ("available", True)
    by_filter = [{"Name": "block-device-mapping.encrypted", "Values": ["true"]}]
    assert [one["ImageId"] for one in (await stack.call("DescribeImages", Filters=by_filter))["Images"]] == [image_id]
    root = await root_of(stack, await stack.launch(ImageId=image_id))
    assert (await volume(stack, root))["Encrypted"]
    assert await chain_of(stack, root) == [True, True]


async def test_a_copied_image_launches_under_the_key_of_the_copy(stack: Stack) -> None:
    first, second = await own_key(stack), await own_key(stack, "other")
    root = {"DeviceName": "/dev/xvda", "Ebs": {"Encrypted": True, "KmsKeyId": first}}
    instance = await stack.launch(BlockDeviceMappings=[root])
    made = (await stack.call("CreateImage", InstanceId=instance, Name="golden"))["ImageId"]
    await stack.idle()
    asked = {"SourceRegion": "us-east-1", "SourceImageId": made, "Name": "copied", "Encrypted": True}
    copied = (await stack.call("CopyImage", **asked, KmsKeyId=second))["ImageId"]
    await stack.idle()
    for image_id, key in ((made, first), (copied, second)):
        root_id = await root_of(stack, await stack.launch(ImageId=image_id))
        assert (await volume(stack, root_id))["KmsKeyId"] == key


async def test_a_launch_encrypts_what_it_is_asked_to_and_goes_on_as_any(stack: Stack) -> None:
    own = await own_key(stack)
    mappings = [
        {"DeviceName": "/dev/xvda", "Ebs": {"Encrypted": True}},
        {"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 1, "Encrypted": True, "KmsKeyId": "alias/mine"}},
        {"DeviceName": "/dev/sdg", "Ebs": {"VolumeSize": 1}},
    ]
    instance = await stack.launch(BlockDeviceMappings=mappings)
    told = await stack.instance(instance)
    assert told["State"]["Name"] == "running"
    ids = {one["DeviceName"]: one["Ebs"]["VolumeId"] for one in told["BlockDeviceMappings"]}
    described = {name: await volume(stack, one) for name, one in ids.items()}
    assert {name: one["Encrypted"] for name, one in described.items()} == {
        "/dev/xvda": True,
        "/dev/sdf": True,
        "/dev/sdg": False,
    }
    assert described["/dev/sdf"]["KmsKeyId"] == own
    image_id = (await stack.call("CreateImage", InstanceId=instance, Name="golden"))["ImageId"]
    await stack.idle()
    image = (await stack.call("DescribeImages", ImageIds=[image_id]))["Images"][0]
    assert [one["Ebs"]["Encrypted"] for one in image["BlockDeviceMappings"]] == [True, True, False]
    await stack.call("StopInstances", InstanceIds=[instance])
    await stack.idle()
    await stack.call("StartInstances", InstanceIds=[instance])
    await stack.idle()
    assert (await stack.instance(instance))["State"]["Name"] == "running"


async def test_with_encryption_by_default_all_that_is_new_is_encrypted(stack: Stack) -> None:
    own = await own_key(stack)
    await stack.call("EnableEbsEncryptionByDefault")
    await stack.call("ModifyEbsDefaultKmsKeyId", KmsKeyId=own)
    made = [await create(stack), await create(stack, Encrypted=False), await root_of(stack, await stack.launch())]
    assert [(await volume(stack, one)).get("KmsKeyId") for one in made] == [own] * 3
    await stack.call("DisableEbsEncryptionByDefault")
    assert not (await volume(stack, await create(stack)))["Encrypted"]


async def test_a_volume_whose_key_there_is_not_comes_to_nothing_as_on_ec2(stack: Stack) -> None:
    answer = await stack.call("CreateVolume", AvailabilityZone=ZONE, Size=1, Encrypted=True, KmsKeyId="alias/none")
    assert (answer["State"], answer["KmsKeyId"]) == ("creating", "alias/none")
    await stack.idle()
    with refused("InvalidVolume.NotFound", f"The volume '{answer['VolumeId']}' does not exist."):
        await volume(stack, answer["VolumeId"])


async def test_a_copy_whose_key_there_is_not_is_in_error_and_says_so(stack: Stack) -> None:
    copy = {"SourceRegion": "us-east-1", "SourceSnapshotId": await plain_snapshot(stack)}
    made = (await stack.call("CopySnapshot", **copy, Encrypted=True, KmsKeyId="alias/none"))["SnapshotId"]
    source = await image_of(stack)
    asked = {"SourceRegion": "us-east-1", "SourceImageId": source["ImageId"], "Name": "sealed", "Encrypted": True}
    image_id = (await stack.call("CopyImage", **asked, KmsKeyId="alias/none"))["ImageId"]
    await stack.idle()
    told = await snapshot(stack, made)
    assert told["State"] == "error"
    assert told["StateMessage"].startswith("Given key ID is not accessible (alias/none). ")
    image = (await stack.call("DescribeImages", ImageIds=[image_id]))["Images"][0]
    assert (image["State"], "Given key ID is not accessible" in image["StateReason"]["Message"]) == ("failed", True)


async def test_a_launch_or_a_start_whose_key_is_disabled_fails_and_says_so(stack: Stack) -> None:
    own = await own_key(stack)
    mapping = {"DeviceName": "/dev/xvda", "Ebs": {"Encrypted": True, "KmsKeyId": own}}
    stopped = await stack.launch(BlockDeviceMappings=[mapping])
    await stack.call("StopInstances", InstanceIds=[stopped])
    await stack.idle()
    await disable(stack, own)
    failed = await stack.launch(BlockDeviceMappings=[mapping])
    await stack.call("StartInstances", InstanceIds=[stopped])
    await stack.idle()
    for instance, state in ((failed, "terminated"), (stopped, "stopped")):
        told = await stack.instance(instance)
        assert told["State"]["Name"] == state
        assert told["StateReason"]["Code"] == "Client.InvalidKMSKey.InvalidState"
        assert told["StateReason"]["Message"].startswith("Client.InvalidKMSKey.InvalidState: The KMS key provided is")


async def test_a_root_volume_is_not_replaced_by_one_whose_key_is_disabled(stack: Stack) -> None:
    own = await own_key(stack)
    mapping = {"DeviceName": "/dev/xvda", "Ebs": {"Encrypted": True, "KmsKeyId": own}}
    instance = await stack.launch(BlockDeviceMappings=[mapping])
    before = await root_of(stack, instance)
    cut = (await stack.call("CreateSnapshot", VolumeId=before))["SnapshotId"]
    await stack.idle()
    await disable(stack, own)
    asked = await stack.call("CreateReplaceRootVolumeTask", InstanceId=instance, SnapshotId=cut)
    await stack.idle()
    task_id = asked["ReplaceRootVolumeTask"]["ReplaceRootVolumeTaskId"]
    found = await stack.call("DescribeReplaceRootVolumeTasks", ReplaceRootVolumeTaskIds=[task_id])
    assert (found["ReplaceRootVolumeTasks"][0]["TaskState"], await root_of(stack, instance)) == ("failed", before)


async def test_the_data_key_tells_what_descends_from_what(stack: Stack) -> None:
    """`DataEncryptionKeyId` of the API reference's Snapshot."""
    own, other = await own_key(stack), await own_key(stack, "other")

    async def cut(volume_id: str) -> dict[str, Any]:
        made = await stack.call("CreateSnapshot", VolumeId=volume_id)
        assert "DataEncryptionKeyId" not in made, "DescribeSnapshots alone tells it"
        await stack.idle()
        return await snapshot(stack, made["SnapshotId"])

    async def copy(of: dict[str, Any], **asked: Any) -> dict[str, Any]:
        asked = {"SourceRegion": "us-east-1", "SourceSnapshotId": of["SnapshotId"], **asked}
        made = (await stack.call("CopySnapshot", **asked))["SnapshotId"]
        await stack.idle()
        return await snapshot(stack, made)

    first = await create(stack, Encrypted=True, KmsKeyId=own)
    one, two = await cut(first), await cut(first)
    below = await cut(await create(stack, SnapshotId=two["SnapshotId"]))
    family = {shot["DataEncryptionKeyId"] for shot in (one, two, below, await copy(one))}
    assert len(family) == 1
    strangers = [
        await copy(one, Encrypted=True, KmsKeyId=other),
        await cut(await create(stack, Encrypted=True, KmsKeyId=own)),
        await cut(await create(stack, SnapshotId=one["SnapshotId"], Encrypted=True, KmsKeyId=other)),
    ]
    assert len({shot["DataEncryptionKeyId"] for shot in strangers} | family) == 4
    assert "DataEncryptionKeyId" not in await snapshot(stack, await plain_snapshot(stack))


async def test_a_snapshot_deleted_while_it_is_written_anew_ends_that_and_no_other(stack: Stack) -> None:
    of = await plain_snapshot(stack)
    before = await stack.driver.disks.all_layers()
    copy = {"SourceRegion": "us-east-1", "SourceSnapshotId": of, "Encrypted": True}
    begun, goes_on, points = asyncio.Semaphore(0), asyncio.Event(), 0

    async def stay(method: str) -> None:
        nonlocal points
        if method == "ensure_encrypted_copy":
            points += 1
            begun.release()
            await goes_on.wait()

    stack.driver.faults.hook = stay
    deleted, kept = [(await stack.call("CopySnapshot", **copy))["SnapshotId"] for _ in range(2)]
    async with asyncio.timeout(20):
        for _ in range(2):
            await begun.acquire()
        await stack.call("DeleteSnapshot", SnapshotId=deleted)
        third = (await stack.call("CopySnapshot", **copy))["SnapshotId"]
        await begun.acquire()  # it has the turn of the one that was deleted
    assert (await snapshot(stack, kept))["State"] == "pending"
    assert await stack.driver.disks.all_layers() == before
    goes_on.set()
    await stack.idle()
    assert [(await snapshot(stack, one))["State"] for one in (kept, third)] == ["completed"] * 2
    assert points == 7, "three points of two copies, and the first of the one that was deleted"
    assert len(await stack.driver.disks.all_layers()) == len(before) + 2


async def test_a_snapshot_deleted_while_it_is_measured_ends_that(stack: Stack) -> None:
    of = await plain_snapshot(stack)
    before = await stack.driver.disks.all_layers()
    begun = asyncio.Event()

    async def stay(method: str) -> None:
        if method == "measure":
            begun.set()
            await asyncio.Event().wait()

    stack.driver.faults.hook = stay
    copy = {"SourceRegion": "us-east-1", "SourceSnapshotId": of, "Encrypted": True}
    made = (await stack.call("CopySnapshot", **copy))["SnapshotId"]
    async with asyncio.timeout(20):
        await begun.wait()
        await stack.call("DeleteSnapshot", SnapshotId=made)
        await stack.idle()
    assert await stack.driver.disks.all_layers() == before


async def test_a_volume_deleted_before_its_copy_was_made_leaves_nothing(stack: Stack) -> None:
    of = await plain_snapshot(stack)
    before = await stack.driver.disks.all_layers()
    made = [await create(stack, SnapshotId=of, Size=8, Encrypted=True) for _ in range(2)]
    assert [(await states(stack, one))[0] for one in made] == ["available"] * 2
    for one in made:
        await stack.call("DeleteVolume", VolumeId=one)
    await stack.idle()
    await stack.running.cloud.world.collector.collect()
    assert await stack.driver.disks.all_layers() == before


async def test_an_encrypted_import_is_a_snapshot_under_the_key_that_is_named_or_awss_own(stack: Stack) -> None:
    own, disk = await own_key(stack), stack.running.cloud.world.config.data_dir / "imports" / "moss.raw"
    disk.parent.mkdir(exist_ok=True)
    disk.write_bytes(bytes(4096))

    async def imported(**asked: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        container = {"Format": "RAW", "Url": disk.as_uri()}
        begun = await stack.call("ImportSnapshot", DiskContainer=container, **asked)
        await stack.idle()
        tasks = await stack.call("DescribeImportSnapshotTasks", ImportTaskIds=[begun["ImportTaskId"]])
        detail: dict[str, Any] = tasks["ImportSnapshotTasks"][0]["SnapshotTaskDetail"]
        assert begun["SnapshotTaskDetail"]["Encrypted"] == detail["Encrypted"]
        assert begun["SnapshotTaskDetail"].get("KmsKeyId") == detail.get("KmsKeyId")
        if "SnapshotId" not in detail:
            return detail, {}
        return detail, (await stack.call("DescribeSnapshots", SnapshotIds=[detail["SnapshotId"]]))["Snapshots"][0]

    detail, plain = await imported()
    assert (detail["Encrypted"], detail.get("KmsKeyId"), plain["Encrypted"]) == (False, None, False)
    detail, snapshot = await imported(Encrypted=True, KmsKeyId="alias/mine")
    assert (detail["Encrypted"], detail["KmsKeyId"]) == (True, own)
    assert (snapshot["Encrypted"], snapshot["KmsKeyId"], snapshot["State"]) == (True, own, "completed")
    assert snapshot["DataEncryptionKeyId"]
    volume_id = await create(stack, SnapshotId=snapshot["SnapshotId"])
    assert (await volume(stack, volume_id))["KmsKeyId"] == own
    assert await chain_of(stack, volume_id) == [True, True], "its own on the snapshot's"
    await stack.call("EnableEbsEncryptionByDefault")
    _, by_default = await imported()
    assert by_default["Encrypted"] and by_default["KmsKeyId"] not in (own, None)
    with refused("InvalidParameterDependency", "The parameter KmsKeyId requires the parameter Encrypted to be set."):
        await imported(KmsKeyId=own)
    for lost in ("alias/lost", own):
        await disable(stack, own)
        detail, none = await imported(Encrypted=True, KmsKeyId=lost)
        assert (detail["Status"], none) == ("deleted", {})
        assert detail["StatusMessage"].startswith(f"ClientError: Given key ID is not accessible ({lost}).")
