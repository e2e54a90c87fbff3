"""aws-nuke as Debian has it: it removes everything of a region, whatever is protected or depends on something else."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cloud_process import Sdk
from other_clients import OtherClient

pytestmark = [pytest.mark.clients, pytest.mark.every_client, pytest.mark.timeout(600)]

_ACCOUNT = "account-id-of-custom-region-us-east-1"
"""What aws-nuke calls the account of a region that has an endpoint of its own."""
_SERVICES = ("ec2", "elb", "elbv2", "autoscaling")
_KINDS = re.compile(r"(?:EC2|ELB|AutoScalingGroup|AutoScalingLaunchConfiguration)\w*")


def _fill(ec2: Any, image: str) -> None:
    """One of most kinds that aws-nuke knows: what is protected, and what others hold."""
    launched = ec2.run_instances(
        ImageId=image, InstanceType="t3.micro", MinCount=1, MaxCount=1, DisableApiTermination=True
    )
    instance = launched["Instances"][0]["InstanceId"]
    ec2.get_waiter("instance_running").wait(InstanceIds=[instance])
    made = ec2.create_image(InstanceId=instance, Name="daily", NoReboot=True)["ImageId"]
    ec2.get_waiter("image_available").wait(ImageIds=[made])
    ec2.create_volume(AvailabilityZone="us-east-1a", Size=1)
    ec2.create_key_pair(KeyName="key")
    ec2.create_launch_template(LaunchTemplateName="template", LaunchTemplateData={"InstanceType": "t3.micro"})
    ec2.create_placement_group(GroupName="close", Strategy="cluster")
    ec2.create_dhcp_options(DhcpConfigurations=[{"Key": "domain-name", "Values": ["garden.example"]}])
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    other = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    ec2.create_vpc_peering_connection(VpcId=vpc, PeerVpcId=other)
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    ec2.create_egress_only_internet_gateway(VpcId=vpc)
    ec2.create_nat_gateway(SubnetId=subnet, AllocationId=ec2.allocate_address()["AllocationId"])
    ec2.create_security_group(GroupName="g", Description="d", VpcId=vpc)
    ec2.create_network_interface(SubnetId=subnet)
    ec2.create_network_acl(VpcId=vpc)
    ec2.create_route_table(VpcId=vpc)


def test_a_region_is_emptied_though_its_instance_is_protected(
    other_client: Callable[[str], OtherClient], sdk: Sdk, tmp_path: Path
) -> None:
    nuke, ec2 = other_client("nuke"), sdk.client()
    program = nuke.folder / "root" / "usr" / "bin" / "aws-nuke"
    _fill(ec2, sdk.starting_image())
    endpoint = nuke.environment["AWS_ENDPOINT_URL"]
    services = [{"service": service, "url": endpoint} for service in _SERVICES]
    (configuration := tmp_path / "nuke.json").write_text(  # YAML too
        json.dumps(
            {
                "regions": ["us-east-1"],
                "account-blocklist": ["999999999999"],
                "endpoints": [{"region": "us-east-1", "tls_insecure_skip_verify": True, "services": services}],
                "accounts": {_ACCOUNT: {}},
                "feature-flags": {"disable-deletion-protection": {"EC2Instance": True}},
            }
        )
    )
    kinds = [one for one in nuke.output(program, "resource-types").split() if _KINDS.fullmatch(one)]
    ran = nuke.run(
        program,
        *("--config", configuration, "--default-region", "us-east-1"),
        *("--access-key-id", nuke.environment["AWS_ACCESS_KEY_ID"]),
        *("--secret-access-key", nuke.environment["AWS_SECRET_ACCESS_KEY"]),
        *(word for kind in kinds for word in ("--target", kind)),
        *("--no-dry-run", "--force", "--force-sleep", 3),
        seconds=300,
    )
    assert (ran.returncode, "Nuke complete: 0 failed" in ran.stdout) == (0, True), ran
    assert "level=error" not in ran.stdout + ran.stderr, "a listing was refused"
    assert ec2.describe_vpcs()["Vpcs"] == [] and ec2.describe_volumes()["Volumes"] == []
    assert ec2.describe_images(Owners=["self"])["Images"] == []
    assert ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"] == []
    assert ec2.describe_addresses()["Addresses"] == [] and ec2.describe_key_pairs()["KeyPairs"] == []
    states = [one["State"]["Name"] for each in ec2.describe_instances()["Reservations"] for one in each["Instances"]]
    assert states == ["terminated"]
