"""What the commands that speak with a running cloud do, and what they print."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kumoniwa.client import hibernations, timeline
from kumoniwa.client.access import find_cloud
from kumoniwa.client.boots import read_boots
from kumoniwa.client.cloud import CloudClient
from kumoniwa.client.fast_launch import enable_fast_launch
from kumoniwa.client.images import NewImage, image_named, import_image, own_images
from kumoniwa.client.interrupt import run_interruptible
from kumoniwa.client.ssh import await_ssh, check_instance_id, remembered_host_keys, ssh_command, ssh_endpoint
from kumoniwa.client.terminal import OnProgress, progress, remark, say, show, table
from kumoniwa.config import inherited_environment
from kumoniwa.guest_image import debian12
from kumoniwa.run import replace_with

_SSH_WITHIN = 180.0  # seconds; an emulated guest's first boot takes about a minute


def build_debian(data_dir: Path, *, fast: bool = False, as_json: bool) -> None:
    """Build Debian 12's disk where the cache has none of today's recipe, and make an AMI of it in the running cloud;
    with `fast` launch where that is asked for. Raises `CommandFailed`."""
    cloud = CloudClient(find_cloud(data_dir))
    disk = _built_disk()
    image_id, made = _ensure_debian_registered(cloud, disk)
    if fast:
        with progress("Preparing for fast launch") as on_progress:
            enable_fast_launch(cloud, image_id, on_progress)
    _tell_image(image_id, as_json=as_json)
    if not made:
        remark(f"{image_id} existed already")


def build_debian_disk(*, as_json: bool) -> None:
    """Build Debian 12's disk where the cache has none of today's recipe, and print where it is."""
    disk = _built_disk()
    say(json.dumps({"Disk": str(disk)}) if as_json else str(disk))


def import_disk(data_dir: Path, disk: Path, image: NewImage, *, as_json: bool) -> None:
    """Make an AMI of a raw or qcow2 disk."""
    cloud = CloudClient(find_cloud(data_dir))
    with progress(f"Importing {disk.name}") as on_progress:
        image_id = import_image(cloud, disk, image, on_progress)
    _tell_image(image_id, as_json=as_json)


def list_images(data_dir: Path, *, as_json: bool) -> None:
    """The account's AMIs, and how each was cut, which EC2 does not tell."""
    cloud = CloudClient(find_cloud(data_dir))
    images = [(image, cloud.evidence(f"images/{image['ImageId']}")) for image in own_images(cloud)]
    if as_json:
        say(json.dumps([_image_as_data(image, report) for image, report in images], indent=2))
    elif not images:
        say("No AMI yet. Make one: kumoniwa ami build debian-12")
    else:
        columns = ("image", "name", "state", "created", "cut", "of")
        show(table(columns, [_image_row(image, report) for image, report in images]))


def open_ssh(data_dir: Path, instance_id: str, *, key: Path | None, user: str, command: tuple[str, ...]) -> None:
    """Become ssh, connected to an instance; does not return."""
    cloud = CloudClient(find_cloud(data_dir))
    endpoint = ssh_endpoint(cloud, instance_id)
    with progress(f"SSH of {instance_id}") as on_progress:
        await_ssh(endpoint, within=_SSH_WITHIN, on_wait=lambda: on_progress("waiting until it answers", 0))
    options = remembered_host_keys(data_dir, cloud.instance(instance_id))
    argv = ssh_command(endpoint, user=user, key=key, options=options)
    replace_with([*argv, *command], inherited_environment())


def print_timeline(data_dir: Path, instance_id: str, *, as_json: bool) -> None:
    """Every boot of an instance's guest, with its cause and its moments, and how long it was down in between."""
    cloud = CloudClient(find_cloud(data_dir))
    check_instance_id(instance_id)
    report = cloud.evidence(f"instances/{instance_id}/boots")
    boots = read_boots(report["boots"])
    if as_json:
        say(json.dumps({**report, "downtimes": timeline.downtimes_as_data(boots)}, indent=2))
        return
    if not boots:
        say(f"{instance_id} has not booted yet.")
        return
    show(table(timeline.COLUMNS, timeline.rows(boots), title=f"Boots of {instance_id} (UTC)"))
    if down := timeline.down_rows(boots):
        say("")
        show(table(timeline.DOWN_COLUMNS, down, title="Down in between"))
    for sentence in timeline.cold_boots(boots):
        say(sentence)
    if told := report.get("hibernations"):
        say("")
        show(table(hibernations.COLUMNS, hibernations.rows(told), title="Hibernations"))


async def debian_image(cloud: CloudClient, on_progress: OnProgress) -> str:
    """The id of the cloud's Debian 12 AMI; its disk is built and registered where it is missing."""
    disk = await debian12.ensure_built(on_progress)
    image_id, _ = await asyncio.to_thread(_ensure_debian_registered, cloud, disk)
    return image_id


def _built_disk() -> Path:
    with progress("Building Debian 12") as on_progress:
        return run_interruptible(debian12.ensure_built(on_progress))


def _ensure_debian_registered(cloud: CloudClient, disk: Path) -> tuple[str, bool]:
    """The id of the AMI of that disk, and whether it is new."""
    image = _debian(disk)
    if (there := image_named(cloud, image.name)) is not None:
        return there, False
    with progress("Making the AMI") as on_progress:
        return import_image(cloud, disk, image, on_progress), True


def _debian(disk: Path) -> NewImage:
    """Named as Debian names its own AMIs: what it is, the day it was built, which build it is."""
    built = datetime.fromtimestamp(disk.stat().st_mtime, UTC)
    name = f"debian-12-amd64-{built:%Y%m%d}-{debian12.recipe_fingerprint()[:8]}"
    return NewImage(
        name=name,
        description=f"Debian 12 (bookworm), amd64, built {built:%Y-%m-%d} from Debian's packages; user admin",
        tags=(("Name", name), ("kumoniwa:recipe", debian12.recipe_fingerprint())),
    )


def _tell_image(image_id: str, *, as_json: bool) -> None:
    say(json.dumps({"ImageId": image_id}) if as_json else image_id)


def _image_as_data(image: dict[str, Any], report: dict[str, Any]) -> dict[str, Any]:
    keys = ("ImageId", "Name", "State", "CreationDate", "Description", "SourceInstanceId")
    cut = {"Consistency": report.get("consistency"), "ConsistencyDetail": report.get("detail")}
    return {key: image.get(key) for key in keys} | cut


def _image_row(image: dict[str, Any], report: dict[str, Any]) -> tuple[str, ...]:
    return (
        image["ImageId"],
        image.get("Name", ""),
        image["State"],
        image["CreationDate"],
        report.get("consistency") or "",
        image.get("SourceInstanceId", ""),
    )


def interrupt_spot(data_dir: Path, instance_id: str, *, as_json: bool) -> None:
    """Give a Spot Instance its interruption notice, and say what happens to it, and when."""
    said = CloudClient(find_cloud(data_dir)).evidence(f"instances/{instance_id}/spot-interruption", method="POST")
    if as_json:
        say(json.dumps(said, indent=2))
        return
    verb = "stopped" if said["action"] == "stop" else "terminated"
    say(f"{instance_id} has its notice: it is {verb} at {said['time']}.")
