"""CreateNetworkInsightsPath, DeleteNetworkInsightsPath and DescribeNetworkInsightsPaths."""

from collections.abc import Mapping
from ipaddress import IPv4Address
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import INSIGHTS_PATH
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.ec2.network.insights_ends import arn_of, checked_end
from kumoniwa.api.ec2.tags import from_specifications, tag_set, write
from kumoniwa.api.filters import Values, never, present
from kumoniwa.api.listing import NOT_PAGED_CAPITAL, Listing
from kumoniwa.api.not_built import NotBuiltParameter, refuse
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import Ec2Error, InvalidParameterValue, MissingParameter
from kumoniwa.ids import new_id
from kumoniwa.model.network_insights import InsightsPath
from kumoniwa.model.scope import Scope
from kumoniwa.store import network_insights
from kumoniwa.store import tags as tag_rows

_NOT_BUILT = (
    NotBuiltParameter("FilterAtSource", "filters of the packet at the source"),
    NotBuiltParameter("FilterAtDestination", "filters of the packet at the destination"),
    NotBuiltParameter("SourceIp", "the choice of a source's address"),
)
_TYPE = INSIGHTS_PATH.resource_type
_PROTOCOLS = ("tcp", "udp")
_LAST_PORT = 65535


@action(
    "CreateNetworkInsightsPath",
    depth=Depth.PARTLY,
    missing="An end is an instance, a network interface, an internet gateway, or, as the destination, an IPv4 address.",
    not_built=_NOT_BUILT,
)
async def create_network_insights_path(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Keep a source and a destination, of which it can be analysed whether traffic comes from one to the other."""
    refuse(parameters, _NOT_BUILT)
    protocol, port, address = _protocol(parameters), _port(parameters), _address(parameters)
    if parameters.get("Destination") is None and address is None:
        raise MissingParameter("destination")
    tags = from_specifications(parameters, [_TYPE]).get(_TYPE)

    def create(connection: Connection) -> Answer:
        asked: str | None = parameters.get("Destination")
        path = InsightsPath(
            id=new_id(INSIGHTS_PATH.prefix),
            account=call.account,
            region=call.region,
            created_at=call.at,
            source=checked_end(connection, call, parameters["Source"]),
            protocol=protocol,
            destination=None if asked is None else checked_end(connection, call, asked),
            destination_ip=address,
            port=port,
        )
        if path.source == path.destination:
            raise InvalidParameterValue("The source and the destination of a path must not be the same.")
        network_insights.add_path(connection, path)
        write(connection, call, path.id, _TYPE, tags)
        return {"NetworkInsightsPath": _output(path, tags or {})}

    return await cloud.change(call, create)


@action("DeleteNetworkInsightsPath")
async def delete_network_insights_path(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Delete a path of which there is no analysis."""

    def remove(connection: Connection) -> Answer:
        path = named(connection, call.scope, INSIGHTS_PATH, parameters["NetworkInsightsPathId"])
        if network_insights.has_analyses(connection, path.id):
            raise Ec2Error(
                "AnalysisExistsForNetworkInsightsPath",
                f"The network insights path {path.id} has analyses. Delete them first.",
            )
        tag_rows.remove_all(connection, path.id)
        network_insights.remove_path(connection, path.id)
        return {"NetworkInsightsPathId": path.id}

    return await cloud.change(call, remove)


def _output(path: InsightsPath, tags: Mapping[str, str]) -> dict[str, Any]:
    scope = Scope.of(path)
    return {
        "NetworkInsightsPathId": path.id,
        "NetworkInsightsPathArn": arn_of(scope, path.id),
        "CreatedDate": path.created_at,
        "Source": path.source,
        "SourceArn": arn_of(scope, path.source),
        "Destination": path.destination,
        "DestinationArn": None if path.destination is None else arn_of(scope, path.destination),
        "DestinationIp": path.destination_ip,
        "Protocol": path.protocol,
        "DestinationPort": path.port,
        "Tags": tag_set(tags),
    }


_FILTERS: Mapping[str, Values[InsightsPath]] = {
    "destination": lambda path: present(path.destination),
    "protocol": lambda path: (path.protocol,),
    "source": lambda path: (path.source,),
    **never(
        *(
            f"filter-at-{end}.{what}"
            for end in ("source", "destination")
            for what in ("source-address", "source-port-range", "destination-address", "destination-port-range")
        )
    ),
}
_PATHS = Listing(
    member="NetworkInsightsPaths",
    kind=INSIGHTS_PATH,
    ids="NetworkInsightsPathIds",
    read=lambda connection, asked: network_insights.paths_in(connection, asked.call.scope, asked.ids),
    row=_output,
    key=lambda path: path.id,
    filters=_FILTERS,
    tagged=True,
    limits=(1, 100),
    whole={"NetworkInsightsPathIds": NOT_PAGED_CAPITAL.format("NetworkInsightsPathIds")},
)


@action("DescribeNetworkInsightsPaths")
async def describe_network_insights_paths(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The paths of a region."""
    return await _PATHS.answer(cloud, call, parameters)


def _protocol(parameters: Parameters) -> str:
    asked: str = parameters["Protocol"]
    if asked not in _PROTOCOLS:
        raise InvalidParameterValue(f"Value ({asked[:200]}) for parameter protocol is invalid.")
    return asked


def _port(parameters: Parameters) -> int | None:
    port: int | None = parameters.get("DestinationPort")
    if port is not None and not 0 <= port <= _LAST_PORT:
        raise InvalidParameterValue(f"Value ({port}) for parameter destinationPort is invalid.")
    return port


def _address(parameters: Parameters) -> str | None:
    text: str | None = parameters.get("DestinationIp")
    if text is None:
        return None
    try:
        return str(IPv4Address(text))
    except ValueError:
        raise InvalidParameterValue(f"Value ({text[:200]}) for parameter destinationIp is invalid.") from None
