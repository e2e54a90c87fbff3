"""DescribeInstances."""

from collections.abc import Callable, Iterable, Mapping

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.instances.described_instances import described_instances
from kumoniwa.api.ec2.instances.instance_filters import FILTERS, Shown, interface_tag_filters
from kumoniwa.api.ec2.instances.instance_output import launch_order, reservations
from kumoniwa.api.listing import NOT_PAGED, check_page_size, page
from kumoniwa.api.registry import Depth, action
from kumoniwa.store.tags import tags_of


@action(
    "DescribeInstances",
    depth=Depth.PARTLY,
    missing="PublicDnsName is always empty, because no resolver of the host would know the name. Use PublicIpAddress.",
)
async def describe_instances(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The instances, under the reservations that launched them. Terminated ones are shown for about an hour."""

    check_page_size(parameters, (5, 1000), {"InstanceIds": NOT_PAGED.format("instancesSet")})

    def describe(connection: Connection) -> Answer:
        shown, token = page(
            call,
            parameters,
            described_instances(cloud, connection, call, parameters.get("InstanceIds")),
            filters=_filters(connection, call, parameters),
            key=lambda shown: launch_order(shown[0]),
            tags=lambda shown: {tag["Key"]: tag["Value"] for tag in shown[1]["Tags"] or ()},
        )
        grouped = reservations([instance for instance, _ in shown], [output for _, output in shown])
        return {"Reservations": grouped, "NextToken": token}

    return await cloud.read(describe)


def _filters(
    connection: Connection, call: Call, parameters: Parameters
) -> Mapping[str, Callable[[Shown], Iterable[str]]]:
    if not parameters.get("Filters"):
        return FILTERS
    interfaces = tags_of(connection, call.scope, "network-interface")
    return {**FILTERS, **interface_tag_filters(interfaces)}
