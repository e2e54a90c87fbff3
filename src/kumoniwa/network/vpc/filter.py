"""Whether a VPC carries a packet, and which rule, entry or route decides that. Pure: the oracle of `nft` and `routes`.

A packet that an interface sends passes, in this order: the source/destination check, the egress rules of the
interface's security groups, its subnet's network ACL if it leaves the subnet, the route table, and, where it comes to
another interface, that subnet's ACL and that interface's groups. Groups are stateful: the reply of a flow that was
admitted (`answer`) is not asked for rules. ACLs are not. Neither is asked about the VPC's own services.

Source: the VPC user guide, "Security group rules", "Network ACLs", "Route priority", "NAT gateways".
"""

from collections.abc import Generator
from dataclasses import replace
from ipaddress import IPv4Address

from kumoniwa.network.vpc.longest_prefix import blocks_of, route_to
from kumoniwa.network.vpc.packet import Packet, matches
from kumoniwa.network.vpc.plan import (
    METADATA,
    NO_SOURCE,
    NOT_INTERNET,
    RESOLVER,
    UDP,
    Acl,
    GroupReference,
    Interface,
    Plan,
    PrefixListReference,
    Rule,
    Target,
    TargetKind,
)
from kumoniwa.network.vpc.verdicts import INTERNET, ROUTER, Decider, Decision, Verdict
from kumoniwa.values import dataclass

_NOBODY, _EVERYBODY = IPv4Address("0.0.0.0"), IPv4Address("255.255.255.255")
_DHCP_CLIENT, _DHCP_SERVER = 68, 67

_Checks = Generator[Decision, None, tuple[str, Packet]]
"""Gives one decision after another, up to the first that does not admit; then where the packet arrives, and how."""


def verdict(plan: Plan, packet: Packet, origin: str) -> Verdict:
    """What becomes of the first packet of a flow."""
    return _decide(packet, origin, _Judge(plan).came(packet, origin))


def answer(plan: Plan, opened: Verdict) -> Verdict:
    """What becomes of the reply to a packet that was admitted, sent by what it arrived at.

    Where it comes to something else than what opened the flow, the rules there are asked: that knows no such flow.
    Raises `ValueError` for a packet that was not admitted, or that opens no flow.
    """
    if opened.to is None or not opened.packet.opens_a_flow:
        raise ValueError("Only a packet that was admitted and opens a flow is replied to.")
    judge = _Judge(plan, opened)
    reply = opened.arriving.reply()
    if opened.to == ROUTER:
        checks = judge.from_router(opened)
    elif opened.to == INTERNET:
        checks = judge.back_from_internet(reply, opened)
    else:
        checks = judge.came(reply, opened.to)
    return _decide(reply, opened.to, checks)


def crosses(plan: Plan, packet: Packet, subnet_id: str, *, egress: bool) -> Decision:
    """The decision of a subnet's network ACL about a packet that comes into the subnet, or leaves it (`egress`)."""
    return _Judge(plan)._acl(packet, subnet_id, egress=egress)


def _decide(packet: Packet, origin: str, checks: _Checks) -> Verdict:
    decisions: list[Decision] = []
    while True:
        try:
            decision = next(checks)
        except StopIteration as end:
            to, arriving = end.value
            return Verdict(packet, origin, to, arriving, tuple(decisions))
        decisions.append(decision)
        if not decision.admits:
            return Verdict(packet, origin, None, packet, tuple(decisions))


@dataclass(frozen=True, slots=True)
class _Judge:
    """Makes the checks, in order: of first packets, or of replies to the flow that was `opened`."""

    plan: Plan
    opened: Verdict | None = None

    def came(self, packet: Packet, origin: str) -> _Checks:
        if origin == INTERNET:
            return self.from_internet(packet)
        if origin in self.plan.peerings:
            return self.from_peering(packet, origin)
        return self.from_interface(packet, self.plan.interfaces[origin])

    def from_interface(self, packet: Packet, sender: Interface) -> _Checks:
        yield self._may_send(packet, sender)
        if _asks_for_address(packet) or self._is_service(packet.destination):
            yield self._served(packet, sender)
            return ROUTER, packet
        route, target = self._route(packet.destination, sender)
        receiver = self._receiver(packet.destination, target)
        yield self._groups(packet, sender, egress=True)
        if receiver is None or receiver.subnet_id != sender.subnet_id:
            yield self._acl(packet, sender.subnet_id, egress=True)
        yield route
        match target.kind:
            case TargetKind.LOCAL | TargetKind.INTERFACE:
                yield self._at_target(packet, target, receiver)
                assert receiver is not None, "it was found at the target"
                if self.opened is not None and self.opened.origin == INTERNET:
                    yield from self._knows(receiver.id)  # the reply's source was translated: it has one way only
                yield from self._arrive(packet, receiver, from_subnet=sender.subnet_id)
                return receiver.id, packet
            case TargetKind.PEERING:
                yield self._peering(target.id)
                yield from self._knows(target.id)
                return target.id, packet
            case TargetKind.NAT_GATEWAY:
                yield from self._knows(target.id)
                return (yield from self._by_nat_gateway(packet, sender, target.id))
            case TargetKind.INTERNET_GATEWAY:
                yield from self._knows(INTERNET)
                return (yield from self._by_internet_gateway(packet, sender))
            case TargetKind.BLACKHOLE:
                raise AssertionError("the route did not admit it")

    def from_internet(self, packet: Packet) -> _Checks:
        """The destination is a public address. Whoever sent it, it comes from this host."""
        found = next(
            (
                (interface, address.private)
                for interface in self.plan.interfaces.values()
                for address in interface.addresses
                if address.public == packet.destination
            ),
            None,
        )
        if self.plan.internet_gateway is None or found is None or not found[0].live:
            yield Decision(
                False, Decider.ADDRESS, "", f"No running instance has the public address {packet.destination}."
            )
            raise AssertionError("nothing has it")
        receiver, private = found
        gateway = self.plan.internet_gateway
        yield Decision(
            True, Decider.INTERNET_GATEWAY, gateway, f"{gateway} sends what {packet.destination} gets to {private}."
        )
        if not packet.opens_a_flow:
            yield _untranslated(packet)
        inside = replace(packet, source=self.plan.host, destination=private)
        yield from self._arrive(inside, receiver, from_subnet=None)
        return receiver.id, inside

    def from_peering(self, packet: Packet, peering_id: str) -> _Checks:
        yield self._peering(peering_id)
        peering = self.plan.peerings[peering_id]
        theirs = any(packet.source in block for block in peering.cidrs)
        yield Decision(
            theirs,
            Decider.PEERING,
            peering_id,
            f"{packet.source} is {'' if theirs else 'not '}in the blocks of {peering.vpc_id}.",
        )
        receiver = self._at(packet.destination)
        yield self._at_target(packet, Target(TargetKind.LOCAL), receiver)
        assert receiver is not None, "it was found"
        yield from self._arrive(packet, receiver, from_subnet=None)
        return receiver.id, packet

    def back_from_internet(self, reply: Packet, opened: Verdict) -> _Checks:
        """A reply to what left by a gateway. It comes to the gateway's public address, and from there to the sender."""
        receiver = self.plan.interfaces[opened.origin]
        inside = opened.packet.reply()
        if (nat := opened.nat_gateway) is not None:
            at = self.plan.nat_gateways[nat].subnet_id
            yield self._acl(inside, at, egress=False)
            if at != receiver.subnet_id:
                yield self._acl(inside, at, egress=True)
            yield from self._arrive(inside, receiver, from_subnet=at)
        else:
            yield from self._arrive(inside, receiver, from_subnet=None)
        return receiver.id, inside

    def from_router(self, opened: Verdict) -> _Checks:
        yield Decision(True, Decider.SERVICE, ROUTER, "The VPC's services answer whoever may ask them.")
        return opened.origin, opened.packet.reply()

    def _may_send(self, packet: Packet, sender: Interface) -> Decision:
        if not sender.live:
            return Decision(False, Decider.ADDRESS, sender.id, f"No running instance has {sender.id}.")
        own = any(packet.source == address.private for address in sender.addresses)
        if own or _asks_for_address(packet):
            return _checked(True, sender, f"{packet.source} is {sender.id}'s own.")
        if sender.source_dest_check:
            return _checked(
                False, sender, f"{packet.source} is not {sender.id}'s own, and its source/destination check is on."
            )
        if any(packet.source in block for block in (*NO_SOURCE, self.plan.transit)):
            return _checked(False, sender, f"No packet may come from {packet.source}.")
        return _checked(True, sender, f"The source/destination check of {sender.id} is off.")

    def _is_service(self, address: IPv4Address) -> bool:
        return address in (METADATA, RESOLVER, self.plan.resolver, _EVERYBODY) or any(
            address == subnet.router for subnet in self.plan.subnets.values()
        )

    def _served(self, packet: Packet, sender: Interface) -> Decision:
        """The services are asked by an interface's own addresses only."""
        own = any(packet.source == address.private for address in sender.addresses)
        router = self.plan.subnets[sender.subnet_id].router
        match packet.protocol, packet.destination_port:
            case 17, 67:
                admits = _asks_for_address(packet) or (
                    own and packet.source_port == _DHCP_CLIENT and packet.destination == router
                )
            case 6, 80:
                admits = own and packet.destination == METADATA
            case ((6 | 17), 53):
                admits = own and self.plan.dns_support and packet.destination in (RESOLVER, self.plan.resolver)
            case _:
                admits = False
        said = "is served" if admits else "is not served"
        return Decision(
            admits, Decider.SERVICE, ROUTER, f"{packet} at {packet.destination} {said} by the VPC's router."
        )

    def _route(self, destination: IPv4Address, sender: Interface) -> tuple[Decision, Target]:
        """The decision of the route table of the sender's subnet, and where it leads."""
        return route_to(self.plan, destination, self.plan.subnets[sender.subnet_id])

    def _at(self, address: IPv4Address) -> Interface | None:
        """The interface that has a private address, and a guest."""
        return next(
            (
                interface
                for interface in self.plan.interfaces.values()
                if interface.live and any(address == one.private for one in interface.addresses)
            ),
            None,
        )

    def _receiver(self, destination: IPv4Address, target: Target) -> Interface | None:
        match target.kind:
            case TargetKind.LOCAL:
                return self._at(destination)
            case TargetKind.INTERFACE:
                found = self.plan.interfaces.get(target.id)
                return found if found is not None and found.live else None
            case _:
                return None

    def _at_target(self, packet: Packet, target: Target, receiver: Interface | None) -> Decision:
        if target.kind is TargetKind.INTERFACE:
            said = f"A running instance has {target.id}." if receiver else f"No running instance has {target.id}."
            return Decision(receiver is not None, Decider.ROUTE, target.id, said)
        if receiver is None:
            return Decision(False, Decider.ADDRESS, "", f"No running instance has the address {packet.destination}.")
        return Decision(True, Decider.ADDRESS, receiver.id, f"{receiver.id} has the address {packet.destination}.")

    def _arrive(self, packet: Packet, receiver: Interface, *, from_subnet: str | None) -> Generator[Decision]:
        if receiver.subnet_id != from_subnet:
            yield self._acl(packet, receiver.subnet_id, egress=False)
        own = any(packet.destination == address.private for address in receiver.addresses)
        if not own:
            said = "on" if receiver.source_dest_check else "off"
            yield _checked(
                not receiver.source_dest_check,
                receiver,
                f"{packet.destination} is not {receiver.id}'s own, and its source/destination check is {said}.",
            )
        yield self._groups(packet, receiver, egress=False)

    def _by_nat_gateway(self, packet: Packet, sender: Interface, nat_id: str) -> _Checks:
        gateway = self.plan.nat_gateways.get(nat_id)
        if gateway is None or not gateway.available or gateway.public is None:
            yield Decision(False, Decider.NAT_GATEWAY, nat_id, f"{nat_id} is not available.")
            raise AssertionError("it is not there")
        if gateway.subnet_id != sender.subnet_id:
            yield self._acl(packet, gateway.subnet_id, egress=False)
            yield self._acl(packet, gateway.subnet_id, egress=True)
        onward, target = route_to(self.plan, packet.destination, self.plan.subnets[gateway.subnet_id])
        yield onward
        if target.kind is not TargetKind.INTERNET_GATEWAY:
            yield Decision(
                False,
                Decider.NAT_GATEWAY,
                nat_id,
                f"From the subnet of {nat_id} no route leads to an internet gateway.",
            )
        yield from self._to_internet(packet, sender)
        yield Decision(True, Decider.NAT_GATEWAY, nat_id, f"{nat_id} sends it as {gateway.public}.")
        return INTERNET, replace(packet, source=gateway.public)

    def _knows(self, way: str) -> Generator[Decision]:
        """What keeps a reply from another way than its flow came by."""
        if self.opened is not None and self.opened.origin != way:
            said = f"The flow came from {self.opened.origin}; {way}, where the reply would go, knows no such flow."
            yield Decision(False, Decider.FLOW, way, said)

    def _by_internet_gateway(self, packet: Packet, sender: Interface) -> _Checks:
        if self.opened is not None:
            yield self._public(packet.source, sender)
            return INTERNET, self.opened.packet.reply()
        yield from self._to_internet(packet, sender)
        yield self._public(packet.source, sender)
        public = next(address.public for address in sender.addresses if address.private == packet.source)
        assert public is not None, "it was found"
        return INTERNET, replace(packet, source=public)

    def _public(self, source: IPv4Address, sender: Interface) -> Decision:
        gateway = self.plan.internet_gateway or ""
        public = next((one.public for one in sender.addresses if one.private == source), None)
        if public is None:
            return Decision(
                False,
                Decider.INTERNET_GATEWAY,
                gateway,
                f"{source} of {sender.id} has no public address for {gateway}.",
            )
        return Decision(True, Decider.INTERNET_GATEWAY, gateway, f"{gateway} sends it as {public}.")

    def _to_internet(self, packet: Packet, sender: Interface) -> Generator[Decision]:
        """What keeps a packet from any gateway. Only what an interface sends of its own is translated."""
        gateway = self.plan.internet_gateway or ""
        if any(packet.destination in block for block in NOT_INTERNET):
            yield Decision(
                False, Decider.INTERNET_GATEWAY, gateway, f"{packet.destination} is not an address of the internet."
            )
        if not any(packet.source == address.private for address in sender.addresses):
            yield Decision(
                False,
                Decider.INTERNET_GATEWAY,
                gateway,
                f"{packet.source} is not {sender.id}'s own: a gateway translates no forwarded packet here.",
            )
        if not packet.opens_a_flow:
            yield _untranslated(packet)

    def _peering(self, peering_id: str) -> Decision:
        peering = self.plan.peerings.get(peering_id)
        active = peering is not None and peering.active
        said = "is active" if active else "is not active"
        return Decision(active, Decider.PEERING, peering_id, f"{peering_id} {said}.")

    def _groups(self, packet: Packet, interface: Interface, *, egress: bool) -> Decision:
        """The decision of an interface's security groups."""
        if self.opened is not None and (egress or self.opened.origin == interface.id):
            return Decision(True, Decider.FLOW, interface.id, "It replies to a packet that was admitted.")
        remote = packet.destination if egress else packet.source
        way = "to" if egress else "from"
        for group_id in interface.group_ids:
            group = self.plan.groups[group_id]
            for rule in group.egress if egress else group.ingress:
                if matches(rule.traffic, packet) and self._is_remote(rule, remote):
                    said = f"Rule {rule.id} of {group_id} admits {packet} {way} {remote}."
                    return Decision(True, Decider.SECURITY_GROUP, rule.id, said, rule, egress)
        names = ", ".join(interface.group_ids)
        said = f"No {'egress' if egress else 'ingress'} rule of {names} admits {packet} {way} {remote}."
        first = interface.group_ids[0] if interface.group_ids else ""
        return Decision(False, Decider.SECURITY_GROUP, first, said, egress=egress)

    def _is_remote(self, rule: Rule, address: IPv4Address) -> bool:
        match rule.remote:
            case GroupReference(group_id):
                return self._is_member(address, group_id)
            case PrefixListReference(prefix_list_id):
                return any(self.plan.means(block, address) for block in blocks_of(self.plan, prefix_list_id))
            case block:
                return self.plan.means(block, address)

    def _is_member(self, address: IPv4Address, group_id: str) -> bool:
        return any(
            group_id in interface.group_ids and any(address == one.private for one in interface.addresses)
            for interface in self.plan.interfaces.values()
        ) or any(
            peering.active and address in peering.members.get(group_id, ()) for peering in self.plan.peerings.values()
        )

    def _acl(self, packet: Packet, subnet_id: str, *, egress: bool) -> Decision:
        """The decision of a subnet's network ACL."""
        acl: Acl = self.plan.acls[self.plan.subnets[subnet_id].acl_id]
        remote = packet.destination if egress else packet.source
        way = f"{'out of' if egress else 'into'} {subnet_id}"
        for entry in acl.egress if egress else acl.ingress:
            if matches(entry.traffic, packet) and self.plan.means(entry.block, remote):
                verb = "allows" if entry.allow else "denies"
                said = f"{'Egress' if egress else 'Ingress'} entry {entry.number} of {acl.id} {verb} {packet} {way}."
                return Decision(entry.allow, Decider.NETWORK_ACL, acl.id, said, entry, egress)
        said = f"No {'egress' if egress else 'ingress'} entry of {acl.id} allows {packet} {way}."
        return Decision(False, Decider.NETWORK_ACL, acl.id, said, egress=egress)


def _asks_for_address(packet: Packet) -> bool:
    """Whether it is a DHCP request of a guest that does not use an address yet."""
    return (
        packet.source == _NOBODY
        and packet.protocol == UDP
        and packet.source_port == _DHCP_CLIENT
        and packet.destination_port == _DHCP_SERVER
        and packet.destination == _EVERYBODY
    )


def _checked(admits: bool, interface: Interface, sentence: str) -> Decision:
    return Decision(admits, Decider.SOURCE_DEST_CHECK, interface.id, sentence)


def _untranslated(packet: Packet) -> Decision:
    return Decision(False, Decider.FLOW, "", f"{packet} opens no flow, and is part of none: no gateway translates it.")
