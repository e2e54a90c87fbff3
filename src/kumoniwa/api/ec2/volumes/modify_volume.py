"""ModifyVolume: what is checked and promised; `workflows/stories/volumes/modify_volume.py` does it."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud, origin
from kumoniwa.api.ec2.kinds import VOLUME
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.ec2.volumes.volume_types import check_bootable, check_multi_attach, checked_volume
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import Ec2Error, IncorrectState, InvalidParameterCombination, InvalidParameterValue
from kumoniwa.ids import new_id
from kumoniwa.model.volumes import Attachment, ModificationState, Volume, VolumeModification, VolumeState
from kumoniwa.placement.disk_room import NEW_LAYER_BYTES, check_room
from kumoniwa.store import volume_modifications, volumes
from kumoniwa.workflows.stories.volumes.modify_volume import modify_volume as modify_volume_story
from kumoniwa.workflows.story import submit

# EC2 since January 2026: four in any 24 hours, each when its predecessor is completed; until then, one in six hours.
MOST_MODIFICATIONS = 4
_WITHIN = timedelta(hours=24)

_CHANGES = ("Size", "VolumeType", "Iops", "Throughput", "MultiAttachEnabled")
_MODIFIABLE = (VolumeState.AVAILABLE, VolumeState.IN_USE)
_UNDER_WAY = (ModificationState.MODIFYING, ModificationState.OPTIMIZING)
_DEFAULT_IOPS = 3000  # of io1, io2 and gp3, when a volume is changed to one of these


def modification_output(modification: VolumeModification) -> dict[str, Any]:
    """A modification under EC2's member names."""
    return {
        "EndTime": modification.ended_at,
        "ModificationState": str(modification.state),
        "OriginalIops": modification.original_iops,
        "OriginalMultiAttachEnabled": modification.original_multi_attach,
        "OriginalSize": modification.original_size_gib,
        "OriginalThroughput": modification.original_throughput,
        "OriginalVolumeType": modification.original_volume_type,
        "Progress": modification.progress,
        "StartTime": modification.started_at,
        "StatusMessage": modification.status_message,
        "TargetIops": modification.target_iops,
        "TargetMultiAttachEnabled": modification.target_multi_attach,
        "TargetSize": modification.target_size_gib,
        "TargetThroughput": modification.target_throughput,
        "TargetVolumeType": modification.target_volume_type,
        "VolumeId": modification.volume_id,
    }


@action(
    "ModifyVolume",
    depth=Depth.PARTLY,
    missing="Iops and Throughput are checked, stored and shown. A volume is as fast as the host lets it be.",
)
async def modify_volume(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Make a volume larger, or of another type or performance, whether or not a guest uses it."""
    if all(parameters.get(name) is None for name in _CHANGES):
        raise InvalidParameterCombination("No volume modifications were specified: size, volumeType, iops, throughput")
    host = await cloud.world.driver.capacity()

    def modify(connection: Connection) -> Answer:
        volume = named(connection, call.scope, VOLUME, parameters["VolumeId"])
        _check_modifiable(connection, call, volume)
        modification = _modification(call, volume, parameters)
        attachment = volumes.attachment_of(connection, [volume.id]).get(volume.id)
        _check_multi_attach(volume, attachment, modification)
        check_room(host, NEW_LAYER_BYTES)
        volume_modifications.put(connection, modification)
        if attachment is not None and attachment.position == 0:
            check_bootable(modification.target_volume_type)
        instance_id = None if attachment is None else attachment.instance_id
        submit(
            connection,
            modify_volume_story,
            origin(call),
            volume_id=volume.id,
            layer_id=new_id("layer"),
            instance_id=instance_id,
        )
        return {"VolumeModification": modification_output(modification)}

    return await cloud.change(call, modify)


def _check_modifiable(connection: Connection, call: Call, volume: Volume) -> None:
    """Raises EC2's refusals."""
    if volume.state not in _MODIFIABLE:
        raise IncorrectState(f"Volume '{volume.id}' is in the '{volume.state}' state.")
    last = volume_modifications.get(connection, volume.id)
    if last is not None and last.state in _UNDER_WAY:
        raise Ec2Error(
            "IncorrectModificationState",
            f"Volume {volume.id} cannot be modified in modification state {last.state.upper()}",
        )
    if (
        volume_modifications.count_since(connection, modify_volume_story.kind, volume.id, call.at - _WITHIN)
        >= MOST_MODIFICATIONS
    ):
        raise Ec2Error(
            "VolumeModificationRateExceeded",
            "You've reached the maximum modification rate per volume limit. "
            f"A volume can be modified {MOST_MODIFICATIONS} times within 24 hours.",
        )


def _modification(call: Call, volume: Volume, parameters: Parameters) -> VolumeModification:
    """What the volume is to become. Raises EC2's refusals."""
    size = _or(parameters.get("Size"), volume.size_gib)
    if size < volume.size_gib:
        raise InvalidParameterValue("New size cannot be smaller than existing size")
    volume_type = _or(parameters.get("VolumeType"), volume.volume_type)
    iops, throughput = parameters.get("Iops"), parameters.get("Throughput")
    if volume_type != volume.volume_type:
        iops = _DEFAULT_IOPS if iops is None and volume_type in ("io1", "io2", "gp3") else iops
    elif volume_type != "gp2":  # whose operations go by its size
        iops, throughput = _or(iops, volume.iops), _or(throughput, volume.throughput)
    target_iops, target_throughput = checked_volume(volume_type, size, iops, throughput)
    multi_attach = _or(parameters.get("MultiAttachEnabled"), volume.multi_attach)
    return VolumeModification(
        volume_id=volume.id,
        state=ModificationState.MODIFYING,
        progress=0,
        started_at=call.at,
        original_size_gib=volume.size_gib,
        original_volume_type=volume.volume_type,
        target_size_gib=size,
        target_volume_type=volume_type,
        original_iops=volume.iops,
        original_throughput=volume.throughput,
        target_iops=target_iops,
        target_throughput=target_throughput,
        original_multi_attach=volume.multi_attach,
        target_multi_attach=multi_attach,
    )


def _check_multi_attach(volume: Volume, attachment: Attachment | None, to_be: VolumeModification) -> None:
    """Raises the refusals of what Multi-Attach does not allow after a volume's creation.

    What is refused is the EBS user guide's table of modifications of Multi-Attach enabled volumes; codes and words are
    an inference.
    """
    now, then = volume.multi_attach, to_be.target_multi_attach
    if then:
        check_multi_attach(to_be.target_volume_type)
    if now and volume.volume_type == "io1":
        raise InvalidParameterCombination(
            f"Volume '{volume.id}' is a Multi-Attach enabled io1 volume: it cannot be modified."
        )
    if now and to_be.target_volume_type != volume.volume_type:
        raise InvalidParameterCombination(
            f"The type of the Multi-Attach enabled volume '{volume.id}' cannot be modified."
        )
    if then and not now and "io1" in (volume.volume_type, to_be.target_volume_type):
        raise InvalidParameterCombination("Multi-Attach cannot be enabled for io1 volumes after creation.")
    if then and not now and attachment is not None:
        raise IncorrectState(f"Volume '{volume.id}' is attached: Multi-Attach can be enabled of volumes that are not.")


def _or(asked: Any, present: Any) -> Any:
    return present if asked is None else asked
