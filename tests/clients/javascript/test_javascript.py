"""The SDK for JavaScript v3, under the Node.js that the console is built with: it waits, pages and reads dates."""

from collections.abc import Callable
from pathlib import Path

import pytest
from other_clients import OtherClient

pytestmark = pytest.mark.clients


def test_the_sdk_for_javascript_launches_waits_pages_and_is_refused(other_client: Callable[[str], OtherClient]) -> None:
    told = other_client("javascript").node(Path(__file__).with_name("in_javascript.mjs"))
    waits = ("running", "ok", "image", "snapshot", "volume", "attached", "deleted", "stopped", "terminated")
    assert {wait: told.pop(wait) for wait in waits} == dict.fromkeys(waits, "SUCCESS")
    assert told == {
        "images": ["debian-12-amd64-simulated"],
        "launchedAt": True,
        "pages": [5, 2],
        "paged": True,
        "memory": 1024,
        "once": True,
        "unknown": ["InvalidInstanceID.NotFound", True, 400],
        "dryRun": ["DryRunOperation", True, 412],
    }
