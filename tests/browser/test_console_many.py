"""The console with a hundred instances: pages show them, follow changes from outside, and do not read without end.

`benchmarks/console.py` has a thousand, and takes the time.
"""

import json
import threading
import time
from functools import partial
from itertools import cycle
from typing import Any

import pytest
from cloud_process import CloudProcess, Sdk
from console_browser import Person
from playwright.sync_api import Request, expect
from waiting import eventually

pytestmark = pytest.mark.browser

_MANY = 100
_PATIENCE = 10_000  # ms: these are about a second on a quiet machine, which benchmarks/console.py measures


@pytest.fixture(scope="module")
def instances(sdk: Sdk) -> list[str]:
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "many"}]}]
    launched = sdk.client().run_instances(
        ImageId=sdk.starting_image(), InstanceType="t3.nano", MinCount=_MANY, MaxCount=_MANY, TagSpecifications=tags
    )
    reachable = [{"Name": "instance-status.status", "Values": ["ok"]}]
    ready = partial(sdk.client().describe_instance_status, Filters=reachable)
    eventually(lambda: len(ready()["InstanceStatuses"]) == _MANY, within=120, every=1)
    return [str(one["InstanceId"]) for one in launched["Instances"]]


def asked_of(person: Person, action: str) -> list[dict[str, Any]]:
    """What the page asks of an action from now on."""
    asked: list[dict[str, Any]] = []

    def requested(request: Request) -> None:
        if request.url.endswith("/console/api/call"):
            call = json.loads(request.post_data or "{}")
            if call["action"] == action:
                asked.append(call["parameters"])

    person.page.on("request", requested)
    return asked


def test_many_instances_are_shown_and_read_at_most_once_a_second(
    cloud: CloudProcess, person: Person, sdk: Sdk, instances: list[str]
) -> None:
    person.visit(cloud.endpoint, "us-east-1")
    person.page.get_by_role("link", name="Instances").first.click()
    person.row("many").first.wait_for(timeout=_PATIENCE)
    expect(person.page.get_by_text(f"({_MANY})")).to_be_visible()
    client, reads = sdk.client(), asked_of(person, "DescribeInstances")

    client.create_tags(Resources=[instances[0]], Tags=[{"Key": "Name", "Value": "a-renamed"}])
    person.row("a-renamed").wait_for(timeout=_PATIENCE)
    assert {"Filters": [{"Name": "instance-id", "Values": [instances[0]]}]} in reads
    person.page.wait_for_timeout(1100)  # ms: nothing more is to come of it, and the next reading may be at once

    over = threading.Event()

    def rage() -> None:
        storming = sdk.client()
        for number, instance in enumerate(cycle(instances[1:])):
            if over.is_set():
                return
            storming.create_tags(Resources=[instance], Tags=[{"Key": "Name", "Value": f"storm-{number}"}])

    reads.clear()
    storm, began = threading.Thread(target=rage), time.monotonic()
    storm.start()
    for number in range(4):
        client.create_tags(Resources=[instances[0]], Tags=[{"Key": "Name", "Value": f"a-storm-{number}"}])
        person.row(f"a-storm-{number}").wait_for(timeout=_PATIENCE)
    seconds = time.monotonic() - began
    over.set()
    storm.join()
    assert 2 <= len(reads) <= seconds + 1
