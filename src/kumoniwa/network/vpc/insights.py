"""An analysis of whether traffic comes from one end to another, as EC2's Reachability Analyzer gives it. Pure."""

from collections.abc import Collection, Iterator, Mapping
from ipaddress import IPv4Address
from typing import Any

from kumoniwa.network.vpc.explanations import explained, explanation
from kumoniwa.network.vpc.path_components import Component, components, resource
from kumoniwa.network.vpc.plan import LAST_PORT, PORTED, Interface, Plan, Rule
from kumoniwa.network.vpc.reach import NoSuchEnd, Reach, reach
from kumoniwa.network.vpc.verdicts import INTERNET
from kumoniwa.values import dataclass

SOMEWHERE = IPv4Address("192.0.2.1")
"""Stands for the internet where no address of it is named: of TEST-NET-1 (RFC 5737), which is nobody's."""
MOST_PORTS = 500
"""Tried where no port is named."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What an analysis comes to: `result` has EC2's members for the ways there and back, or for why there is none."""

    found: bool
    result: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """`start` and `ends` are interfaces, or the `INTERNET`; `address` is the destination, where it is named. Any of the
    `ends` will do; without one whatever has the address will. Without a `port` any port will do."""

    start: str
    ends: tuple[str, ...]
    protocol: int
    address: IPv4Address | None = None
    port: int | None = None


def without_path(code: str, **named: Any) -> Finding:
    """That there is no path, by a code of EC2's."""
    return Finding(False, {"Explanations": [explanation(code, **named)]})


def analyzed(plans: Mapping[str, Plan], asked: Asked) -> Finding:
    """Whether a flow comes to the destination and its replies back, the way of both, or else what keeps it from there.

    `plans` are as `reach` takes them.
    """
    first: Reach | None = None
    for port in _ports(plans, asked):
        try:
            found = reach(plans, asked.start, _destination(asked), asked.protocol, port)
        except NoSuchEnd:
            return _without_end(plans, asked)
        if found.reached and _is_asked_for(found, asked):
            return Finding(
                True,
                {
                    "ForwardPathComponents": components(plans, found.there, found.packet),
                    "ReturnPathComponents": components(plans, found.back, found.packet.reply()),
                },
            )
        first = first or found
    assert first is not None, "there is a port to try"
    return Finding(False, {"Explanations": [explained(plans, first)]})


def _destination(asked: Asked) -> str | IPv4Address:
    if asked.address is not None:
        return asked.address
    return SOMEWHERE if INTERNET in asked.ends else asked.ends[0]


def _is_asked_for(found: Reach, asked: Asked) -> bool:
    return not asked.ends or found.there[-1].to in asked.ends


def _without_end(plans: Mapping[str, Plan], asked: Asked) -> Finding:
    """An end has no address for such a flow, or is in none of the VPCs."""
    end = next(iter(asked.ends), None)
    there = any(end in plan.interfaces for plan in plans.values())
    if asked.start == INTERNET and (there or end is None):
        return without_path("IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS", Direction="ingress", **_interface_named(end))
    return without_path("DISCONNECTED_VPCS", **_interface_named(end))


def _interface_named(end: str | None) -> Component:
    return {} if end is None else {"NetworkInterface": resource(end)}


def _ports(plans: Mapping[str, Plan], asked: Asked) -> Iterator[int]:
    """The port that is asked for; or, of any, one of each range in which groups and ACLs decide alike."""
    if asked.port is not None:
        yield asked.port
        return
    bounds = {0, 1}
    for plan in plans.values():
        near = [plan.interfaces[one] for one in (asked.start, *asked.ends) if one in plan.interfaces]
        traffic = [rule.traffic for rule in _rules(plan, near)]
        traffic += [entry.traffic for acl in plan.acls.values() for entry in (*acl.ingress, *acl.egress)]
        for one in traffic:
            if one.protocol in PORTED and one.first is not None and one.last is not None:
                bounds |= {one.first, one.last + 1}
    yield from sorted(bound for bound in bounds if bound <= LAST_PORT)[:MOST_PORTS]


def _rules(plan: Plan, interfaces: Collection[Interface]) -> Iterator[Rule]:
    for group_id in {group for interface in interfaces for group in interface.group_ids}:
        yield from (*plan.groups[group_id].ingress, *plan.groups[group_id].egress)
