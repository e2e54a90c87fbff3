"""DescribeIamInstanceProfileAssociations."""

from typing import Any

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.instances.instance_profiles import profile_output
from kumoniwa.api.ec2.kinds import PROFILE_ASSOCIATION
from kumoniwa.api.listing import Listing
from kumoniwa.api.registry import action
from kumoniwa.model.roles import ProfileAssociation
from kumoniwa.store import instance_profiles

_STATE = "associated"


def association_output(association: ProfileAssociation) -> dict[str, Any]:
    """An association under EC2's member names."""
    return {
        "AssociationId": association.id,
        "IamInstanceProfile": profile_output(association),
        "InstanceId": association.instance_id,
        "State": _STATE,
        "Timestamp": association.associated_at,
    }


_ASSOCIATIONS = Listing[ProfileAssociation](
    member="IamInstanceProfileAssociations",
    kind=PROFILE_ASSOCIATION,
    ids="AssociationIds",
    read=lambda connection, asked: instance_profiles.associations(connection, asked.call.scope, asked.ids),
    row=lambda association, _: association_output(association),
    key=lambda association: association.id,
    filters={
        "instance-id": lambda association: (association.instance_id,),
        "state": lambda _: (_STATE,),
    },
    limits=(5, 1000),
)


@action("DescribeIamInstanceProfileAssociations")
async def describe_iam_instance_profile_associations(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The instance profiles that instances of this region have."""
    return await _ASSOCIATIONS.answer(cloud, call, parameters)
