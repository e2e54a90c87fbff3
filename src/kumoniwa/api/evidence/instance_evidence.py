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
from kumoniwa.store import boots, claims
from kumoniwa.workflows.steps.instances.instance_ports import planned


async def instance_boots(cloud: Cloud, call: Call, path: Mapping[str, str]) -> Mapping[str, Any]:
    """Every boot of an instance, with its cause and times."""

    def read(connection: Connection) -> Mapping[str, Any]:
        instance = named(connection, call.scope, INSTANCE, path["instance_id"])
        return {
            "instance_id": instance.id,
            "boots": [asdict(boot) for boot in boots.of_instance(connection, instance.id)],
        }

    return await cloud.read(read)


async def instance_evidence(cloud: Cloud, call: Call, path: Mapping[str, str]) -> Mapping[str, Any]:
    """Where an instance is reached, its state, and the workflow that has claimed it. The guest is left alone.

    `refused` says why a port could not be opened when the instance's ports were set last.
    """
    instance = await cloud.read(partial(_instance, call=call, instance_id=path["instance_id"]))
    plan = await planned(cloud.world, instance["instance_id"]) or ()
    refused = cloud.world.refused_ports.get(instance["instance_id"], {})
    return {
        **instance,
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


def _instance(connection: Connection, call: Call, instance_id: str) -> dict[str, Any]:
    instance = named(connection, call.scope, INSTANCE, instance_id)
    owner = claims.holder(connection, instance.id)
    return {
        "instance_id": instance.id,
        "state": instance.state,
        "claimed_by": None if owner is None else {"workflow": owner.id, "kind": owner.kind},
    }
