"""AssociateIamInstanceProfile, ReplaceIamInstanceProfileAssociation, DisassociateIamInstanceProfile."""

from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.instances.iam_instance_profile_associations import association_output
from kumoniwa.api.ec2.instances.instance_profiles import new_association, profile_asked
from kumoniwa.api.ec2.kinds import INSTANCE, PROFILE_ASSOCIATION
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.registry import action
from kumoniwa.errors import IncorrectInstanceState, IncorrectState, MissingParameter
from kumoniwa.model.instances import InstanceState
from kumoniwa.model.roles import ProfileAssociation
from kumoniwa.store import instance_profiles, instances

_ENDING = (InstanceState.SHUTTING_DOWN, InstanceState.TERMINATED)


@action("AssociateIamInstanceProfile")
async def associate_iam_instance_profile(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Give an instance a profile: its guest finds credentials of the profile's role at once."""

    def associate(connection: Connection) -> Answer:
        instance = named(connection, call.scope, INSTANCE, parameters["InstanceId"])
        if instance.state in _ENDING:
            raise IncorrectInstanceState(f"The instance '{instance.id}' is {instance.state}, and can have no profile.")
        if instance_profiles.of_instance(connection, instance.id) is not None:
            raise IncorrectState(f"There is an existing association for instance {instance.id}")
        return _associated(connection, call, parameters, instance.id)

    return await cloud.change(call, associate)


@action("ReplaceIamInstanceProfileAssociation")
async def replace_iam_instance_profile_association(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Give an instance another profile in the place of the one that it has. The association gets another id."""

    def replace(connection: Connection) -> Answer:
        before = named(connection, call.scope, PROFILE_ASSOCIATION, parameters["AssociationId"])
        instance_profiles.disassociate(connection, before.instance_id)
        return _associated(connection, call, parameters, before.instance_id)

    return await cloud.change(call, replace)


@action("DisassociateIamInstanceProfile")
async def disassociate_iam_instance_profile(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Take its profile from an instance: its guest finds no credentials any more. Those that it has stay good."""

    def disassociate(connection: Connection) -> Answer:
        association = named(connection, call.scope, PROFILE_ASSOCIATION, parameters["AssociationId"])
        instance_profiles.disassociate(connection, association.instance_id)
        instances.change(connection, association.instance_id)  # it is described otherwise now
        return _answer(association, "disassociating")

    return await cloud.change(call, disassociate)


def _associated(connection: Connection, call: Call, parameters: Parameters, instance_id: str) -> Answer:
    if (profile := profile_asked(connection, call, parameters)) is None:
        raise MissingParameter("IamInstanceProfile")
    association = new_association(call, profile, instance_id)
    instance_profiles.associate(connection, association)
    instances.change(connection, instance_id)
    return _answer(association, "associating")


def _answer(association: ProfileAssociation, state: str) -> dict[str, Any]:
    shown = association_output(association)
    return {"IamInstanceProfileAssociation": {**shown, "State": state, "Timestamp": None}}
