"""Many callers at once, each acting without regard to the others: there are refusals, and nothing else goes wrong."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError
from cloud_process import Sdk

pytestmark = pytest.mark.clients

_THREADS, _CALLS = 8, 28
_EXPECTED = {
    "IncorrectInstanceState",  # somebody else's stop or start came first
    "InvalidParameterValue",  # an image of an instance that somebody terminated
    "InvalidAMIID.NotFound",
    "InvalidAMIID.Unavailable",
    "InvalidSnapshot.NotFound",
    "InvalidSnapshot.InUse",
    "InvalidInstanceID.NotFound",
    "OperationNotPermitted",
}


class _Crowd:
    """What eight people do to the same few instances, without asking each other. Seeded, but for their timing."""

    def __init__(self, sdk: Sdk, image: str) -> None:
        self._sdk = sdk
        self._image = image
        self._lock = threading.Lock()
        self.instances: list[str] = []
        self.images: list[str] = []
        self.refused: list[str] = []

    def person(self, number: int) -> int:
        """Act for a while; give the number of calls that were granted."""
        chance, ec2, granted = random.Random(number), self._sdk.client(), 0
        for turn in range(_CALLS):
            with self._lock:
                instance = chance.choice(self.instances)
                image = chance.choice(self.images) if self.images else self._image
            try:
                self._act(chance.randrange(13), ec2, instance, image, f"{number}-{turn}")
                granted += 1
            except ClientError as refused:
                assert refused.response["ResponseMetadata"]["HTTPStatusCode"] < 500, refused
                self.refused.append(refused.response["Error"]["Code"])
        return granted

    def _act(self, choice: int, ec2: Any, instance: str, image: str, name: str) -> None:
        match choice:
            case 0:
                made = ec2.run_instances(ImageId=self._image, MinCount=1, MaxCount=2, ClientToken=name)
                with self._lock:
                    self.instances += [one["InstanceId"] for one in made["Instances"]]
            case 1:
                ec2.stop_instances(InstanceIds=[instance], Force=True)
            case 2 | 3:
                ec2.start_instances(InstanceIds=[instance])
            case 4:
                ec2.reboot_instances(InstanceIds=[instance])
            case 5:
                made = ec2.create_image(InstanceId=instance, Name=f"crowd-{name}", NoReboot=name.endswith("1"))
                with self._lock:
                    self.images.append(made["ImageId"])
            case 6 if image != self._image:
                ec2.deregister_image(ImageId=image, DeleteAssociatedSnapshots=True)
            case 7:
                ec2.create_tags(Resources=[instance, image], Tags=[{"Key": "who", "Value": name}])
            case 8:
                ec2.modify_instance_attribute(InstanceId=instance, DisableApiStop={"Value": name.endswith("3")})
            case 9:
                ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)
            case 10 if name.endswith("7"):
                ec2.terminate_instances(InstanceIds=[instance])
            case 11:
                ec2.describe_images(Owners=["self"])
                ec2.describe_volumes(Filters=[{"Name": "attachment.instance-id", "Values": [instance]}])
            case _:
                ec2.describe_instances()
                ec2.describe_instance_status(IncludeAllInstances=True)


@pytest.mark.timeout(300)
def test_a_crowd_meets_refusals_and_no_error_of_ours(sdk: Sdk) -> None:
    ec2 = sdk.client()
    image = sdk.starting_image()
    crowd = _Crowd(sdk, image)
    first = ec2.run_instances(ImageId=image, MinCount=6, MaxCount=6)
    crowd.instances += [instance["InstanceId"] for instance in first["Instances"]]
    with ThreadPoolExecutor(_THREADS) as people:
        granted = sum(people.map(crowd.person, range(_THREADS)))
    assert granted > _THREADS * _CALLS / 2
    assert set(crowd.refused) <= _EXPECTED
    ids = [i["InstanceId"] for r in ec2.describe_instances()["Reservations"] for i in r["Instances"]]
    living = [{"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped"]}]
    for reservation in ec2.describe_instances(Filters=living)["Reservations"]:
        for instance in reservation["Instances"]:
            ec2.modify_instance_attribute(InstanceId=instance["InstanceId"], DisableApiStop={"Value": False})
    ec2.terminate_instances(InstanceIds=ids)
    ec2.get_waiter("instance_terminated").wait(InstanceIds=ids)
    assert ec2.describe_volumes()["Volumes"] == []
    images = ec2.describe_images(Owners=["self"])["Images"]
    assert {made["State"] for made in images} <= {"available", "failed"}
