"""GetParameter and GetParameters."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.registry import action
from kumoniwa.api.ssm.parameter_names import selected
from kumoniwa.api.ssm.parameter_output import decrypted, parameter_output
from kumoniwa.api.ssm.parameter_refusals import ParameterNotFound, ParameterVersionNotFound
from kumoniwa.model.parameters import Parameter
from kumoniwa.store import parameters as store


@action("GetParameter", service="ssm")
async def get_parameter(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """One parameter: its latest version, or that of a number or label behind its name."""
    name, selector = selected(call, parameters["Name"])

    def read(connection: Connection) -> Parameter:
        found = store.found(connection, call.scope, name)
        if not found:
            raise ParameterNotFound
        if (version := store.chosen(found, selector)) is None:
            raise ParameterVersionNotFound(name, selector)
        return version

    [version] = await decrypted(cloud, [await cloud.read(read)], asked=bool(parameters.get("WithDecryption")))
    return {"Parameter": parameter_output(version, selector)}


@action("GetParameters", service="ssm")
async def get_parameters(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Up to ten parameters, and the names of those that there are not."""
    asked = {name: selected(call, name) for name in dict.fromkeys(parameters["Names"])}

    def read(connection: Connection) -> dict[str, Parameter | None]:
        return {
            given: store.chosen(store.found(connection, call.scope, name), selector)
            for given, (name, selector) in asked.items()
        }

    found = await cloud.read(read)
    there = [(given, version) for given, version in found.items() if version is not None]
    versions = await decrypted(cloud, [one for _, one in there], asked=bool(parameters.get("WithDecryption")))
    return {
        "Parameters": [
            parameter_output(version, asked[given][1]) for (given, _), version in zip(there, versions, strict=True)
        ],
        "InvalidParameters": [given for given, version in found.items() if version is None],
    }
