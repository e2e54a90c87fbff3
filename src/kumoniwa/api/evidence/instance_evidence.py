"""What EC2 hides of instances: boots and their causes, forwards, and the workflow that has a guest."""

from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Call
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import INSTANCE
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.evidence.troubles import trouble_as_json
from kumoniwa.clock import precise
from kumoniwa.hypervisor.driver import GuestId
from kumoniwa.model.hibernations import Hibernation
from kumoniwa.model.workflows import WorkflowRow
from kumoniwa.store import boots, claims, hibernations, instances, journal
from kumoniwa.workflows.steps.instances.instance_ports import planned


async def instance_boots(cloud: Cloud, call: Call, path: Mapping[str, str]) -> Mapping[str, Any]:
    """Every boot of an instance with its cause, caller and times, when it came into each of its states, and how each of
    its hibernations came out."""

    def read(connection: Connection) -> Mapping[str, Any]:
        instance = named(connection, call.scope, INSTANCE, path["instance_id"])
        return {
            "instance_id": instance.id,
            "boots": [asdict(boot) for boot in boots.of_instance(connection, instance.id)],
            "hibernations": [_hibernation(one) for one in hibernations.of_instance(connection, instance.id)],
            "moves": [{"state": one.state, "at": one.at} for one in instances.moves_of(connection, instance.id)],
        }

    return await cloud.read(read)


def _hibernation(one: Hibernation) -> dict[str, Any]:
    """A hibernation, without its key. The boots beside it have none for its resumption: the kernel is the same."""
    return {name: value for name, value in asdict(one).items() if name not in ("id", "instance_id", "key")}


async def instance_evidence(cloud: Cloud, call: Call, path: Mapping[str, str]) -> Mapping[str, Any]:
    """Where an instance is reached, its state, and the workflow that has claimed it. The guest is left alone.

    `claimed_by` says at which step that workflow is, and since when, where it has come to one in this server.
    `disk_bus` is how its guest sees its disks.
    `network` is how its guest is connected: `vpc`, or `user` where it is alone; None where there is no guest.
    `refused` says why a port could not be opened when the instance's ports were set last. `overridden` are the
    workflows whose claim a termination took, `troubles` what does not get on.
    """
    instance = await cloud.read(partial(_instance, call=call, instance_id=path["instance_id"]))
    plan = await planned(cloud.world, instance["instance_id"]) or ()
    refused = cloud.world.refused_ports.get(instance["instance_id"], {})
    troubles = cloud.world.troubles.overdue(instance["instance_id"])
    if (claim := instance["claimed_by"]) is not None:
        claim["step"], claim["step_since"] = cloud.engine.step_of(claim["workflow"]) or (None, None)
    return {
        **instance,
        "network": await _network(cloud, instance["instance_id"]),
        "troubles": [trouble_as_json(one) for one in troubles],
        "forwards": [
            {
                "protocol": forward.protocol,
                "host": str(forward.host_address),
                "port": forward.host_port,
                "guest_port": forward.guest_port,
                "refused": refused.get(forward),
            }
            for forward in plan
        ],
    }


async def _network(cloud: Cloud, instance_id: str) -> str | None:
    nics = await cloud.world.driver.guest(GuestId(instance_id)).nics()
    if not nics:
        return None
    return "user" if nics[0].port is None else "vpc"


def _instance(connection: Connection, call: Call, instance_id: str) -> dict[str, Any]:
    instance = named(connection, call.scope, INSTANCE, instance_id)
    owner = claims.holder(connection, instance.id)
    return {
        "instance_id": instance.id,
        "state": instance.state,
        "disk_bus": instance.disk_bus,
        "claimed_by": None if owner is None else _claiming(owner),
        "overridden": [_overridden(connection, one) for one in journal.overridden(connection, instance.id)],
    }


def _claiming(owner: WorkflowRow) -> dict[str, Any]:
    return {
        "workflow": owner.id,
        "kind": owner.kind,
        "action": owner.action,
        "request": owner.request_id,
        "principal": owner.principal,
        "principal_arn": owner.principal_arn,
        "at": precise(owner.created_at),
    }


def _overridden(connection: Connection, workflow: WorkflowRow) -> dict[str, Any]:
    by = journal.get(connection, workflow.overridden_by or "")
    return {
        "workflow": workflow.id,
        "kind": workflow.kind,
        "action": workflow.action,
        "request": workflow.request_id,
        "step": workflow.overridden_step,
        "at": None if workflow.overridden_at is None else precise(workflow.overridden_at),
        "by": None if by is None else {"workflow": by.id, "action": by.action, "request": by.request_id},
        "ended": workflow.finished_at is not None,
    }
