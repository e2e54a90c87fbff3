"""CreateFlowLogs, DescribeFlowLogs and DeleteFlowLogs: they are kept and shown, and nothing is delivered."""

from collections.abc import Mapping
from dataclasses import replace
from secrets import token_bytes
from typing import Any

from sqlalchemy import Connection

from kumoniwa import base64_text
from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import FLOW_LOG, NETWORK_INTERFACE, SUBNET, VPC, StoredKind
from kumoniwa.api.ec2.named.lookup import all_named
from kumoniwa.api.ec2.tags import from_specifications, tag_set, write
from kumoniwa.api.filters import Values, never, present
from kumoniwa.api.listing import NOT_PAGED_CAPITAL, Listing
from kumoniwa.api.not_built import NotBuiltParameter, refuse
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import Ec2Error, InvalidParameterValue, MissingParameter, ValueNotTaken
from kumoniwa.ids import new_id
from kumoniwa.model.flow_logs import FlowLog
from kumoniwa.store import flow_logs

_NOT_BUILT = (NotBuiltParameter("TagFieldSpecifications", "tags as fields of flow log records"),)
_NOTHING_DELIVERED = "Flow logs are stored and shown. No record is delivered."
_TYPE = FLOW_LOG.resource_type
_OF: Mapping[str, StoredKind[Any]] = {"VPC": VPC, "Subnet": SUBNET, "NetworkInterface": NETWORK_INTERFACE}
_TO_CLOUDWATCH = "cloud-watch-logs"
_DESTINATIONS = (_TO_CLOUDWATCH, "s3", "kinesis-data-firehose")
_TRAFFIC = ("ACCEPT", "REJECT", "ALL")
_INTERVALS = (60, 600)  # seconds
_FORMAT = (
    "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} ${packets} "
    "${bytes} ${start} ${end} ${action} ${log-status}"
)
_OPTIONS = {"FileFormat": "plain-text", "HiveCompatiblePartitions": False, "PerHourPartition": False}


@action("CreateFlowLogs", depth=Depth.RECORDED, missing=_NOTHING_DELIVERED, not_built=_NOT_BUILT)
async def create_flow_logs(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Keep a flow log for each of the VPCs, subnets or network interfaces, or none."""
    refuse(parameters, _NOT_BUILT)
    kind = _OF.get(parameters["ResourceType"])
    if kind is None:
        raise ValueNotTaken(
            f"Flow logs of {parameters['ResourceType'][:50]} cannot be made here.",
            way_out=f"Of {', '.join(_OF)} they can.",
        )
    asked = _asked(call, parameters)
    tags = from_specifications(parameters, [_TYPE]).get(_TYPE)

    def create(connection: Connection) -> Answer:
        made = []
        for resource in all_named(connection, call.scope, kind, parameters["ResourceIds"]):
            if any(_target(one) == _target(asked) for one in flow_logs.of_resource(connection, resource.id)):
                raise Ec2Error(
                    "FlowLogAlreadyExists",
                    "Error. There is an existing Flow Log with the same configuration and log destination.",
                )
            flow_log = replace(asked, id=new_id(FLOW_LOG.prefix), resource_id=resource.id)
            flow_logs.add(connection, flow_log)
            write(connection, call, flow_log.id, _TYPE, tags)
            made.append(flow_log.id)
        token = call.token.value if call.token is not None else _drawn_token()
        return {"ClientToken": token, "FlowLogIds": made, "Unsuccessful": []}

    return await cloud.change(call, create)


@action("DeleteFlowLogs", depth=Depth.RECORDED, missing=_NOTHING_DELIVERED)
async def delete_flow_logs(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Delete flow logs, all or none."""

    def delete(connection: Connection) -> Answer:
        for flow_log in all_named(connection, call.scope, FLOW_LOG, parameters["FlowLogIds"]):
            flow_logs.remove(connection, flow_log.id)
        return {"Unsuccessful": []}

    return await cloud.change(call, delete)


def _drawn_token() -> str:
    """What EC2 answers as the token of a call that gave none."""
    return base64_text.written(token_bytes(32))


def _target(flow_log: FlowLog) -> tuple[object, ...]:
    """What no two flow logs of a resource have in common."""
    to = (flow_log.destination_type, flow_log.destination, flow_log.log_group)
    return (*to, flow_log.traffic_type)


def _asked(call: Call, parameters: Parameters) -> FlowLog:
    """What the request asks for, without an id and a resource. Raises EC2's refusals."""
    destination_type = parameters.get("LogDestinationType") or _TO_CLOUDWATCH
    if destination_type not in _DESTINATIONS:
        raise InvalidParameterValue(f"Value ({destination_type[:50]}) for parameter logDestinationType is invalid.")
    traffic_type = parameters.get("TrafficType")
    if traffic_type is None:
        raise MissingParameter("TrafficType")
    if traffic_type not in _TRAFFIC:
        raise InvalidParameterValue(f"Value ({traffic_type[:50]}) for parameter trafficType is invalid.")
    interval = parameters.get("MaxAggregationInterval", max(_INTERVALS))
    if interval not in _INTERVALS:
        raise Ec2Error("InvalidParameter", "Invalid Flow Log Max Aggregation Interval")
    destination, log_group = parameters.get("LogDestination"), parameters.get("LogGroupName")
    _check_target(parameters, destination_type)
    return FlowLog(
        id="",
        account=call.account,
        region=call.region,
        created_at=call.at,
        resource_id="",
        traffic_type=traffic_type,
        destination_type=destination_type,
        format=parameters.get("LogFormat") or _FORMAT,
        aggregation_interval=interval,
        destination=destination,
        log_group=log_group,
        permission_arn=parameters.get("DeliverLogsPermissionArn"),
        cross_account_role=parameters.get("DeliverCrossAccountRole"),
        options={} if destination_type != "s3" else {**_OPTIONS, **parameters.get("DestinationOptions", {})},
    )


def _check_target(parameters: Parameters, destination_type: str) -> None:
    destination, log_group = parameters.get("LogDestination"), parameters.get("LogGroupName")
    if destination is not None and log_group is not None:
        raise Ec2Error("InvalidParameter", "Please only provide LogGroupName or only provide LogDestination.")
    if destination_type != _TO_CLOUDWATCH:
        if log_group is not None:
            raise Ec2Error(
                "InvalidParameter", f"LogDestination type must be {_TO_CLOUDWATCH} if LogGroupName is provided."
            )
        if destination is None:
            raise Ec2Error("InvalidParameter", "LogDestination can't be empty if LogGroupName is not provided.")
        return
    if destination is None and log_group is None:
        raise _empty("LogGroupName", destination_type)
    if parameters.get("DeliverLogsPermissionArn") is None:
        raise _empty("DeliverLogsPermissionArn", destination_type)


def _empty(parameter: str, destination_type: str) -> Ec2Error:
    return Ec2Error("InvalidParameter", f"{parameter} can't be empty if LogDestinationType is {destination_type}.")


def _output(flow_log: FlowLog, tags: Mapping[str, str]) -> dict[str, Any]:
    return {
        "FlowLogId": flow_log.id,
        "FlowLogStatus": "ACTIVE",
        "CreationTime": flow_log.created_at,
        "ResourceId": flow_log.resource_id,
        "TrafficType": flow_log.traffic_type,
        "LogDestinationType": flow_log.destination_type,
        "LogDestination": flow_log.destination,
        "LogGroupName": flow_log.log_group,
        "LogFormat": flow_log.format,
        "MaxAggregationInterval": flow_log.aggregation_interval,
        "DeliverLogsPermissionArn": flow_log.permission_arn,
        "DeliverCrossAccountRole": flow_log.cross_account_role,
        "DestinationOptions": flow_log.options or None,
        "Tags": tag_set(tags) or [],
    }


_FILTERS: Mapping[str, Values[FlowLog]] = {
    "flow-log-id": lambda one: (one.id,),
    "log-destination-type": lambda one: (one.destination_type,),
    "log-group-name": lambda one: present(one.log_group),
    "resource-id": lambda one: (one.resource_id,),
    "traffic-type": lambda one: (one.traffic_type,),
    **never("deliver-log-status"),  # nothing is delivered
}
_FLOW_LOGS = Listing(
    member="FlowLogs",
    kind=FLOW_LOG,
    ids="FlowLogIds",
    read=lambda connection, asked: flow_logs.in_scope(connection, asked.call.scope, asked.ids),
    row=_output,
    key=lambda one: one.id,
    filters=_FILTERS,
    tagged=True,
    limits=(5, 1000),
    whole={"FlowLogIds": NOT_PAGED_CAPITAL.format("FlowLogIds")},
)


@action("DescribeFlowLogs", depth=Depth.RECORDED, missing=_NOTHING_DELIVERED + " So they have no delivery status.")
async def describe_flow_logs(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The flow logs of a region."""
    if (filters := parameters.get("Filter")) is not None:  # named so in the model, as DescribeNatGateways has it
        parameters = {**parameters, "Filters": filters}
    return await _FLOW_LOGS.answer(cloud, call, parameters)
