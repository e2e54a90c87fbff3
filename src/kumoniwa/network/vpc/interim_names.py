"""What dnsmasq reads of a VPC, until the plan's names are rendered."""

from collections.abc import Mapping

from kumoniwa.network.vpc.host.host_network import DHCP_HOSTS, HOSTS
from kumoniwa.network.vpc.plan import MTU, Plan


def files(plan: Plan) -> Mapping[str, str]:
    hosts, dhcp = [], []
    for interface in plan.interfaces.values():
        name = f"ip-{str(interface.primary).replace('.', '-')}"
        hosts.append(f"{interface.primary} {name}.ec2.internal {name}")
        dhcp.append(f"{interface.mac},{interface.primary},{name},3600")
    conf = [
        "no-resolv",
        f"server={plan.transit.network_address + 3}",
        "no-hosts",
        "bind-dynamic",
        "interface=e*",
        "interface=lo",
        "dhcp-authoritative",
        "no-ping",
        "quiet-dhcp",
        "domain=ec2.internal",
        "local=/ec2.internal/",
        f"dhcp-option=26,{MTU}",
        f"dhcp-option=6,{plan.resolver}",
        *(f"dhcp-range={one.cidr.network_address},static,{one.cidr.netmask},3600" for one in plan.subnets.values()),
    ]
    return {
        "dnsmasq.conf": "\n".join(conf) + "\n",
        f"{HOSTS}/all": "\n".join(hosts) + "\n",
        f"{DHCP_HOSTS}/all": "\n".join(dhcp) + "\n",
    }
