"""`kill -9` at any moment: what was answered is there afterwards, what was begun comes to its end.

Simulated guests end with the server's process, as they would with their host: so instances that ran are recovered,
as EC2 recovers them from a failed host, and each such boot says so.
"""

import itertools
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionError, HTTPClientError
from botocore.parsers import ResponseParserError
from cloud_process import CloudProcess, Sdk
from waiting import NotYet, eventually

pytestmark = [pytest.mark.clients, pytest.mark.timeout(300)]

_SEED, _KILLS = 2026, 10
_SETTLED = 60  # seconds that everything may take to come to rest


@dataclass
class _Answered:
    """What the cloud has promised."""

    launched: list[str] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    """Instance → the value of its tag `turn`; only one caller sets it."""
    asked_tags: dict[str, set[str]] = field(default_factory=dict)
    """Instance → the values asked for since, which may have been written without an answer."""
    images: dict[str, str] = field(default_factory=dict)
    stopped: set[str] = field(default_factory=set)
    tokens: dict[str, str | None] = field(default_factory=dict)
    """ClientToken → the instance that was answered; None where the answer was lost."""


class _Caller:
    """Asks for this and that, until the server is gone."""

    def __init__(self, ec2: Any, image: str, answered: _Answered, seed: int) -> None:
        self._ec2 = ec2
        self._image = image
        self._answered = answered
        self._chance = random.Random(seed)
        self._names = (f"{seed}-{turn}" for turn in range(1_000_000))

    def until_it_is_gone(self, killer: threading.Thread, patience: int) -> None:
        """Ask until a connection fails: that request had no answer, and may or may not have happened.

        The killer is let loose after so many requests.
        """
        for asked in itertools.count():
            if asked == patience:
                killer.start()
            try:
                self._ask(next(self._names))
            except (ConnectionError, HTTPClientError, ResponseParserError):  # the last: killed while it answered
                return
            except ClientError as refused:
                assert refused.response["ResponseMetadata"]["HTTPStatusCode"] < 500, refused

    def _ask(self, name: str) -> None:
        choice = self._chance.randrange(6) if len(self._answered.launched) < 12 else self._chance.randrange(2, 6)
        if choice < 2 or not self._answered.launched:
            self._answered.tokens[name] = None
            launched = self._ec2.run_instances(ImageId=self._image, MinCount=1, MaxCount=1, ClientToken=name)
            self._answered.tokens[name] = launched["Instances"][0]["InstanceId"]
            self._answered.launched.append(launched["Instances"][0]["InstanceId"])
            return
        instance = self._chance.choice(self._answered.launched)
        match choice:
            case 2 | 3:
                self._answered.asked_tags.setdefault(instance, set()).add(name)
                self._ec2.create_tags(Resources=[instance], Tags=[{"Key": "turn", "Value": name}])
                self._answered.tags[instance] = name
                self._answered.asked_tags[instance].clear()
            case 4:
                if len(self._answered.images) < 12:
                    made = self._ec2.create_image(InstanceId=instance, Name=name, NoReboot=bool(len(name) % 2))
                    self._answered.images[made["ImageId"]] = name
            case 5:
                self._ec2.stop_instances(InstanceIds=[instance])
                self._answered.stopped.add(instance)


@pytest.mark.every_run
def test_a_kill_at_any_moment_loses_no_answered_request(
    tmp_path: Path, waiters: Path, record_property: Callable[[str, object], None]
) -> None:
    chance, answered = random.Random(_SEED), _Answered()
    cloud = CloudProcess(tmp_path)
    try:
        cloud.start()
        sdk = Sdk(cloud.environment(), waiters)
        image = sdk.starting_image()
        record_property("server_kills", _KILLS)
        for kill in range(_KILLS):
            caller = _Caller(sdk.client(), image, answered, _SEED + kill)
            # The moment is the point here: wherever the server is then, in a transaction, a step or an answer.
            killer = threading.Timer(chance.uniform(0, 0.1), cloud.kill)
            try:
                caller.until_it_is_gone(killer, patience=chance.randrange(25))
            finally:
                killer.cancel()  # if it waits still
                if killer.ident is not None:
                    killer.join()
            cloud.start()
            _check(sdk.client(), answered)
        _check_that_all_comes_to_rest(sdk, answered)
        assert [line for line in cloud.logged() if line["level"] in ("error", "critical")] == []
        assert cloud.stop() == 0
    finally:
        cloud.kill()
    assert len(answered.launched) > 3 and answered.images and answered.tags and answered.stopped


def test_what_ran_when_the_server_was_killed_is_recovered(tmp_path: Path, waiters: Path) -> None:
    with CloudProcess(tmp_path) as cloud:
        sdk = Sdk(cloud.environment(), waiters)
        ec2 = sdk.client()
        launched = ec2.run_instances(ImageId=sdk.starting_image(), MinCount=2, MaxCount=2)
        runs, stops = (instance["InstanceId"] for instance in launched["Instances"])
        ec2.get_waiter("instance_status_ok").wait(InstanceIds=[runs, stops])
        ec2.stop_instances(InstanceIds=[stops])
        ec2.get_waiter("instance_stopped").wait(InstanceIds=[stops])
        before = _instances(ec2)
        cloud.kill()
        cloud.start()
        ec2.get_waiter("instance_status_ok").wait(InstanceIds=[runs])
        after = _instances(ec2)
        for same in ("State", "LaunchTime", "PublicIpAddress", "PrivateIpAddress", "BlockDeviceMappings"):
            assert after[runs][same] == before[runs][same], same
        assert after[stops] == before[stops]
        assert [boot["cause"] for boot in cloud.evidence(f"instances/{runs}/boots")["boots"]] == ["action", "recovery"]
        assert [boot["cause"] for boot in cloud.evidence(f"instances/{stops}/boots")["boots"]] == ["action"]


def _check(ec2: Any, answered: _Answered) -> None:
    """At once after a start: every answer still holds, and a lost one is whole or never was."""
    there = _instances(ec2)
    assert set(answered.launched) <= there.keys()
    for instance, value in answered.tags.items():
        found = {tag["Key"]: tag["Value"] for tag in there[instance].get("Tags", [])}
        assert found["turn"] in {value, *answered.asked_tags[instance]}
    images = {image["ImageId"]: image for image in ec2.describe_images(Owners=["self"])["Images"]}
    assert answered.images.keys() <= images.keys()
    for instance in answered.stopped:
        assert there[instance]["State"]["Name"] in ("stopping", "stopped")
    for token, promised in answered.tokens.items():
        launched = [one["InstanceId"] for one in there.values() if one.get("ClientToken") == token]
        assert launched == [promised] if promised is not None else len(launched) <= 1
    for found in there.values():
        if found["State"]["Name"] in ("running", "stopped"):
            assert len(found["BlockDeviceMappings"]) == 1


def _check_that_all_comes_to_rest(sdk: Sdk, answered: _Answered) -> None:
    """Every workflow finishes: nothing stays in between, and everything can be cleared away."""
    ec2 = sdk.client()

    def settled() -> bool:
        if moving := _moving(ec2):
            raise NotYet(f"{moving} are between two states")
        return True

    eventually(settled, within=_SETTLED)
    images = ec2.describe_images(Owners=["self"])["Images"]
    assert {image["State"] for image in images} == {"available"}
    there = _instances(ec2)
    for instance in answered.stopped:
        assert there[instance]["State"]["Name"] == "stopped"
    assert {instance["State"]["Name"] for instance in there.values()} <= {"running", "stopped"}
    ec2.terminate_instances(InstanceIds=list(there))
    ec2.get_waiter("instance_terminated").wait(InstanceIds=list(there))
    assert ec2.describe_volumes()["Volumes"] == []
    for made in answered.images:
        ec2.deregister_image(ImageId=made, DeleteAssociatedSnapshots=True)


def _moving(ec2: Any) -> list[str]:
    instances = [id for id, one in _instances(ec2).items() if one["State"]["Name"] not in ("running", "stopped")]
    images = [
        image["ImageId"] for image in ec2.describe_images(Owners=["self"])["Images"] if image["State"] == "pending"
    ]
    return [*instances, *images]


def _instances(ec2: Any) -> dict[str, dict[str, Any]]:
    reservations = ec2.describe_instances()["Reservations"]
    return {one["InstanceId"]: one for reservation in reservations for one in reservation["Instances"]}
