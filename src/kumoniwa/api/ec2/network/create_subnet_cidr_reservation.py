"""CreateSubnetCidrReservation, DeleteSubnetCidrReservation and GetSubnetCidrReservations.

What is reserved is not drawn for who names no address (`interface_addresses.py`, `interface_ipv6.py`).
"""

from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import SUBNET, SUBNET_RESERVATION
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.ec2.network.cidr_blocks import ipv4_block, ipv6_block
from kumoniwa.api.ec2.tags import from_specifications, tag_set, write
from kumoniwa.api.listing import Asked, Listing
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import InvalidParameterValue
from kumoniwa.ids import new_id
from kumoniwa.model.vpcs import ReservationKind, Subnet, SubnetReservation
from kumoniwa.store import subnet_reservations
from kumoniwa.store import tags as tag_rows

_TYPE = SUBNET_RESERVATION.resource_type


@action(
    "CreateSubnetCidrReservation",
    depth=Depth.PARTLY,
    missing="There are no delegated prefixes, so nothing is given of a reservation of the type `prefix` by itself.",
)
async def create_subnet_cidr_reservation(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Keep a part of a subnet's addresses from those that EC2 gives by itself; what has one of them keeps it."""
    tags = from_specifications(parameters, [_TYPE]).get(_TYPE)
    kind = _kind(parameters["ReservationType"])
    block = _block(parameters["Cidr"])

    def create(connection: Connection) -> Answer:
        subnet = named(connection, call.scope, SUBNET, parameters["SubnetId"])
        _check(connection, subnet, block)
        reservation = SubnetReservation(
            id=new_id(SUBNET_RESERVATION.prefix),
            account=call.account,
            region=call.region,
            subnet_id=subnet.id,
            cidr=str(block),
            kind=kind,
            description=parameters.get("Description"),
        )
        subnet_reservations.add(connection, reservation)
        write(connection, call, reservation.id, _TYPE, tags)
        return {"SubnetCidrReservation": _output(reservation, tags or {})}

    return await cloud.change(call, create)


@action("DeleteSubnetCidrReservation")
async def delete_subnet_cidr_reservation(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Let EC2 give the addresses of a reservation again."""

    def delete(connection: Connection) -> Answer:
        reservation = named(connection, call.scope, SUBNET_RESERVATION, parameters["SubnetCidrReservationId"])
        tags = tag_rows.tags_of(connection, call.scope, _TYPE, [reservation.id]).get(reservation.id, {})
        subnet_reservations.remove(connection, reservation.id)
        return {"DeletedSubnetCidrReservation": _output(reservation, tags)}

    return await cloud.change(call, delete)


def _kind(asked: str) -> ReservationKind:
    try:
        return ReservationKind(asked)
    except ValueError:
        raise InvalidParameterValue(f"Value ({asked[:200]}) for parameter reservationType is invalid.") from None


def _block(asked: str) -> IPv4Network | IPv6Network:
    return ipv6_block(asked, "cidr") if ":" in asked else ipv4_block(asked, "cidr")


def _check(connection: Connection, subnet: Subnet, block: IPv4Network | IPv6Network) -> None:
    """Raises EC2's refusals of a block that is not the subnet's, or meets another reservation."""
    own = subnet.cidr if isinstance(block, IPv4Network) else subnet.ipv6_cidr
    if own is None or not _is_within(block, own):
        raise InvalidParameterValue(f"The CIDR '{block}' is not within the CIDR blocks of subnet '{subnet.id}'.")
    for other in subnet_reservations.of_subnet(connection, subnet.id):
        if (":" in other.cidr) == isinstance(block, IPv6Network) and _overlap(block, other.cidr):
            raise InvalidParameterValue(f"The CIDR '{block}' conflicts with the subnet CIDR reservation '{other.id}'.")


def _is_within(block: IPv4Network | IPv6Network, other: str) -> bool:
    if isinstance(block, IPv4Network):
        return block.subnet_of(IPv4Network(other))
    return block.subnet_of(IPv6Network(other))


def _overlap(block: IPv4Network | IPv6Network, other: str) -> bool:
    return block.overlaps(IPv4Network(other) if isinstance(block, IPv4Network) else IPv6Network(other))


def _output(reservation: SubnetReservation, tags: Mapping[str, str]) -> dict[str, Any]:
    return {
        "SubnetCidrReservationId": reservation.id,
        "SubnetId": reservation.subnet_id,
        "Cidr": reservation.cidr,
        "ReservationType": str(reservation.kind),
        "OwnerId": reservation.account,
        "Description": reservation.description,
        "Tags": tag_set(tags) or [],
    }


def _read(connection: Connection, asked: Asked) -> list[SubnetReservation]:
    subnet = named(connection, asked.call.scope, SUBNET, asked.parameters["SubnetId"])
    return subnet_reservations.of_subnet(connection, subnet.id)


_RESERVATIONS = Listing(
    member="SubnetIpv4CidrReservations",  # and IPv6 ones, until they are told apart
    kind=SUBNET_RESERVATION,
    read=_read,
    row=_output,
    key=lambda one: one.id,
    filters={"reservationType": lambda one: (str(one.kind),), "subnet-id": lambda one: (one.subnet_id,)},
    tagged=True,
    limits=(5, 1000),
)


@action("GetSubnetCidrReservations")
async def get_subnet_cidr_reservations(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The reservations in a subnet."""
    answer = dict(await _RESERVATIONS.answer(cloud, call, parameters) or {})
    rows = answer.pop("SubnetIpv4CidrReservations")
    return {
        "SubnetIpv4CidrReservations": [row for row in rows if ":" not in row["Cidr"]],
        "SubnetIpv6CidrReservations": [row for row in rows if ":" in row["Cidr"]],
        **answer,
    }
