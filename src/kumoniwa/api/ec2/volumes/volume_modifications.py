"""DescribeVolumesModifications."""

from collections.abc import Sequence

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import VOLUME
from kumoniwa.api.ec2.volumes.modify_volume import modification_output
from kumoniwa.api.filters import Values, present, truth
from kumoniwa.api.listing import page
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
    "originalMultiAttachEnabled": lambda _: truth(False),
    "start-time": lambda one: (precise(one.started_at),),
    "target-iops": lambda one: present(one.target_iops),
    "target-size": lambda one: (str(one.target_size_gib),),
    "target-volume-type": lambda one: (one.target_volume_type,),
    "targetMultiAttachEnabled": lambda _: truth(False),
    "volume-id": lambda one: (one.volume_id,),
}


@action("DescribeVolumesModifications")
async def describe_volumes_modifications(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The latest modification of each volume that had one. A volume that is named must have had one."""
    ids: Sequence[str] | None = parameters.get("VolumeIds") or None
    VOLUME.check_form(ids or ())

    def read(connection: Connection) -> list[VolumeModification]:
        found = volume_modifications.in_scope(connection, call.scope, ids)
        if ids is not None:
            there = volumes.in_scope(connection, call.scope, ids)
            VOLUME.check_all_found(ids, {volume.id for volume in there})
            modified = {one.volume_id for one in found}
            for volume_id in ids:
                if volume_id not in modified:
                    raise Ec2Error(
                        "InvalidVolumeModification.NotFound",
                        f"Modification for volume '{volume_id}' does not exist.",
                    )
        return found

    found, token = page(
        call,
        parameters,
        await cloud.read(read),
        filters=_FILTERS,
        key=lambda one: f"{precise(one.started_at)} {one.volume_id}",
        limits=(5, 500),
    )
    return {"VolumesModifications": [modification_output(one) for one in found], "NextToken": token}
