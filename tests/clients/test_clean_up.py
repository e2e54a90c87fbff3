"""Programs that empty an account, or read all of it: they try, read the refusal, lift what protects, and try again."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError
from cloud_process import CloudProcess, Sdk
from sampling import Sampling
from service_models import service_model

from kumoniwa.api.action_modules import ACTION_MODULES

pytestmark = pytest.mark.clients

_ROUNDS = 10  # that what depends on something else may take


class Cleaner:
    """Removes everything of a region, as aws-nuke does: rounds over all there is, until there is nothing."""

    def __init__(self, sdk: Sdk) -> None:
        self._ec2, self._scaling = sdk.client(), sdk.client("autoscaling")
        self._balancers = [(sdk.client("elb"), "LoadBalancerDescriptions"), (sdk.client("elbv2"), "LoadBalancers")]
        self.lifted: list[str] = []

    def clean(self) -> None:
        """Raises the last refusals where something is left after so many rounds."""
        assert self._scaling.describe_auto_scaling_groups()["AutoScalingGroups"] == []
        for client, member in self._balancers:
            assert client.describe_load_balancers()[member] == []
        refused: list[ClientError] = []
        for _ in range(_ROUNDS):
            refused, found = [], 0
            for remove, protection in self._everything():
                found += 1
                try:
                    self._remove(remove, protection)
                except ClientError as refusal:
                    refused.append(refusal)
            if not found:
                return
            self._wait()
        raise ExceptionGroup("something is left", refused)

    def _remove(self, remove: Callable[[], Any], lift: Callable[[], str] | None) -> None:
        try:
            remove()
        except ClientError as refusal:
            if lift is None or refusal.response["Error"]["Code"] != "OperationNotPermitted":
                raise
            self.lifted.append(lift())
            remove()

    def _wait(self) -> None:
        ids = [instance["InstanceId"] for instance in self._instances(("shutting-down",))]
        if ids:
            self._ec2.get_waiter("instance_terminated").wait(InstanceIds=ids)

    def _instances(self, states: tuple[str, ...]) -> list[dict[str, Any]]:
        named = [{"Name": "instance-state-name", "Values": list(states)}]
        pages = self._ec2.get_paginator("describe_instances").paginate(Filters=named)
        return [instance for page in pages for one in page["Reservations"] for instance in one["Instances"]]

    def _everything(self) -> Iterator[tuple[Callable[[], Any], Callable[[], str] | None]]:
        """How to remove each thing, and how to lift what keeps it from being removed."""
        ec2 = self._ec2
        for instance in self._instances(("pending", "running", "stopping", "stopped")):
            yield self._terminate(instance["InstanceId"]), self._unprotect(instance["InstanceId"])
        for image in ec2.describe_images(Owners=["self"])["Images"]:
            yield self._deregister(image["ImageId"]), self._unlock(image["ImageId"])
        for method, member, name, remove, asked in _REMOVED:
            for one in getattr(ec2, method)(**asked).get(member, []):
                if not one.get("IsDefault") and one.get("GroupName") != "default" and not _is_main(one):
                    yield self._call(remove, **{name: one[name]}), None

    def _call(self, method: str, **named: Any) -> Callable[[], Any]:
        return lambda: getattr(self._ec2, method)(**named)

    def _terminate(self, instance_id: str) -> Callable[[], Any]:
        return self._call("terminate_instances", InstanceIds=[instance_id])

    def _deregister(self, image_id: str) -> Callable[[], Any]:
        return self._call("deregister_image", ImageId=image_id, DeleteAssociatedSnapshots=True)

    def _unprotect(self, instance_id: str) -> Callable[[], str]:
        def lift() -> str:
            off = {"Value": False}
            self._ec2.modify_instance_attribute(InstanceId=instance_id, DisableApiTermination=off)
            return instance_id

        return lift

    def _unlock(self, image_id: str) -> Callable[[], str]:
        def lift() -> str:
            self._ec2.disable_image_deregistration_protection(ImageId=image_id)
            return image_id

        return lift


_SELF = {"OwnerIds": ["self"]}
_REMOVED: tuple[tuple[str, str, str, str, dict[str, Any]], ...] = (
    ("describe_snapshots", "Snapshots", "SnapshotId", "delete_snapshot", _SELF),
    ("describe_volumes", "Volumes", "VolumeId", "delete_volume", {}),
    ("describe_addresses", "Addresses", "AllocationId", "release_address", {}),
    ("describe_key_pairs", "KeyPairs", "KeyPairId", "delete_key_pair", {}),
    ("describe_launch_templates", "LaunchTemplates", "LaunchTemplateId", "delete_launch_template", {}),
    ("describe_network_interfaces", "NetworkInterfaces", "NetworkInterfaceId", "delete_network_interface", {}),
    ("describe_security_groups", "SecurityGroups", "GroupId", "delete_security_group", {}),
    ("describe_network_acls", "NetworkAcls", "NetworkAclId", "delete_network_acl", {}),
    ("describe_route_tables", "RouteTables", "RouteTableId", "delete_route_table", {}),
    (
        "describe_subnets",
        "Subnets",
        "SubnetId",
        "delete_subnet",
        {"Filters": [{"Name": "default-for-az", "Values": ["false"]}]},
    ),
    ("describe_vpcs", "Vpcs", "VpcId", "delete_vpc", {"Filters": [{"Name": "is-default", "Values": ["false"]}]}),
)


def _is_main(one: dict[str, Any]) -> bool:
    return any(association.get("Main") for association in one.get("Associations", []))


def test_a_clean_up_tool_lifts_protections_and_leaves_nothing(sdk: Sdk) -> None:
    ec2, image = sdk.client(), sdk.starting_image()
    vpc = ec2.create_vpc(CidrBlock="10.70.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.70.1.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName="left", Description="left behind", VpcId=vpc)["GroupId"]
    ec2.create_route_table(VpcId=vpc)
    ec2.create_network_acl(VpcId=vpc)
    ec2.create_network_interface(SubnetId=subnet, Groups=[group])
    ec2.create_key_pair(KeyName="left")
    ec2.allocate_address(Domain="vpc")
    ec2.create_launch_template(LaunchTemplateName="left", LaunchTemplateData={"ImageId": image})
    launched = ec2.run_instances(ImageId=image, MinCount=2, MaxCount=2, SubnetId=subnet, DisableApiTermination=True)
    protected = [instance["InstanceId"] for instance in launched["Instances"]]
    ec2.get_waiter("instance_running").wait(InstanceIds=protected)
    baked = ec2.create_image(InstanceId=protected[0], Name="locked", NoReboot=True)["ImageId"]
    ec2.get_waiter("image_available").wait(ImageIds=[baked])
    ec2.enable_image_deregistration_protection(ImageId=baked, WithCooldown=False)

    cleaner = Cleaner(sdk)
    cleaner.clean()

    assert sorted(cleaner.lifted) == sorted([*protected, baked])
    assert ec2.describe_images(Owners=["self"])["Images"] == []
    assert [one["VpcId"] for one in ec2.describe_vpcs()["Vpcs"] if not one["IsDefault"]] == []


_TOLD: Mapping[str, Mapping[str, Any]] = {
    "DescribeAddressesAttribute": {"Attribute": "domain-name"},
    "DescribeLaunchTemplateVersions": {"Versions": ["$Latest", "$Default"]},
}
"""What EC2 must be told although its model does not say so."""


_NO_MORE = ("DescribeVpcClassicLink", "DescribeVpcClassicLinkDnsSupport")  # refused as in regions of EC2 without them


def _listings() -> list[str]:
    model = service_model("ec2", "2016-11-15")
    return sorted(
        action
        for action in ACTION_MODULES["ec2"]
        if action.startswith(("Describe", "Get", "List"))
        and action not in _NO_MORE
        and not model.operation_model(action).input_shape.required_members
    )


def test_everything_of_every_region_is_read_and_no_listing_takes_a_second(
    cloud: CloudProcess, sdk: Sdk, sampling: Sampling
) -> None:
    """As Prowler and Steampipe read an account. A listing's time is that of the region where it was quickest: others
    may have waited for the processor."""
    regions = [region["RegionName"] for region in sdk.client().describe_regions(AllRegions=True)["Regions"]]
    assert len(regions) > 10
    listings = _listings()
    assert len(listings) > 40
    chosen, asked = sampling.of(regions, 4), list[str]()
    for region in chosen:
        client = sdk.client(region=region)
        methods = {action: method for method, action in client.meta.method_to_api_mapping.items()}
        for action in listings:
            answer = getattr(client, methods[action])(**_TOLD.get(action, {}))
            assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
            asked.append(answer["ResponseMetadata"]["RequestId"])
    took: dict[str, list[float]] = {}
    for line in cloud.logged_with(*asked):
        if line.get("request") in asked:
            took.setdefault(line["call"], []).append(line["seconds"])
    assert {action: len(times) for action, times in took.items()} == dict.fromkeys(listings, len(chosen))
    assert {action: min(times) for action, times in took.items() if min(times) >= 1} == {}
