"""ModifyInstanceMaintenanceOptions. A guest that was lost is always recovered here, and none is ever migrated."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import INSTANCE
from kumoniwa.api.ec2.named.instance_lookup import check_modifiable
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import InvalidParameterCombination
from kumoniwa.store import instances

DEFAULTS = {"AutoRecovery": "default", "RebootMigration": "default"}


@action(
    "ModifyInstanceMaintenanceOptions",
    depth=Depth.RECORDED,
    missing="The options are stored and shown. A guest that was lost is always recovered, and an instance never "
    "moves to another host.",
)
async def modify_instance_maintenance_options(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Change what is asked for, keep the rest, and answer with both."""
    asked = {name: parameters[name] for name in DEFAULTS if parameters.get(name) is not None}
    if not asked:
        raise InvalidParameterCombination("No maintenance options specified.")

    def modify(connection: Connection) -> Answer:
        instance = named(connection, call.scope, INSTANCE, parameters["InstanceId"])
        check_modifiable(instance)
        kept = {**instance.options.get("MaintenanceOptions", {}), **asked}
        instances.change(connection, instance.id, options={**instance.options, "MaintenanceOptions": kept})
        return {"InstanceId": instance.id, **DEFAULTS, **kept}

    return await cloud.change(call, modify)
