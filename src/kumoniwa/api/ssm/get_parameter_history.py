"""GetParameterHistory."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.listing import seen_last, token_after
from kumoniwa.api.registry import action
from kumoniwa.api.ssm.parameter_names import selected
from kumoniwa.api.ssm.parameter_output import decrypted, described
from kumoniwa.api.ssm.parameter_refusals import InvalidNextToken, ParameterNotFound
from kumoniwa.model.parameters import Parameter
from kumoniwa.store import parameters as store

_MOST = 50


@action("GetParameterHistory", service="ssm")
async def get_parameter_history(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The versions of a parameter that are kept, oldest first."""
    name, _ = selected(call, parameters["Name"])
    last = int(seen_last(call, parameters, InvalidNextToken) or 0)
    most = parameters.get("MaxResults") or _MOST

    def read(connection: Connection) -> list[Parameter]:
        if not (found := store.versions(connection, call.scope, name)):
            raise ParameterNotFound
        return [one for one in found if one.version > last]

    found = await cloud.read(read)
    shown = await decrypted(cloud, found[:most], asked=bool(parameters.get("WithDecryption")))
    rows = [{**described(one), "Value": one.value, "Labels": list(one.labels)} for one in shown]
    if len(found) <= most:
        return {"Parameters": rows}
    return {"Parameters": rows, "NextToken": token_after(str(shown[-1].version), call, parameters)}
