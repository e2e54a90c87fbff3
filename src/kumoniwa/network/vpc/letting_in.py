"""To which subnets of a VPC clients on this host come by a public address, and the answers back. Pure.

It is `reach`'s answer without the security groups, which decide for each interface: for many ports at once.
"""

from collections.abc import Callable
from functools import cache
from ipaddress import IPv4Address

from kumoniwa.network.vpc.filter import crosses
from kumoniwa.network.vpc.longest_prefix import route_to
from kumoniwa.network.vpc.packet import Packet
from kumoniwa.network.vpc.plan import TCP, Plan, TargetKind
from kumoniwa.network.vpc.reach import CLIENT_PORT


def letting_in(plan: Plan) -> Callable[[IPv4Address, int], bool]:
    """Whether a client on this host comes to a port of TCP of a private address, and is answered.

    Yes for an address that the VPC does not have: it is not the VPC that decides there.
    """
    every = plan.interfaces.values()
    subnets = {address.private: interface.subnet_id for interface in every for address in interface.addresses}

    @cache
    def crossed(subnet_id: str, port: int) -> bool:
        subnet = plan.subnets[subnet_id]
        there = Packet(plan.host, subnet.router, TCP, source_port=CLIENT_PORT, destination_port=port)
        _, back = route_to(plan, plan.host, subnet)
        return (
            back.kind is TargetKind.INTERNET_GATEWAY
            and crosses(plan, there, subnet_id, egress=False).admits
            and crosses(plan, there.reply(), subnet_id, egress=True).admits
        )

    def lets_in(address: IPv4Address, port: int) -> bool:
        subnet_id = subnets.get(address)
        return subnet_id is None or crossed(subnet_id, port)

    return lets_in
