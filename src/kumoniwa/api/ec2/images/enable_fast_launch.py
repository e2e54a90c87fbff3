"""EnableFastLaunch."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.images.boot_modes import UEFI
from kumoniwa.api.ec2.images.fast_launch_output import SNAPSHOT, fast_launch_output
from kumoniwa.api.ec2.images.new_machine import machine_bytes, prepare, root_of
from kumoniwa.api.ec2.named.image_lookup import ImageUnavailable, check_made, image_named
from kumoniwa.api.ec2.named.launch_template_lookup import template_named, version_of
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import IncorrectState, InvalidParameterValue, UnsupportedOperation
from kumoniwa.model.fast_launch import ON, USER, FastLaunch, FastLaunchState, MachineState
from kumoniwa.model.images import Image, ImageState
from kumoniwa.model.instance_types import INSTANCE_TYPES, USUAL_INSTANCE_TYPE, InstanceType
from kumoniwa.model.regions import zones
from kumoniwa.model.snapshots import Snapshot
from kumoniwa.placement import guest_memory
from kumoniwa.placement.disk_room import check_room
from kumoniwa.store import fast_launch, images

LEAST_PARALLEL = 6
_DEFAULT_COUNT = 10  # the answer of the AWS CLI's own example, whose request names none


class FastLaunchNotTaken(UnsupportedOperation):
    """An image of which no machine can be prepared."""

    def __init__(self, image: str, *, way_out: str) -> None:
        super().__init__(f"Kumoniwa prepares no machine of {image}. {way_out}")


@action(
    "EnableFastLaunch",
    depth=Depth.PARTLY,
    missing="It is for Linux images, where EC2 has it for Windows alone. TargetResourceCount is how many machines are "
    "prepared of the image at most, one for each number of vCPUs and size of memory: each serves any number of "
    "launches. MaxParallelLaunches is stored and shown: machines are prepared one at a time. Images that boot by UEFI "
    "or from NVMe disks alone, those with more than a root volume, and those of encrypted snapshots are refused. Of a "
    "LaunchTemplate, the instance type counts: a machine of its size is prepared at once, in place of one for "
    "t3.micro.",
)
async def enable_fast_launch(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """From now on a machine is prepared of the image in memory, and instances are launched from that, without a boot.

    The one for the launch template's instance type, else for `t3.micro`, is prepared at once, others when they are
    first wanted. Where fast launch is on already, what was asked for is changed, and what could not be prepared is
    tried again.
    """
    target, parallel = _checked(parameters)
    host = await cloud.world.driver.capacity()

    def enable(connection: Connection) -> Answer:
        image = image_named(connection, call, parameters["ImageId"])
        check_made(image)
        root = _checked_root(connection, image)
        template, kind, vcpus = _template(connection, call, parameters.get("LaunchTemplate"))
        size = vcpus, kind.memory_mib
        asked = FastLaunch(
            image_id=image.id,
            account=image.account,
            region=image.region,
            state=FastLaunchState.ENABLING,
            reason=USER,
            changed_at=call.at,
            target_count=target,
            max_parallel=parallel,
            launch_template=template,
        )
        _enable(connection, asked)
        usable = (MachineState.READY, MachineState.PREPARING)
        there = {
            (one.vcpus, one.memory_mib): one.state
            for one in fast_launch.machines_of(connection, image.id)
            if one.state in usable
        }
        if there.get(size) is MachineState.READY:
            _move(connection, image.id, FastLaunchState.ENABLED, call)
        elif size not in there:
            check_room(host, machine_bytes(kind.memory_mib))
            if not guest_memory.can_prepare(host, connection, kind.memory_mib):
                raise guest_memory.InsufficientInstanceCapacity(kind, zones(call.region)[0].name)
            prepare(connection, call, image, root, size)
        made = fast_launch.of_image(connection, image.id)
        assert made is not None, "it was written above"
        return fast_launch_output(made)

    return await cloud.change(call, enable)


def _checked(parameters: Parameters) -> tuple[int, int]:
    """How many machines there may be, and the MaxParallelLaunches. Raises EC2's refusals."""
    kind = parameters.get("ResourceType")
    if kind not in (None, SNAPSHOT):
        raise InvalidParameterValue(
            f"Value ({kind[:200]}) for parameter resourceType is invalid. Expected: '{SNAPSHOT}'."
        )
    parallel = parameters.get("MaxParallelLaunches")
    if parallel is not None and parallel < LEAST_PARALLEL:
        raise InvalidParameterValue(
            f"Value ({parallel}) for parameter maxParallelLaunches is invalid. The value must be {LEAST_PARALLEL} or "
            "greater."
        )
    target = (parameters.get("SnapshotConfiguration") or {}).get("TargetResourceCount")
    if target is not None and target < 1:
        raise InvalidParameterValue(
            f"Value ({target}) for parameter targetResourceCount is invalid. The value must be 1 or greater."
        )
    return target or _DEFAULT_COUNT, parallel or LEAST_PARALLEL


def _template(
    connection: Connection, call: Call, said: Mapping[str, Any] | None
) -> tuple[Mapping[str, str] | None, InstanceType, int]:
    """The launch template that is named, as EC2 shows it, and the type and the processors of its instances.

    Raises EC2's refusals.
    """
    name, options, shown = USUAL_INSTANCE_TYPE, None, None
    if said is not None:
        template = template_named(connection, call.scope, said)
        data = version_of(connection, template, said["Version"]).data
        name, options = data.get("InstanceType", name), data.get("CpuOptions")
        shown = {
            "LaunchTemplateId": template.id,
            "LaunchTemplateName": template.name,
            "Version": said["Version"],
        }
    if (kind := INSTANCE_TYPES.get(name)) is None:
        raise InvalidParameterValue(f"Invalid value '{name}' for InstanceType.")
    has_processors = options is not None and options.keys() >= {"CoreCount", "ThreadsPerCore"}
    return shown, kind, kind.vcpus_with(options if has_processors else None)


def _checked_root(connection: Connection, image: Image) -> Snapshot:
    """The snapshot that the image's root volumes are made of. Raises the refusals of an image that cannot have fast
    launch."""
    if image.state is not ImageState.AVAILABLE:
        raise ImageUnavailable(f"The image id '[{image.id}]' is no longer available")
    if image.boot_mode == UEFI:
        raise FastLaunchNotTaken(
            f"an image that boots by {UEFI} alone",
            way_out="Register the image with BootMode=legacy-bios or uefi-preferred, if its disk boots so.",
        )
    if image.nvme_only:
        raise FastLaunchNotTaken(
            "an image that boots from NVMe disks alone",
            way_out="Build it anew: kumoniwa ami build makes images that boot from virtio disks too.",
        )
    devices = images.devices_of(connection, [image.id]).get(image.id, [])
    if (root := root_of(connection, image, devices)) is None:
        raise IncorrectState(f"The snapshot of the root device of '{image.id}' is not there, or not completed.")
    if root.encrypted:
        raise FastLaunchNotTaken(
            "an image of an encrypted snapshot",
            way_out="Leave it to boot: what is prepared in memory lies on the host's disk unencrypted.",
        )
    if sum(device.snapshot_id is not None for device in devices) > 1:
        raise FastLaunchNotTaken(
            "an image with more than a root volume",
            way_out="Make an image of the root volume alone: NoDevice leaves others out of CreateImage.",
        )
    return root


def _enable(connection: Connection, asked: FastLaunch) -> None:
    """Write it, over what was asked for before. Raises the refusal where that is being disabled."""
    found = fast_launch.of_image(connection, asked.image_id)
    if found is None:
        fast_launch.add(connection, asked)
        return
    if found.state not in ON:
        raise IncorrectState(
            f"Fast launch of the image '{asked.image_id}' is {found.state}: it cannot be enabled before it is disabled."
        )
    fast_launch.change(
        connection,
        asked.image_id,
        target_count=asked.target_count,
        max_parallel=asked.max_parallel,
        launch_template=asked.launch_template,
    )
    for machine in fast_launch.machines_of(connection, asked.image_id):
        if machine.state is MachineState.FAILED:
            fast_launch.remove_machine(connection, machine.id)
    if found.state is not FastLaunchState.ENABLING:
        again = [state for state in ON if state is not FastLaunchState.ENABLING]
        fast_launch.move(connection, asked.image_id, again, FastLaunchState.ENABLING, reason=USER, at=asked.changed_at)


def _move(connection: Connection, image_id: str, target: FastLaunchState, call: Call) -> None:
    fast_launch.move(connection, image_id, [FastLaunchState.ENABLING], target, reason=USER, at=call.at)
