"""StartNetworkInsightsAnalysis, DeleteNetworkInsightsAnalysis and DescribeNetworkInsightsAnalyses."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud, origin
from kumoniwa.api.ec2.kinds import INSIGHTS_ANALYSIS, INSIGHTS_PATH
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.ec2.network.insights_ends import arn_of
from kumoniwa.api.ec2.tags import from_specifications, tag_set, write
from kumoniwa.api.filters import Values, truth
from kumoniwa.api.listing import NOT_PAGED_CAPITAL, Asked, Listing
from kumoniwa.api.not_built import NotBuiltParameter, refuse
from kumoniwa.api.registry import Depth, action
from kumoniwa.ids import new_id
from kumoniwa.model.network_insights import InsightsAnalysis
from kumoniwa.model.scope import Scope
from kumoniwa.store import network_insights
from kumoniwa.workflows.stories.network.analyze_path import analyze_path
from kumoniwa.workflows.story import submit

_NOT_BUILT = (
    NotBuiltParameter("AdditionalAccounts", "analyses across accounts"),
    NotBuiltParameter("FilterInArns", "analyses of paths by way of chosen resources"),
    NotBuiltParameter("FilterOutArns", "analyses of paths around chosen resources"),
)
_TYPE = INSIGHTS_ANALYSIS.resource_type


@action(
    "StartNetworkInsightsAnalysis",
    depth=Depth.PARTLY,
    missing="The first obstacle is explained, not all of them. An instance sends by its primary network interface. A "
    "path to an internet gateway that names no address is analyzed to 192.0.2.1. IPv6 is not analyzed, nor what an "
    "instance that forwards does.",
    not_built=_NOT_BUILT,
)
async def start_network_insights_analysis(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Find out whether traffic comes from a path's source to its destination, by the groups, ACLs and routes of now."""
    refuse(parameters, _NOT_BUILT)
    tags = from_specifications(parameters, [_TYPE]).get(_TYPE)

    def start(connection: Connection) -> Answer:
        path = named(connection, call.scope, INSIGHTS_PATH, parameters["NetworkInsightsPathId"])
        analysis = InsightsAnalysis(
            id=new_id(INSIGHTS_ANALYSIS.prefix),
            account=call.account,
            region=call.region,
            path_id=path.id,
            started_at=call.at,
        )
        network_insights.add_analysis(connection, analysis)
        write(connection, call, analysis.id, _TYPE, tags)
        submit(connection, analyze_path, origin(call), analysis_id=analysis.id)
        return {"NetworkInsightsAnalysis": _output(analysis, tags or {})}

    return await cloud.change(call, start)


@action("DeleteNetworkInsightsAnalysis")
async def delete_network_insights_analysis(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Delete an analysis, also one that is running."""

    def delete(connection: Connection) -> Answer:
        analysis = named(connection, call.scope, INSIGHTS_ANALYSIS, parameters["NetworkInsightsAnalysisId"])
        network_insights.remove_analysis(connection, analysis.id)
        return {"NetworkInsightsAnalysisId": analysis.id}

    return await cloud.change(call, delete)


def _output(analysis: InsightsAnalysis, tags: Mapping[str, str]) -> dict[str, Any]:
    scope = Scope.of(analysis)
    return {
        "NetworkInsightsAnalysisId": analysis.id,
        "NetworkInsightsAnalysisArn": arn_of(scope, analysis.id),
        "NetworkInsightsPathId": analysis.path_id,
        "StartDate": analysis.started_at,
        "Status": str(analysis.state),
        "StatusMessage": analysis.message,
        "NetworkPathFound": analysis.found,
        **_with_arns(scope, analysis.result),
        "Tags": tag_set(tags),
    }


def _with_arns(scope: Scope, part: Any) -> Any:
    """A part of a result in which each resource has its ARN beside its id."""
    if isinstance(part, list):
        return [_with_arns(scope, one) for one in part]
    if not isinstance(part, Mapping):
        return part
    if part.keys() == {"Id"}:
        return {**part, "Arn": arn_of(scope, part["Id"])}
    return {name: _with_arns(scope, value) for name, value in part.items()}


def _read(connection: Connection, asked: Asked) -> Iterable[InsightsAnalysis]:
    parameters = asked.parameters
    path_id = parameters.get("NetworkInsightsPathId")
    if path_id is not None:
        named(connection, asked.call.scope, INSIGHTS_PATH, path_id)
    since, until = parameters.get("AnalysisStartTime"), parameters.get("AnalysisEndTime")
    for analysis in network_insights.analyses_in(connection, asked.call.scope, asked.ids):
        if path_id not in (None, analysis.path_id):
            continue
        if (since is None or analysis.started_at >= since) and (until is None or analysis.started_at <= until):
            yield analysis


_FILTERS: Mapping[str, Values[InsightsAnalysis]] = {
    "path-found": lambda analysis: () if analysis.found is None else truth(analysis.found),
    "status": lambda analysis: (str(analysis.state),),
}
_ANALYSES = Listing(
    member="NetworkInsightsAnalyses",
    kind=INSIGHTS_ANALYSIS,
    ids="NetworkInsightsAnalysisIds",
    read=_read,
    row=_output,
    key=lambda analysis: analysis.id,
    filters=_FILTERS,
    tagged=True,
    limits=(1, 100),
    whole={"NetworkInsightsAnalysisIds": NOT_PAGED_CAPITAL.format("NetworkInsightsAnalysisIds")},
)


@action("DescribeNetworkInsightsAnalyses")
async def describe_network_insights_analyses(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The analyses of a region of the last seven days, with what they have found."""
    return await _ANALYSES.answer(cloud, call, parameters)
