"""A disk becomes an AMI, through the public API: ImportSnapshot, then RegisterImage."""

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kumoniwa.client.access import CommandFailed
from kumoniwa.client.cloud import CloudClient
from kumoniwa.config import IMPORTS
from kumoniwa.model.images import IMAGE_NAME
from kumoniwa.values import dataclass

_QCOW2 = b"QFI\xfb"
_POLL = 0.5  # seconds; EC2 has no call that waits
ROOT_DEVICE = "/dev/xvda"

OnProgress = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class NewImage:
    """What an AMI is to be called, and its description."""

    name: str
    description: str = ""
    architecture: str = "x86_64"
    tags: tuple[tuple[str, str], ...] = ()
    boot_mode: str | None = None
    """What its instances boot by: `legacy-bios`, `uefi`, `uefi-preferred`; None says nothing, as legacy-bios does."""


def image_named(cloud: CloudClient, name: str) -> str | None:
    """The id of the account's image of that name."""
    found = cloud.pages("DescribeImages", "Images", Owners=["self"], Filters=[{"Name": "name", "Values": [name]}])
    return found[0]["ImageId"] if found else None


def own_images(cloud: CloudClient) -> list[dict[str, Any]]:
    """The account's images, oldest first."""
    return sorted(cloud.pages("DescribeImages", "Images", Owners=["self"]), key=lambda image: image["CreationDate"])


def disk_format(disk: Path) -> str:
    """`QCOW2` or `RAW`, from the file's first bytes; `CommandFailed` for a file that cannot be a disk."""
    try:
        with disk.open("rb") as opened:
            start = opened.read(512)
    except OSError as refused:
        raise CommandFailed(
            f"{disk} cannot be read: {refused.strerror}.", way_out="Name a file that this user may read."
        ) from None
    if len(start) < 512:
        raise CommandFailed(f"{disk} is too small to be a disk.", way_out="Name a raw or a qcow2 disk.")
    return "QCOW2" if start.startswith(_QCOW2) else "RAW"


def import_image(cloud: CloudClient, disk: Path, image: NewImage, on_progress: OnProgress) -> str:
    """Import a raw or qcow2 disk and register it; gives the image id.

    `on_progress` is called with what happens now and how far that is, in percent.
    """
    _check_name(image.name)
    if (there := image_named(cloud, image.name)) is not None:  # before gigabytes are copied
        raise CommandFailed(f"There is an AMI of that name already: {there}.", way_out="Choose another name.")
    format = disk_format(disk)
    with handed_over(cloud.access.data_dir, disk) as link:
        container = {"Format": format, "Url": link.as_uri(), "Description": image.description}
        task = cloud.call("ImportSnapshot", Description=image.name, DiskContainer=container)["ImportTaskId"]
    snapshot_id = _imported(cloud, task, on_progress)
    on_progress("registering the image", 100)
    parameters: dict[str, Any] = {
        "Name": image.name,
        "Architecture": image.architecture,
        "RootDeviceName": ROOT_DEVICE,
        "BlockDeviceMappings": [
            {
                "DeviceName": ROOT_DEVICE,
                "Ebs": {"SnapshotId": snapshot_id, "VolumeType": "gp3", "DeleteOnTermination": True},
            }
        ],
        "EnaSupport": True,
        "VirtualizationType": "hvm",
    }
    if image.boot_mode is not None:
        parameters["BootMode"] = image.boot_mode
    if image.description:
        parameters["Description"] = image.description
    if image.tags:
        tags = [{"Key": key, "Value": value} for key, value in image.tags]
        parameters["TagSpecifications"] = [{"ResourceType": "image", "Tags": tags}]
    try:
        image_id: str = cloud.call("RegisterImage", **parameters)["ImageId"]
    except CommandFailed:
        cloud.call("DeleteSnapshot", SnapshotId=snapshot_id)
        raise
    return image_id


@contextmanager
def handed_over(data_dir: Path, disk: Path) -> Iterator[Path]:
    """A link to the disk from the folder that the cloud imports from, as long as the block runs.

    Only the owner of the cloud's data folder can make one. The server notes what it leads to when it is asked.
    """
    link = data_dir.resolve() / IMPORTS / f"{secrets.token_hex(8)}-{disk.name[-200:]}"
    try:
        link.parent.mkdir(exist_ok=True, mode=0o700)
        link.symlink_to(disk.resolve())
    except OSError as refused:
        raise CommandFailed(
            f"{disk} cannot be handed over in {link.parent}: {refused.strerror}.",
            way_out="Run this as the user who runs the cloud.",
        ) from None
    try:
        yield link
    finally:
        link.unlink(missing_ok=True)


def _check_name(name: str) -> None:
    """Raises `CommandFailed` for a name that no image can have: before gigabytes are copied, not after."""
    if IMAGE_NAME.fullmatch(name) is None:
        raise CommandFailed(
            f"An AMI cannot be called {name!r}.",
            way_out="A name has 3 to 128 of letters, digits, spaces and ()[]./-'@_.",
        )


def _imported(cloud: CloudClient, task: str, on_progress: OnProgress) -> str:
    """Wait until an import task has made its snapshot; gives its id."""
    while True:
        answer = cloud.call("DescribeImportSnapshotTasks", ImportTaskIds=[task])
        detail = answer["ImportSnapshotTasks"][0]["SnapshotTaskDetail"]
        status = detail.get("Status", "active")
        if status == "completed":
            return str(detail["SnapshotId"])
        if status in ("deleting", "deleted", "error"):
            raise CommandFailed(
                f"The disk could not be imported: {detail.get('StatusMessage') or status}",
                way_out="Import it again once that is mended.",
            )
        on_progress("importing the disk", int(detail.get("Progress") or 0))
        time.sleep(_POLL)
