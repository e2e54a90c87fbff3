"""Guests of a VPC whose packets are carried, seen from inside: what they reach and do not, and what outlives what."""

import socket
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from debian_guest import until
from vpc_pair import Pair, obstacle
from waiting import NotYet, eventually

from kumoniwa.lab.cloud import processes_of
from kumoniwa.network.host import own_addresses

pytestmark = [pytest.mark.linux, pytest.mark.timeout(1200)]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    if (why := obstacle()) is not None:
        pytest.skip(why)
    pair = Pair(tmp_path_factory.mktemp("vpc"))
    try:
        yield pair
    finally:
        pair.end()


ICMP = {"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}


def test_a_guest_is_told_its_network_as_it_is(pair: Pair) -> None:
    login = pair.one.login
    subnet = pair.cloud.instance(pair.one.id)["SubnetId"]
    block = pair.cloud.call("DescribeSubnets", SubnetIds=[subnet])["Subnets"][0]["CidrBlock"]
    first, _, length = block.rpartition(".")[0] + ".", None, block.partition("/")[2]
    addresses = login.run("ip -o -4 addr show scope global")
    assert f"inet {pair.one.private}/{length} " in addresses
    assert f"default via {first}1 " in login.run("ip route")
    assert "mtu 9001" in login.run("ip link show ens2")
    assert "nameserver 172.31.0.2" in login.run("cat /etc/resolv.conf")
    name = f"ip-{pair.other.private.replace('.', '-')}.ec2.internal"
    assert login.run(f"getent ahostsv4 {name} | head -1").startswith(f"{pair.other.private} ")


def test_guests_reach_each_other_as_their_groups_admit_it_and_changes_act_at_once(pair: Pair) -> None:
    one, other = pair.one, pair.other
    assert one.reaches(other.private, 22)
    assert other.reaches(one.private, 22)
    assert not one.pings(other.private)
    pair.authorize(**ICMP)
    assert one.pings(other.private)
    assert one.pings(other.private, "-M do", "-s 8900"), "a packet of 9,001 bytes goes whole"
    pair.revoke(**ICMP)
    _until(lambda: not one.pings(other.private))


def test_metadata_is_the_guests_own_and_needs_no_program_of_qemus(pair: Pair) -> None:
    for member in (pair.one, pair.other):
        assert member.login.run(_metadata("instance-id")) == member.id
    lines = [Path(f"/proc/{pid}/cmdline").read_text() for pid in processes_of(pair.server.data_dir)]
    qemu = [line for line in lines if "qemu-system" in line]
    assert len(qemu) == 2
    assert all("spawn=deny" in line for line in qemu)
    assert not any("socat" in line for line in lines)


def test_a_network_interface_comes_and_goes_while_the_guest_runs(pair: Pair) -> None:
    instance, login = pair.cloud.instance(pair.one.id), pair.one.login
    groups = [group["GroupId"] for group in instance["SecurityGroups"]]
    made = pair.cloud.call("CreateNetworkInterface", SubnetId=instance["SubnetId"], Groups=groups)["NetworkInterface"]
    interface_id, mac, address = (made[member] for member in ("NetworkInterfaceId", "MacAddress", "PrivateIpAddress"))
    # Configured by hand, with a way back of its own: the image's would have two default routes.
    unmanaged = f"[Match]\\nMACAddress={mac}\\n[Link]\\nUnmanaged=yes\\n"
    login.run(f"printf '{unmanaged}' | sudo tee /etc/systemd/network/05-further.network; sudo networkctl reload")
    attached = pair.cloud.call(
        "AttachNetworkInterface", NetworkInterfaceId=interface_id, InstanceId=pair.one.id, DeviceIndex=1
    )
    _until(lambda: mac in login.run("ip link"))
    name = login.run(f"ip -o link | awk -F': ' '/{mac}/ {{print $2}}'")
    router = login.run("ip -o route show default | awk '{print $3}'")
    configure = (
        f"ip link set {name} up",
        f"ip addr add {address}/32 dev {name}",
        f"ip route add default via {router} dev {name} onlink table 7",
        f"ip rule add from {address} lookup 7",
    )
    login.run(" && ".join(f"sudo {command}" for command in configure))
    assert pair.other.reaches(address, 22)
    elastic = pair.cloud.call("AllocateAddress")
    pair.cloud.call("AssociateAddress", AllocationId=elastic["AllocationId"], NetworkInterfaceId=interface_id)
    _until(lambda: _banner(pair, elastic["PublicIp"]) == b"SSH")
    listed = login.run(_metadata("network/interfaces/macs/")).split()
    assert sorted(listed) == sorted(f"{one}/" for one in (mac, instance["NetworkInterfaces"][0]["MacAddress"]))
    pair.cloud.call("DetachNetworkInterface", AttachmentId=attached["AttachmentId"])
    _until(lambda: mac not in login.run("ip link"))
    assert pair.one.reaches(pair.other.private, 22)
    _until(lambda: _is_available(pair, interface_id))
    assert _banner(pair, elastic["PublicIp"]) is None
    pair.cloud.call("DeleteNetworkInterface", NetworkInterfaceId=interface_id)


def test_a_guest_reaches_nothing_of_the_host(pair: Pair) -> None:
    """The cloud's own door answers on the host's loopback address; what else listens there is reached no more."""
    port = pair.cloud.access.endpoint.rpartition(":")[2]
    login = pair.one.login
    inside = ("100.64.0.2", "100.64.0.100", "172.31.0.1", "172.31.0.2", "169.254.169.254")
    for address in (*inside, *map(str, own_addresses())):
        asked = f"timeout 2 bash -c 'exec 3<>/dev/tcp/{address}/{port}' 2>/dev/null; echo $?"
        assert login.run(asked) != "0", address
    spoofed = f"sudo ip addr add {pair.other.private}/32 dev lo; curl -sS -m 3 --interface {pair.other.private}"
    said = login.run(
        f"{spoofed} http://169.254.169.254/latest/meta-data/ 2>&1; sudo ip addr del {pair.other.private}/32 dev lo"
    )
    assert "ami-id" not in said


def test_guests_outlive_all_that_carries_their_packets(pair: Pair) -> None:
    one, other = pair.one, pair.other
    qemu = [pid for pid in processes_of(pair.server.data_dir) if _is_qemu(pid)]
    stays = one.login.run("cat /proc/sys/kernel/random/boot_id")

    for word in ("dnsmasq", "slirp4netns"):
        before = pair.programs(word)
        pair.kill(word)
        _until(partial(pair.runs_another, word, before))
        one.login.reconnect()
        assert one.reaches(other.private, 22)

    pair.kill("vpc.host.keeper")  # with all that it runs
    _until(lambda: len(pair.programs("slirp4netns")) == 1)
    for member in (one, other):
        member.login.reconnect()
    assert one.reaches(other.private, 22)

    pair.server.kill()
    assert one.reaches(other.private, 22), "the way out goes on without a server, and so does our connection"
    pair.restart_server()
    assert one.reaches(other.private, 22)

    pair.server.kill()
    pair.kill("vpc.host.keeper")
    pair.restart_server()
    for member in (one, other):
        member.login.reconnect()
    assert one.reaches(other.private, 22)
    assert not one.reaches(other.private, 80)
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


def _banner(pair: Pair, public: str) -> bytes | None:
    """How who listens at port 22 behind a public address of the first one begins; None where a client is refused."""
    forwards = pair.cloud.evidence(f"instances/{pair.one.id}")["forwards"]
    ports = [each["port"] for each in forwards if (each["host"], each["guest_port"]) == (public, 22)]
    try:
        with socket.create_connection((public, ports[0] if ports else 22), timeout=10) as client:
            return client.recv(3)
    except ConnectionRefusedError:
        return None


def _metadata(path: str) -> str:
    """The command that reads this of the guest's metadata, by a token."""
    return (
        "token=$(curl -sS -m 20 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60'"
        " http://169.254.169.254/latest/api/token);"
        f' curl -sS -m 20 -H "X-aws-ec2-metadata-token: $token" http://169.254.169.254/latest/meta-data/{path}'
    )


def _is_available(pair: Pair, interface_id: str) -> bool:
    told = pair.cloud.call("DescribeNetworkInterfaces", NetworkInterfaceIds=[interface_id])["NetworkInterfaces"]
    return bool(told[0]["Status"] == "available")


def _is_qemu(pid: int) -> bool:
    return b"qemu-system" in Path(f"/proc/{pid}/cmdline").read_bytes()


def _until(true: Callable[[], bool]) -> None:
    def look() -> bool:
        if not true():
            raise NotYet("it is not so yet")
        return True

    eventually(look, within=120, every=0.5)
