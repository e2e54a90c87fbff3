"""DeleteParameter and DeleteParameters."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.registry import action
from kumoniwa.api.ssm.parameter_refusals import ParameterNotFound
from kumoniwa.store import parameters as store


@action("DeleteParameter", service="ssm")
async def delete_parameter(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Delete a parameter with all its versions."""

    def delete(connection: Connection) -> Answer:
        if not store.remove(connection, call.scope, parameters["Name"]):
            raise ParameterNotFound
        return {}

    return await cloud.change(call, delete)


@action("DeleteParameters", service="ssm")
async def delete_parameters(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Delete up to ten parameters; names of none are told."""

    def delete(connection: Connection) -> Answer:
        gone = {name: store.remove(connection, call.scope, name) for name in dict.fromkeys(parameters["Names"])}
        return {
            "DeletedParameters": [name for name, was_there in gone.items() if was_there],
            "InvalidParameters": [name for name, was_there in gone.items() if not was_there],
        }

    return await cloud.change(call, delete)
