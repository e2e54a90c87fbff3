"""The experiment that Kumoniwa began with, on real guests: `make demo`, every verdict as EC2 does it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

_KEPT_DEMO = Path(__file__).parent / "kept_demo.py"
pytestmark = [pytest.mark.vm, pytest.mark.timeout(3000)]


def test_every_verdict_of_the_experiment_is_as_ec2_does_it(tmp_path: Path) -> None:
    verdicts = tmp_path / "verdicts.json"
    ended = subprocess.run(
        [sys.executable, str(_KEPT_DEMO), str(tmp_path / "demo"), "--json", str(verdicts)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=2900,
        check=False,
    )
    assert verdicts.exists(), ended.stdout[-5000:] + ended.stderr[-5000:]
    told = json.loads(verdicts.read_text())
    failed = [verdict for verdict in told["verdicts"] if not verdict["holds"]]
    assert failed == [], ended.stdout[-5000:]
    assert {verdict["point"] for verdict in told["verdicts"]} == {"1", "2", "3", "4", "5", "6", "7", "8"}
    assert ended.returncode == 0, ended.stdout[-5000:] + ended.stderr[-5000:]
