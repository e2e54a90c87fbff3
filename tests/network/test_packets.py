"""What nftables and the routes of a plan do to packets, in a namespace of the test's own, is what the oracle says."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import namespace
import pytest
from frames import frame, packet_in
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from namespace import Namespace
from plans import Sent, plans, sent
from wire import ROUTER_MAC

from kumoniwa.network.vpc import routes
from kumoniwa.network.vpc.filter import INTERNET, ROUTER, Verdict, answer, verdict
from kumoniwa.network.vpc.packet import Packet
from kumoniwa.network.vpc.plan import WAY_OUT, Plan, transit_address

pytestmark = pytest.mark.timeout(300)

_OTHER_MAC = bytes((0x0A, 0, 0, 0, 0, 9))
_PACKETS_OF_A_PLAN = 16


@pytest.fixture(scope="module")
def network() -> Iterator[Namespace]:
    if (why := namespace.obstacle()) is not None:
        pytest.skip(f"this host has no network namespaces with nftables: {why}")
    with namespace.made() as made:
        yield made


def test_what_the_kernel_does_with_a_packet_is_what_the_plan_says(network: Namespace, record_property: Any) -> None:
    seen: Counter[str] = Counter()

    @settings(max_examples=250, phases=[Phase.generate], suppress_health_check=list(HealthCheck), deadline=None)
    @given(st.data())
    def try_one(data: st.DataObject) -> None:
        plan = data.draw(plans())
        network.carry(plan)
        network.ask(("serve", {"addresses": namespace.services(plan)}))
        for packet in data.draw(st.lists(sent(plan), min_size=_PACKETS_OF_A_PLAN, max_size=_PACKETS_OF_A_PLAN)):
            _judge(network, plan, packet, seen)

    try_one()
    for name, count in sorted(seen.items()):
        record_property(name, count)
        print(name, count)


def _judge(network: Namespace, plan: Plan, one: Sent, seen: Counter[str]) -> None:
    """Send the packet, and the reply to it where it is admitted, and compare what comes of both."""
    expected = verdict(plan, one.packet, one.origin)
    seen["packets"] += 1
    seen[f"{'admitted' if expected.admitted else 'dropped'}: {expected.deciding.decider}"] += 1
    _compare(network, plan, expected, fresh=True)
    if expected.admitted and expected.to != ROUTER and one.packet.opens_a_flow:
        reply = answer(plan, expected)
        seen["replies"] += 1
        seen[f"reply {'admitted' if reply.admitted else 'dropped'}: {reply.deciding.decider}"] += 1
        _compare(network, plan, reply, fresh=False)


def _compare(network: Namespace, plan: Plan, expected: Verdict, *, fresh: bool) -> None:
    device = _device(plan, expected.origin)
    packet = _as_carried(expected.packet, expected.origin)
    destination, source = ROUTER_MAC, _OTHER_MAC
    if expected.origin in plan.peerings:
        destination = _octets(routes.link_mac(expected.origin, plan.vpc_id))
    elif expected.origin in plan.interfaces:
        source = _octets(plan.interfaces[expected.origin].mac)
    ethernet = frame(packet, source=source, destination=destination, replies=not fresh)
    [came] = network.ask(("send", {"tap": device, "frame": ethernet.hex(), "fresh": fresh}))
    what = "first packet" if fresh else "reply"
    said = "\n".join(
        [
            f"{what} {expected.packet!r} of {expected.origin}, as {packet!r}",
            *(decision.sentence for decision in expected.decisions),
            *(f"{name} got {packet_in(bytes.fromhex(data)) if name != 'service' else data}" for name, data in came),
        ]
    )
    if expected.to is None:
        assert came == [], said
    elif expected.to == ROUTER:
        assert [name for name, _ in came] in (["service"], [device]), said
    else:
        assert [name for name, _ in came] == [_device(plan, expected.to)], said
        assert packet_in(bytes.fromhex(came[0][1])) == _as_carried(expected.arriving, expected.to), said


def _octets(mac: str) -> bytes:
    return bytes.fromhex(mac.replace(":", ""))


def _device(plan: Plan, end: str) -> str:
    if end == INTERNET:
        return WAY_OUT
    return plan.peerings[end].link if end in plan.peerings else plan.interfaces[end].tap


def _as_carried(packet: Packet, end: str) -> Packet:
    """Beyond the way out, a public address is its stand-in."""
    if end != INTERNET:
        return packet
    source, destination = (
        transit_address(address) if address.is_loopback else address for address in (packet.source, packet.destination)
    )
    return Packet(
        source,
        destination,
        packet.protocol,
        packet.source_port,
        packet.destination_port,
        packet.icmp_type,
        packet.icmp_code,
    )
