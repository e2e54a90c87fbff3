"""GetParametersByPath."""

from collections.abc import Iterator
from itertools import islice

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.listing import seen_last, token_after
from kumoniwa.api.registry import action
from kumoniwa.api.ssm.parameter_filters import is_below, tests_of
from kumoniwa.api.ssm.parameter_output import decrypted, parameter_output
from kumoniwa.api.ssm.parameter_refusals import InvalidNextToken, InvalidParameters
from kumoniwa.model.parameters import PUBLIC, Parameter
from kumoniwa.store import parameters as store

_MOST = 10
_FILTERS = frozenset({"Type", "KeyId", "Label", "DataType"})


@action("GetParametersByPath", service="ssm")
async def get_parameters_by_path(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The parameters on one level of the hierarchy, or on all levels below it; the public ones below `/aws/service`."""
    path, recursive = parameters["Path"], bool(parameters.get("Recursive"))
    if not path.startswith("/"):
        raise InvalidParameters(
            "The parameter doesn't meet the parameter name requirements. The parameter name must begin with a forward "
            'slash "/". It can\'t be prefixed with "aws" or "ssm" (case-insensitive). It must use only letters, '
            "numbers, or the following symbols: . (period), - (hyphen), _ (underscore). Special characters are not "
            'allowed. All sub-paths, if specified, must use the forward slash symbol "/". Valid example: '
            "/get/parameters2-/by1./path0_."
        )
    after = seen_last(call, parameters, InvalidNextToken)
    most = parameters.get("MaxResults") or _MOST

    def read(connection: Connection) -> list[Parameter]:
        tests = tests_of(connection, call.scope, parameters.get("ParameterFilters") or [], _FILTERS, tags=False)
        there = (one for one in _below(connection, call, path, after) if is_below(one.name, path, recursive=recursive))
        return list(islice((one for one in there if all(test(one) for test in tests)), most + 1))

    found = await cloud.read(read)
    shown = await decrypted(cloud, found[:most], asked=bool(parameters.get("WithDecryption")))
    rows = [parameter_output(one) for one in shown]
    if len(found) <= most:
        return {"Parameters": rows}
    return {"Parameters": rows, "NextToken": token_after(shown[-1].name, call, parameters)}


def _below(connection: Connection, call: Call, path: str, after: str | None) -> Iterator[Parameter]:
    prefix = path if path.endswith("/") else f"{path}/"
    if not prefix.startswith(PUBLIC):
        return store.below(connection, call.scope, prefix, after)
    public = store.public(connection, call.scope, prefix)
    return (one for name, one in public.items() if after is None or name > after)
