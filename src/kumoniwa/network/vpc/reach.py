"""Who reaches whom in the VPCs of a cloud: each hop of the way there and back, and what decides. Pure.

It is `filter`'s answer for a flow instead of a packet: over a peering connection it goes on in the other VPC, and an
end is reached if the reply comes back too. What an instance that forwards does with a packet is not known: the way ends
there.
"""

from collections.abc import Mapping
from ipaddress import IPv4Address

from kumoniwa.network.vpc.filter import answer, verdict
from kumoniwa.network.vpc.packet import ECHO_REQUEST, Packet
from kumoniwa.network.vpc.plan import ICMP, PORTED, Interface, Plan
from kumoniwa.network.vpc.verdicts import INTERNET, Decision, Verdict
from kumoniwa.values import dataclass

CLIENT_PORT = 49152
"""From which a flow is thought to come: the first of the dynamic ports."""


@dataclass(frozen=True, slots=True)
class Hop:
    """A part of a way: in one VPC, from one end to the next. `decisions` are in their order."""

    vpc_id: str
    origin: str
    to: str | None
    decisions: tuple[Decision, ...]


@dataclass(frozen=True, slots=True)
class Reach:
    """Whether a flow comes to its destination, and its replies back. Ends are as in `Verdict`.

    `forwarded_by`: the interface of an instance that is not the destination, where the packet arrives to be forwarded.
    `back` is empty where nothing comes to the destination, or nothing of the protocol replies.
    """

    packet: Packet
    reached: bool
    there: tuple[Hop, ...]
    back: tuple[Hop, ...]
    forwarded_by: str | None = None

    @property
    def deciding(self) -> Decision:
        """What the answer turns on: the check that did not admit it, or else the last one of the way there."""
        hops = (*self.there, *self.back)
        denied = (one for hop in hops for one in hop.decisions if not one.admits)
        return next(denied, self.there[-1].decisions[-1])


class NoSuchEnd(LookupError):
    """No VPC has this interface, or the end has no address for the flow."""


def reach(
    plans: Mapping[str, Plan],
    start: str,
    end: str | IPv4Address,
    protocol: int,
    port: int = 0,
) -> Reach:
    """Whether a flow of a protocol, by its number, comes from one end to the other, at this port if it has ports.

    `start` is an interface or the `INTERNET`; `end` an interface, or an address: of the internet, of a VPC, or a public
    one. `plans` has each VPC by its id, the peered ones too. Raises `NoSuchEnd`.
    """
    plan = _plan_at(plans, end if start == INTERNET else start)
    packet = _packet(*_addresses(plans, plan, start, end), protocol, port)
    opened = _way(plans, plan, packet, start)
    there = tuple(_hop(vpc, one) for vpc, one in opened)
    last_plan, last = opened[-1]
    if not last.admitted:
        return Reach(packet, False, there, ())
    if (by := _forwarder(last_plan, last)) is not None:
        return Reach(packet, False, there, (), forwarded_by=by)
    if not packet.opens_a_flow:
        return Reach(packet, True, there, ())
    back = _back(opened)
    return Reach(packet, back[-1].to == opened[0][1].origin, there, back)


def _plan_at(plans: Mapping[str, Plan], end: str | IPv4Address) -> Plan:
    for plan in plans.values():
        for interface in plan.interfaces.values():
            if interface.id == end or any(end == address.public for address in interface.addresses):
                return plan
    raise NoSuchEnd(f"No VPC has {end}.")


def _addresses(
    plans: Mapping[str, Plan], plan: Plan, start: str, end: str | IPv4Address
) -> tuple[IPv4Address, IPv4Address]:
    """The source and the destination."""
    source = plan.host if start == INTERNET else plan.interfaces[start].primary
    if isinstance(end, IPv4Address):
        return source, end
    if start == INTERNET:
        return source, _public(plan.interfaces[end])
    return source, _plan_at(plans, end).interfaces[end].primary


def _packet(source: IPv4Address, destination: IPv4Address, protocol: int, port: int) -> Packet:
    if protocol in PORTED:
        return Packet(source, destination, protocol, source_port=CLIENT_PORT, destination_port=port)
    return Packet(source, destination, protocol, icmp_type=ECHO_REQUEST if protocol == ICMP else 0)


def _public(interface: Interface) -> IPv4Address:
    found = next((address.public for address in interface.addresses if address.public is not None), None)
    if found is None:
        raise NoSuchEnd(f"{interface.id} has no public address.")
    return found


def _way(plans: Mapping[str, Plan], plan: Plan, packet: Packet, start: str) -> list[tuple[Plan, Verdict]]:
    """The verdicts from the start on, over at most one peering connection: those do not lead on to others."""
    first = verdict(plan, packet, start)
    peering = plan.peerings.get(first.to or "")
    if peering is None:
        return [(plan, first)]
    other = plans.get(peering.vpc_id)
    if other is None:
        raise NoSuchEnd(f"There is no plan of {peering.vpc_id}, to which {peering.id} leads.")
    return [(plan, first), (other, verdict(other, first.arriving, peering.id))]


def _back(opened: list[tuple[Plan, Verdict]]) -> tuple[Hop, ...]:
    hops = []
    for plan, one in reversed(opened):
        reply = answer(plan, one)
        hops.append(_hop(plan, reply))
        if not reply.admitted:
            break
    return tuple(hops)


def _forwarder(plan: Plan, arrived: Verdict) -> str | None:
    """The interface at which a packet arrived that is for another."""
    receiver = plan.interfaces.get(arrived.to or "")
    if receiver is None or any(arrived.arriving.destination == one.private for one in receiver.addresses):
        return None
    return receiver.id


def _hop(plan: Plan, one: Verdict) -> Hop:
    return Hop(plan.vpc_id, one.origin, one.to, one.decisions)
