"""What the default VPC needs at least, until the plan is rendered."""

from ipaddress import IPv4Address, IPv4Network

from sqlalchemy import Connection, select

from kumoniwa.network.vpc.host.host_network import Texts
from kumoniwa.network.vpc.plan import transit_address
from kumoniwa.store.tables import instances, network_interfaces, subnets, vpcs


def tap_name(eni):
    return "e" + eni.removeprefix("eni-")[-14:]


def texts(connection: Connection, vpc_id: str, live: frozenset[str]) -> Texts:
    vpc = connection.execute(select(vpcs).where(vpcs.c.id == vpc_id)).one()
    nets = {
        row.id: IPv4Network(row.cidr) for row in connection.execute(select(subnets).where(subnets.c.vpc_id == vpc_id))
    }
    rows = connection.execute(
        select(network_interfaces, instances.c.public_ip)
        .join(instances, instances.c.id == network_interfaces.c.instance_id)
        .where(network_interfaces.c.vpc_id == vpc_id)
    ).all()
    settings = {"net/ipv4/ip_forward": "1"}
    ip = [
        "link set lo up",
        "link set igw mtu 65520 up",
        "addr replace 100.64.0.100/24 dev igw",
        "route replace default via 100.64.0.2 dev igw",
        "route replace local 240.0.0.0/8 dev lo",
    ]
    for a in ("169.254.169.254", "169.254.169.253", str(IPv4Network(vpc.cidr).network_address + 2)):
        ip.append(f"addr replace {a}/32 dev lo")
    hosts, dhcp, dnat, snat = [], [], [], []
    for row in rows:
        tap = tap_name(row.id)
        net = nets[row.subnet_id]
        name = "ip-" + row.private_ip.replace(".", "-")
        hosts.append(f"{row.private_ip} {name}.ec2.internal {name}")
        dhcp.append(f"{row.mac},{row.private_ip},{name},3600")
        if row.public_ip:
            t = transit_address(IPv4Address(row.public_ip))
            dnat.append(f"{t} : {row.private_ip}")
        if tap not in live:
            continue
        settings |= {f"net/ipv4/conf/{tap}/proxy_arp": "1", f"net/ipv4/neigh/{tap}/proxy_delay": "0"}
        ip += [
            f"link set {tap} mtu 9001 up",
            f"addr replace {net.network_address + 1}/{net.prefixlen} dev {tap} noprefixroute",
            f"route replace {row.private_ip}/32 dev {tap}",
        ]
    elements = f"elements = {{ {', '.join(dnat)} }}" if dnat else ""
    nft = f"""table inet vpc
delete table inet vpc
table inet vpc {{
  map public {{ type ipv4_addr : ipv4_addr; {elements} }}
  chain in {{ type nat hook prerouting priority dstnat; iifname "igw" dnat ip to ip daddr map @public; }}
  chain out {{ type nat hook postrouting priority srcnat; oifname "igw" masquerade; }}
}}
"""
    conf = [
        "pid-file=",
        "no-resolv",
        "server=100.64.0.3",
        "no-hosts",
        "bind-dynamic",
        "interface=e*",
        "interface=lo",
        "dhcp-authoritative",
        "no-ping",
        "quiet-dhcp",
        "domain=ec2.internal",
        "local=/ec2.internal/",
        "dhcp-option=26,9001",
        f"dhcp-option=6,{IPv4Network(vpc.cidr).network_address + 2}",
        "dhcp-hostsdir=dhcp",
        "hostsdir=hosts",
        "dhcp-leasefile=leases",
    ]
    conf += [f"dhcp-range={net.network_address},static,{net.netmask},3600" for net in nets.values()]
    return Texts(
        settings,
        "\n".join(ip) + "\n",
        nft,
        {
            "dnsmasq.conf": "\n".join(conf) + "\n",
            "dhcp/all": "\n".join(dhcp) + "\n",
            "hosts/all": "\n".join(hosts) + "\n",
        },
    )
