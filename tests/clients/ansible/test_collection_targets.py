"""The integration targets of the collection amazon.aws itself: what its makers run against AWS before a release.

They are no part of any package. Where a copy of the collection's sources of the version that Ansible has
(`PLACE`) is put, they are run; else they are skipped.
"""

import json
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cloud_process import Sdk
from other_clients import INSTALLED, OtherClient

pytestmark = [pytest.mark.clients, pytest.mark.every_client, pytest.mark.timeout(3000)]

VERSION = "10.1.2"
PLACE = INSTALLED / f"amazon.aws-{VERSION}"
_TARGETS = PLACE / "tests" / "integration" / "targets"
_PUBLISHER = "Fedora-Cloud-Base-39.x86_64-40"
"""The name of an image that the targets look for."""

PASS = (
    "aws_az_info",
    "ec2_eip",
    "ec2_eni",
    "ec2_instance_block_devices",
    "ec2_instance_external_resource_attach",
    "ec2_instance_iam_instance_role",
    "ec2_instance_instance_minimal",
    "ec2_instance_launch_template",
    "ec2_instance_metadata_options",
    "ec2_instance_network",
    "ec2_instance_security_group",
    "ec2_instance_termination_protection",
    "ec2_key",
    "ec2_security_group",
    "ec2_snapshot",
    "ec2_tag",
    "ec2_vpc_dhcp_option",
    "ec2_vpc_igw",
    "ec2_vpc_nat_gateway",
    "ec2_vpc_net",
    "ec2_vpc_subnet",
)
"""Those that pass; docs/clients.md says why others do not."""


@pytest.fixture(scope="module")
def given(sdk: Sdk) -> dict[str, Any]:
    """What the targets are told of the account: its image is named as the publisher's."""
    ec2 = sdk.client()
    copied = ec2.copy_image(Name=_PUBLISHER, SourceImageId=sdk.starting_image(), SourceRegion="us-east-1")
    ec2.get_waiter("image_available").wait(ImageIds=[copied["ImageId"]])
    account = sdk.client("sts").get_caller_identity()["Account"]
    return {"aws_region": ec2.meta.region_name, "ec2_ami_owner_id": account}


@pytest.mark.parametrize("target", PASS)
def test_a_target_of_the_collection_passes(
    other_client: Callable[[str], OtherClient], given: dict[str, Any], target: str, tmp_path: Path
) -> None:
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
    ansible.output(
        ansible.folder / "bin" / "ansible-playbook",
        *("-i", inventory, "-e", f"@{told}", play),
        seconds=2900,
        ANSIBLE_ROLES_PATH=str(_TARGETS),
        ANSIBLE_CALLBACKS_ENABLED="amazon.aws.aws_resource_actions",
        ANSIBLE_DEBUG_BOTOCORE_LOGS="True",
        ANSIBLE_NOCOLOR="1",
        # Which calls were made they read out of botocore's log, by `https://SERVICE.`; what is behind # is never sent.
        **{f"AWS_ENDPOINT_URL_{name.upper()}": f"{endpoint}/#https://{name}." for name in ("ec2", "iam", "sts")},
    )
