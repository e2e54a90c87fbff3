"""CreateImage: what is refused, what an image is made of, and what its mappings may change."""

from typing import Any

import pytest
from asgi import Refused
from stack import Stack

from kumoniwa.errors import NotBuilt
from kumoniwa.hypervisor.driver import LayerDamaged

pytestmark = pytest.mark.anyio

DATA = "/dev/sdf"


async def _launch(stack: Stack, **parameters: Any) -> str:
    return await stack.launch(
        BlockDeviceMappings=[{"DeviceName": DATA, "Ebs": {"VolumeSize": 2, "VolumeType": "gp3"}}], **parameters
    )


async def _image(stack: Stack, image_id: str) -> dict[str, Any]:
    image: dict[str, Any] = (await stack.call("DescribeImages", ImageIds=[image_id]))["Images"][0]
    return image


async def test_an_image_holds_a_snapshot_of_every_volume_and_says_where_it_is_from(stack: Stack) -> None:
    instance_id = await _launch(stack)
    image_id = (await stack.call("CreateImage", InstanceId=instance_id, Name="golden", Description="all"))["ImageId"]
    assert (await _image(stack, image_id))["State"] == "pending"
    await stack.idle()
    image = await _image(stack, image_id)
    instance = await stack.instance(instance_id)
    assert (image["State"], image["Name"], image["Description"]) == ("available", "golden", "all")
    assert (image["SourceInstanceId"], image["SourceImageId"]) == (instance_id, instance["ImageId"])
    devices = {one["DeviceName"]: one["Ebs"] for one in image["BlockDeviceMappings"]}
    assert devices.keys() == {"/dev/xvda", DATA}
    assert [devices[name]["DeleteOnTermination"] for name in ("/dev/xvda", DATA)] == [True, True]
    snapshots = (await stack.call("DescribeSnapshots", OwnerIds=["self"]))["Snapshots"]
    by_id = {one["SnapshotId"]: one for one in snapshots}
    for device in instance["BlockDeviceMappings"]:
        snapshot = by_id[devices[device["DeviceName"]]["SnapshotId"]]
        assert snapshot["VolumeId"] == device["Ebs"]["VolumeId"]
        assert (snapshot["State"], snapshot["Progress"]) == ("completed", "100%")
        assert snapshot["Description"] == f"Created by CreateImage({instance_id}) for {image_id}"


async def test_tags_reach_the_image_and_every_snapshot(stack: Stack) -> None:
    instance_id = await _launch(stack)
    image_id = (
        await stack.call(
            "CreateImage",
            InstanceId=instance_id,
            Name="golden",
            TagSpecifications=[
                {"ResourceType": kind, "Tags": [{"Key": "for", "Value": kind}]} for kind in ("image", "snapshot")
            ],
        )
    )["ImageId"]
    await stack.idle()
    image = await _image(stack, image_id)
    assert image["Tags"] == [{"Key": "for", "Value": "image"}]
    ids = [device["Ebs"]["SnapshotId"] for device in image["BlockDeviceMappings"]]
    for snapshot in (await stack.call("DescribeSnapshots", SnapshotIds=ids))["Snapshots"]:
        assert snapshot["Tags"] == [{"Key": "for", "Value": "snapshot"}]


async def test_mappings_drop_a_volume_add_an_empty_one_and_change_delete_on_termination(stack: Stack) -> None:
    instance_id = await _launch(stack)
    image_id = (
        await stack.call(
            "CreateImage",
            InstanceId=instance_id,
            Name="golden",
            BlockDeviceMappings=[
                {"DeviceName": "/dev/xvda", "Ebs": {"DeleteOnTermination": False}},
                {"DeviceName": DATA, "NoDevice": ""},
                {"DeviceName": "/dev/sdh", "Ebs": {"VolumeSize": 100}},
                {"DeviceName": "/dev/sdi", "VirtualName": "ephemeral0"},
            ],
        )
    )["ImageId"]
    await stack.idle()
    devices = {one["DeviceName"]: one for one in (await _image(stack, image_id))["BlockDeviceMappings"]}
    assert devices.keys() == {"/dev/xvda", "/dev/sdh", "/dev/sdi"}
    assert devices["/dev/xvda"]["Ebs"]["DeleteOnTermination"] is False
    assert devices["/dev/sdh"]["Ebs"]["VolumeSize"] == 100
    assert "SnapshotId" not in devices["/dev/sdh"]["Ebs"]
    assert devices["/dev/sdi"]["VirtualName"] == "ephemeral0"
    copy = await stack.instance(await stack.launch(ImageId=image_id))
    assert [one["DeviceName"] for one in copy["BlockDeviceMappings"]] == ["/dev/xvda", "/dev/sdh"]


async def test_what_a_volume_is_already_may_be_said_again(stack: Stack) -> None:
    instance_id = await _launch(stack)
    mapping = {"DeviceName": DATA, "Ebs": {"VolumeSize": 2, "VolumeType": "gp3", "Iops": 3000, "Encrypted": False}}
    await stack.call("CreateImage", InstanceId=instance_id, Name="golden", BlockDeviceMappings=[mapping])
    await stack.idle()


@pytest.mark.parametrize(
    ("parameters", "code", "message"),
    [
        (
            {"Name": "gold#en"},
            "InvalidAMIName.Malformed",
            "AMI names must be between 3 and 128 characters long, and may contain letters, numbers, "
            "'(', ')', '.', '-', '/' and '_'",
        ),
        ({"Description": "d" * 256}, "InvalidParameterValue", None),
        ({"SnapshotLocation": "local"}, "UnsupportedOperation", NotBuilt("SnapshotLocation local").message),
        (
            {"BootModeOverride": "uefi"},
            "InvalidParameterValue",
            "BootModeOverride is only for instances whose current boot mode is uefi",
        ),
        (
            {"TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "a", "Value": "b"}]}]},
            "InvalidParameterValue",
            "'instance' is not a valid taggable resource type for this operation.",
        ),
        (
            {"TagSpecifications": [{"ResourceType": "image", "Tags": [{"Key": "aws:a", "Value": "b"}]}]},
            "InvalidParameterValue",
            "Tag keys starting with 'aws:' are reserved for internal use",
        ),
        *(
            (
                {"BlockDeviceMappings": [{"DeviceName": DATA, "Ebs": change}]},
                "InvalidBlockDeviceMapping",
                f"{named} cannot be modified on device '{DATA}'",
            )
            for named, change in (
                ("volumeSize", {"VolumeSize": 3}),
                ("volumeType", {"VolumeType": "gp2"}),
                ("iops", {"Iops": 4000}),
                ("throughput", {"Throughput": 200}),
                ("snapshotId", {"SnapshotId": "snap-0123456789abcdef0"}),
                ("encrypted", {"Encrypted": True}),
            )
        ),
        (
            {"BlockDeviceMappings": [{"DeviceName": DATA, "Ebs": {"OutpostArn": "arn:x"}}]},
            "UnsupportedOperation",
            NotBuilt("Outposts").message,
        ),
        (
            {"BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "NoDevice": ""}]},
            "InvalidBlockDeviceMapping",
            "The root device '/dev/xvda' cannot be left out.",
        ),
        (
            {"BlockDeviceMappings": [{"DeviceName": DATA, "NoDevice": ""}, {"DeviceName": DATA, "NoDevice": ""}]},
            "InvalidBlockDeviceMapping",
            f"{DATA} is being assigned to multiple times.",
        ),
        (
            {"BlockDeviceMappings": [{"Ebs": {"DeleteOnTermination": True}}]},
            "InvalidBlockDeviceMapping",
            "Missing device name",
        ),
    ],
)
async def test_what_cannot_be_is_refused_and_the_guest_goes_on(
    stack: Stack, parameters: dict[str, Any], code: str, message: str | None
) -> None:
    instance_id = await _launch(stack)
    boot_id = stack.guest(instance_id).boot_id
    with pytest.raises(Refused) as refused:
        await stack.call("CreateImage", **{"InstanceId": instance_id, "Name": "golden", **parameters})
    assert refused.value.code == code
    assert message is None or refused.value.message == message
    await stack.idle()
    assert stack.guest(instance_id).boot_id == boot_id
    assert (await stack.call("DescribeImages", Filters=[{"Name": "name", "Values": ["golden"]}]))["Images"] == []
    assert (await stack.call("DescribeSnapshots", Filters=[{"Name": "status", "Values": ["pending"]}]))[
        "Snapshots"
    ] == []


async def test_a_name_is_taken_from_the_request_on_and_free_again_when_the_image_goes(stack: Stack) -> None:
    instance_id = await _launch(stack)
    image_id = (await stack.call("CreateImage", InstanceId=instance_id, Name="golden"))["ImageId"]
    with pytest.raises(Refused) as refused:
        await stack.call("CreateImage", InstanceId=instance_id, Name="golden")
    assert refused.value.message == f"AMI name golden is already in use by AMI {image_id}"
    await stack.idle()
    await stack.call("DeregisterImage", ImageId=image_id)
    await stack.call("CreateImage", InstanceId=instance_id, Name="golden")
    await stack.idle()


async def test_a_stopped_instance_stays_stopped_and_its_image_is_at_rest(stack: Stack) -> None:
    instance_id = await _launch(stack)
    await stack.call("StopInstances", InstanceIds=[instance_id])
    await stack.idle()
    image_id = (await stack.call("CreateImage", InstanceId=instance_id, Name="golden"))["ImageId"]
    await stack.idle()
    assert (await stack.instance(instance_id))["State"]["Name"] == "stopped"
    assert (await stack.get(f"/_kumoniwa/images/{image_id}"))["consistency"] == "at-rest"


async def test_an_instance_runs_on_when_its_image_and_snapshots_are_gone(stack: Stack) -> None:
    instance_id = await _launch(stack)
    image_id = (await stack.call("CreateImage", InstanceId=instance_id, Name="golden"))["ImageId"]
    await stack.idle()
    copy = await stack.launch(ImageId=image_id)
    snapshots = [device["Ebs"]["SnapshotId"] for device in (await _image(stack, image_id))["BlockDeviceMappings"]]
    await stack.call("DeregisterImage", ImageId=image_id)
    with pytest.raises(Refused) as refused:
        await stack.launch(ImageId=image_id)
    assert refused.value.code in ("InvalidAMIID.Unavailable", "InvalidAMIID.NotFound")
    for snapshot_id in snapshots:
        await stack.call("DeleteSnapshot", SnapshotId=snapshot_id)
    await stack.call("RebootInstances", InstanceIds=[copy])
    await stack.idle()
    told = await stack.instance(copy)
    assert (told["State"]["Name"], told["ImageId"]) == ("running", image_id)


@pytest.mark.parametrize(
    ("mode", "override", "made"),
    [
        (None, None, None),
        ("legacy-bios", None, "legacy-bios"),
        ("uefi", None, "uefi"),
        ("uefi-preferred", None, "uefi-preferred"),
        ("uefi-preferred", "uefi", "uefi"),
    ],
)
async def test_an_image_boots_as_its_instance_was_asked_to_or_more_strictly(
    stack: Stack, mode: str | None, override: str | None, made: str | None
) -> None:
    (simulated,) = (await stack.call("DescribeImages"))["Images"]
    root = simulated["BlockDeviceMappings"][0]
    registered = await stack.call(
        "RegisterImage",
        Name="firmware",
        Architecture="x86_64",
        VirtualizationType="hvm",
        RootDeviceName=root["DeviceName"],
        BlockDeviceMappings=[{"DeviceName": root["DeviceName"], "Ebs": {"SnapshotId": root["Ebs"]["SnapshotId"]}}],
        **({} if mode is None else {"BootMode": mode}),
    )
    instance_id = await stack.launch(ImageId=registered["ImageId"])
    asked = {} if override is None else {"BootModeOverride": override}
    image_id = (await stack.call("CreateImage", InstanceId=instance_id, Name="golden", **asked))["ImageId"]
    await stack.idle()
    assert (await _image(stack, image_id)).get("BootMode") == made


async def test_a_new_device_may_be_of_a_snapshot_and_is_there_at_launch(stack: Stack) -> None:
    instance_id = await _launch(stack)
    data = (await stack.instance(instance_id))["BlockDeviceMappings"][1]["Ebs"]["VolumeId"]
    stack.guest(instance_id).write("/kept", b"kept", serial=data.replace("-", ""), sync=True)
    snapshot_id = (await stack.call("CreateSnapshot", VolumeId=data))["SnapshotId"]
    await stack.idle()
    mappings = [
        {"DeviceName": DATA, "NoDevice": ""},
        {"DeviceName": "/dev/sdh", "Ebs": {"SnapshotId": snapshot_id, "DeleteOnTermination": True}},
    ]
    made = await stack.call("CreateImage", InstanceId=instance_id, Name="golden", BlockDeviceMappings=mappings)
    await stack.idle()
    copy = await stack.launch(ImageId=made["ImageId"])
    devices = {one["DeviceName"]: one["Ebs"] for one in (await stack.instance(copy))["BlockDeviceMappings"]}
    assert devices.keys() == {"/dev/xvda", "/dev/sdh"}
    assert devices["/dev/sdh"]["DeleteOnTermination"] is True
    assert stack.guest(copy).read("/kept", serial=devices["/dev/sdh"]["VolumeId"].replace("-", "")) == b"kept"


async def test_an_image_whose_layer_cannot_be_read_fails_and_says_why(stack: Stack) -> None:
    instance_id = await _launch(stack)
    stack.driver.fail_next("measure", LayerDamaged("The file of layer x is torn."))
    image_id = (await stack.call("CreateImage", InstanceId=instance_id, Name="golden"))["ImageId"]
    await stack.idle()
    image = await _image(stack, image_id)
    assert image["State"] == "failed"
    reason = image["StateReason"]["Message"]
    assert "The file of layer x is torn. " in reason and reason.endswith(
        "put a copy of the file back, or make it anew."
    )
    ids = [one["Ebs"]["SnapshotId"] for one in image["BlockDeviceMappings"]]
    found = (await stack.call("DescribeSnapshots", SnapshotIds=ids))["Snapshots"]
    assert sorted(one["State"] for one in found) == ["completed", "error"]
    assert (await stack.instance(instance_id))["State"]["Name"] == "running"


async def test_an_instance_without_its_root_has_no_image(stack: Stack) -> None:
    instance_id = await _launch(stack)
    root = (await stack.instance(instance_id))["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
    await stack.call("StopInstances", InstanceIds=[instance_id])
    await stack.idle()
    await stack.call("DetachVolume", VolumeId=root)  # under way is enough: no image would have it
    for _ in range(2):
        with pytest.raises(Refused) as refused:
            await stack.call("CreateImage", InstanceId=instance_id, Name="golden")
        assert refused.value.code == "InvalidParameterValue"
        assert "does not have a volume attached at root (/dev/xvda)" in refused.value.message
        await stack.idle()


async def test_the_image_of_a_guest_that_stands_still_is_not_told_to_be_of_volumes_that_nobody_had(
    stack: Stack,
) -> None:
    instance_id = await _launch(stack)
    freeze = [{"ResourceType": "snapshot", "Tags": [{"Key": "kumoniwa:freeze", "Value": "true"}]}]
    asked = {"InstanceSpecification": {"InstanceId": instance_id}, "TagSpecifications": freeze}
    await stack.call("CreateSnapshots", **asked)
    await stack.idle()
    stack.guest(instance_id).run_out_of_space()
    image_id = (await stack.call("CreateImage", InstanceId=instance_id, Name="golden", NoReboot=True))["ImageId"]
    await stack.idle()
    told = await stack.get(f"/_kumoniwa/images/{image_id}")
    assert (told["consistency"], told["detail"]) == (
        "crash-consistent",
        "the guest did not run, and had not shut down cleanly",
    )
    for device in (await _image(stack, image_id))["BlockDeviceMappings"]:
        how = await stack.get(f"/_kumoniwa/snapshots/{device['Ebs']['SnapshotId']}")
        assert (how["consistency"], how["detail"]) == (told["consistency"], told["detail"])
