"""The step that analyzes a path: of the rows there are, whichever driver makes the guests."""

from ipaddress import IPv4Address

from sqlalchemy import Connection

from kumoniwa.model.network_insights import AnalysisState, InsightsPath
from kumoniwa.model.scope import Scope
from kumoniwa.network.vpc.gather import gather_with_peers
from kumoniwa.network.vpc.insights import Asked, Finding, analyzed, without_path
from kumoniwa.network.vpc.path_components import resource
from kumoniwa.network.vpc.plan import TCP, UDP
from kumoniwa.network.vpc.verdicts import INTERNET
from kumoniwa.store import gateways, instances, network_insights, network_interfaces
from kumoniwa.values import dataclass
from kumoniwa.workflows.shared_commits import Rows, begins_with_rows, rows
from kumoniwa.workflows.world import World

_PROTOCOLS = {"tcp": TCP, "udp": UDP}


@dataclass(frozen=True, slots=True)
class _End:
    """An end of a path: the interfaces that it is, or the internet; and its VPC."""

    vpc_id: str
    ends: tuple[str, ...]


@begins_with_rows
async def ensure_analyzed(world: World, analysis_id: str) -> Rows[None]:
    """Afterwards the analysis, unless it was deleted meanwhile, says what it has found."""
    finding = await world.database.read(lambda connection: _analyze(connection, analysis_id))

    def publish(connection: Connection) -> None:
        analysis = network_insights.analysis(connection, analysis_id)
        if finding is not None and analysis is not None and analysis.state is AnalysisState.RUNNING:
            found = {"found": finding.found, "result": finding.result}
            network_insights.change_analysis(connection, analysis_id, state=AnalysisState.SUCCEEDED, **found)

    return rows(publish)


def _analyze(connection: Connection, analysis_id: str) -> Finding | None:
    analysis = network_insights.analysis(connection, analysis_id)
    path = None if analysis is None else network_insights.path(connection, analysis.path_id)
    return None if path is None else _analyzed(connection, path)


def _analyzed(connection: Connection, path: InsightsPath) -> Finding:
    start = _end(connection, Scope.of(path), path.source)
    if isinstance(start, Finding):
        return start
    end = None if path.destination is None else _end(connection, Scope.of(path), path.destination)
    if isinstance(end, Finding):
        return end
    plans = gather_with_peers(connection, start.vpc_id)
    if end is not None and (end.vpc_id not in plans or (INTERNET in end.ends and end.vpc_id != start.vpc_id)):
        return without_path("DISCONNECTED_VPCS", SourceVpc=resource(start.vpc_id), DestinationVpc=resource(end.vpc_id))
    return analyzed(
        plans,
        Asked(
            start=start.ends[0],
            ends=() if end is None else end.ends,
            protocol=_PROTOCOLS[path.protocol],
            address=None if path.destination_ip is None else IPv4Address(path.destination_ip),
            port=path.port,
        ),
    )


def _end(connection: Connection, scope: Scope, identifier: str) -> _End | Finding:
    """What is at an end of a path; or, where nothing can come from or to there, that there is no path.

    Of an instance, its primary interface comes first.
    """
    named = resource(identifier)
    match identifier.partition("-")[0]:
        case "igw":
            gateway = next(iter(gateways.in_scope(connection, scope, [identifier])), None)
            if gateway is None:
                return without_path("NO_SOURCE_OR_DESTINATION", Component=named)
            if gateway.vpc_id is None:
                return without_path("UNASSOCIATED_COMPONENT", Component=named)
            return _End(gateway.vpc_id, (INTERNET,))
        case "eni":
            interface = network_interfaces.get(connection, identifier)
            if interface is None:
                return without_path("NO_SOURCE_OR_DESTINATION", Component=named)
            return _End(interface.vpc_id, (interface.id,))
        case _:
            if instances.get(connection, identifier) is None:
                return without_path("NO_SOURCE_OR_DESTINATION", Component=named)
            attached = network_interfaces.attached_to(connection, identifier)
            if not attached:
                return without_path("UNASSOCIATED_COMPONENT", Component=named)
            attached.sort(key=lambda one: one.device_index or 0)
            return _End(attached[0].vpc_id, tuple(one.id for one in attached))
