"""The experiment that Kumoniwa began with, on real guests: `make demo`, every verdict as EC2 does it."""

import json

import pytest
from background_demo import Demo

pytestmark = [pytest.mark.linux, pytest.mark.timeout(3000)]


def test_every_verdict_of_the_experiment_is_as_ec2_does_it(demo: Demo) -> None:
    status = demo.status(within=2900)
    assert demo.verdicts.exists(), demo.said()
    told = json.loads(demo.verdicts.read_text())
    failed = [verdict for verdict in told["verdicts"] if not verdict["holds"]]
    assert failed == [], demo.said()
    assert {verdict["point"] for verdict in told["verdicts"]} == {"1", "2", "3", "4", "5", "6", "7", "8"}
    assert status == 0, demo.said()
