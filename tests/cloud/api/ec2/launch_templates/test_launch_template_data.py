"""What RunInstances takes, a launch template stores, gives back, and launches alike; GetLaunchTemplateData tells it."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from model_parameters import ec2_model, leaves_of, parameters_of
from stack import Stack
from templates_at_hand import data_of, image_of, launch_from, tags_of

from kumoniwa.api.ec2.images.block_device_mappings import DEVICE_NOT_BUILT
from kumoniwa.api.ec2.instances.launch.launch_not_built import INTERFACE_NOT_BUILT, LAUNCH_NOT_BUILT

pytestmark = pytest.mark.anyio

_ONLY_OF_A_REQUEST = {
    "AdditionalInfo", "ClientToken", "DryRun", "EnablePrimaryIpv6", "Ipv6AddressCount", "LaunchTemplate", "MaxCount",
    "MinCount", "Ipv6Addresses", "PrivateIpAddress", "SubnetId", "ElasticGpuSpecification", "RamdiskId",
}  # fmt: skip
"""What EC2's model has for launches and not for launch templates, or has under another name there."""
_ONLY_OF_INTERFACES = {
    "NetworkInterfaces.Ipv6Addresses.IsPrimaryIpv6",
    "BlockDeviceMappings.Ebs.AvailabilityZone",
    "BlockDeviceMappings.Ebs.AvailabilityZoneId",
    "BlockDeviceMappings.Ebs.OutpostArn",
}


async def _parts(stack: Stack) -> list[dict[str, Any]]:
    """Parameters that launches honour, together all of them that templates have, in sets that go together."""
    subnet = (await stack.call("DescribeSubnets"))["Subnets"][1]
    network = subnet["CidrBlock"].rsplit(".", 1)[0]
    group = (await stack.call("CreateSecurityGroup", GroupName="g", Description="d"))["GroupId"]
    await stack.call("CreateKeyPair", KeyName="moss")
    block = await stack.call("AssociateVpcCidrBlock", VpcId=subnet["VpcId"], AmazonProvidedIpv6CidrBlock=True)
    ipv6 = block["Ipv6CidrBlockAssociation"]["Ipv6CidrBlock"].replace("/56", "/64")
    await stack.call("AssociateSubnetCidrBlock", SubnetId=subnet["SubnetId"], Ipv6CidrBlock=ipv6)
    made = await stack.call("CreateVolume", AvailabilityZone="us-east-1a", Size=1)
    await stack.idle()
    snapshot = (await stack.call("CreateSnapshot", VolumeId=made["VolumeId"]))["SnapshotId"]
    await stack.idle()
    profile = await _profile(stack)
    await stack.call("CreatePlacementGroup", GroupName="parted", Strategy="partition")
    apart = (await stack.call("CreatePlacementGroup", GroupName="apart", Strategy="spread"))["PlacementGroup"][
        "GroupId"
    ]
    spot = {
        "SpotInstanceType": "persistent",
        "InstanceInterruptionBehavior": "stop",
        "MaxPrice": "0.05",
        "ValidUntil": datetime(2031, 1, 1, tzinfo=UTC),
    }
    tags = [
        {"ResourceType": kind, "Tags": [{"Key": "for", "Value": kind}]}
        for kind in ("instance", "network-interface", "volume")
    ]
    return [
        {"Placement": {"GroupName": "parted", "PartitionNumber": 2}},
        {"Placement": {"GroupId": apart}},
        {"InstanceMarketOptions": {"MarketType": "spot", "SpotOptions": spot}},
        {"KeyName": "moss", "DisableApiStop": True, "DisableApiTermination": True, "UserData": "aGVsbG8="},
        {"InstanceInitiatedShutdownBehavior": "terminate", "EbsOptimized": True, "Monitoring": {"Enabled": True}},
        {
            "MetadataOptions": {
                "HttpEndpoint": "enabled",
                "HttpPutResponseHopLimit": 5,
                "HttpTokens": "required",
                "InstanceMetadataTags": "enabled",
                "HttpProtocolIpv6": "disabled",
            },
            "CreditSpecification": {"CpuCredits": "standard"},
            "TagSpecifications": tags,
        },
        {
            "CpuOptions": {
                "CoreCount": 1,
                "ThreadsPerCore": 1,
                "AmdSevSnp": "disabled",
                "NestedVirtualization": "disabled",
            },
            "InstanceMarketOptions": {"MarketType": "on-demand"},
            "EnclaveOptions": {"Enabled": False},
            "HibernationOptions": {"Configured": False},
            "MaintenanceOptions": {"AutoRecovery": "default"},
            "CapacityReservationSpecification": {"CapacityReservationPreference": "none"},
            "NetworkPerformanceOptions": {"BandwidthWeighting": "default"},
            "PrivateDnsNameOptions": {
                "HostnameType": "ip-name",
                "EnableResourceNameDnsARecord": False,
                "EnableResourceNameDnsAAAARecord": False,
            },
            "Placement": {"AvailabilityZone": subnet["AvailabilityZone"], "Tenancy": "default"},
            "SecurityGroupIds": [group],
        },
        {"Placement": {"AvailabilityZoneId": "use1-az3"}, "SecurityGroups": ["g"]},
        {
            "BlockDeviceMappings": [
                {
                    "DeviceName": "/dev/sdf",
                    "Ebs": {
                        "DeleteOnTermination": True,
                        "Encrypted": False,
                        "VolumeSize": 10,
                        "VolumeType": "gp3",
                        "Iops": 4000,
                        "Throughput": 200,
                    },
                },
                {
                    "DeviceName": "/dev/sdg",
                    "Ebs": {"SnapshotId": snapshot, "Encrypted": True, "KmsKeyId": "alias/aws/ebs"},
                },
                {"DeviceName": "/dev/sdh", "VirtualName": "ephemeral0"},
                {"DeviceName": "/dev/sdi", "NoDevice": ""},
            ]
        },
        {
            "NetworkInterfaces": [
                {
                    "DeviceIndex": 0,
                    "SubnetId": subnet["SubnetId"],
                    "Groups": [group],
                    "Description": "the primary one",
                    "DeleteOnTermination": True,
                    "AssociatePublicIpAddress": True,
                    "InterfaceType": "interface",
                    "NetworkCardIndex": 0,
                    "PrivateIpAddresses": [{"Primary": True, "PrivateIpAddress": f"{network}.77"}],
                    "SecondaryPrivateIpAddressCount": 1,
                    "Ipv6AddressCount": 1,
                    "PrimaryIpv6": True,
                    "ConnectionTrackingSpecification": {
                        "TcpEstablishedTimeout": 60,
                        "UdpStreamTimeout": 60,
                        "UdpTimeout": 30,
                    },
                }
            ]
        },
        {
            "NetworkInterfaces": [
                {
                    "DeviceIndex": 0,
                    "SubnetId": subnet["SubnetId"],
                    "PrivateIpAddress": f"{network}.88",
                    "Ipv6Addresses": [{"Ipv6Address": ipv6.replace("/64", "88")}],
                }
            ]
        },
        {"IamInstanceProfile": {"Name": "web"}},
        {"IamInstanceProfile": {"Arn": profile}},
    ]


async def _profile(stack: Stack) -> str:
    """The ARN of the instance profile `web`, which has a role."""
    made = await stack.caller.iam("CreateInstanceProfile", InstanceProfileName="web")
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    await stack.caller.iam("CreateRole", RoleName="web", AssumeRolePolicyDocument=json.dumps({"Statement": trust}))
    await stack.caller.iam("AddRoleToInstanceProfile", InstanceProfileName="web", RoleName="web")
    return str(made["InstanceProfile"]["Arn"])


_ITS_OWN = {
    "AmiLaunchIndex", "AttachTime", "AttachmentId", "ClientToken", "InstanceId", "Ipv6Address", "LaunchTime",
    "MacAddress", "NetworkInterfaceId", "PrivateDnsName", "PrivateIpAddress", "PublicIp", "PublicIpAddress",
    "SpotInstanceRequestId", "UsageOperationUpdateTime", "VolumeId",
}  # fmt: skip
"""What no two instances have alike."""


def _alike(shown: Any) -> Any:
    """A description without what is an instance's own, and without EC2's own tags."""
    if isinstance(shown, list):
        return [_alike(one) for one in shown if not (isinstance(one, dict) and str(one.get("Key")).startswith("aws:"))]
    if isinstance(shown, dict):
        alike = {name: _alike(value) for name, value in shown.items() if name not in _ITS_OWN}
        return {name: value for name, value in alike.items() if (name, value) != ("Tags", [])}
    return shown


async def _as_it_is(stack: Stack, instance_id: str) -> Any:
    """All that calls show of an instance and of what it has."""
    filters = [{"Name": "attachment.instance-id", "Values": [instance_id]}]
    attributes = [
        await stack.call("DescribeInstanceAttribute", InstanceId=instance_id, Attribute=name)
        for name in ("disableApiStop", "disableApiTermination", "instanceInitiatedShutdownBehavior", "userData")
    ]
    volumes = (await stack.call("DescribeVolumes", Filters=filters))["Volumes"]
    interfaces = (await stack.call("DescribeNetworkInterfaces", Filters=filters))["NetworkInterfaces"]
    for one in (*volumes, *interfaces):
        one.pop("CreateTime", None)
    instance = await stack.instance(instance_id)
    credit = await stack.call("DescribeInstanceCreditSpecifications", InstanceIds=[instance_id])
    return _alike([instance, attributes, volumes, interfaces, credit])


async def test_a_launch_from_a_template_is_the_launch_that_its_data_ask_for(stack: Stack) -> None:
    image = await image_of(stack)
    stored: set[str] = set()
    for number, part in enumerate(await _parts(stack)):
        said = {"ImageId": image, "InstanceType": "t3.micro", **part}
        name = f"part-{number}"
        made = await stack.call("CreateLaunchTemplate", LaunchTemplateName=name, LaunchTemplateData=said)
        assert "Warning" not in made, number
        assert await data_of(stack, name) == said
        stored |= _paths(said)
        plain = await stack.launch(**said)
        expected = await _as_it_is(stack, plain)
        if "PrivateIpAddress" in str(part):  # which two instances cannot have
            for protection in ("DisableApiStop", "DisableApiTermination"):
                await stack.call("ModifyInstanceAttribute", InstanceId=plain, **{protection: {"Value": False}})
            await stack.call("TerminateInstances", InstanceIds=[plain])
            await stack.idle()
        of_template = await launch_from(stack, name)
        assert await _as_it_is(stack, of_template["InstanceId"]) == expected, number
    honoured = _honoured_by_both()
    assert honoured - stored == {"NetworkInterfaces.NetworkInterfaceId"}  # one instance alone has it: the next test


async def test_an_interface_that_is_there_already_may_stand_in_a_template(stack: Stack) -> None:
    subnet = (await stack.call("DescribeSubnets"))["Subnets"][1]["SubnetId"]
    made = await stack.call("CreateNetworkInterface", SubnetId=subnet)
    interface = made["NetworkInterface"]["NetworkInterfaceId"]
    said = {
        "ImageId": await image_of(stack),
        "InstanceType": "t3.micro",
        "NetworkInterfaces": [{"DeviceIndex": 0, "NetworkInterfaceId": interface}],
    }
    await stack.call("CreateLaunchTemplate", LaunchTemplateName="web", LaunchTemplateData=said)
    assert await data_of(stack, "web") == said
    assert (await launch_from(stack, "web"))["NetworkInterfaces"][0]["NetworkInterfaceId"] == interface


def _paths(data: Any, path: str = "") -> set[str]:
    """Where values stand in data, as paths of member names."""
    if isinstance(data, list):
        return {found for one in data for found in _paths(one, path)}
    if isinstance(data, dict):
        return {found for name, one in data.items() for found in _paths(one, f"{path}.{name}" if path else name)}
    return {path}


def _honoured_by_both() -> set[str]:
    """The parameters of RunInstances that are honoured and that launch templates have."""
    not_built = {
        *(one.path for one in LAUNCH_NOT_BUILT),
        *(f"NetworkInterfaces.{one.path}" for one in INTERFACE_NOT_BUILT),
        *(f"BlockDeviceMappings.{one.path}" for one in DEVICE_NOT_BUILT),
    }
    return {
        path
        for path in parameters_of("RunInstances") - _ONLY_OF_INTERFACES
        if path.split(".")[0] not in _ONLY_OF_A_REQUEST
        and not any(path == one or path.startswith(f"{one}.") for one in not_built)
    }


def test_templates_have_what_launches_have_and_answers_what_requests_have() -> None:
    model = ec2_model()
    asked = leaves_of(model.shape_for("RequestLaunchTemplateData"))
    answered = leaves_of(model.shape_for("ResponseLaunchTemplateData"))
    launches = parameters_of("RunInstances")
    of_both = {path for path in launches if path.split(".")[0] not in _ONLY_OF_A_REQUEST} - _ONLY_OF_INTERFACES
    assert of_both - asked == set()
    assert asked - answered == set()
    only = {path.split(".")[0] for path in asked - launches}
    assert only == {"ElasticGpuSpecifications", "InstanceRequirements", "RamDiskId"}


async def test_an_instance_tells_what_its_template_would_say(stack: Stack) -> None:
    image = await image_of(stack)
    for part in await _parts(stack):
        said = {"ImageId": image, "InstanceType": "t3.micro", **part}
        instance_id = await stack.launch(**said)
        data = (await stack.call("GetLaunchTemplateData", InstanceId=instance_id))["LaunchTemplateData"]
        instance = await stack.instance(instance_id)
        own = {"ResourceType": "instance", "Tags": instance["Tags"]} if tags_of(instance) else None
        assert data["TagSpecifications"] == ([own] if own else [])
        for name, value in said.items():
            if name in ("BlockDeviceMappings", "NetworkInterfaces", "SecurityGroups", "TagSpecifications"):
                continue
            if name == "SecurityGroupIds":
                assert data["NetworkInterfaces"][0]["Groups"] == value
            elif name == "Placement":
                assert data[name]["AvailabilityZone"] == instance["Placement"]["AvailabilityZone"]
            elif name == "IamInstanceProfile":
                assert data[name] == {"Arn": instance[name]["Arn"]}
            elif name == "CpuOptions":
                assert data[name] == {"CoreCount": 1, "ThreadsPerCore": 1}
            elif name not in ("InstanceMarketOptions", "NetworkPerformanceOptions"):
                assert data[name] == value, name
        by_device = {one["DeviceName"]: one["Ebs"] for one in data["BlockDeviceMappings"]}
        for mapping in said.get("BlockDeviceMappings", [])[:1]:
            assert by_device[mapping["DeviceName"]] == mapping["Ebs"]
        assert by_device["/dev/xvda"]["DeleteOnTermination"] is True
        for asked in said.get("NetworkInterfaces", [])[:1]:
            shown = data["NetworkInterfaces"][0]
            for name in asked.keys() & shown.keys() - {"PrivateIpAddresses", "Ipv6Addresses"}:
                assert shown[name] == asked[name], name
            assert len(shown["PrivateIpAddresses"]) == 1 + asked.get("SecondaryPrivateIpAddressCount", 0)
            assert len(shown["Ipv6Addresses"]) == 1


async def test_a_template_made_of_an_instance_launches_another_one_like_it(stack: Stack) -> None:
    instance_id = await stack.launch(
        DisableApiStop=True,
        UserData="aGVsbG8=",
        BlockDeviceMappings=[{"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 4, "VolumeType": "io1", "Iops": 100}}],
        TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "moss"}]}],
    )
    data = (await stack.call("GetLaunchTemplateData", InstanceId=instance_id))["LaunchTemplateData"]
    for interface in data["NetworkInterfaces"]:
        del interface["PrivateIpAddresses"]
    made = await stack.call("CreateLaunchTemplate", LaunchTemplateName="web", LaunchTemplateData=data)
    assert "Warning" not in made
    another = await launch_from(stack, "web")
    assert await _as_it_is(stack, another["InstanceId"]) == await _as_it_is(stack, instance_id)
