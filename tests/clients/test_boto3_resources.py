"""boto3's resources for EC2: each collection whose action is here, actions on many at once, what leads on."""

from typing import Any

import pytest
from boto3.resources.model import ResourceModel
from botocore.exceptions import ClientError
from cloud_process import Sdk

from kumoniwa.api.action_modules import ACTION_MODULES

pytestmark = pytest.mark.clients

_OURS = frozenset(ACTION_MODULES["ec2"])


@pytest.fixture(scope="module")
def ec2(sdk: Sdk) -> Any:
    return sdk.resource()


def _collections(resource: Any) -> dict[str, str]:
    """The collections of a resource, with the action that each asks."""
    model: ResourceModel = resource.meta.resource_model
    return {collection.name: collection.request.operation for collection in model.collections}


@pytest.fixture(scope="module")
def garden(sdk: Sdk, ec2: Any) -> dict[str, Any]:
    """At least one thing in nearly every collection."""
    vpc = ec2.create_vpc(CidrBlock="10.90.0.0/16")
    other = ec2.create_vpc(CidrBlock="10.91.0.0/16")
    subnet = vpc.create_subnet(CidrBlock="10.90.1.0/24")
    gateway = ec2.create_internet_gateway()
    vpc.attach_internet_gateway(InternetGatewayId=gateway.id)
    table = vpc.create_route_table()
    table.create_route(DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway.id)
    table.associate_with_subnet(SubnetId=subnet.id)
    group = vpc.create_security_group(GroupName="garden", Description="of the garden")
    ec2.create_dhcp_options(DhcpConfigurations=[{"Key": "domain-name", "Values": ["garden.test"]}])
    ec2.create_vpc_peering_connection(VpcId=vpc.id, PeerVpcId=other.id)
    ec2.create_key_pair(KeyName="garden")
    vpc.create_network_acl()
    ec2.meta.client.allocate_address(Domain="vpc")
    launched = subnet.create_instances(
        ImageId=sdk.starting_image(), MinCount=2, MaxCount=2, SecurityGroupIds=[group.id], KeyName="garden"
    )
    for instance in launched:
        instance.wait_until_running()
    snapshot = next(iter(launched[0].volumes.all())).create_snapshot(Description="of the garden")
    snapshot.wait_until_completed()
    return {"vpc": vpc, "subnet": subnet, "instances": launched, "group": group, "snapshot": snapshot}


def test_every_collection_gives_what_there_is(ec2: Any, garden: dict[str, Any]) -> None:
    some = set()
    for name, action in _collections(ec2).items():
        collection = getattr(ec2, name)
        if action not in _OURS:
            with pytest.raises(ClientError, match=f"does not implement the action {action}"):
                list(collection.all())
            continue
        found = list(collection.filter(OwnerIds=["self"]) if name == "snapshots" else collection.all())
        for resource in found[:3]:
            if hasattr(resource, "load"):
                resource.load()
        if found:
            some.add(name)
    assert some >= {
        "dhcp_options_sets",
        "images",
        "instances",
        "internet_gateways",
        "key_pairs",
        "network_acls",
        "network_interfaces",
        "route_tables",
        "security_groups",
        "snapshots",
        "subnets",
        "volumes",
        "vpc_addresses",
        "vpc_peering_connections",
        "vpcs",
    }


def test_what_belongs_to_a_resource_is_found_from_it(garden: dict[str, Any]) -> None:
    vpc, subnet, (first, second) = garden["vpc"], garden["subnet"], garden["instances"]
    ids = {first.id, second.id}
    assert (
        {instance.id for instance in vpc.instances.all()} == {instance.id for instance in subnet.instances.all()} == ids
    )
    for name in _collections(vpc):
        assert list(getattr(vpc, name).all()) or name in ("accepted_vpc_peering_connections",), name
    first.reload()
    assert first.vpc.id == vpc.id and first.subnet.vpc.id == vpc.id and first.key_pair.name == "garden"
    (address,) = first.network_interfaces_attribute
    interface = first.network_interfaces[0]
    assert interface.private_ip_address == address["PrivateIpAddress"] and interface.subnet.id == subnet.id
    assert [group["GroupId"] for group in interface.groups] == [garden["group"].id]
    assert garden["snapshot"].volume.attachments[0]["InstanceId"] == first.id


def test_actions_on_a_collection_are_on_all_that_is_in_it(ec2: Any, garden: dict[str, Any]) -> None:
    ids = [instance.id for instance in garden["instances"]]
    herd = ec2.instances.filter(InstanceIds=ids)
    herd.create_tags(Tags=[{"Key": "Herd", "Value": "yes"}])
    tagged = ec2.instances.filter(Filters=[{"Name": "tag:Herd", "Values": ["yes"]}])
    assert sorted(instance.id for instance in tagged) == sorted(ids)
    herd.monitor()
    herd.stop()
    for instance in herd:
        instance.wait_until_stopped()
    herd.start()
    for instance in herd:
        instance.wait_until_running()
    herd.reboot()
    herd.terminate()
    for instance in herd:
        instance.wait_until_terminated()
    assert list(ec2.instances.filter(Filters=[{"Name": "instance-state-name", "Values": ["running"]}])) == []
