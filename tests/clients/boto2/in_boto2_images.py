"""Backups as scripts of cron make them: an image of each instance that asks for it by a tag, the oldest ones pruned.

The day and how many images are kept come as words. An image is known by its description. One that is protected from
being deregistered goes all the same: the refusal is read, the protection lifted, and it is tried again. What was done
is printed as JSON.
"""

import json
import sys
from typing import Any

from boto.ec2.connection import EC2Connection
from boto.exception import EC2ResponseError
from in_boto2_connection import connect, wait_for

MADE_OF = "nightly backup of {}"


def main() -> None:
    day, keep = sys.argv[1], int(sys.argv[2])
    ec2, told = connect(EC2Connection), {"made": list[str](), "pruned": list[str](), "lifted": list[str]()}
    for instance in ec2.get_only_instances(filters={"tag:Backup": "yes", "instance-state-name": "running"}):
        image = ec2.create_image(
            instance.id,
            f"{instance.tags['Name']} {day}",
            description=f"{MADE_OF.format(instance.id)}, {day}",
            no_reboot=True,
        )
        wait_for(ec2.get_image(image), "available")
        told["made"].append(image)
        for old in images_of(ec2, instance.id)[keep:]:
            prune(ec2, old, told)
    print(json.dumps(told))


def images_of(ec2: Any, instance_id: str) -> list[Any]:
    """The latest one first."""
    found = ec2.get_all_images(owners=["self"], filters={"description": f"{MADE_OF.format(instance_id)}, *"})
    return sorted(found, key=lambda image: (image.creationDate, image.name), reverse=True)


def prune(ec2: Any, image: Any, told: dict[str, list[str]]) -> None:
    snapshots = [device.snapshot_id for device in image.block_device_mapping.values() if device.snapshot_id]
    try:
        image.deregister()
    except EC2ResponseError as refused:
        if refused.error_code != "OperationNotPermitted":
            raise
        ec2.get_status("DisableImageDeregistrationProtection", {"ImageId": image.id}, verb="POST")
        told["lifted"].append(image.id)
        image.deregister()
    for snapshot in snapshots:
        ec2.delete_snapshot(snapshot)
    told["pruned"].append(image.id)


main()
