"""RunInstances: what a launch makes of what it is asked for."""

import asyncio
from base64 import b64encode
from functools import partial

import pytest
from asgi import Caller, Refused
from stack import Stack
from stored import add_image

from kumoniwa.api.ec2.network import interface_addresses
from kumoniwa.hypervisor.driver import Capacity, Room
from kumoniwa.model.images import ImageState
from kumoniwa.model.instance_types import INSTANCE_TYPES
from kumoniwa.placement import guest_memory
from kumoniwa.placement.guest_devices import DeviceMissing, check_devices
from kumoniwa.workflows.steps.instances.guests import spec_of

pytestmark = pytest.mark.anyio


async def _image(stack: Stack) -> str:
    image: str = (await stack.call("DescribeImages", Owners=["self"]))["Images"][0]["ImageId"]
    return image


async def test_a_launch_of_several_is_one_reservation_with_one_index_each(stack: Stack) -> None:
    launched = await stack.call("RunInstances", ImageId=await _image(stack), MinCount=2, MaxCount=3)
    assert [one["AmiLaunchIndex"] for one in launched["Instances"]] == [0, 1, 2]
    assert len({one["PrivateIpAddress"] for one in launched["Instances"]}) == 3
    assert launched["Instances"][0]["InstanceType"] == "m1.small"
    await stack.idle()
    told = await stack.call("DescribeInstances")
    assert [one["ReservationId"] for one in told["Reservations"]] == [launched["ReservationId"]]


async def test_a_launch_answers_what_is_listed_then(stack: Stack) -> None:
    groups = [
        (await stack.call("CreateSecurityGroup", GroupName=name, Description=name))["GroupId"] for name in ("b", "a")
    ]
    launched = await stack.call(
        "RunInstances",
        ImageId=await _image(stack),
        MinCount=2,
        MaxCount=2,
        SecurityGroupIds=groups,
        BlockDeviceMappings=[{"DeviceName": f"/dev/sd{letter}", "Ebs": {"VolumeSize": 1}} for letter in "gf"],
        TagSpecifications=[
            {"ResourceType": "instance", "Tags": [{"Key": key, "Value": f"{key}'s"} for key in ("é", "a", "Z")]}
        ],
    )
    await stack.idle()
    (listed,) = (await stack.call("DescribeInstances"))["Reservations"]
    for instance in launched["Instances"]:
        assert instance["State"]["Name"] == "pending"
        instance["State"] = {"Code": 16, "Name": "running"}
        for device in instance["BlockDeviceMappings"]:
            assert device["Ebs"]["Status"] == "attaching"
            device["Ebs"]["Status"] = "attached"
    assert launched["Instances"] == listed["Instances"]


async def test_tags_at_launch_reach_instance_volumes_and_network_interface(stack: Stack) -> None:
    instance_id = await stack.launch(
        TagSpecifications=[
            {"ResourceType": kind, "Tags": [{"Key": "for", "Value": kind}]}
            for kind in ("instance", "volume", "network-interface")
        ]
    )
    assert (await stack.instance(instance_id))["Tags"] == [{"Key": "for", "Value": "instance"}]
    volume = (await stack.call("DescribeVolumes"))["Volumes"][0]
    assert volume["Tags"] == [{"Key": "for", "Value": "volume"}]
    interface = (await stack.call("DescribeNetworkInterfaces"))["NetworkInterfaces"][0]
    assert interface["TagSet"] == [{"Key": "for", "Value": "network-interface"}]


async def test_a_launch_by_network_interface_has_its_subnet_groups_address_and_description(stack: Stack) -> None:
    subnet = (await stack.call("DescribeSubnets"))["Subnets"][1]
    group = (await stack.call("CreateSecurityGroup", GroupName="web", Description="web"))["GroupId"]
    address = subnet["CidrBlock"].rsplit(".", 1)[0] + ".77"
    instance_id = await stack.launch(
        NetworkInterfaces=[
            {
                "DeviceIndex": 0,
                "SubnetId": subnet["SubnetId"],
                "Groups": [group],
                "AssociatePublicIpAddress": False,
                "DeleteOnTermination": True,
                "Description": "the only one",
                "PrivateIpAddresses": [{"Primary": True, "PrivateIpAddress": address}],
            }
        ]
    )
    instance = await stack.instance(instance_id)
    assert (instance["SubnetId"], instance["PrivateIpAddress"]) == (subnet["SubnetId"], address)
    assert instance["Placement"]["AvailabilityZone"] == subnet["AvailabilityZone"]
    assert instance["SecurityGroups"] == [{"GroupId": group, "GroupName": "web"}]
    assert instance["NetworkInterfaces"][0]["Description"] == "the only one"
    assert "PublicIpAddress" not in instance


async def test_security_groups_may_be_named_and_zones_be_given_by_id(stack: Stack) -> None:
    instance_id = await stack.launch(SecurityGroups=["default"], Placement={"AvailabilityZoneId": "use1-az3"})
    instance = await stack.instance(instance_id)
    assert instance["SecurityGroups"][0]["GroupName"] == "default"
    assert instance["Placement"]["AvailabilityZone"] == "us-east-1c"


async def test_where_no_zone_has_room_for_all_that_may_be_launched_it_is_the_roomiest(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The host may hold fewer, and they find their addresses."""
    room = {"us-east-1a": 0, "us-east-1b": 2, "us-east-1c": 2}
    monkeypatch.setattr(interface_addresses, "private_capacity", lambda subnet: room.get(subnet.zone, 1))
    instance = await stack.instance(await stack.launch(MinCount=1, MaxCount=3))
    assert instance["Placement"]["AvailabilityZone"] == "us-east-1b"


async def test_as_many_are_launched_as_the_subnet_has_addresses_for(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interface_addresses, "private_capacity", lambda _: 2)
    await stack.launch(MinCount=1, MaxCount=3)
    reservations = (await stack.call("DescribeInstances"))["Reservations"]
    assert [len(reservation["Instances"]) for reservation in reservations] == [2]


async def test_more_security_groups_than_an_interface_takes_are_refused(stack: Stack) -> None:
    groups = [
        (await stack.call("CreateSecurityGroup", GroupName=f"g{number}", Description="one of many"))["GroupId"]
        for number in range(6)
    ]
    with pytest.raises(Refused) as refused:
        await stack.launch(SecurityGroupIds=groups)
    assert refused.value.code == "SecurityGroupsPerInterfaceLimitExceeded"
    instance_id = await stack.launch(SecurityGroupIds=groups[:5])
    assert len((await stack.instance(instance_id))["SecurityGroups"]) == 5


async def test_volumes_are_those_of_the_image_changed_and_completed_by_the_request(stack: Stack) -> None:
    instance_id = await stack.launch(
        BlockDeviceMappings=[
            {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 20, "VolumeType": "gp2", "DeleteOnTermination": False}},
            {"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 8, "VolumeType": "gp3", "Iops": 4000, "Throughput": 200}},
            {"DeviceName": "/dev/sdg", "VirtualName": "ephemeral0"},
        ]
    )
    devices = {one["DeviceName"]: one["Ebs"] for one in (await stack.instance(instance_id))["BlockDeviceMappings"]}
    assert {name: ebs["DeleteOnTermination"] for name, ebs in devices.items()} == {
        "/dev/xvda": False,
        "/dev/sdf": True,  # UG "Preserve data when an instance is terminated": of a call that does not say otherwise
    }
    volumes = {one["VolumeId"]: one for one in (await stack.call("DescribeVolumes"))["Volumes"]}
    root, data = volumes[devices["/dev/xvda"]["VolumeId"]], volumes[devices["/dev/sdf"]["VolumeId"]]
    assert (root["Size"], root["VolumeType"]) == (20, "gp2")
    assert (data["Size"], data["Iops"], data["Throughput"]) == (8, 4000, 200)


async def test_cpu_options_are_told_and_are_what_the_guest_gets(stack: Stack) -> None:
    instance_id = await stack.launch(InstanceType="m5.2xlarge", CpuOptions={"CoreCount": 2, "ThreadsPerCore": 1})
    assert (await stack.instance(instance_id))["CpuOptions"] == {"CoreCount": 2, "ThreadsPerCore": 1}
    read = partial(spec_of, instance_id=instance_id)
    assert (await stack.running.cloud.read(read)).vcpus == 2
    for options, message in (
        ({"CoreCount": 3, "ThreadsPerCore": 2}, "Value (3) for parameter CoreCount"),
        ({"CoreCount": 5, "ThreadsPerCore": 2}, "Value (5) for parameter CoreCount"),
        ({"CoreCount": 4, "ThreadsPerCore": 3}, "Value (3) for parameter ThreadsPerCore"),
    ):
        with pytest.raises(Refused) as refused:
            await stack.launch(InstanceType="m5.2xlarge", CpuOptions=options)
        assert refused.value.message == f"{message} is invalid for instance type m5.2xlarge."


async def test_user_data_of_the_greatest_size_is_taken_as_it_came(stack: Stack) -> None:
    data = b64encode(b"a" * 16384).decode()
    instance_id = await stack.launch(UserData=data)
    told = await stack.call("DescribeInstanceAttribute", InstanceId=instance_id, Attribute="userData")
    assert told["UserData"]["Value"] == data


async def test_user_data_with_broken_lines_is_kept_without_them(stack: Stack) -> None:
    broken = "\r\n".join(["I2Nsb3Vk", "LWNvbmZpZwo="]) + " \t\n"
    instance_id = await stack.launch(UserData=broken)
    told = await stack.call("DescribeInstanceAttribute", InstanceId=instance_id, Attribute="userData")
    assert told["UserData"]["Value"] == b64encode(b"#cloud-config\n").decode()


@pytest.mark.parametrize("space", ["\u00a0", "\u2003", "\u3000", "\u0085", "\ufeff"])
async def test_user_data_with_spaces_that_are_not_ascii_is_no_base64(stack: Stack, space: str) -> None:
    with pytest.raises(Refused) as refused:
        await stack.launch(UserData=f"aGVsbG8={space}")
    assert (refused.value.code, refused.value.message) == (
        "InvalidParameterValue",
        "Invalid BASE64 encoding of user data",
    )


async def test_images_that_cannot_be_run_are_refused(stack: Stack) -> None:
    pending, gone = "ami-00000000000000001", "ami-00000000000000002"
    await stack.running.cloud.world.database.write(partial(add_image, number=1, state=ImageState.PENDING))
    await stack.running.cloud.world.database.write(partial(add_image, number=2, state=ImageState.DEREGISTERED))
    for image_id, message in (
        (pending, f"AMI '{pending}' is pending, and cannot be run"),
        (gone, f"The image id '[{gone}]' is no longer available"),
    ):
        with pytest.raises(Refused) as refused:
            await stack.launch(ImageId=image_id)
        assert (refused.value.code, refused.value.message) == ("InvalidAMIID.Unavailable", message)


async def test_an_image_of_another_region_is_not_there(stack: Stack) -> None:
    key = stack.running.key
    elsewhere = Caller(stack.running.gateway, key["access_key_id"], key["secret_access_key"], region="eu-west-1")
    image = await _image(stack)
    with pytest.raises(Refused) as refused:
        await elsewhere.call("RunInstances", ImageId=image, MinCount=1, MaxCount=1)
    assert refused.value.message == f"The image id '[{image}]' does not exist"


async def test_twins_with_one_client_token_launch_once_and_are_answered_alike(stack: Stack) -> None:
    asked = {"ImageId": await _image(stack), "MinCount": 1, "MaxCount": 1, "ClientToken": "twins"}
    first, second = await asyncio.gather(stack.call("RunInstances", **asked), stack.call("RunInstances", **asked))
    assert first == second
    assert first["Instances"][0]["ClientToken"] == "twins"
    await stack.idle()
    assert len((await stack.call("DescribeInstances"))["Reservations"]) == 1


async def test_a_refused_launch_does_not_use_up_its_token(stack: Stack) -> None:
    asked = {"ImageId": await _image(stack), "MinCount": 1, "MaxCount": 1, "ClientToken": "again"}
    with pytest.raises(Refused):
        await stack.call("RunInstances", **asked, KeyName="later")
    await stack.call("CreateKeyPair", KeyName="later")
    launched = await stack.call("RunInstances", **asked, KeyName="later")
    assert launched["Instances"][0]["KeyName"] == "later"
    await stack.idle()


async def test_the_token_of_an_instance_that_has_ended_is_refused(stack: Stack) -> None:
    asked = {"ImageId": await _image(stack), "MinCount": 1, "MaxCount": 1, "ClientToken": "ended"}
    launched = await stack.call("RunInstances", **asked)
    await stack.idle()
    await stack.call("TerminateInstances", InstanceIds=[launched["Instances"][0]["InstanceId"]])
    await stack.idle()
    with pytest.raises(Refused) as refused:
        await stack.call("RunInstances", **asked)
    assert (refused.value.code, refused.value.message) == (
        "IdempotentInstanceTerminated",
        "The client token you have provided is associated with a terminated instance. "
        "Please use a different client token.",
    )


@pytest.mark.parametrize(("held", "room"), [(0, 3), (4096, 2), (8192, 1), (12288, 0), (40000, 0)])
def test_guests_fit_into_the_hosts_memory_and_half_as_much_again(held: int, room: int) -> None:
    assert guest_memory.room_for(INSTANCE_TYPES["t3.medium"], held, host_mib=8192) == room


async def test_a_host_without_memory_for_all_launches_as_many_as_fit(stack: Stack) -> None:
    stack.driver.world.memory_mib = 4096
    asked = {"ImageId": await _image(stack), "InstanceType": "t3.small"}
    launched = await stack.call("RunInstances", **asked, MinCount=1, MaxCount=5)
    assert len(launched["Instances"]) == 3
    await stack.idle()
    with pytest.raises(Refused) as refused:
        await stack.call("RunInstances", **asked, MinCount=1, MaxCount=1)
    assert (refused.value.code, refused.value.status) == ("InsufficientInstanceCapacity", 500)
    assert refused.value.message.startswith("We currently do not have sufficient t3.small capacity in the Availability")
    first, second = (one["InstanceId"] for one in launched["Instances"][:2])
    await stack.call("StopInstances", InstanceIds=[first])
    await stack.idle()
    await stack.call("RunInstances", **asked, MinCount=1, MaxCount=1)
    with pytest.raises(Refused) as refused:
        await stack.call("StartInstances", InstanceIds=[first])
    assert refused.value.code == "InsufficientInstanceCapacity"
    assert (await stack.instance(second))["State"]["Name"] == "running"
    await stack.idle()


async def test_a_type_of_other_processors_than_the_image_is_refused(stack: Stack) -> None:
    with pytest.raises(Refused) as refused:
        await stack.launch(InstanceType="t4g.micro")
    assert refused.value.code == "InvalidParameterValue"
    assert refused.value.message.startswith(
        "The architecture 'arm64' of the specified instance type does not match the architecture 'x86_64' of the "
        "specified AMI."
    )


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("g5.xlarge", "1 GPUs (NVIDIA A10G), an instance store of 250 GB"),
        ("i4i.large", "an instance store of 468 GB"),
        ("inf2.xlarge", "accelerators"),
        ("m5.metal", "a whole machine of their own"),
    ],
)
def test_a_host_says_what_it_cannot_give(name: str, what: str) -> None:
    room = Room(free=1 << 40, reserve=0)
    with pytest.raises(DeviceMissing) as refused:
        check_devices(Capacity(memory_mib=1 << 20, room=room), INSTANCE_TYPES[name])
    assert refused.value.code == "Unsupported"
    assert f"Instances of type {name} have {what}, which this host does not give its guests" in refused.value.message
    check_devices(Capacity(memory_mib=1 << 20, room=room, has_devices=True), INSTANCE_TYPES[name])


@pytest.mark.parametrize("name", ["m1.small", "t3.micro", "c7a.48xlarge"])
def test_a_type_of_processors_and_memory_alone_is_given_by_every_host(name: str) -> None:
    check_devices(Capacity(memory_mib=1, room=Room(free=0, reserve=0)), INSTANCE_TYPES[name])


async def test_guests_get_the_processors_and_the_memory_of_any_type(stack: Stack) -> None:
    for name, vcpus, mebibytes in (("c7a.48xlarge", 192, 393216), ("x8i.large", 2, 32768), ("g5.xlarge", 4, 16384)):
        instance_id = await stack.launch(InstanceType=name)
        spec = await stack.running.cloud.read(partial(spec_of, instance_id=instance_id))
        assert (spec.vcpus, spec.memory_mib) == (vcpus, mebibytes)
