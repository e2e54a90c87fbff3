"""Apache Libcloud's EC2 driver: nothing of AWS's own SDKs is in it, it signs, asks and reads in its own way."""

from collections.abc import Callable
from pathlib import Path

import pytest
from other_clients import OtherClient

pytestmark = pytest.mark.clients


def test_libcloud_leads_a_node_and_its_network_through_their_lives(other_client: Callable[[str], OtherClient]) -> None:
    told = other_client("libcloud").python(Path(__file__).with_name("in_libcloud.py"))
    refused = told.pop("refused")
    assert refused.startswith("OperationNotPermitted: ") and "may not be terminated" in refused
    assert told == {
        "zones": ["us-east-1a", "us-east-1b", "us-east-1c"],
        "images": ["debian-12-amd64-simulated"],
        "private_key": "-----BEGIN RSA PRIVATE KEY-----",
        "keys": ["libcloud"],
        "rules": ["22"],
        "node": {
            "name": "libcloud",
            "public_ips": 1,
            "private_ips": 1,
            "type": "t3.micro",
            "key": "libcloud",
            "groups": ["libcloud"],
            "tags": {"Name": "libcloud", "Team": "garden"},
            "devices": ["/dev/xvda"],
        },
        "attached": True,
        "snapshot": 1,
        "detached": True,
        "destroyed": [True, True],
        "image": "from-libcloud",
        "deleted_image": True,
        "address": [True, True],
        "stopped": True,
        "resized": True,
        "started": True,
        "size": "t3.small",
        "rebooted": True,
        "console": ["instance_id", "output", "timestamp"],
        "gone": True,
        "group_deleted": True,
        "key_deleted": True,
        "gateway": True,
        "route": True,
        "routes": ["0.0.0.0/0", "10.40.0.0/16"],
        "joined": [True],
        "network_gone": [True, True, True, True, True],
    }
