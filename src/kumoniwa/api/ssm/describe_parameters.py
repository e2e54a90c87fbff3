"""DescribeParameters."""

from itertools import islice

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.listing import seen_last, token_after
from kumoniwa.api.registry import action
from kumoniwa.api.ssm.parameter_filters import ALL, tests_of
from kumoniwa.api.ssm.parameter_names import arn_of
from kumoniwa.api.ssm.parameter_output import described
from kumoniwa.api.ssm.parameter_refusals import InvalidNextToken, InvalidParameters
from kumoniwa.model.parameters import Parameter
from kumoniwa.store import parameters as store

_MOST = 50


@action("DescribeParameters", service="ssm")
async def describe_parameters(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """What is known of parameters besides their values. Public ones are not told."""
    older, filters = parameters.get("Filters") or [], parameters.get("ParameterFilters") or []
    if older and filters:
        raise InvalidParameters(
            "You can use either Filters or ParameterFilters in a single request, and not both of them."
        )
    after = seen_last(call, parameters, InvalidNextToken)
    most = parameters.get("MaxResults") or _MOST
    if parameters.get("Shared"):
        return {"Parameters": []}

    def read(connection: Connection) -> list[Parameter]:
        tests = tests_of(connection, call.scope, older or filters, ALL, tags=True)
        there = store.below(connection, call.scope, "", after)
        return list(islice((one for one in there if all(test(one) for test in tests)), most + 1))

    found = await cloud.read(read)
    rows = [{**described(one), "ARN": arn_of(one)} for one in found[:most]]
    if len(found) <= most:
        return {"Parameters": rows}
    return {"Parameters": rows, "NextToken": token_after(found[most - 1].name, call, parameters)}
