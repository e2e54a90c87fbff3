"""By SSH into real guests: Packer provisions an image, and Ansible sets up what its inventory found."""

import asyncio
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from debian_guest import KEY, Login, access, image_of, login_to, until
from other_clients import OtherClient, installed, lonely_environment
from server import Server

from kumoniwa.client.cloud import CloudClient
from kumoniwa.client.commands import debian_image
from kumoniwa.client.ssh import SSH_PORT
from kumoniwa.network.host import lowest_unprivileged_port

pytestmark = [
    pytest.mark.clients,
    pytest.mark.every_client,
    pytest.mark.linux,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(
        lowest_unprivileged_port() > SSH_PORT, reason="Packer asks port 22, which this user may not open"
    ),
]

_HERE = Path(__file__).parent
_INVENTORY = _HERE.parent / "ansible" / "aws_ec2.yml"
_RECAP = re.compile(r"^tree +: (.*)$", re.MULTILINE)
_TYPE = "t2.micro"  # one processor: of two emulated ones of a busy host one may lose its timer for ever, rarely


@dataclass(frozen=True, slots=True)
class RealCloud:
    """A cloud of real guests, and whoever asks for its clients."""

    client: CloudClient
    evidence_folder: Path
    must_be: bool

    def program(self, name: str) -> OtherClient:
        """One of `scripts/clients`."""
        (home := self.evidence_folder / f"home-{name}").mkdir()
        return installed(name, lonely_environment(self.client.access.environment(), home), must_be=self.must_be)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[RealCloud]:
    folder = tmp_path_factory.mktemp("real")
    server = Server(folder / "cloud", "qemu", folder)
    try:
        yield RealCloud(server.start(), folder, pytestconfig.option.every_client)
    finally:
        server.end()


@pytest.fixture(scope="module")
def baked(real: RealCloud) -> dict[str, Any]:
    """An image that Packer made of the Debian AMI, in whose guest it was by SSH."""
    packer, cloud = real.program("packer"), real.client
    template = real.evidence_folder / "template.json"
    builder = {
        "type": "amazon-ebs",
        "region": cloud.access.region,
        "custom_endpoint_ec2": cloud.access.endpoint,
        "skip_region_validation": True,
        "skip_metadata_api_check": True,
        "source_ami": asyncio.run(debian_image(cloud, lambda what, percent: None)),
        "instance_type": _TYPE,
        "ssh_username": "admin",
        "ssh_timeout": "10m",
        "ami_name": "baked-by-ssh",
        "run_tags": {"Name": "Packer"},
    }
    provisioner = {"type": "shell", "inline": ["echo baked by $(whoami) | sudo tee /etc/baked"]}
    template.write_text(json.dumps({"builders": [builder], "provisioners": [provisioner]}))
    program = packer.folder / "root" / "usr" / "bin" / "packer"
    told = packer.output(program, "build", "-color=false", template, seconds=1200)
    assert "amazon-ebs: baked by admin" in told
    [image] = cloud.call("DescribeImages", Owners=["self"], Filters=[{"Name": "name", "Values": ["baked-by-ssh"]}])[
        "Images"
    ]
    assert image["ImageId"] in told
    return dict(image)


@pytest.fixture(scope="module")
def tree(real: RealCloud, baked: dict[str, Any]) -> Login:
    """An instance of that image, which the inventory finds."""
    key, group = access(real.client, real.evidence_folder)
    tags = [{"Key": "Name", "Value": "tree"}, {"Key": "Team", "Value": "garden"}]
    launched = real.client.call(
        "RunInstances",
        ImageId=baked["ImageId"],
        InstanceType=_TYPE,
        MinCount=1,
        MaxCount=1,
        KeyName=KEY,
        SecurityGroupIds=[group],
        TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
    )
    [instance_id] = [instance["InstanceId"] for instance in launched["Instances"]]
    until(lambda: real.client.instance(instance_id)["State"], "Name", "running", 120)
    return login_to(real.client, instance_id, key)


def test_what_packer_provisions_by_ssh_is_in_the_instances_of_its_image(
    real: RealCloud, baked: dict[str, Any], tree: Login
) -> None:
    assert image_of(real.client, baked["ImageId"])["State"] == "available"
    assert real.client.evidence(f"images/{baked['ImageId']}")["consistency"] == "at-rest"
    packers = [{"Name": "tag:Name", "Values": ["Packer"]}]
    [reservation] = real.client.call("DescribeInstances", Filters=packers)["Reservations"]
    assert [instance["State"]["Name"] for instance in reservation["Instances"]] == ["terminated"]
    assert tree.run("cat /etc/baked") == "baked by admin"


def test_a_playbook_sets_up_by_ssh_what_the_inventory_found(real: RealCloud, tree: Login) -> None:
    ansible, key = real.program("ansible"), real.evidence_folder / "key.pem"
    first = _played(ansible, key)
    assert (first["changed"], first["unreachable"], first["failed"]) == (2, 0, 0)
    assert tree.run("cat /etc/grown") == "tree bookworm baked by admin"
    assert tree.run("id -un gardener") == "gardener"
    assert _played(ansible, key)["changed"] == 0, "what is as it should be is left alone"


def _played(ansible: OtherClient, key: Path) -> dict[str, int]:
    """How many tasks were ok, changed and so on, of the host that the inventory calls tree."""
    said = ansible.output(
        ansible.folder / "bin" / "ansible-playbook",
        "-i",
        _INVENTORY,
        "--private-key",
        key,
        _HERE / "set_up.yml",
        seconds=900,
        ANSIBLE_HOST_KEY_CHECKING="False",
        ANSIBLE_NOCOLOR="1",
    )
    [recap] = _RECAP.findall(said)
    return {name: int(number) for name, number in (pair.split("=") for pair in recap.split())}
