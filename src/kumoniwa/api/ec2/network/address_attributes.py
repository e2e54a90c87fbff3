"""ModifyAddressAttribute, ResetAddressAttribute and DescribeAddressesAttribute: the name that an address has in DNS.

EC2 asks DNS whether the name leads to the address, and its record is there some time later. Here it is there at once.
"""

import re
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import ELASTIC_IP
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.listing import Asked, Listing
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import InvalidParameterValue, MissingParameter
from kumoniwa.model.elastic_ips import ElasticIp
from kumoniwa.store import elastic_ips

_MOST_NAME = 253  # characters of a name in DNS, without the dot at its end
_NAME = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))+\.?", re.IGNORECASE | re.ASCII)
_IS_RECORDED = "The record is stored and shown. No name server has it, and none is asked about the name."


def _output(address: ElasticIp, update: dict[str, str] | None = None) -> dict[str, Any]:
    return {
        "PublicIp": address.public_ip,
        "AllocationId": address.id,
        "PtrRecord": address.ptr_record,
        "PtrRecordUpdate": update,
    }


@action("ModifyAddressAttribute", depth=Depth.RECORDED, missing=_IS_RECORDED)
async def modify_address_attribute(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Give an Elastic IP address a record for reverse DNS, in place of the one that it has."""
    name: str | None = parameters.get("DomainName")
    if name is None:
        raise MissingParameter("domainName")
    if len(name.removesuffix(".")) > _MOST_NAME or _NAME.fullmatch(name) is None:
        raise InvalidParameterValue(f"Value ({name[:200]}) for parameter domainName is invalid.")
    record = f"{name.removesuffix('.').lower()}."

    def modify(connection: Connection) -> Answer:
        address = named(connection, call.scope, ELASTIC_IP, parameters["AllocationId"])
        elastic_ips.name(connection, address, record)
        return {"Address": _output(replace(address, ptr_record=record), {"Value": record, "Status": "PENDING"})}

    return await cloud.change(call, modify)


@action("ResetAddressAttribute", depth=Depth.RECORDED, missing=_IS_RECORDED)
async def reset_address_attribute(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Take an Elastic IP address's record for reverse DNS away."""

    def reset(connection: Connection) -> Answer:
        address = named(connection, call.scope, ELASTIC_IP, parameters["AllocationId"])
        elastic_ips.name(connection, address, None)
        return {"Address": _output(replace(address, ptr_record=None))}

    return await cloud.change(call, reset)


def _read(connection: Connection, asked: Asked) -> list[ElasticIp]:
    """Those that have a record: Terraform waits until an address that lost its own is not told any more."""
    found = elastic_ips.in_scope(connection, asked.call.scope, asked.ids)
    ELASTIC_IP.check_all_found(asked.ids, {address.id for address in found})
    return [address for address in found if address.ptr_record is not None]


_ATTRIBUTES = Listing(
    member="Addresses",
    kind=ELASTIC_IP,
    ids="AllocationIds",
    read=_read,
    read_checks_ids=True,
    row=lambda address, _: _output(address),
    key=lambda address: address.id,
    limits=(1, 1000),
)


@action("DescribeAddressesAttribute", depth=Depth.RECORDED, missing=_IS_RECORDED)
async def describe_addresses_attribute(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The Elastic IP addresses of a region that have records for reverse DNS."""
    return await _ATTRIBUTES.answer(cloud, call, parameters)
