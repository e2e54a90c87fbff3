"""Guests of a VPC whose packets are carried, seen from inside: what they reach and do not, and what outlives what.

`test_vpc_as_an_ordinary_user.py` has them again, by a user without any privilege.
"""

import base64
import json
import resource
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from ipaddress import IPv4Address
from pathlib import Path

import attack
import identities
import inside_network
import pytest
from debian_guest import until
from prepared_cloud import PreparedCloud
from vpc_pair import ANYWHERE, DATABASE_PORT, PUBLIC, Member, Pair, obstacle
from waiting import NotYet, eventually

from kumoniwa.client.access import CommandFailed
from kumoniwa.client.ssh import ssh_endpoint
from kumoniwa.folder import processes_of
from kumoniwa.imds.channels import MOST_CONNECTIONS
from kumoniwa.model.hostnames import public_hostname
from kumoniwa.network.host import own_addresses
from kumoniwa.network.vpc.nft_frame import (
    MOST_ASKED,
    MOST_DATAGRAM_FLOWS,
    MOST_FLOWS,
    MOST_METADATA_FLOWS,
    MOST_OUTWARD_FLOWS,
    MOST_RESOLVER_FLOWS,
)

pytestmark = [pytest.mark.linux, pytest.mark.timeout(1200)]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, prepared_without_cloud_init: PreparedCloud) -> Iterator[Pair]:
    if (why := obstacle()) is not None:
        pytest.skip(why)
    pair = Pair(tmp_path_factory.mktemp("vpc"), prepared_without_cloud_init)
    try:
        yield pair
    finally:
        pair.end()


_ONE_OF_MANY = pytest.mark.some_of("ways of packets between real guests", 3)
"""Each of them leaves the pair as it found it; tests/network and tests/vm try the same with guests that cost little."""
_ATTACKED = 10  # seconds
_ASKED_IS_TRACKED = 30  # seconds for which the kernel remembers a datagram
ICMP = {"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
SSH_FROM_ANYWHERE = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
DEFAULT = {"DestinationCidrBlock": ANYWHERE}
FAR = "198.51.100.7"
"""An address of the internet that nobody has (RFC 5737)."""


def test_a_guest_is_told_its_network_as_it_is(pair: Pair) -> None:
    login = pair.one.login
    addresses = login.run("ip -o -4 addr show scope global")
    assert f"inet {pair.one.private}/24 " in addresses
    assert "default via 10.20.1.1 " in login.run("ip route")
    assert "mtu 9001" in login.run("ip link show ens2")
    assert "nameserver 10.20.0.2" in login.run("cat /etc/resolv.conf")
    assert _resolved(pair.one, f"ip-{pair.other.private.replace('.', '-')}.ec2.internal") == pair.other.private


def test_two_guests_that_were_launched_from_memory_share_no_identity(pair: Pair, pytestconfig: pytest.Config) -> None:
    both = (pair.one, pair.other)
    facts = [identities.facts_of(member.login) for member in both]
    for member, fact in zip(both, facts, strict=True):
        identities.is_as_told(pair.cloud, fact, member.id)
        [boot] = pair.cloud.evidence(f"instances/{member.id}/boots")["boots"]
        assert boot["from_memory"] is not pytestconfig.option.boot_cold, boot
    identities.are_all_others(facts)


def test_a_public_name_leads_to_the_private_address_inside(pair: Pair) -> None:
    name = public_hostname(pair.cloud.instance(pair.one.id)["PublicIpAddress"], pair.cloud.access.region)
    assert _resolved(pair.other, name) == pair.one.private
    assert "PublicIpAddress" not in pair.cloud.instance(pair.other.id)
    assert pair.cloud.evidence(f"instances/{pair.other.id}")["forwards"] == [], "no port of the host leads to it"


@_ONE_OF_MANY
def test_a_public_address_says_what_the_guest_says_where_the_vpc_lets_clients_in_and_else_nothing(pair: Pair) -> None:
    public, group = pair.cloud.instance(pair.one.id)["PublicIpAddress"], pair.tiers.web_group
    rule = {"IpProtocol": "tcp", "FromPort": 8080, "ToPort": 8080, "IpRanges": [{"CidrIp": ANYWHERE}]}
    assert _tried(public, 8080) == "silent"
    pair.cloud.call("AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=[rule])
    assert _tried(public, 8080) == "refused"
    pair.one.login.run("sudo systemd-run --unit=says-a-word /usr/sbin/sshd -D -p 8080")
    _until(lambda: _tried(public, 8080) == "open")
    acl = {"NetworkAclId": _acl_of(pair), "RuleNumber": 50, "Egress": False}
    denied = {"Protocol": "6", "PortRange": {"From": 8080, "To": 8080}, "CidrBlock": ANYWHERE, "RuleAction": "deny"}
    pair.cloud.call("CreateNetworkAclEntry", **acl, **denied)
    _until(lambda: _tried(public, 8080) == "silent")
    pair.cloud.call("DeleteNetworkAclEntry", **acl)
    _until(lambda: _tried(public, 8080) == "open")
    pair.one.login.run("sudo systemctl stop says-a-word")
    _until(lambda: _tried(public, 8080) == "refused")
    pair.cloud.call("RevokeSecurityGroupIngress", GroupId=group, IpPermissions=[rule])
    assert _tried(public, 8080) == "silent"


@_ONE_OF_MANY
def test_the_web_server_reaches_the_database_at_the_port_that_its_group_admits(pair: Pair) -> None:
    one, other = pair.one, pair.other
    other.login.run(f"sudo /usr/sbin/sshd -p {DATABASE_PORT} -p {DATABASE_PORT + 1}")  # which says a word to everybody
    assert one.reaches(other.private, DATABASE_PORT)
    assert not one.reaches(other.private, DATABASE_PORT + 1, within=3)
    acl = {"NetworkAclId": _acl_of(pair), "RuleNumber": 50, "Egress": False}
    denied = {"Protocol": "6", "PortRange": {"From": DATABASE_PORT, "To": DATABASE_PORT}, "CidrBlock": PUBLIC}
    pair.cloud.call("CreateNetworkAclEntry", **acl, **denied, RuleAction="deny")
    _until(lambda: not one.reaches(other.private, DATABASE_PORT, within=3))
    pair.cloud.call("DeleteNetworkAclEntry", **acl)
    _until(lambda: one.reaches(other.private, DATABASE_PORT))


@_ONE_OF_MANY
def test_interfaces_that_a_guest_is_launched_with_configure_themselves_with_all_their_addresses(pair: Pair) -> None:
    interfaces = pair.cloud.instance(pair.other.id)["NetworkInterfaces"]
    addresses = [one["PrivateIpAddress"] for each in interfaces for one in each["PrivateIpAddresses"]]
    assert len(addresses) == 4
    for address in addresses:
        _until(partial(pair.one.reaches, address, 22))
    route = pair.other.login.run(f"ip route get {pair.one.private} from {addresses[3]}")
    assert "dev ens2 " not in route, "it answers by the interface that was asked"


@_ONE_OF_MANY
def test_guests_reach_each_other_as_their_groups_admit_it_and_changes_act_at_once(pair: Pair) -> None:
    one, other, group = pair.one, pair.other, pair.tiers.database_group
    assert other.reaches(one.private, 22)
    assert not one.pings(other.private)
    pair.cloud.call("AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=[ICMP])
    assert one.pings(other.private)
    assert one.pings(other.private, "-M do", "-s 8900"), "a packet of nearly 9,001 bytes goes whole"
    pair.cloud.call("RevokeSecurityGroupIngress", GroupId=group, IpPermissions=[ICMP])
    _until(lambda: not one.pings(other.private))


@_ONE_OF_MANY
def test_another_source_is_sent_by_an_interface_without_the_check_only(pair: Pair) -> None:
    one, other, group = pair.one, pair.other, pair.tiers.database_group
    pair.cloud.call("AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=[ICMP])
    foreign = "10.20.1.250"
    one.login.run(f"sudo ip addr add {foreign}/32 dev lo")

    def heard() -> bool:
        """Whether the other one hears an echo request from there; there is no way back for its reply."""
        before = _echo_requests(other)
        one.pings(other.private, "-I", foreign)
        return _echo_requests(other) > before

    assert not heard()
    pair.cloud.call("ModifyInstanceAttribute", InstanceId=one.id, SourceDestCheck={"Value": False})
    _until(heard)
    pair.cloud.call("ModifyInstanceAttribute", InstanceId=one.id, SourceDestCheck={"Value": True})
    _until(lambda: not heard())
    one.login.run(f"sudo ip addr del {foreign}/32 dev lo")
    pair.cloud.call("RevokeSecurityGroupIngress", GroupId=group, IpPermissions=[ICMP])


@_ONE_OF_MANY
def test_the_way_out_is_by_the_route_and_what_it_leads_to(pair: Pair) -> None:
    one, other, table = pair.one, pair.other, pair.tiers.inward
    assert _leaves(one, 8001)
    assert _leaves(other, 8002), "by the NAT gateway"
    pair.cloud.call("ReplaceRoute", RouteTableId=table, **DEFAULT, GatewayId=pair.tiers.gateway)
    _until(lambda: not _leaves(other, 8003))  # it has no public address
    pair.cloud.call("DeleteRoute", RouteTableId=table, **DEFAULT)
    assert not _leaves(other, 8004)
    pair.cloud.call("CreateRoute", RouteTableId=table, **DEFAULT, NatGatewayId=pair.tiers.nat)
    _until(lambda: _leaves(other, 8005))


@_ONE_OF_MANY
def test_an_elastic_ip_moves_from_one_guest_to_the_other_while_both_run(pair: Pair) -> None:
    cloud, tiers, name = pair.cloud, pair.tiers, "cat /etc/hostname"
    names = [member.login.run(name) for member in (pair.one, pair.other)]
    cloud.call("AuthorizeSecurityGroupIngress", GroupId=tiers.database_group, IpPermissions=[SSH_FROM_ANYWHERE])
    allocated = cloud.call("AllocateAddress", Domain="vpc")
    allocation = {"AllocationId": allocated["AllocationId"], "AllowReassociation": True}
    primary = cloud.instance(pair.other.id)["NetworkInterfaces"][0]["NetworkInterfaceId"]
    cloud.call("AssociateAddress", NetworkInterfaceId=primary, **allocation)
    assert not _answers(pair, pair.other), "its subnet has no route to the internet gateway"
    cloud.call("ReplaceRoute", RouteTableId=tiers.inward, **DEFAULT, GatewayId=tiers.gateway)
    assert pair.login_to(pair.other.id).run(name) == names[1]
    assert cloud.instance(pair.other.id)["PublicIpAddress"] == allocated["PublicIp"]

    cloud.call("AssociateAddress", InstanceId=pair.one.id, **allocation)
    cloud.call("ReplaceRoute", RouteTableId=tiers.inward, **DEFAULT, NatGatewayId=tiers.nat)
    cloud.call("RevokeSecurityGroupIngress", GroupId=tiers.database_group, IpPermissions=[SSH_FROM_ANYWHERE])
    assert cloud.instance(pair.one.id)["PublicIpAddress"] == allocated["PublicIp"]
    assert "PublicIpAddress" not in cloud.instance(pair.other.id)
    pair.found_again()
    assert [member.login.run(name) for member in (pair.one, pair.other)] == names


def test_metadata_is_the_guests_own_and_needs_no_program_of_qemus(pair: Pair) -> None:
    for member in (pair.one, pair.other):
        assert member.login.run(_metadata("instance-id")) == member.id
    lines = [Path(f"/proc/{pid}/cmdline").read_text() for pid in processes_of(pair.server.data_dir)]
    qemu = [line for line in lines if "qemu-system" in line]
    assert len(qemu) == 2
    assert all("spawn=deny" in line for line in qemu)
    assert not any("socat" in line for line in lines)


@_ONE_OF_MANY
def test_a_network_interface_comes_and_goes_while_the_guest_runs(pair: Pair) -> None:
    """The guest configures it by itself, with all of its addresses, and answers at each of them by this interface."""
    instance, login = pair.cloud.instance(pair.one.id), pair.one.login
    made = pair.cloud.call(
        "CreateNetworkInterface",
        SubnetId=pair.tiers.public,
        Groups=[pair.tiers.web_group],
        SecondaryPrivateIpAddressCount=1,
    )["NetworkInterface"]
    interface_id, mac = made["NetworkInterfaceId"], made["MacAddress"]
    addresses = [one["PrivateIpAddress"] for one in made["PrivateIpAddresses"]]
    attached = pair.cloud.call(
        "AttachNetworkInterface", NetworkInterfaceId=interface_id, InstanceId=pair.one.id, DeviceIndex=1
    )
    for address in addresses:
        _until(partial(pair.other.reaches, address, 22))
    name = login.run(f"ip -o link | awk -F': ' '/{mac}/ {{print $2}}'")
    assert "mtu 9001" in login.run(f"ip link show {name}")
    for address in addresses:
        assert f"dev {name} " in login.run(f"ip route get {pair.other.private} from {address}")
    assert "dev ens2 " in login.run(f"ip route get {pair.other.private}"), "what names no source leaves as before"
    elastic = pair.cloud.call("AllocateAddress")
    pair.cloud.call(
        "AssociateAddress",
        AllocationId=elastic["AllocationId"],
        NetworkInterfaceId=interface_id,
        PrivateIpAddress=addresses[1],
    )
    _until(lambda: _banner(pair, elastic["PublicIp"]) == b"SSH")
    listed = login.run(_metadata("network/interfaces/macs/")).split()
    assert sorted(listed) == sorted(f"{one}/" for one in (mac, instance["NetworkInterfaces"][0]["MacAddress"]))
    pair.cloud.call("DetachNetworkInterface", AttachmentId=attached["AttachmentId"])
    _until(lambda: mac not in login.run("ip link"))
    _until(lambda: not any(address in login.run("ip rule") for address in addresses))
    assert login.run("systemctl --failed --no-legend --plain") == ""
    assert pair.one.reaches(pair.other.private, 22)
    _until(lambda: _is_available(pair, interface_id))
    assert _banner(pair, elastic["PublicIp"]) is None
    pair.cloud.call("DeleteNetworkInterface", NetworkInterfaceId=interface_id)
    pair.cloud.call("ReleaseAddress", AllocationId=elastic["AllocationId"])


@_ONE_OF_MANY
def test_a_guest_reaches_nothing_of_the_host(pair: Pair) -> None:
    """The cloud's own door answers on the host's loopback address; what else listens there is reached no more."""
    port = pair.cloud.access.endpoint.rpartition(":")[2]
    login = pair.one.login
    inside = ("100.64.0.2", "100.64.0.100", "10.20.1.1", "10.20.0.2", "169.254.169.254", "127.0.0.1", "172.31.0.1")
    public = pair.cloud.instance(pair.one.id)["PublicIpAddress"]
    for address in (*inside, public, *map(str, own_addresses())):
        asked = f"timeout 2 bash -c 'exec 3<>/dev/tcp/{address}/{port}' 2>/dev/null; echo $?"
        assert login.run(asked) != "0", address
    spoofed = f"sudo ip addr add {pair.other.private}/32 dev lo; curl -sS -m 3 --interface {pair.other.private}"
    said = login.run(
        f"{spoofed} http://169.254.169.254/latest/meta-data/ 2>&1; sudo ip addr del {pair.other.private}/32 dev lo"
    )
    assert "ami-id" not in said


@_ONE_OF_MANY
def test_a_guest_that_floods_harms_neither_its_neighbour_nor_the_host(pair: Pair) -> None:
    """It is the database, whose root is after everybody; the web server hears and is heard as before."""
    attacker, neighbour, group = pair.other, pair.one, pair.tiers.web_group
    pair.cloud.call("AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=[ICMP])
    before = _held(pair)
    program = base64.b64encode(Path(attack.__file__).read_bytes()).decode()
    attacker.login.run(f"echo {program} | base64 -d > attack.py; ping -c 1 -W 5 10.20.2.1 > /dev/null; ip neigh")
    words = f"ens2 {attacker.private} {neighbour.private} 10.20.2.1 {_ATTACKED}"
    attacker.login.run(f"sudo systemd-run --unit attack --property LimitNOFILE=8192 python3 $PWD/attack.py {words}")
    rounds, most = 0, before
    while rounds < 3 or attacker.login.run("systemctl is-active attack || true") == "active":
        assert neighbour.login.run(_metadata("instance-id")) == neighbour.id
        assert _resolved(neighbour, f"ip-{attacker.private.replace('.', '-')}.ec2.internal") == attacker.private
        assert pair.login_to(neighbour.id).run("echo heard") == "heard"
        most = {what: max(count, _held(pair)[what]) for what, count in most.items()}
        rounds += 1
    sent = json.loads(attacker.login.run("sudo journalctl -u attack -o cat | grep '^{'"))
    assert len(sent) == 13 and min(sent.values()) > 0, sent
    grown = {what: most[what] - before[what] for what in before}
    assert grown["programs"] <= MOST_RESOLVER_FLOWS, "each connection to dnsmasq is a process"
    assert grown["files of the server"] <= 2 * MOST_CONNECTIONS + 20
    assert grown["files of the way out"] <= 2 * MOST_DATAGRAM_FLOWS + MOST_OUTWARD_FLOWS
    assert grown["flows"] <= MOST_FLOWS + MOST_METADATA_FLOWS + MOST_ASKED * _ASKED_IS_TRACKED
    assert grown["neighbours"] <= 2
    assert grown["MiB"] <= 100
    mac = pair.cloud.instance(neighbour.id)["NetworkInterfaces"][0]["MacAddress"]
    heard = inside_network.run(max(pair.programs("vpc.host.keeper")), f"ip neigh show {neighbour.private}")
    assert mac in heard, "nobody believes the foreign answers"
    assert attacker.login.run(_metadata("instance-id")) == attacker.id, "and it is served itself again"
    pair.cloud.call("RevokeSecurityGroupIngress", GroupId=group, IpPermissions=[ICMP])


def test_guests_outlive_all_that_carries_their_packets(pair: Pair) -> None:
    one, other = pair.one, pair.other
    qemu = [pid for pid in processes_of(pair.server.data_dir) if _is_qemu(pid)]
    stays = one.login.run("cat /proc/sys/kernel/random/boot_id")

    for word in ("dnsmasq", "slirp4netns"):
        before = pair.programs(word)
        pair.kill(word)
        _until(partial(pair.runs_another, word, before))
        pair.reconnect()
        assert one.reaches(other.private, 22)

    pair.kill("vpc.host.keeper")  # with all that it runs
    _until(lambda: len(pair.programs("slirp4netns")) == 1)
    pair.reconnect()
    assert one.reaches(other.private, 22)

    pair.server.kill()
    assert one.reaches(other.private, 22), "the way out goes on without a server, and so does our connection"
    pair.restart_server()
    assert one.reaches(other.private, 22)

    pair.server.kill()
    pair.kill("vpc.host.keeper")
    pair.restart_server()
    pair.reconnect()
    assert one.reaches(other.private, 22)
    assert not one.reaches(other.private, 80, within=3)
    assert "ami-id" in one.login.run("curl -sS -m 5 http://169.254.169.254/latest/meta-data/")
    assert one.login.run("cat /proc/sys/kernel/random/boot_id") == stays
    assert [pid for pid in processes_of(pair.server.data_dir) if _is_qemu(pid)] == qemu


def test_nothing_is_left_when_the_guests_and_the_server_have_ended(pair: Pair) -> None:
    pair.cloud.call("TerminateInstances", InstanceIds=[pair.one.id, pair.other.id])
    for member in (pair.one, pair.other):
        until(partial(pair.state_of, member), "Name", "terminated", 240)
    pair.server.stop()
    _until(lambda: not pair.programs(""))
    assert processes_of(pair.server.data_dir) == []


def _tried(public: str, port: int) -> str:
    """What becomes of a client: `open`, `refused`, or `silent`."""
    try:
        socket.create_connection((public, port), timeout=1).close()
    except TimeoutError:
        return "silent"
    except ConnectionRefusedError:
        return "refused"
    return "open"


def _banner(pair: Pair, public: str) -> bytes | None:
    """How who listens at port 22 behind a public address of the first one begins; None where no client is let in."""
    forwards = pair.cloud.evidence(f"instances/{pair.one.id}")["forwards"]
    ports = [each["port"] for each in forwards if (each["host"], each["guest_port"]) == (public, 22)]
    try:
        client = socket.create_connection((public, ports[0] if ports else 22), timeout=3)
    except (ConnectionRefusedError, TimeoutError):
        return None
    with client:
        client.settimeout(10)
        return client.recv(3)


def _metadata(path: str) -> str:
    """The command that reads this of the guest's metadata, by a token."""
    return (
        "token=$(curl -sS -m 20 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60'"
        " http://169.254.169.254/latest/api/token);"
        f' curl -sS -m 20 -H "X-aws-ec2-metadata-token: $token" http://169.254.169.254/latest/meta-data/{path}'
    )


def _resolved(member: Member, name: str) -> str:
    """The address that a name has for a guest."""
    return member.login.run(f"getent ahostsv4 {name} | head -1").partition(" ")[0]


def _acl_of(pair: Pair) -> str:
    """The network ACL of both subnets."""
    asked = [{"Name": "vpc-id", "Values": [pair.tiers.vpc]}]
    return str(pair.cloud.call("DescribeNetworkAcls", Filters=asked)["NetworkAcls"][0]["NetworkAclId"])


def _echo_requests(member: Member) -> int:
    """How many it has heard since it booted."""
    names, values = member.login.run("grep ^Icmp: /proc/net/snmp").splitlines()
    return int(dict(zip(names.split(), values.split(), strict=True))["InEchos"])


def _leaves(member: Member, port: int) -> bool:
    """Whether a guest's first packet to an address of the internet comes to the host, which tries it for the guest.

    Where the host cannot, the guest hears of it; of what its VPC drops it hears nothing.
    """
    asked = f"timeout 4 bash -c 'exec 3<>/dev/tcp/{FAR}/{port}' 2>/dev/null; echo $?"
    wanted = f"{IPv4Address(FAR).packed[::-1].hex().upper()}:{port:04X}"
    with ThreadPoolExecutor(1) as pool:
        tried = pool.submit(member.login.run, asked)

        def look() -> str | None:
            if wanted in Path("/proc/net/tcp").read_text():
                return "seen"
            return tried.result() if tried.done() else None

        return eventually(look, within=60, every=0.05) != "124"


def _answers(pair: Pair, member: Member) -> bool:
    """Whether its SSH answers this host."""
    try:
        with socket.create_connection(ssh_endpoint(pair.cloud, member.id), timeout=5) as connection:
            return connection.recv(3) == b"SSH"
    except (OSError, CommandFailed):
        return False


def _held(pair: Pair) -> dict[str, int]:
    """What the host holds for the guests: counts, and the memory of the network's programs and the server."""
    keeper, server = max(pair.programs("vpc.host.keeper")), pair.server.pid
    programs = pair.programs("")
    return {
        "programs": len(programs),
        "files of the way out": len(list(Path(f"/proc/{pair.programs('slirp4netns')[0]}/fd").iterdir())),
        "files of the server": len(list(Path(f"/proc/{server}/fd").iterdir())),
        "flows": int(inside_network.run(keeper, "cat /proc/sys/net/netfilter/nf_conntrack_count")),
        "neighbours": len(inside_network.run(keeper, "ip -o neigh show nud all").splitlines()),
        "MiB": sum(_resident(pid) for pid in (*programs, server)) // 2**20,
    }


def _resident(pid: int) -> int:
    """Bytes of memory; none of a process that has ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize()
    except OSError:
        return 0


def _is_available(pair: Pair, interface_id: str) -> bool:
    told = pair.cloud.call("DescribeNetworkInterfaces", NetworkInterfaceIds=[interface_id])["NetworkInterfaces"]
    return bool(told[0]["Status"] == "available")


def _is_qemu(pid: int) -> bool:
    try:
        return b"qemu-system" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:  # it has ended meanwhile
        return False


def _until(true: Callable[[], bool]) -> None:
    def look() -> bool:
        if not true():
            raise NotYet("it is not so yet")
        return True

    eventually(look, within=120, every=0.5)
