"""The volumes of a launch: what the image brings, changed and completed by the request."""

from typing import Any

import pytest
from asgi import Refused
from stack import Stack

pytestmark = pytest.mark.anyio

ROOT = "/dev/xvda"
GIB = 1024**3


async def _source(stack: Stack) -> tuple[str, str]:
    """An image with a root and a data volume of 2 GiB that hold something; with it the data volume's snapshot."""
    instance_id = await stack.launch(BlockDeviceMappings=[{"DeviceName": "/dev/xvdb", "Ebs": {"VolumeSize": 2}}])
    guest = stack.guest(instance_id)
    guest.write("/root-mark", b"root", sync=True)
    data = (await _volumes(stack, instance_id))["/dev/xvdb"]
    guest.write("/data-mark", b"data", serial=data["VolumeId"].replace("-", ""), sync=True)
    made = await stack.call("CreateImage", InstanceId=instance_id, Name="two volumes")
    await stack.idle()
    (image,) = (await stack.call("DescribeImages", ImageIds=[made["ImageId"]]))["Images"]
    snapshots = {one["DeviceName"]: one["Ebs"]["SnapshotId"] for one in image["BlockDeviceMappings"]}
    return image["ImageId"], snapshots["/dev/xvdb"]


async def _volumes(stack: Stack, instance_id: str) -> dict[str, dict[str, Any]]:
    """The instance's volumes by their device names, with what the instance tells of them."""
    found: dict[str, dict[str, Any]] = {}
    for one in (await stack.instance(instance_id))["BlockDeviceMappings"]:
        told = await stack.call("DescribeVolumes", VolumeIds=[one["Ebs"]["VolumeId"]])
        assert told["Volumes"][0]["Attachments"][0]["Device"] == one["DeviceName"]
        found[one["DeviceName"]] = told["Volumes"][0] | {"Keep": not one["Ebs"]["DeleteOnTermination"]}
    return found


async def test_a_launch_has_the_volumes_of_its_image(stack: Stack) -> None:
    image_id, snapshot_id = await _source(stack)
    instance_id = await stack.launch(ImageId=image_id)
    volumes = await _volumes(stack, instance_id)
    assert list(volumes) == [ROOT, "/dev/xvdb"]
    data = volumes["/dev/xvdb"]
    assert (data["Size"], data["SnapshotId"], data["VolumeType"]) == (2, snapshot_id, "gp2")
    assert stack.guest(instance_id).read("/root-mark") == b"root"
    assert stack.guest(instance_id).read("/data-mark", serial=data["VolumeId"].replace("-", "")) == b"data"


async def test_a_launch_grows_and_retypes_the_volumes_of_its_image(stack: Stack) -> None:
    image_id, _ = await _source(stack)
    instance_id = await stack.launch(
        ImageId=image_id,
        BlockDeviceMappings=[
            {"DeviceName": ROOT, "Ebs": {"VolumeSize": 30, "DeleteOnTermination": False}},
            {
                "DeviceName": "/dev/xvdb",
                "Ebs": {"VolumeSize": 10, "VolumeType": "gp3", "Iops": 4000, "Throughput": 500},
            },
        ],
    )
    volumes = await _volumes(stack, instance_id)
    root, data = volumes[ROOT], volumes["/dev/xvdb"]
    assert (root["Size"], root["Keep"]) == (30, True)
    assert [data[name] for name in ("Size", "VolumeType", "Iops", "Throughput")] == [10, "gp3", 4000, 500]
    assert stack.guest(instance_id).read("/data-mark", serial=data["VolumeId"].replace("-", "")) == b"data"
    await stack.call("TerminateInstances", InstanceIds=[instance_id])
    await stack.idle()
    (left,) = (await stack.call("DescribeVolumes", VolumeIds=[root["VolumeId"]]))["Volumes"]
    assert left["State"] == "available"


async def test_a_launch_leaves_out_what_it_does_not_want(stack: Stack) -> None:
    image_id, _ = await _source(stack)
    for unwanted in ({"NoDevice": ""}, {"VirtualName": "ephemeral0"}):
        instance_id = await stack.launch(
            ImageId=image_id, BlockDeviceMappings=[{"DeviceName": "/dev/xvdb", **unwanted}]
        )
        assert list(await _volumes(stack, instance_id)) == [ROOT]


async def test_a_launch_adds_volumes_empty_and_of_snapshots(stack: Stack) -> None:
    image_id, snapshot_id = await _source(stack)
    instance_id = await stack.launch(
        ImageId=image_id,
        BlockDeviceMappings=[
            {"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 3}},
            {"DeviceName": "/dev/sdg", "Ebs": {"SnapshotId": snapshot_id}},
            {
                "DeviceName": "/dev/sdh",
                "Ebs": {"SnapshotId": snapshot_id, "VolumeSize": 5, "VolumeType": "io1", "Iops": 100},
            },
            {"DeviceName": "/dev/sdi", "VirtualName": "ephemeral1"},
        ],
    )
    volumes = await _volumes(stack, instance_id)
    assert list(volumes) == [ROOT, "/dev/xvdb", "/dev/sdf", "/dev/sdg", "/dev/sdh"]
    told = ("Size", "SnapshotId", "VolumeType", "Iops", "Keep")
    assert {name: [volumes[name].get(key) for key in told] for name in ("/dev/sdf", "/dev/sdg", "/dev/sdh")} == {
        "/dev/sdf": [3, "", "gp2", 100, False],
        "/dev/sdg": [2, snapshot_id, "gp2", 100, False],
        "/dev/sdh": [5, snapshot_id, "io1", 100, False],
    }
    guest = stack.guest(instance_id)
    for name in ("/dev/xvdb", "/dev/sdg", "/dev/sdh"):
        serial = volumes[name]["VolumeId"].replace("-", "")
        assert guest.read("/data-mark", serial=serial) == b"data"
        guest.write("/data-mark", name.encode(), serial=serial, sync=True)  # each is its own
    assert guest.read("/data-mark", serial=volumes["/dev/sdg"]["VolumeId"].replace("-", "")) == b"/dev/sdg"
    with pytest.raises(FileNotFoundError):
        guest.read("/data-mark", serial=volumes["/dev/sdf"]["VolumeId"].replace("-", ""))


async def test_an_image_of_a_gp2_volume_tells_and_launches_it_without_operations(stack: Stack) -> None:
    instance_id = await stack.launch(BlockDeviceMappings=[{"DeviceName": ROOT, "Ebs": {"VolumeType": "gp2"}}])
    made = await stack.call("CreateImage", InstanceId=instance_id, Name="gp2")
    await stack.idle()
    (image,) = (await stack.call("DescribeImages", ImageIds=[made["ImageId"]]))["Images"]
    ebs = image["BlockDeviceMappings"][0]["Ebs"]
    assert ebs["VolumeType"] == "gp2"
    assert "Iops" not in ebs and "Throughput" not in ebs
    copy = await stack.launch(ImageId=image["ImageId"])
    assert (await _volumes(stack, copy))[ROOT]["VolumeType"] == "gp2"


@pytest.mark.parametrize(
    ("mapping", "code", "message"),
    [
        (
            {"DeviceName": "/dev/xvdb", "Ebs": {"VolumeSize": 1}},
            "InvalidBlockDeviceMapping",
            "Volume of size 1GB is smaller than snapshot '{snapshot}', expect size >= 2GB",
        ),
        ({"DeviceName": ROOT, "NoDevice": ""}, "InvalidBlockDeviceMapping", None),
        ({"DeviceName": ROOT, "VirtualName": "ephemeral0"}, "InvalidBlockDeviceMapping", None),
        ({"DeviceName": "/dev/sdf", "VirtualName": "ephemeral24"}, "InvalidParameterValue", None),
        (
            {"DeviceName": "/dev/sdf", "VirtualName": "ephemeral0", "Ebs": {"VolumeSize": 1}},
            "InvalidBlockDeviceMapping",
            None,
        ),
        ({"DeviceName": "/dev/sdf"}, "MissingParameter", None),
        ({"DeviceName": "/dev/sdf", "Ebs": {}}, "MissingParameter", None),
        ({"Ebs": {"VolumeSize": 1}}, "InvalidBlockDeviceMapping", "Missing device name"),
        ({"NoDevice": ""}, "InvalidBlockDeviceMapping", "Missing device name"),
        ({"DeviceName": "/dev/sdf1", "Ebs": {"VolumeSize": 1}}, "InvalidBlockDeviceMapping", None),
        ({"DeviceName": "/dev/xvdzz", "Ebs": {"VolumeSize": 1}}, "InvalidBlockDeviceMapping", None),
        (
            {"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 9, "VolumeType": "gp2", "Throughput": 125}},
            "InvalidBlockDeviceMapping",
            "throughput cannot be specified with the volumeType of device '/dev/sdf'",
        ),
        ({"DeviceName": "upload", "Ebs": {"VolumeSize": 1}}, "InvalidBlockDeviceMapping", "Invalid device name upload"),
        ({"DeviceName": "/dev/sda", "Ebs": {"VolumeSize": 1}}, "InvalidBlockDeviceMapping", None),
        (
            {"DeviceName": "/dev/xvdb", "Ebs": {"VolumeSize": 0}},
            "InvalidBlockDeviceMapping",
            "Volume of size 0GB is smaller than snapshot '{snapshot}', expect size >= 2GB",
        ),
        ({"DeviceName": ROOT, "Ebs": {"VolumeSize": 125, "VolumeType": "sc1"}}, "InvalidParameterValue", None),
        ({"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 9, "VolumeType": "gp9"}}, "UnknownVolumeType", None),
        ({"DeviceName": "/dev/sdf", "Ebs": {"SnapshotId": "snap-x"}}, "InvalidParameterValue", None),
        (
            {"DeviceName": "/dev/sdf", "Ebs": {"SnapshotId": "snap-0123456789abcdef0"}},
            "InvalidSnapshot.NotFound",
            "The snapshot 'snap-0123456789abcdef0' does not exist.",
        ),
        ({"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 1, "VolumeType": "st1"}}, "InvalidParameterValue", None),
        ({"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 9, "Iops": 100}}, "InvalidParameterCombination", None),
        (
            {"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 9, "VolumeType": "io1"}},
            "InvalidParameterCombination",
            "The parameter iops must be specified for io1 volumes.",
        ),
        (
            {"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 10, "VolumeType": "io1", "Iops": 501}},
            "InvalidParameterValue",
            "Iops to volume size ratio of 50.100000 is too high; maximum is 50",
        ),
        (
            {"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 10, "VolumeType": "gp3", "Throughput": 1000}},
            "InvalidParameterValue",
            "Throughput (MiBps) to iops ratio of 0.333333 is too high; maximum is 0.250000 MiBps per iops",
        ),
    ],
)
async def test_a_volume_that_cannot_be_refuses_the_launch(
    stack: Stack, mapping: dict[str, Any], code: str, message: str | None
) -> None:
    image_id, snapshot_id = await _source(stack)
    with pytest.raises(Refused) as refused:
        await stack.launch(ImageId=image_id, BlockDeviceMappings=[mapping])
    assert refused.value.code == code
    if message is not None:
        assert refused.value.message == message.format(snapshot=snapshot_id)
    assert len((await stack.call("DescribeInstances"))["Reservations"]) == 1
