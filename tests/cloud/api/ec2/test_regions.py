"""What every account finds in every region."""

import re
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
from asgi import Caller, Refused
from bare_cloud import MODEL, BareCloud, bare_cloud, refused
from stack import Stack

from kumoniwa.api.ec2.network.default_vpc import ensure_region
from kumoniwa.errors import AuthFailure
from kumoniwa.model.instance_types import INSTANCE_TYPES
from kumoniwa.model.scope import Scope
from kumoniwa.network.addresses import cloud_octet

pytestmark = pytest.mark.anyio

_BY_GROUP = ("DescribeSecurityGroupRules", "group-id")


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[BareCloud]:
    async with bare_cloud(tmp_path) as made:
        yield made


async def test_an_untouched_region_has_a_default_vpc_with_a_subnet_in_every_zone(cloud: BareCloud) -> None:
    (vpc,) = (await cloud.ask("DescribeVpcs", Filters=[{"Name": "is-default", "Values": ["true"]}]))["Vpcs"]
    assert vpc["CidrBlock"] == "172.31.0.0/16"
    assert vpc["IsDefault"] is True
    assert "Tags" not in vpc
    subnets = (await cloud.ask("DescribeSubnets", Filters=[{"Name": "vpc-id", "Values": [vpc["VpcId"]]}]))["Subnets"]
    assert [(subnet["AvailabilityZone"], subnet["CidrBlock"]) for subnet in subnets] == [
        ("us-east-1a", "172.31.0.0/20"),
        ("us-east-1b", "172.31.16.0/20"),
        ("us-east-1c", "172.31.32.0/20"),
    ]
    assert {subnet["AvailableIpAddressCount"] for subnet in subnets} == {4091}
    assert all(subnet["MapPublicIpOnLaunch"] and subnet["DefaultForAz"] for subnet in subnets)


async def test_the_default_group_reaches_all_and_is_reached_by_its_members(cloud: BareCloud) -> None:
    (group,) = (await cloud.ask("DescribeSecurityGroups", GroupNames=["default"]))["SecurityGroups"]
    assert group["Description"] == "default VPC security group"
    assert group["IpPermissions"] == [
        {
            "IpProtocol": "-1",
            "UserIdGroupPairs": [{"UserId": "123456789012", "GroupId": group["GroupId"]}],
            "IpRanges": [],
            "Ipv6Ranges": [],
            "PrefixListIds": [],
        }
    ]
    assert group["IpPermissionsEgress"] == [
        {
            "IpProtocol": "-1",
            "UserIdGroupPairs": [],
            "IpRanges": [{"CidrIp": "0.0.0.0/0"}],
            "Ipv6Ranges": [],
            "PrefixListIds": [],
        }
    ]


async def test_accounts_do_not_see_each_others_vpcs(cloud: BareCloud) -> None:
    (mine,) = (await cloud.ask("DescribeVpcs"))["Vpcs"]
    (theirs,) = (await cloud.ask("DescribeVpcs", account="210987654321"))["Vpcs"]
    assert mine["VpcId"] != theirs["VpcId"]
    with refused("InvalidVpcID.NotFound", f"The vpc ID '{theirs['VpcId']}' does not exist"):
        await cloud.ask("DescribeVpcs", VpcIds=[theirs["VpcId"]])


async def test_the_default_vpc_is_made_once(cloud: BareCloud) -> None:
    first = await cloud.ask("DescribeVpcs")
    assert await cloud.ask("DescribeVpcs") == first


async def test_what_is_not_there_is_refused_in_ec2s_words(cloud: BareCloud) -> None:
    with refused("InvalidSubnetID.NotFound", "The subnet ID 'subnet-00000000' does not exist"):
        await cloud.ask("DescribeSubnets", SubnetIds=["subnet-00000000"])
    with refused("InvalidSubnetID.NotFound", "The subnet ID 'vpc-00000000' does not exist"):
        await cloud.ask("DescribeSubnets", SubnetIds=["vpc-00000000"])
    with refused("InvalidGroup.NotFound", "The security group 'sg-00000000' does not exist"):
        await cloud.ask("DescribeSecurityGroups", GroupIds=["sg-00000000"])
    with refused("InvalidParameterValue", "Invalid availability zone: [us-east-1z]"):
        await cloud.ask("DescribeAvailabilityZones", ZoneNames=["us-east-1z"])


async def test_zones_regions_and_the_account_are_told(cloud: BareCloud) -> None:
    zones = (await cloud.ask("DescribeAvailabilityZones"))["AvailabilityZones"]
    assert [(zone["ZoneName"], zone["ZoneId"]) for zone in zones] == [
        ("us-east-1a", "use1-az1"),
        ("us-east-1b", "use1-az2"),
        ("us-east-1c", "use1-az3"),
    ]
    (region,) = (await cloud.ask("DescribeRegions", RegionNames=["eu-west-1"]))["Regions"]
    assert region["Endpoint"] == "ec2.eu-west-1.amazonaws.com"
    (vpc,) = (await cloud.ask("DescribeVpcs"))["Vpcs"]
    answer = await cloud.ask("DescribeAccountAttributes", AttributeNames=["default-vpc", "supported-platforms"])
    assert [one["AttributeValues"][0]["AttributeValue"] for one in answer["AccountAttributes"]] == [
        vpc["VpcId"],
        "VPC",
    ]


async def test_instance_types_are_filtered_and_paged(cloud: BareCloud) -> None:
    (micro,) = (await cloud.ask("DescribeInstanceTypes", InstanceTypes=["t3.micro"]))["InstanceTypes"]
    assert micro["VCpuInfo"] == {
        "DefaultVCpus": 2,
        "DefaultCores": 1,
        "DefaultThreadsPerCore": 2,
        "ValidCores": [1],
        "ValidThreadsPerCore": [1, 2],
    }
    assert micro["MemoryInfo"] == {"SizeInMiB": 1024}
    assert micro["ProcessorInfo"]["SupportedArchitectures"] == ["x86_64"]
    with refused("InvalidInstanceType", "The following supplied instance types do not exist: [x9.huge]"):
        await cloud.ask("DescribeInstanceTypes", InstanceTypes=["x9.huge"])
    small = [{"Name": "vcpu-info.default-vcpus", "Values": ["1"]}, {"Name": "hypervisor", "Values": ["xen"]}]
    found = (await cloud.ask("DescribeInstanceTypes", Filters=small))["InstanceTypes"]
    small_ones = {kind["InstanceType"] for kind in found}
    assert {"m1.small", "t2.micro", "t2.nano", "t2.small"} <= small_ones and not small_ones & {"t3.nano", "t2.medium"}
    names, token = [], None
    while token != "":
        answer = await cloud.ask("DescribeInstanceTypes", MaxResults=100, **({"NextToken": token} if token else {}))
        names += [kind["InstanceType"] for kind in answer["InstanceTypes"]]
        token = answer.get("NextToken", "")
    assert names == sorted(INSTANCE_TYPES)
    usual = await cloud.ask("DescribeInstanceTypes")
    assert [kind["InstanceType"] for kind in usual["InstanceTypes"]] == names[:100]
    assert usual["NextToken"]


@pytest.mark.parametrize(
    "action",
    [
        "DescribeAvailabilityZones",
        "DescribeInstanceTypeOfferings",
        "DescribeInstanceTypes",
        "DescribeKeyPairs",
        "DescribeRegions",
        "DescribeSecurityGroupRules",
        "DescribeSecurityGroups",
        "DescribeSubnets",
        "DescribeTags",
        "DescribeVpcs",
    ],
)
async def test_every_filter_that_ec2_documents_is_taken(cloud: BareCloud, action: str) -> None:
    text = MODEL.operation_model(action).input_shape.members["Filters"].documentation
    names = re.findall(r"<code>([a-z0-9.:&;-]+)</code> - ", text)
    assert len(names) >= 2
    for name in names:
        if name == "tag":  # it means tag:KEY
            continue
        # The filter of rules by their group takes nothing but what may be an id.
        nothing = "sg-0123456789abcdef0" if (action, name) == _BY_GROUP else "nothing has this"
        asked = {"Name": name.replace("&lt;key&gt;", "Name"), "Values": [nothing]}
        answer = await cloud.ask(action, Filters=[asked])
        assert [value for value in answer.values() if value] == [], name


async def test_a_region_that_there_is_not_is_refused(cloud: BareCloud) -> None:
    with pytest.raises(AuthFailure, match="not 'us-east-9'"):
        await cloud.database.write(partial(ensure_region, scope=Scope("123456789012", "us-east-9")))


async def test_a_cloud_keeps_its_part_of_the_loopback_network(cloud: BareCloud) -> None:
    first = await cloud.database.write(cloud_octet)
    assert 16 <= first < 240
    assert await cloud.database.read(cloud_octet) == first


async def test_a_region_that_does_not_exist_is_refused_whatever_is_asked(stack: Stack) -> None:
    key = stack.running.key
    caller = Caller(stack.running.gateway, key["access_key_id"], key["secret_access_key"], region="mars-1")
    for action in ("DescribeImages", "DescribeVpcs", "DescribeInstances"):
        with pytest.raises(Refused, match="valid region"):
            await caller.call(action)


@pytest.mark.parametrize("action", ["DescribeVpcs", "DescribeSubnets"])
@pytest.mark.parametrize("name", ["cidr", "cidr-block", "cidrBlock"])
async def test_networks_are_found_by_their_block_under_each_name_of_the_filter(
    cloud: BareCloud, action: str, name: str
) -> None:
    member = action.removeprefix("Describe")
    (first, *_) = (await cloud.ask(action))[member]
    found = await cloud.ask(action, Filters=[{"Name": name, "Values": [first["CidrBlock"]]}])
    assert found[member] == [first]
    assert (await cloud.ask(action, Filters=[{"Name": name, "Values": ["10.0.0.0/16"]}]))[member] == []


async def test_the_default_vpc_has_dns_as_on_ec2(cloud: BareCloud) -> None:
    (vpc,) = (await cloud.ask("DescribeVpcs"))["Vpcs"]
    for attribute, value in (
        ("enableDnsSupport", True),
        ("enableDnsHostnames", True),
        ("enableNetworkAddressUsageMetrics", False),
    ):
        answer = await cloud.ask("DescribeVpcAttribute", VpcId=vpc["VpcId"], Attribute=attribute)
        assert answer == {"VpcId": vpc["VpcId"], attribute[0].upper() + attribute[1:]: {"Value": value}}


async def test_regions_that_want_it_are_opted_in_to_and_usable(cloud: BareCloud) -> None:
    regions = {one["RegionName"]: one for one in (await cloud.ask("DescribeRegions"))["Regions"]}
    assert len(regions) == 34
    assert regions["us-east-1"]["OptInStatus"] == "opt-in-not-required"
    assert regions["me-central-1"] == {
        "RegionName": "me-central-1",
        "Endpoint": "ec2.me-central-1.amazonaws.com",
        "OptInStatus": "opted-in",
    }
    opted = [{"Name": "opt-in-status", "Values": ["opted-in"]}]
    assert len((await cloud.ask("DescribeRegions", Filters=opted))["Regions"]) == 17


async def test_local_zones_and_wavelength_zones_are_shown_to_those_who_ask_for_all(cloud: BareCloud) -> None:
    usual = (await cloud.ask("DescribeAvailabilityZones"))["AvailabilityZones"]
    assert [zone["ZoneId"] for zone in usual] == ["use1-az1", "use1-az2", "use1-az3"]
    assert {(zone["GroupName"], zone["GroupLongName"]) for zone in usual} == {
        ("us-east-1-zg-1", "US East (N. Virginia) 1")
    }
    every = (await cloud.ask("DescribeAvailabilityZones", AllAvailabilityZones=True))["AvailabilityZones"]
    by_name = {zone["ZoneName"]: zone for zone in every}
    boston = by_name["us-east-1-bos-1a"]
    assert (boston["ZoneId"], boston["ZoneType"], boston["OptInStatus"], boston["GroupName"]) == (
        "use1-bos1-az1",
        "local-zone",
        "not-opted-in",
        "us-east-1-bos-1",
    )
    assert by_name["us-east-1-wl1-bos-wlz-1"]["ZoneType"] == "wavelength-zone"
    local = [{"Name": "zone-type", "Values": ["local-zone"]}]
    shown = await cloud.ask("DescribeAvailabilityZones", AllAvailabilityZones=True, Filters=local)
    assert {zone["ZoneType"] for zone in shown["AvailabilityZones"]} == {"local-zone"}


async def test_instance_types_have_the_facts_that_tools_choose_them_by(cloud: BareCloud) -> None:
    names = ["g5.xlarge", "m5d.large", "t4g.nano", "mac2.metal"]
    found = (await cloud.ask("DescribeInstanceTypes", InstanceTypes=names))["InstanceTypes"]
    graphics, disks, mac, arm = sorted(found, key=lambda kind: kind["InstanceType"])
    assert graphics["GpuInfo"]["TotalGpuMemoryInMiB"] == 22888
    assert disks["InstanceStorageInfo"]["TotalSizeInGB"] == 75
    assert (mac["BareMetal"], "Hypervisor" in mac) == (True, False)
    assert arm["ProcessorInfo"]["SupportedArchitectures"] == ["arm64"]
    assert arm["MemoryInfo"]["SizeInMiB"] == 512
