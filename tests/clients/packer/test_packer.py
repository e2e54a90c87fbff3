"""Packer as Debian has it: its builder amazon-ebs makes an AMI of an instance that it launched, and cleans up."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cloud_process import Sdk
from other_clients import OtherClient

pytestmark = [pytest.mark.clients, pytest.mark.every_client, pytest.mark.timeout(600)]


@pytest.fixture
def packer(other_client: Callable[[str], OtherClient]) -> OtherClient:
    return other_client("packer")


def _program(packer: OtherClient) -> Path:
    return packer.folder / "root" / "usr" / "bin" / "packer"


def _template(packer: OtherClient, folder: Path, **builder: Any) -> Path:
    """What people write, with the settings of docs/how-to/bake-an-ami.md."""
    template = folder / "template.json"
    common = {
        "type": "amazon-ebs",
        "region": "us-east-1",
        "instance_type": "t3.micro",
        "custom_endpoint_ec2": packer.environment["AWS_ENDPOINT_URL"],
        "skip_region_validation": True,
        "skip_metadata_api_check": True,
    }
    template.write_text(json.dumps({"builders": [{**common, **builder}]}))
    return template


def test_an_image_is_made_without_logging_in(packer: OtherClient, sdk: Sdk, tmp_path: Path) -> None:
    ec2 = sdk.client()
    template = _template(
        packer,
        tmp_path,
        source_ami_filter={"filters": {"name": "debian-12-amd64*"}, "owners": ["self"], "most_recent": True},
        communicator="none",
        ami_name="by-packer-{{timestamp}}",
        ami_description="made by Packer",
        tags={"Base": "{{ .SourceAMIName }}"},
        run_tags={"Name": "Packer"},
        launch_block_device_mappings=[
            {"device_name": "/dev/xvda", "volume_size": 9, "volume_type": "gp2", "delete_on_termination": True}
        ],
    )
    packer.output(_program(packer), "validate", template)
    told = packer.output(_program(packer), "build", "-color=false", "-machine-readable", template, seconds=300)
    [image] = ec2.describe_images(Owners=["self"], Filters=[{"Name": "name", "Values": ["by-packer-*"]}])["Images"]
    assert f"us-east-1:{image['ImageId']}" in told.replace("%!(PACKER_COMMA)", ",")
    assert image["Description"] == "made by Packer" and image["State"] == "available"
    assert image["Tags"] == [{"Key": "Base", "Value": "debian-12-amd64-simulated"}]
    assert image["BlockDeviceMappings"][0]["Ebs"]["VolumeSize"] == 9
    [builder] = [one for each in ec2.describe_instances()["Reservations"] for one in each["Instances"]]
    assert builder["State"]["Name"] == "terminated" and builder["Tags"] == [{"Key": "Name", "Value": "Packer"}]
    assert ec2.describe_key_pairs()["KeyPairs"] == []
    assert [group["GroupName"] for group in ec2.describe_security_groups()["SecurityGroups"]] == ["default"]


def test_an_image_whose_name_is_taken_is_refused_before_anything_is_launched(
    packer: OtherClient, sdk: Sdk, tmp_path: Path
) -> None:
    launched = len(sdk.client().describe_instances()["Reservations"])
    template = _template(
        packer,
        tmp_path,
        source_ami=sdk.starting_image(),
        communicator="none",
        ami_name="debian-12-amd64-simulated",
    )
    ran = packer.run(_program(packer), "build", "-color=false", template, seconds=120)
    assert ran.returncode != 0 and "is used by an existing AMI" in ran.stdout
    assert len(sdk.client().describe_instances()["Reservations"]) == launched
