"""What dnsmasq reads of a VPC: the addresses that it gives by DHCP, and the names that it knows. Pure.

Private addresses have their names (`ip-10-0-0-5.ec2.internal`), and inside the VPC a public name leads to the private
address, as on EC2: there is no way from a guest to another one's public address. Whatever else is asked, the host's
name service answers. A guest cannot name itself.
"""

import re
from collections.abc import Mapping

from kumoniwa.model.hostnames import internal_domain, private_hostname, public_hostname
from kumoniwa.network.vpc.host.host_network import DHCP_HOSTS, HOSTS
from kumoniwa.network.vpc.plan import MTU, Interface, Plan, Subnet

_LEASE = 3600  # seconds, as on EC2
_TTL = 60  # seconds, as EC2's resolver gives
_MOST_QUESTIONS = 16_384
"""That wait for an answer of the host at a time, for 10 s each: more than the 11,264 that one interface can have
(`nft_frame.MOST_ASKED` a second, and as many at once)."""
_DOMAIN = re.compile(r"[A-Za-z0-9._-]+( [A-Za-z0-9._-]+)*")


def files(plan: Plan) -> Mapping[str, str]:
    """The files by their paths: the configuration, and those that dnsmasq reads again while it runs."""
    interfaces = plan.interfaces.values()
    return {
        "dnsmasq.conf": _text(_configuration(plan)),
        f"{DHCP_HOSTS}/all": _text([_lease(interface) for interface in interfaces]),
        f"{HOSTS}/all": _text([*(line for one in interfaces for line in _names(plan, one)), *_names_of_peers(plan)]),
    }


def _text(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _configuration(plan: Plan) -> list[str]:
    return [
        "bind-dynamic",
        "interface=e*",
        "interface=lo",
        *([] if plan.dns_support else ["port=0"]),
        "no-resolv",
        "no-hosts",
        f"server={plan.upstream}",
        f"local=/{internal_domain(plan.region)}/",
        "bogus-priv",
        "domain-needed",
        f"local-ttl={_TTL}",
        f"dns-forward-max={_MOST_QUESTIONS}",
        "dhcp-authoritative",
        "dhcp-ignore-names",
        "no-ping",
        "quiet-dhcp",
        f"dhcp-option=option:mtu,{MTU}",
        *_options(plan),
        *(line for subnet in plan.subnets.values() for line in _range(subnet)),
    ]


def _options(plan: Plan) -> list[str]:
    """What the VPC's DHCP options say. Of a name that dnsmasq could take for something else nothing is said."""
    told, lines = plan.dhcp, []
    if told.domain_name is not None and _DOMAIN.fullmatch(told.domain_name):
        lines.append(f"dhcp-option=option:domain-name,{told.domain_name}")
    # Without a value it is not said: dnsmasq would name itself.
    lines.append(",".join(["dhcp-option=option:dns-server", *map(str, told.servers)]))
    if told.ntp_servers:
        lines.append(",".join(["dhcp-option=option:ntp-server", *map(str, told.ntp_servers)]))
    return lines


def _range(subnet: Subnet) -> list[str]:
    return [
        f"dhcp-range=set:{subnet.id},{subnet.cidr.network_address},static,{subnet.cidr.netmask},{_LEASE}",
        f"dhcp-option=tag:{subnet.id},option:router,{subnet.router}",
    ]


def _lease(interface: Interface) -> str:
    return f"{interface.mac},{interface.primary},{_host(str(interface.primary))},{_LEASE}"


def _host(address: str) -> str:
    return f"ip-{address.replace('.', '-')}"


def _names(plan: Plan, interface: Interface) -> list[str]:
    """The lines of an interface's addresses: the first name of each is what its address is resolved to."""
    lines = []
    for address in interface.addresses:
        names = [private_hostname(str(address.private), plan.region)]
        if address.public is not None and plan.dns_hostnames:
            names.append(public_hostname(str(address.public), plan.region))
        lines.append(f"{address.private} {' '.join(names)}")
    return lines


def _names_of_peers(plan: Plan) -> list[str]:
    return [
        f"{address} {name}"
        for peering in plan.peerings.values()
        if peering.active
        for name, address in peering.names.items()
    ]
