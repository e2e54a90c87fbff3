"""The integration targets of the collection amazon.aws itself: what its makers run against AWS before a release.

They are no part of any package. Where a copy of the collection's sources of the version that Ansible has
(`PLACE`) is put, they are run; else they are skipped.
"""

import json
import re
import secrets
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from cloud_process import Sdk
from other_clients import INSTALLED, OtherClient

pytestmark = [pytest.mark.clients, pytest.mark.every_client, pytest.mark.timeout(3000)]

VERSION = "10.1.2"
PLACE = INSTALLED / f"amazon.aws-{VERSION}"
_TARGETS = PLACE / "tests" / "integration" / "targets"
_FAILURE = re.compile(r"^(fatal|failed): ", re.MULTILINE)  # of a task, and of one of the items of its loop
_PUBLISHER = "Fedora-Cloud-Base-39.x86_64-40"
"""The name of an image that the targets look for."""

PASS = (
    "aws_az_info",
    "aws_caller_info",
    "aws_region_info",
    "ec2_ami_snapshot",
    "ec2_eip",
    "ec2_eni",
    "ec2_instance_block_devices",
    "ec2_instance_checkmode_tests",
    "ec2_instance_cpu_options",
    "ec2_instance_default_vpc_tests",
    "ec2_instance_ebs_optimized",
    "ec2_instance_external_resource_attach",
    "ec2_instance_iam_instance_role",
    "ec2_instance_info",
    "ec2_instance_instance_minimal",
    "ec2_instance_instance_multiple",
    "ec2_instance_instance_no_wait",
    "ec2_instance_launch_template",
    "ec2_instance_metadata_options",
    "ec2_instance_network",
    "ec2_instance_placement_options",
    "ec2_instance_security_group",
    "ec2_instance_state_config_updates",
    "ec2_instance_tags_and_vpc_settings",
    "ec2_instance_termination_protection",
    "ec2_instance_type",
    "ec2_instance_uptime",
    "ec2_key",
    "ec2_launch_template",
    "ec2_placement_group",
    "ec2_security_group",
    "ec2_snapshot",
    "ec2_spot_instance",
    "ec2_tag",
    "ec2_vpc_dhcp_option",
    "ec2_vpc_egress_igw",
    "ec2_vpc_igw",
    "ec2_vpc_nacl",
    "ec2_vpc_nat_gateway",
    "ec2_vpc_net",
    "ec2_vpc_peering",
    "ec2_vpc_subnet",
    "iam_group",
    "iam_instance_profile",
    "iam_managed_policy",
)
"""Those that pass."""

STOP: Mapping[str, tuple[str, str]] = {
    "ec2_ami": ("Assert that the right image was found", "image"),
    "ec2_ami_instance": ("Assert that the right image was found", "image"),
    "ec2_ami_tpm": ("Create an image from the snapshot with boot_mode and tpm_support", "Error registering"),
    "ec2_instance_hibernation_options": ("Create instance with hibernation config", "its disks are NVMe"),
    "ec2_instance_license_specifications": ("Validate instance with license specifications", "unshared license"),
    "ec2_transit_gateway": ("Test create transit gateway without tags", "CreateTransitGateway"),
    "ec2_transit_gateway_vpc_attachment": ("Create Transit Gateways", "CreateTransitGateway"),
    "ec2_vol": ("Attach existing volume to second instance", "Failed to attach volume"),
    "ec2_vpc_endpoint": ("Create minimal endpoint", "CreateVpcEndpoint"),
    "ec2_vpc_endpoint_service_info": ("Verify services (Check Mode)", "first_service"),
    "ec2_vpc_route_table": ("Create  transit gateway", "CreateTransitGateway"),
    "ec2_vpc_vgw": ("Create vpn gateway and attach it to vpc", "CreateVpnGateway"),
    "iam_policy": ("Assert policy was added for resource | user", "has no attribute 'policies'"),
    "iam_role": ("Configure Boundary Policy", "PutRolePermissionsBoundary"),
    "iam_user": ("Create second test user with password", "UpdateLoginProfile"),
    "ec2_vpc_vpn": ("Create an EC2 VPC gateway and attach it to VPC", "CreateVpnGateway"),
}
"""Of others: the task at which they stop, and a part of what is said there. docs/clients.md says why."""


@pytest.fixture(scope="module")
def given(sdk: Sdk) -> dict[str, Any]:
    """What the targets are told of the account: its image is named as the publisher's, and has its root device."""
    ec2 = sdk.client()
    (first,) = ec2.describe_images(ImageIds=[sdk.starting_image()])["Images"]
    snapshot = first["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]
    ec2.register_image(
        Name=_PUBLISHER,
        Architecture=first["Architecture"],
        VirtualizationType="hvm",
        EnaSupport=True,
        RootDeviceName="/dev/sda1",
        BlockDeviceMappings=[{"DeviceName": "/dev/sda1", "Ebs": {"SnapshotId": snapshot}}],
    )
    account = sdk.client("sts").get_caller_identity()["Account"]
    region = ec2.meta.region_name
    return {"aws_region": region, "ec2_region": region, "ec2_ami_owner_id": account}


@pytest.fixture
def play(
    other_client: Callable[[str], OtherClient], given: dict[str, Any], tmp_path: Path
) -> Callable[[str], subprocess.CompletedProcess[str]]:
    """Plays a target as `ansible-test` does."""

    def played(target: str) -> subprocess.CompletedProcess[str]:
        if not _TARGETS.is_dir():
            pytest.skip(f"the sources of amazon.aws {VERSION} are not at {PLACE}")
        ansible = other_client("ansible")
        inventory, play, told = tmp_path / "inventory", tmp_path / "play.yml", tmp_path / "told.json"
        python = ansible.folder / "bin" / "python"
        inventory.write_text(f"testhost ansible_connection=local ansible_python_interpreter={python}\n")
        play.write_text(json.dumps([{"hosts": "testhost", "gather_facts": True, "roles": [target]}]))
        prefix = f"kw{secrets.token_hex(4)}"
        variables = {
            **given,
            "aws_access_key": ansible.environment["AWS_ACCESS_KEY_ID"],
            "aws_secret_key": ansible.environment["AWS_SECRET_ACCESS_KEY"],
            "resource_prefix": f"ansible-test-{prefix}",
            "tiny_prefix": prefix,
        }
        endpoint = ansible.environment["AWS_ENDPOINT_URL"]
        told.write_text(json.dumps(variables))
        return ansible.run(
            ansible.folder / "bin" / "ansible-playbook",
            *("-i", inventory, "-e", f"@{told}", play),
            seconds=2900,
            ANSIBLE_ROLES_PATH=str(_TARGETS),
            ANSIBLE_CALLBACKS_ENABLED="amazon.aws.aws_resource_actions",
            ANSIBLE_DEBUG_BOTOCORE_LOGS="True",
            ANSIBLE_NOCOLOR="1",
            # Which calls were made they read out of botocore's log, by `https://SERVICE.`; what is behind # is never
            # sent.
            **{f"AWS_ENDPOINT_URL_{name.upper()}": f"{endpoint}/#https://{name}." for name in ("ec2", "iam", "sts")},
        )

    return played


@pytest.mark.parametrize("target", PASS)
def test_a_target_of_the_collection_passes(
    play: Callable[[str], subprocess.CompletedProcess[str]], target: str
) -> None:
    ended = play(target)
    assert ended.returncode == 0, f"{ended.stdout}\n{ended.stderr}"


@pytest.mark.parametrize("target", STOP)
def test_another_target_stops_where_it_is_known_to(
    play: Callable[[str], subprocess.CompletedProcess[str]], target: str
) -> None:
    ended, (task, words) = play(target), STOP[target]
    assert ended.returncode == 2, f"{ended.stdout}\n{ended.stderr}"
    stopped_at, told = _first_failure(ended.stdout)
    assert (stopped_at, words in told) == (f"{target} : {task}", True), told


def _first_failure(printed: str) -> tuple[str, str]:
    """The task that ended the play, and what was printed of it. Tasks that are to fail are ignored there."""
    for task in printed.split("\nTASK [")[1:]:
        if _FAILURE.search(task) is not None and "...ignoring" not in task:
            name, _, told = task.partition("]")
            return name, told
    raise AssertionError(f"no task failed:\n{printed}")
