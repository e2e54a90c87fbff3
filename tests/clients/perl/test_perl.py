"""Perl's Net::Amazon::EC2, which names the EC2 API of 2014-06-15 and signs the Host without its port."""

from collections.abc import Callable
from pathlib import Path

import pytest
from other_clients import OtherClient

pytestmark = [pytest.mark.clients, pytest.mark.every_client]


def test_perl_leads_an_instance_through_its_life(other_client: Callable[[str], OtherClient]) -> None:
    assert other_client("perl").perl(Path(__file__).with_name("in_perl.pl")) == {
        "version": "2014-06-15",
        "zones": ["us-east-1a", "us-east-1b", "us-east-1c"],
        "image": "debian-12-amd64-simulated",
        "key": "-----BEGIN RSA PRIVATE KEY-----",
        "instance": ["t2.micro", "perl", "perl"],
        "attached": "attaching",
        "deleted": [1, 1],
        "made": "from perl",
        "deregistered": 1,
        "protected": "OperationNotPermitted",
        "unknown": "InvalidInstanceID.NotFound",
        "gone": 1,
    }
