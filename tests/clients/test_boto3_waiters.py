"""boto3's waiters and paginators for EC2: each one whose action is here comes to its end, and to every item once."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from cloud_process import CloudProcess, Sdk
from service_models import service_model

from kumoniwa.api.action_modules import ACTION_MODULES

pytestmark = pytest.mark.clients

_OURS = frozenset(ACTION_MODULES["ec2"])
_NO_MORE = ("DescribeVpcClassicLinkDnsSupport",)  # refused as in regions of EC2 without it
_NEVER = {
    "password_data_available",  # of an instance that is not Windows it waits for ever, as on EC2
    *("customer_gateway_available", "vpn_connection_available", "vpn_connection_deleted"),  # there are none here
}
_ASKED: Mapping[str, Mapping[str, Any]] = {
    # There are so many types that these come in pages anyway.
    "describe_instance_type_offerings": {"Filters": [{"Name": "instance-type", "Values": ["t3.*"]}]},
    "describe_instance_types": {"Filters": [{"Name": "instance-type", "Values": ["t3.*"]}]},
    "describe_spot_price_history": {"InstanceTypes": ["t3.micro", "t3.nano"]},
    "describe_addresses_attribute": {"Attribute": "domain-name"},
    "describe_images": {"Owners": ["self"]},
    "describe_launch_template_versions": {"Versions": ["$Latest"]},
}
"""What EC2 must be told although its model does not say so, or what makes a listing ours."""
_AT_A_TIME = 5  # EC2's least

Wait = Callable[..., None]


@pytest.fixture(scope="module")
def ec2(sdk: Sdk) -> Any:
    return sdk.client()


def _waiters_of_ours(ec2: Any) -> set[str]:
    """Their names, as boto3 has them."""
    found = set()
    for name in ec2.waiter_names:
        if ec2.get_waiter(name).config.operation in _OURS:
            found.add(name)
    return found


class _Waited:
    """Waits with boto3's waiters, and keeps which have come to their end."""

    def __init__(self, ec2: Any) -> None:
        self.ended: set[str] = set()
        self._ec2 = ec2

    def __call__(self, name: str, **asked: Any) -> None:
        self._ec2.get_waiter(name).wait(**asked, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
        self.ended.add(name)


def test_every_waiter_comes_to_its_end(cloud: CloudProcess, sdk: Sdk, ec2: Any) -> None:
    wait = _Waited(ec2)
    vpc = _network(ec2, wait)
    _machines(ec2, wait, sdk.starting_image())
    _import(ec2, wait, cloud)
    ec2.delete_vpc(VpcId=vpc)
    assert wait.ended == _waiters_of_ours(ec2) - _NEVER


def _network(ec2: Any, wait: _Waited) -> str:
    vpc = ec2.create_vpc(CidrBlock="10.50.0.0/16")["Vpc"]["VpcId"]
    wait("vpc_exists", VpcIds=[vpc])
    wait("vpc_available", VpcIds=[vpc])
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.50.1.0/24")["Subnet"]["SubnetId"]
    wait("subnet_available", SubnetIds=[subnet])
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    wait("internet_gateway_exists", InternetGatewayIds=[gateway])
    ec2.delete_internet_gateway(InternetGatewayId=gateway)
    interface = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    wait("network_interface_available", NetworkInterfaceIds=[interface])
    ec2.delete_network_interface(NetworkInterfaceId=interface)
    made = ec2.create_nat_gateway(SubnetId=subnet, ConnectivityType="private")["NatGateway"]["NatGatewayId"]
    wait("nat_gateway_available", NatGatewayIds=[made])
    ec2.delete_nat_gateway(NatGatewayId=made)
    wait("nat_gateway_deleted", NatGatewayIds=[made])
    other = ec2.create_vpc(CidrBlock="10.51.0.0/16")["Vpc"]["VpcId"]
    peering = ec2.create_vpc_peering_connection(VpcId=vpc, PeerVpcId=other)["VpcPeeringConnection"]
    ids = [peering["VpcPeeringConnectionId"]]
    wait("vpc_peering_connection_exists", VpcPeeringConnectionIds=ids)
    ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=ids[0])
    wait("vpc_peering_connection_deleted", VpcPeeringConnectionIds=ids)
    group = ec2.create_security_group(GroupName="waited", Description="waited for", VpcId=vpc)["GroupId"]
    wait("security_group_exists", GroupIds=[group])
    both = [{"Name": "group-id", "Values": [group]}, {"Name": "vpc-id", "Values": [other]}]
    ec2.associate_security_group_vpc(GroupId=group, VpcId=other)
    wait("security_group_vpc_association_associated", Filters=both)
    ec2.disassociate_security_group_vpc(GroupId=group, VpcId=other)
    wait("security_group_vpc_association_disassociated", Filters=both)
    ec2.delete_security_group(GroupId=group)
    ec2.delete_vpc(VpcId=other)
    ec2.delete_subnet(SubnetId=subnet)
    return str(vpc)


def _machines(ec2: Any, wait: _Waited, image: str) -> None:
    ec2.create_key_pair(KeyName="waited")
    wait("key_pair_exists", KeyNames=["waited"])
    (made,) = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)["Instances"]
    ids = [made["InstanceId"]]
    for name in ("instance_exists", "instance_running", "instance_status_ok", "system_status_ok"):
        wait(name, InstanceIds=ids)
    wait("volume_in_use", Filters=[{"Name": "attachment.instance-id", "Values": ids}])
    ec2.stop_instances(InstanceIds=ids)
    wait("instance_stopped", InstanceIds=ids)
    baked = ec2.create_image(InstanceId=ids[0], Name="waited")["ImageId"]
    wait("image_exists", ImageIds=[baked])
    wait("image_available", ImageIds=[baked])
    ec2.terminate_instances(InstanceIds=ids)
    wait("instance_terminated", InstanceIds=ids)
    specification = {"ImageId": image, "InstanceType": "t3.micro"}
    (spot,) = ec2.request_spot_instances(LaunchSpecification=specification)["SpotInstanceRequests"]
    request_ids = [spot["SpotInstanceRequestId"]]
    wait("spot_instance_request_fulfilled", SpotInstanceRequestIds=request_ids)
    ec2.cancel_spot_instance_requests(SpotInstanceRequestIds=request_ids)
    volume = ec2.create_volume(AvailabilityZone=made["Placement"]["AvailabilityZone"], Size=1)["VolumeId"]
    wait("volume_available", VolumeIds=[volume])
    snapshot = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    wait("snapshot_completed", SnapshotIds=[snapshot])
    ec2.delete_volume(VolumeId=volume)
    wait("volume_deleted", VolumeIds=[volume])


def _import(ec2: Any, wait: _Waited, cloud: CloudProcess) -> None:
    folder = cloud.data_dir / "imports"
    folder.mkdir(exist_ok=True)
    (folder / "disk.raw").write_bytes(b"\1" * 2**20)
    task = ec2.import_snapshot(DiskContainer={"Format": "RAW", "Url": (folder / "disk.raw").as_uri()})["ImportTaskId"]
    wait("snapshot_imported", ImportTaskIds=[task])


def _paginators_of_ours(ec2: Any) -> list[str]:
    """The actions whose listings boto3 pages without being told of which resource, as its methods are called."""
    model = service_model("ec2", "2016-11-15")
    methods: Mapping[str, str] = ec2.meta.method_to_api_mapping
    return sorted(
        method
        for method, action in methods.items()
        if action in _OURS.difference(_NO_MORE)
        and ec2.can_paginate(method)
        and not model.operation_model(action).input_shape.required_members
    )


def _items(method: str, member: str, answer: Mapping[str, Any]) -> list[Any]:
    """What a page is measured in: of reservations, their instances, as a page may end within one."""
    found: list[Any] = answer.get(member, [])
    if method == "describe_spot_price_history":  # prices are those of the moment of the question
        return [{name: value for name, value in one.items() if name != "Timestamp"} for one in found]
    return [item for one in found for item in one["Instances"]] if method == "describe_instances" else found


def test_every_paginator_comes_to_every_item_once(sdk: Sdk, ec2: Any) -> None:
    image = sdk.starting_image()
    launched = ec2.run_instances(ImageId=image, MinCount=7, MaxCount=7)["Instances"]
    ec2.get_waiter("instance_running").wait(InstanceIds=[instance["InstanceId"] for instance in launched])
    vpc = ec2.create_vpc(CidrBlock="10.60.0.0/24")["Vpc"]["VpcId"]
    for number in range(7):
        ec2.create_launch_template(LaunchTemplateName=f"paged-{number}", LaunchTemplateData={"InstanceType": "t3.nano"})
        ec2.create_security_group(GroupName=f"paged-{number}", Description="paged", VpcId=vpc)
        ec2.create_network_interface(SubnetId=ec2.describe_subnets()["Subnets"][0]["SubnetId"])
        ec2.create_route_table(VpcId=vpc)
        ec2.create_network_acl(VpcId=vpc)
        ec2.create_dhcp_options(DhcpConfigurations=[{"Key": "domain-name", "Values": [f"n{number}.test"]}])
    several = set()
    for method in _paginators_of_ours(ec2):
        asked = dict(_ASKED.get(method, {}))
        paginator = ec2.get_paginator(method)
        member = paginator.result_keys[0].expression
        unlimited = paginator.paginate(**asked)  # EC2 answers at most a hundred instance types at once
        whole = [item for page in unlimited for item in _items(method, member, page)]
        asked["PaginationConfig"] = {"PageSize": _AT_A_TIME}
        pages = [_items(method, member, page) for page in paginator.paginate(**asked)]
        assert [item for page in pages for item in page] == whole, method
        assert all(len(page) <= _AT_A_TIME for page in pages), method
        if len(pages) > 1:
            several.add(method)
    assert several >= {
        "describe_dhcp_options",
        "describe_instance_status",
        "describe_instance_types",
        "describe_instances",
        "describe_launch_templates",
        "describe_network_acls",
        "describe_network_interfaces",
        "describe_route_tables",
        "describe_security_group_rules",
        "describe_security_groups",
        "describe_volumes",
    }
