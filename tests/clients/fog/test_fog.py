"""fog-aws, which Chef, Vagrant and others in Ruby speak to EC2 with."""

from collections.abc import Callable
from pathlib import Path

import pytest
from other_clients import OtherClient

pytestmark = [pytest.mark.clients, pytest.mark.every_client]


def test_ruby_leads_an_instance_through_its_life(other_client: Callable[[str], OtherClient]) -> None:
    assert other_client("fog").ruby(Path(__file__).with_name("in_fog.rb")) == {
        "image": "debian-12-amd64-simulated",
        "key": "-----BEGIN RSA PRIVATE KEY-----",
        "ports": [[22, 22]],
        "server": ["running", "t3.micro", "fog", {"Name": "fog ☃"}],
        "volume": [1, "/dev/sdf", True],
        "disks": ["/dev/xvda", "/dev/sdf"],
        "in use": "InUse => The snapshot SNAPSHOT is currently in use by IMAGE",
        "pruned": 0,
        "protected": "OperationNotPermitted => The instance 'SERVER' may not be terminated. Modify its "
        "'disableApiTermination' instance attribute and try again.",
        "unknown": "The instance ID 'i-0123456789abcdef0' does not exist",
        "address": True,
        "end": ["terminated", 0],
        "networks": [["172.31.0.0/16"], 3],
    }
