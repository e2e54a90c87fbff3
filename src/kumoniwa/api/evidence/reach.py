"""Who reaches whom in a VPC, and what decides: a function of the rows, whichever driver makes the guests."""

from collections.abc import Mapping
from ipaddress import IPv4Address
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Call
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import INSTANCE, NETWORK_INTERFACE
from kumoniwa.api.ec2.named.lookup import named as the_named
from kumoniwa.errors import MissingParameter, NothingThere, ValueNotTaken
from kumoniwa.network.vpc.gather import gather_with_peers
from kumoniwa.network.vpc.reach import Hop, NoSuchEnd, Reach, reach
from kumoniwa.network.vpc.verdicts import INTERNET, Decision
from kumoniwa.store import network_interfaces

_PROTOCOLS = {"tcp": 6, "udp": 17, "icmp": 1}
_PORTED = ("tcp", "udp")
_LAST_PORT = 65535
_ENDS = "An end is an instance, a network interface, an IPv4 address, or internet."


async def reachability(cloud: Cloud, call: Call, asked: Mapping[str, str]) -> Mapping[str, Any]:
    """Whether a flow `from` an instance, an interface or the internet comes `to` another end, at this `port` of a
    `protocol` (tcp unless it is said), and its replies back; each hop of the way with what was checked."""
    for name in ("from", "to"):
        if not asked.get(name):
            raise MissingParameter(name)
    protocol = asked.get("protocol") or "tcp"
    if protocol not in _PROTOCOLS:
        raise ValueNotTaken(f"{protocol[:50]} is no protocol.", way_out=f"It takes {', '.join(_PROTOCOLS)}.")
    port = _port(asked.get("port"), protocol)

    def read(connection: Connection) -> Mapping[str, Any]:
        start, end = _end(connection, call, asked["from"]), _end(connection, call, asked["to"])
        if isinstance(start, IPv4Address):
            raise ValueNotTaken(
                f"A way does not begin at an address: {start}.", way_out="Name the instance or interface that has it."
            )
        vpc_id = _vpc_of(connection, call, end if start == INTERNET else start)
        plans = gather_with_peers(connection, vpc_id)
        if (there := _own_vpc(connection, call, end)) not in (None, *plans):
            raise NothingThere(
                f"{asked['to']} is in {there}, to which nothing leads from {vpc_id}.",
                way_out="Make a peering connection between the two, and routes to it in both.",
            )
        try:
            found = reach(plans, start, end, _PROTOCOLS[protocol], port)
        except NoSuchEnd as missing:
            raise NothingThere(str(missing), way_out=_ENDS) from missing
        return _output(found)

    return await cloud.read(read)


def _port(text: str | None, protocol: str) -> int:
    if protocol not in _PORTED:
        return 0
    if text is None:
        raise MissingParameter("port")
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(_LAST_PORT)) and 0 < int(text) <= _LAST_PORT):
        raise ValueNotTaken(f"{text[:50]} is no port.", way_out=f"Ports are 1 to {_LAST_PORT}.")
    return int(text)


def _end(connection: Connection, call: Call, text: str) -> str | IPv4Address:
    """An end, as `reach` takes it: of an instance, its primary interface."""
    if text == INTERNET:
        return text
    if text.startswith("i-"):
        instance = the_named(connection, call.scope, INSTANCE, text)
        if (primary := network_interfaces.primary(connection, instance.id)) is None:
            raise NothingThere(f"{instance.id} has no network interface: it is terminated.", way_out=_ENDS)
        return primary.id
    if text.startswith("eni-"):
        return the_named(connection, call.scope, NETWORK_INTERFACE, text).id
    try:
        return IPv4Address(text)
    except ValueError:
        raise ValueNotTaken(f"{text[:50]} is no end of a way.", way_out=_ENDS) from None


def _vpc_of(connection: Connection, call: Call, end: str | IPv4Address) -> str:
    if (vpc_id := _own_vpc(connection, call, end)) is None:
        raise ValueNotTaken("One end must be in a VPC.", way_out=_ENDS)
    return vpc_id


def _own_vpc(connection: Connection, call: Call, end: str | IPv4Address) -> str | None:
    """The VPC of an interface; None of an address and of the internet."""
    if isinstance(end, IPv4Address) or end == INTERNET:
        return None
    return the_named(connection, call.scope, NETWORK_INTERFACE, end).vpc_id


def _output(found: Reach) -> Mapping[str, Any]:
    deciding = found.deciding
    return {
        "reached": found.reached,
        "deciding": _decision(deciding),
        "forwarded_by": found.forwarded_by,
        "there": [_hop(hop) for hop in found.there],
        "back": [_hop(hop) for hop in found.back],
    }


def _hop(hop: Hop) -> Mapping[str, Any]:
    return {
        "vpc_id": hop.vpc_id,
        "from": hop.origin,
        "to": hop.to,
        "decisions": [_decision(decision) for decision in hop.decisions],
    }


def _decision(decision: Decision) -> Mapping[str, Any]:
    return {
        "admits": decision.admits,
        "by": str(decision.decider),
        "id": decision.id,
        "sentence": decision.sentence,
    }
