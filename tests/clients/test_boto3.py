"""boto3 as programs use it: resources, waiters, paginators, retries."""

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError, WaiterError
from cloud_process import Sdk

pytestmark = pytest.mark.clients


@pytest.fixture(scope="module")
def ec2(sdk: Sdk) -> Any:
    return sdk.client()


@pytest.fixture(scope="module")
def image(sdk: Sdk) -> str:
    return sdk.starting_image()


def test_the_resource_api_leads_an_instance_through_its_life(sdk: Sdk, image: str) -> None:
    ec2 = sdk.resource()
    pair = ec2.create_key_pair(KeyName="resource")
    assert pair.key_material.startswith("-----BEGIN RSA PRIVATE KEY-----")
    group = ec2.create_security_group(GroupName="resource", Description="by boto3")
    group.authorize_ingress(IpProtocol="tcp", FromPort=80, ToPort=81, CidrIp="127.0.0.0/8")
    (instance,) = ec2.create_instances(
        ImageId=image,
        InstanceType="t3.micro",
        MinCount=1,
        MaxCount=1,
        KeyName="resource",
        SecurityGroupIds=[group.id],
        TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "resource"}]}],
    )
    assert instance.state["Name"] == "pending"
    instance.wait_until_running()
    instance.reload()
    assert instance.state == {"Code": 16, "Name": "running"}
    assert instance.tags == [{"Key": "Name", "Value": "resource"}]
    assert [volume.size for volume in instance.volumes.all()] == [8]
    assert instance.image.id == image and instance.subnet.vpc_id == instance.vpc_id
    instance.create_tags(Tags=[{"Key": "Stage", "Value": "try"}])
    found = ec2.instances.filter(Filters=[{"Name": "tag:Stage", "Values": ["t?y"]}])
    assert [one.id for one in found] == [instance.id]
    made = instance.create_image(Name="from-a-resource", NoReboot=True)
    made.wait_until_exists()
    ec2.meta.client.get_waiter("image_available").wait(ImageIds=[made.id])
    made.reload()
    assert made.state == "available" and made.block_device_mappings[0]["Ebs"]["VolumeSize"] == 8
    assert instance.console_output(Latest=True)["Output"]
    instance.modify_attribute(DisableApiTermination={"Value": True})
    assert instance.describe_attribute(Attribute="disableApiTermination")["DisableApiTermination"] == {"Value": True}
    with pytest.raises(ClientError, match="may not be terminated"):
        instance.terminate()
    instance.modify_attribute(DisableApiTermination={"Value": False})
    instance.stop()
    instance.wait_until_stopped()
    instance.modify_attribute(InstanceType={"Value": "t3.medium"})
    instance.start()
    instance.wait_until_running()
    instance.reload()
    assert instance.instance_type == "t3.medium"
    instance.reboot()
    snapshot = made.block_device_mappings[0]["Ebs"]["SnapshotId"]
    made.deregister()
    ec2.Snapshot(snapshot).delete()
    instance.terminate()
    instance.wait_until_terminated()
    group.delete()
    pair.delete()


def test_every_waiter_of_what_an_instance_needs_comes_to_its_end(ec2: Any, image: str) -> None:
    key = ec2.create_key_pair(KeyName="waited")
    ec2.get_waiter("key_pair_exists").wait(KeyNames=["waited"])
    group = ec2.create_security_group(GroupName="waited", Description="waited for")["GroupId"]
    ec2.get_waiter("security_group_exists").wait(GroupIds=[group])
    launched = ec2.run_instances(ImageId=image, InstanceType="t3.micro", MinCount=2, MaxCount=2)
    ids = [instance["InstanceId"] for instance in launched["Instances"]]
    for name in ("instance_exists", "instance_running", "instance_status_ok", "system_status_ok"):
        ec2.get_waiter(name).wait(InstanceIds=ids)
    ec2.get_waiter("volume_in_use").wait(Filters=[{"Name": "attachment.instance-id", "Values": ids}])
    with pytest.raises(WaiterError, match="Max attempts exceeded"):
        ec2.get_waiter("instance_stopped").wait(InstanceIds=ids, WaiterConfig={"Delay": 0, "MaxAttempts": 2})
    ec2.stop_instances(InstanceIds=ids)
    ec2.get_waiter("instance_stopped").wait(InstanceIds=ids)
    made = ec2.create_image(InstanceId=ids[0], Name="waited")["ImageId"]
    for name in ("image_exists", "image_available"):
        ec2.get_waiter(name).wait(ImageIds=[made])
    mapped = ec2.describe_images(ImageIds=[made])["Images"][0]["BlockDeviceMappings"]
    ec2.get_waiter("snapshot_completed").wait(SnapshotIds=[mapped[0]["Ebs"]["SnapshotId"]])
    volumes = [
        volume["VolumeId"]
        for volume in ec2.describe_volumes(Filters=[{"Name": "attachment.instance-id", "Values": ids}])["Volumes"]
    ]
    ec2.terminate_instances(InstanceIds=ids)
    with pytest.raises(WaiterError, match="terminal failure state"):
        ec2.get_waiter("instance_running").wait(InstanceIds=ids)
    ec2.get_waiter("instance_terminated").wait(InstanceIds=ids)
    ec2.get_waiter("volume_deleted").wait(VolumeIds=volumes)
    ec2.delete_key_pair(KeyPairId=key["KeyPairId"])
    ec2.delete_security_group(GroupId=group)


def test_the_resource_api_leads_a_volume_through_its_life(sdk: Sdk, image: str) -> None:
    ec2 = sdk.resource()
    wait = ec2.meta.client.get_waiter
    (instance,) = ec2.create_instances(ImageId=image, InstanceType="t3.micro", MinCount=1, MaxCount=1)
    instance.wait_until_running()
    zone = instance.placement["AvailabilityZone"]
    volume = ec2.create_volume(AvailabilityZone=zone, Size=1, VolumeType="gp3")
    wait("volume_available").wait(VolumeIds=[volume.id])
    instance.attach_volume(VolumeId=volume.id, Device="/dev/sdf")
    wait("volume_in_use").wait(VolumeIds=[volume.id])
    assert volume.describe_status()["VolumeStatuses"][0]["VolumeStatus"]["Status"] == "ok"
    ec2.meta.client.modify_volume(VolumeId=volume.id, Size=2)
    volume.detach_from_instance(InstanceId=instance.id)
    wait("volume_available").wait(VolumeIds=[volume.id])
    volume.reload()
    assert (volume.size, volume.attachments) == (2, [])
    pages = ec2.meta.client.get_paginator("describe_volumes_modifications").paginate(VolumeIds=[volume.id])
    assert [one["TargetSize"] for page in pages for one in page["VolumesModifications"]] == [2]
    volume.delete()
    wait("volume_deleted").wait(VolumeIds=[volume.id])
    instance.terminate()


def test_paginators_come_to_every_item_once(ec2: Any, image: str) -> None:
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "Herd", "Value": "paged"}]}]
    launched = ec2.run_instances(ImageId=image, MinCount=12, MaxCount=12, TagSpecifications=tags)
    ids = [instance["InstanceId"] for instance in launched["Instances"]]
    ec2.get_waiter("instance_running").wait(InstanceIds=ids)  # what is listed next stays as it is
    herd = [{"Name": "tag:Herd", "Values": ["paged"]}]
    pages = list(ec2.get_paginator("describe_instances").paginate(Filters=herd, PaginationConfig={"PageSize": 5}))
    told = [[i["InstanceId"] for r in page["Reservations"] for i in r["Instances"]] for page in pages]
    assert [len(page) for page in told] == [5, 5, 2]
    assert sorted(itertools.chain.from_iterable(told)) == sorted(ids)
    for name, result, arguments in (
        ("describe_volumes", "Volumes", {}),
        ("describe_tags", "Tags", {}),
        ("describe_images", "Images", {"Owners": ["self"]}),
        ("describe_snapshots", "Snapshots", {"OwnerIds": ["self"]}),
        ("describe_instance_types", "InstanceTypes", {"Filters": [{"Name": "instance-type", "Values": ["t3.*"]}]}),
        ("describe_security_groups", "SecurityGroups", {}),
        ("describe_subnets", "Subnets", {}),
        ("describe_vpcs", "Vpcs", {}),
    ):
        paged = ec2.get_paginator(name).paginate(**arguments, PaginationConfig={"PageSize": 5})
        whole = getattr(ec2, name)(**arguments)[result]
        assert [item for page in paged for item in page[result]] == whole and whole, name
    ec2.terminate_instances(InstanceIds=ids)


def test_a_launch_that_is_sent_twice_happens_once(ec2: Any, image: str) -> None:
    asked = {"ImageId": image, "InstanceType": "t3.nano", "MinCount": 1, "MaxCount": 1, "ClientToken": "once"}
    with ThreadPoolExecutor(4) as crowd:
        answers = [future.result() for future in [crowd.submit(ec2.run_instances, **asked) for _ in range(4)]]
    ids = {answer["Instances"][0]["InstanceId"] for answer in answers}
    assert len(ids) == 1
    again = ec2.describe_instances(Filters=[{"Name": "client-token", "Values": ["once"]}])
    assert [i["InstanceId"] for r in again["Reservations"] for i in r["Instances"]] == list(ids)
    with pytest.raises(ClientError) as refused:
        ec2.run_instances(**{**asked, "InstanceType": "t3.micro"})
    assert refused.value.response["Error"]["Code"] == "IdempotentParameterMismatch"
    ec2.terminate_instances(InstanceIds=list(ids))


@pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])
def test_no_mode_of_retries_asks_again_after_a_refusal(sdk: Sdk, image: str, mode: str) -> None:
    ec2 = sdk.client(retries={"mode": mode, "total_max_attempts": 5})
    refusals: tuple[Callable[[], Any], ...] = (
        lambda: ec2.describe_instances(InstanceIds=["i-0123456789abcdef0"]),
        lambda: ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, DryRun=True),
        lambda: ec2.describe_instances(MaxResults=2),
        lambda: ec2.create_transit_gateway(),
    )
    for refused in refusals:
        with pytest.raises(ClientError) as told:
            refused()
        assert told.value.response["ResponseMetadata"]["RetryAttempts"] == 0
