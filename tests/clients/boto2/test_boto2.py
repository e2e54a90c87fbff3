"""boto 2, which is not kept up since 2018: it names the EC2 API of 2014-10-01, and reads answers in its own way."""

from collections.abc import Callable
from pathlib import Path

import pytest
from other_clients import OtherClient

pytestmark = pytest.mark.clients


def test_boto_2_leads_an_instance_and_a_network_through_their_lives(other_client: Callable[[str], OtherClient]) -> None:
    assert other_client("boto2").python(Path(__file__).with_name("in_boto2.py")) == {
        "version": "2014-10-01",
        "zones": ["us-east-1a", "us-east-1b", "us-east-1c"],
        "image": ["debian-12-amd64-simulated", "available", "ebs", ["/dev/xvda"]],
        "key": "-----BEGIN RSA PRIVATE KEY-----",
        "authorized": True,
        "rules": [["22", ["127.0.0.0/8"]]],
        "instance": [True, "t2.micro", "boto", {"Name": "boto & co"}],
        "groups": ["boto"],
        "devices": ["/dev/xvda"],
        "interfaces": 1,
        "launched": True,
        "attaching": "attaching",
        "detaching": "detaching",
        "shared": True,
        "permissions": {"user_ids": ["210987654321"]},
        "deleted": [True, True],
        "made": ["from boto", [8]],
        "deregistered": True,
        "associated": True,
        "address": True,
        "released": [True, True],
        "modified": True,
        "type": "t2.small",
        "statuses": ["running"],
        "refused": [400, "OperationNotPermitted"],
        "unknown": [400, "InvalidInstanceID.NotFound"],
        "dry_run": [412, "DryRunOperation"],
        "gone": [True, True],
        "gateway": True,
        "route": True,
        "routes": ["0.0.0.0/0", "10.41.0.0/16"],
        "joined": [True],
        "network_gone": [True, True, True, True, True, True],
        "scaled": 0,
        "balanced": 0,
    }
