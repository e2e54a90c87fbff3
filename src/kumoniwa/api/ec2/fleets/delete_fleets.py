"""DeleteFleets."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.fleets.fleet_output import ACTIVE, TERMINATING
from kumoniwa.api.ec2.instances.terminate_instances import end_instance, termination_refused
from kumoniwa.api.ec2.kinds import FLEET
from kumoniwa.api.ec2.named.instance_lookup import ENDED
from kumoniwa.api.registry import action
from kumoniwa.model.fleets import Fleet
from kumoniwa.model.instances import Instance
from kumoniwa.store import fleets, instances

_MOST = 25  # of type `instant`, in one request


@action("DeleteFleets")
async def delete_fleets(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Delete fleets and terminate all their instances, as EC2 does with those of type `instant`; says which it did not.

    A fleet with a protected instance stays as it is.
    """
    ids: Sequence[str] = list(dict.fromkeys(parameters["FleetIds"]))
    if len(ids) > _MOST:
        text = f"Can’t delete more than {_MOST} instant fleets in a single request."
        return _answer([], [_failed(each, "ExceededInstantFleetNumForDeletion", text) for each in ids])

    def delete(connection: Connection) -> Answer:
        found = {one.id: one for one in fleets.in_scope(connection, call.scope, ids)}
        members = fleets.instances_of(connection, found)
        deleted, failed = [], []
        for fleet_id in ids:
            ending = _ending(connection, call, members.get(fleet_id, ()))
            refused = _refused(fleet_id, found.get(fleet_id), ending, terminates=parameters["TerminateInstances"])
            if refused is not None:
                failed.append(_failed(fleet_id, *refused))
                continue
            for instance in ending:
                end_instance(connection, call, instance)
            fleets.delete_at(connection, fleet_id, call.at)
            deleted.append({"CurrentFleetState": TERMINATING, "PreviousFleetState": ACTIVE, "FleetId": fleet_id})
        return _answer(deleted, failed)

    return await cloud.change(call, delete)


def _ending(connection: Connection, call: Call, ids: Sequence[str]) -> list[Instance]:
    """Those of a fleet's instances that have not ended."""
    return [one for one in instances.in_scope(connection, call.scope, ids) if one.state not in ENDED]


def _refused(
    fleet_id: str, fleet: Fleet | None, ending: Sequence[Instance], *, terminates: bool
) -> tuple[str, str] | None:
    """Why a fleet cannot be deleted: EC2's code and message."""
    if not FLEET.is_id(fleet_id):
        return "fleetIdMalformed", f"The fleet ID '{fleet_id[:200]}' is malformed"
    if fleet is None:
        return "fleetIdDoesNotExist", FLEET.not_found([fleet_id]).message
    if fleet.deleted_at is not None:
        return "fleetNotInDeletableState", f"The fleet '{fleet_id}' is not in a state in which it can be deleted."
    if not terminates:
        return "NoTerminateInstancesNotSupported", "NoTerminateInstances option is not supported for instant fleet"
    refusal = next((found for one in ending if (found := termination_refused(one)) is not None), None)
    return None if refusal is None else ("unexpectedError", refusal.message)


def _failed(fleet_id: str, code: str, message: str) -> dict[str, Any]:
    return {"FleetId": fleet_id, "Error": {"Code": code, "Message": message}}


def _answer(deleted: Sequence[Mapping[str, Any]], failed: Sequence[Mapping[str, Any]]) -> Answer:
    return {"SuccessfulFleetDeletions": list(deleted), "UnsuccessfulFleetDeletions": list(failed)}
