"""What nftables and the routes of a plan do to packets, in a namespace of the test's own, is what the oracle says."""

from collections import Counter
from collections.abc import Iterable, Sequence
from random import Random
from typing import Any

import namespace
import plans
import pytest
from frames import frame, packet_in
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from inside_namespace import ROUTER_MAC
from namespace import Namespace
from plans import Sent
from sampling import Sampling

from kumoniwa.network.vpc import nft, routes
from kumoniwa.network.vpc.filter import answer, verdict
from kumoniwa.network.vpc.packet import Packet
from kumoniwa.network.vpc.plan import WAY_OUT, Plan, transit_address
from kumoniwa.network.vpc.verdicts import INTERNET, ROUTER, Verdict

pytestmark = pytest.mark.timeout(1200)

_OTHER_MAC = bytes((0x0A, 0, 0, 0, 0, 9))
_PLANS, _PACKETS_OF_A_PLAN = 150, 28
_CHANGED_PLANS = 12


def test_what_the_kernel_does_with_a_packet_is_what_the_plan_says(
    network: Namespace, sampling: Sampling, record_property: Any
) -> None:
    seen: Counter[str] = Counter()

    @settings(
        max_examples=_PLANS * (20 if sampling.exhaustive else 1),
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        deadline=None,
    )
    @given(st.randoms(use_true_random=True))
    def try_one(random: Random) -> None:
        plan = plans.random_plan(random)
        network.carry(plan)
        _judge(network, plan, [plans.sent(random, plan) for _ in range(_PACKETS_OF_A_PLAN)], seen)

    try_one()
    for what, count in sorted(seen.items()):
        record_property(what, count)
        print(f"{what}: {count}")


def test_a_plan_that_is_changed_is_carried_as_one_that_is_new(network: Namespace, sampling: Sampling) -> None:
    @settings(max_examples=_CHANGED_PLANS * (20 if sampling.exhaustive else 1), phases=[Phase.generate], deadline=None)
    @given(st.randoms(use_true_random=True))
    def try_one(random: Random) -> None:
        before = plans.random_plan(random)
        network.carry(before)
        for _ in range(4):
            after = plans.changed(random, before)
            network.carry(after, nft.changes(before, after), routes.changes(before, after))
            _judge(network, after, [plans.sent(random, after) for _ in range(5)], Counter())
            by_changes = network.listed()
            network.carry(after)
            for what, lines in network.listed().items():
                assert by_changes.pop(what) == lines, what
            assert not by_changes
            before = after

    try_one()


def _judge(network: Namespace, plan: Plan, packets: Iterable[Sent], seen: Counter[str]) -> None:
    """Send packets, and the replies to those that are admitted, and compare what comes of both with the verdicts."""
    verdicts: list[tuple[str, Verdict]] = []
    for one in packets:
        verdicts.append(("packet", opening := verdict(plan, one.packet, one.origin)))
        if opening.admitted and opening.to != ROUTER and one.packet.opens_a_flow:
            verdicts.append(("reply", answer(plan, opening)))
    frames = [
        (_device(plan, expected.origin), _frame(plan, expected, replies=what == "reply").hex(), what == "packet")
        for what, expected in verdicts
    ]
    _, came = network.ask(("serve", {"addresses": namespace.services(plan)}), ("send", {"packets": frames}))
    for (what, expected), got in zip(verdicts, came, strict=True):
        seen[f"{what} {'admitted' if expected.admitted else 'dropped'}: {expected.deciding.decider}"] += 1
        _compare(plan, what, expected, got)


def _frame(plan: Plan, one: Verdict, *, replies: bool) -> bytes:
    destination, source = ROUTER_MAC, _OTHER_MAC
    if one.origin in plan.peerings:
        destination = _octets(routes.link_mac(one.origin, plan.vpc_id))
    elif one.origin in plan.interfaces:
        source = _octets(plan.interfaces[one.origin].mac)
    return frame(_as_carried(one.packet, one.origin), source=source, destination=destination, replies=replies)


def _compare(plan: Plan, what: str, expected: Verdict, came: Sequence[tuple[str, str]]) -> None:
    said = "\n".join(
        [
            f"{what} {_as_carried(expected.packet, expected.origin)!r} of {expected.origin}",
            *(decision.sentence for decision in expected.decisions),
            *(f"{name} got {packet_in(bytes.fromhex(data)) if name != 'service' else data}" for name, data in came),
        ]
    )
    names = [name for name, _ in came]
    if expected.to is None:
        assert names == [], said
    elif expected.to == ROUTER:
        assert names in (["service"], [_device(plan, expected.origin)]), said
    else:
        assert names == [_device(plan, expected.to)], said
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
