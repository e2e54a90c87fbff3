"""DescribeInstances."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.instances.described_instances import (
    Described,
    described,
    instances_described,
    under_reservations,
)
from kumoniwa.api.ec2.instances.instance_filters import FILTERS, Shown, interface_tag_filters
from kumoniwa.api.ec2.instances.selected_instances import INSTANCES
from kumoniwa.api.listing import NOT_PAGED, check_page_size, page, selected
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
        filters = _filters(connection, call, parameters)
        if ids := parameters.get("InstanceIds"):
            found = instances_described(cloud, connection, call, ids)
            shown, token = page(call, parameters, found, filters=filters, key=_key, tags=_tags)
        else:

            def items(rows: Sequence[tuple[Any, ...]]) -> list[Described]:
                return described(cloud, connection, call, dict(rows))

            shown, token = selected(connection, call, parameters, INSTANCES, items, filters=filters, key=_key)
        return {"Reservations": under_reservations(shown), "NextToken": token}

    return await cloud.read(describe)


def _key(one: Described) -> str:
    return INSTANCES.key(one.instance)


def _tags(one: Described) -> Mapping[str, str]:
    return {tag["Key"]: tag["Value"] for tag in one.output["Tags"] or ()}


def _filters(
    connection: Connection, call: Call, parameters: Parameters
) -> Mapping[str, Callable[[Shown], Iterable[str]]]:
    asked = parameters.get("Filters") or ()
    if not any(str(each.get("Name")).startswith("network-interface.tag-") for each in asked):
        return FILTERS
    return {**FILTERS, **interface_tag_filters(tags_of(connection, call.scope, "network-interface"))}
