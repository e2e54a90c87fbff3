"""Floods of requests that nobody signed: what they cost the others, and the server."""

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cloud_process import CloudProcess, Sdk

pytestmark = pytest.mark.clients

FLOOD = Path(__file__).parents[2] / "benchmarks" / "flood.py"
CALLERS = 64
ANSWERS = 100, 100  # at once, and in each second from then on
TIMES = 8  # what the others' calls may take of their time without a flood: without turns it is 17 times and more


@contextmanager
def flooded(cloud: CloudProcess, kind: str, key: str) -> Iterator[None]:
    """The cloud while callers of `benchmarks/flood.py` send what it answers with a refusal, as fast as it lets them."""
    command: list[str | Path] = [sys.executable, FLOOD, kind, str(cloud.port), str(CALLERS), key]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as flood:
        assert flood.stdout is not None and flood.stdout.readline() == "ready\n"
        try:
            yield
        finally:
            flood.communicate(timeout=60)


def told_to_strangers(cloud: CloudProcess) -> int:
    """How many answers went to callers whom nobody knows."""
    return sum(
        line["event"] == "a WebSocket was refused"
        or (line["event"] == "answered" and (line["status"] >= 400 or line["call"].startswith("/console/")))
        for line in cloud.logged()
    )


def memory(cloud: CloudProcess) -> int:
    assert cloud.process is not None
    pages = Path(f"/proc/{cloud.process.pid}/statm").read_text().split()[1]
    return int(pages)


def calls(sdk: Sdk, seconds: float) -> list[float]:
    """How long calls take that somebody signed, one after another for so many seconds."""
    ec2, took, until = sdk.client(), list[float](), time.monotonic() + seconds
    ec2.describe_instances()  # it connects, and reads its model
    while (begun := time.monotonic()) < until or len(took) < 3:
        ec2.describe_instances()
        took.append(time.monotonic() - begun)
    return took


@pytest.mark.parametrize("kind", ["unsigned", "wrong", "small", "page", "live"])
def test_a_flood_that_nobody_signed_leaves_the_others_their_time(cloud: CloudProcess, sdk: Sdk, kind: str) -> None:
    key = cloud.environment()["AWS_ACCESS_KEY_ID"]
    before, weighed, quiet = told_to_strangers(cloud), memory(cloud), calls(sdk, 0.7)
    begun = time.monotonic()
    with flooded(cloud, kind, key):
        during = calls(sdk, 2.0)
        weighs = memory(cloud)
    lasted = time.monotonic() - begun
    quiet += calls(sdk, 0.7)
    assert statistics.median(during) < TIMES * statistics.median(quiet)
    assert weighs < 1.5 * weighed
    waited = CALLERS  # those that waited when the flood ended are answered too, or gone
    assert 0 < told_to_strangers(cloud) - before < ANSWERS[0] + ANSWERS[1] * (lasted + 2) + waited
