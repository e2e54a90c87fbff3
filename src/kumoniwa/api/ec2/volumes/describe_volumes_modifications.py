"""DescribeVolumesModifications."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import VOLUME
from kumoniwa.api.ec2.volumes.modify_volume import modification_output
from kumoniwa.api.filters import Values, present, truth
from kumoniwa.api.listing import Asked, Listing
from kumoniwa.api.registry import action
from kumoniwa.clock import precise
from kumoniwa.errors import Ec2Error
from kumoniwa.model.volumes import VolumeModification
from kumoniwa.store import volume_modifications, volumes

_FILTERS: dict[str, Values[VolumeModification]] = {
    "modification-state": lambda one: (one.state,),
    "original-iops": lambda one: present(one.original_iops),
    "original-size": lambda one: (str(one.original_size_gib),),
    "original-volume-type": lambda one: (one.original_volume_type,),
    "originalMultiAttachEnabled": lambda one: truth(one.original_multi_attach),
    "start-time": lambda one: (precise(one.started_at),),
    "target-iops": lambda one: present(one.target_iops),
    "target-size": lambda one: (str(one.target_size_gib),),
    "target-volume-type": lambda one: (one.target_volume_type,),
    "targetMultiAttachEnabled": lambda one: truth(one.target_multi_attach),
    "volume-id": lambda one: (one.volume_id,),
}


def _read(connection: Connection, asked: Asked) -> list[VolumeModification]:
    found = volume_modifications.in_scope(connection, asked.call.scope, asked.ids)
    if asked.ids is not None:
        existing = {volume.id for volume in volumes.in_scope(connection, asked.call.scope, asked.ids)}
        VOLUME.check_all_found(asked.ids, existing)
        modified = {modification.volume_id for modification in found}
        for volume_id in asked.ids:
            if volume_id not in modified:
                raise Ec2Error(
                    "InvalidVolumeModification.NotFound", f"Modification for volume '{volume_id}' does not exist."
                )
    return found


_MODIFICATIONS = Listing(
    member="VolumesModifications",
    kind=VOLUME,
    ids="VolumeIds",
    read=_read,
    read_checks_ids=True,
    row=lambda modification, _: modification_output(modification),
    key=lambda modification: f"{precise(modification.started_at)} {modification.volume_id}",
    filters=_FILTERS,
    limits=(5, 500),
)


@action("DescribeVolumesModifications")
async def describe_volumes_modifications(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The latest modification of each volume that had one. A volume that is named must have had one."""
    return await _MODIFICATIONS.answer(cloud, call, parameters)
