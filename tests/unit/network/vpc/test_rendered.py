"""A plan as texts for nft, ip and dnsmasq: the whole of it, and the least that a change needs."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from ipaddress import IPv4Network
from pathlib import Path

import pytest
from two_tiers import ALL, ANYWHERE, DATABASE, LONE, WEB, address, block, peer, two_tiers, with_interface, with_route

from kumoniwa.network.vpc import names, nft, routes
from kumoniwa.network.vpc.disjoint import Disjoint, disjoint
from kumoniwa.network.vpc.nft_objects import Chain, Objects, changing
from kumoniwa.network.vpc.plan import (
    TCP,
    AclEntry,
    Address,
    DhcpOptions,
    Interface,
    Plan,
    Rule,
    SecurityGroup,
    Target,
    TargetKind,
    Traffic,
)

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("two-tiers.nft", nft.whole(two_tiers()).text),
        ("peer.nft", nft.whole(peer()).text),
        ("two-tiers.ip", routes.whole(two_tiers())),
        ("peer.ip", routes.whole(peer())),
        *((f"two-tiers.{path.replace('/', '.')}", text) for path, text in names.files(two_tiers()).items()),
    ],
)
def test_a_plan_is_rendered_as_always(name: str, text: str) -> None:
    assert text == (GOLDEN / name).read_text()


def test_the_same_plan_is_the_same_text_and_needs_no_change() -> None:
    assert nft.whole(two_tiers()) == nft.whole(two_tiers())
    assert nft.changes(two_tiers(), two_tiers()).batches == ()
    assert routes.changes(two_tiers(), two_tiers()) == ""


def _changed(after: Plan) -> list[str]:
    commands = nft.changes(two_tiers(), after)
    assert not commands.whole
    assert len(commands.batches) == 1
    return commands.text.splitlines()


def _with_group(plan: Plan, group: SecurityGroup) -> Plan:
    return replace(plan, groups={**plan.groups, group.id: group})


def test_a_rule_changes_its_group_alone() -> None:
    plan = two_tiers()
    group = plan.groups["sg-0a"]
    further = Rule("sgr-20", Traffic(TCP, 80, 80), block("10.0.0.0/8"))
    assert _changed(_with_group(plan, replace(group, ingress=(*group.ingress, further)))) == [
        "add element inet vpc sg-0a-in-ports { 10.0.0.0/8 . 6 . 80 }"
    ]
    assert _changed(_with_group(plan, replace(group, ingress=group.ingress[1:]))) == [
        "delete element inet vpc sg-0a-in-ports { 0.0.0.0/0 . 6 . 443 }"
    ]


def test_rules_that_meet_are_cut_into_elements_that_do_not() -> None:
    plan = two_tiers()
    group = plan.groups["sg-0a"]
    further = Rule("sgr-20", Traffic(TCP, 400, 500), block("10.0.0.0/8"))
    assert _changed(_with_group(plan, replace(group, ingress=(*group.ingress, further)))) == [
        "add element inet vpc sg-0a-in-ports { 10.0.0.0/8 . 6 . 400-442, 10.0.0.0/8 . 6 . 444-500 }"
    ]


def test_who_joins_a_group_is_one_element_more() -> None:
    plan = with_interface(two_tiers(), LONE, group_ids=("sg-0d", "sg-0c"))
    after = with_interface(plan, LONE, group_ids=("sg-0d", "sg-0c", "sg-0a"))
    commands = nft.changes(plan, after).text.splitlines()
    assert "add element inet vpc sg-0a-members { 10.0.1.20 }" in commands
    assert len(commands) == 19  # the chains of those who are in just these groups, made and deleted
    assert _changed(with_interface(two_tiers(), LONE, group_ids=("sg-0c",))) == [
        'delete element inet vpc egress { "e0d" }',
        'delete element inet vpc ingress { "e0d" }',
        'add element inet vpc egress { "e0d" : goto only-sg-0c-out }',
        'add element inet vpc ingress { "e0d" : goto only-sg-0c-in }',
        "flush chain inet vpc only-sg-0d-in",
        "flush chain inet vpc only-sg-0d-out",
        "delete chain inet vpc only-sg-0d-in",
        "delete chain inet vpc only-sg-0d-out",
    ]


def test_an_entry_changes_its_acl_alone() -> None:
    plan = two_tiers()
    acl = plan.acls["acl-0b"]
    entry = AclEntry(10, False, ALL, block("10.0.0.10/32"))
    assert _changed(replace(plan, acls={**plan.acls, "acl-0b": replace(acl, ingress=(entry, *acl.ingress))})) == [
        "flush chain inet vpc acl-0b-in",
        "add rule inet vpc acl-0b-in ip saddr 10.0.0.10/32 drop",
        "add rule inet vpc acl-0b-in meta l4proto 6 th dport 23-23 drop",
        "add rule inet vpc acl-0b-in return",
        "add rule inet vpc acl-0b-in drop",
    ]


def test_an_elastic_ip_moves_in_one_transaction() -> None:
    plan = with_interface(two_tiers(), WEB, addresses=(Address(address("10.0.0.10")),))
    moved = (Address(address("10.0.1.10"), address("127.20.0.1")), Address(address("10.0.1.11")))
    assert _changed(with_interface(plan, DATABASE, addresses=moved)) == [
        "delete element inet vpc inside { 240.20.0.1 }",
        "delete element inet vpc outside { 10.0.0.10 }",
        "delete element inet vpc translated { 240.20.0.1 . 10.0.0.10 }",
        "delete element inet vpc public { 10.0.0.10 }",
        "add element inet vpc inside { 240.20.0.1 : 10.0.1.10 }",
        "add element inet vpc outside { 10.0.1.10 : 240.20.0.1 }",
        "add element inet vpc translated { 240.20.0.1 . 10.0.1.10 }",
        "add element inet vpc public { 10.0.1.10 }",
    ]


def test_what_all_of_a_vpc_stands_on_is_made_anew() -> None:
    commands = nft.changes(two_tiers(), replace(two_tiers(), dns_support=False))
    assert commands.whole
    assert commands == nft.whole(replace(two_tiers(), dns_support=False))


def test_a_route_changes_alone() -> None:
    plan = two_tiers()
    gone = Target(TargetKind.BLACKHOLE, "eni-0f")
    assert routes.changes(plan, with_route(plan, "rtb-0a", "10.9.0.0/16", gone)) == (
        "route replace blackhole 10.9.0.0/16 table 1010\n"
    )
    assert nft.changes(plan, with_route(plan, "rtb-0a", "10.9.0.0/16", gone)).batches == ()


def test_a_guest_that_stops_takes_its_rule_and_leaves_what_goes_with_its_tap() -> None:
    assert routes.changes(two_tiers(), with_interface(two_tiers(), LONE, live=False)) == (
        "rule del pref 200 iif e0d lookup 1011\n"
    )


def test_a_nat_gateway_leads_where_its_own_subnet_leads() -> None:
    plan = with_route(two_tiers(), "rtb-0a", "93.184.0.0/16", Target(TargetKind.BLACKHOLE, "eni-0f"))
    assert routes.changes(two_tiers(), plan) == (
        "route replace blackhole 93.184.0.0/16 table 1010\nroute replace blackhole 93.184.0.0/16 table 1011\n"
    )


def _large(interfaces: int) -> Plan:
    """A VPC of so many interfaces, each in a group of its own, in one of its subnets."""
    plan = two_tiers()
    subnet = replace(plan.subnets["subnet-0a"], cidr=IPv4Network("10.0.0.0/16"))
    ids = [f"{number:017x}" for number in range(interfaces)]
    rules = tuple(Rule(f"sgr-{port}", Traffic(TCP, port, port), ANYWHERE) for port in range(1, 6))
    return replace(
        plan,
        subnets={**plan.subnets, subnet.id: subnet},
        interfaces={
            f"eni-{one}": Interface(
                f"eni-{one}",
                subnet.id,
                "0a:00:00:00:00:01",
                (Address(subnet.cidr[number + 300], address(f"127.21.{number // 250}.{number % 250 + 1}")),),
                (f"sg-{one}",),
            )
            for number, one in enumerate(ids)
        },
        groups={f"sg-{one}": SecurityGroup(f"sg-{one}", rules, (Rule("sgr-9", ALL, ANYWHERE),)) for one in ids},
    )


def test_a_change_of_a_large_vpc_renders_what_changes_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    before = _large(1000)
    group = before.groups[f"sg-{7:017x}"]
    after = _with_group(before, replace(group, ingress=group.ingress[1:]))
    rendered = []

    def counted(admitted: Iterable[tuple[Traffic, Sequence[IPv4Network]]]) -> Disjoint:
        rendered.append(group.id)
        return disjoint(admitted)

    monkeypatch.setattr("kumoniwa.network.vpc.nft_rules.disjoint", counted)
    commands = nft.changes(before, after)
    assert commands.text == f"delete element inet vpc {group.id}-in-ports {{ 0.0.0.0/0 . 6 . 1 }}\n"
    assert len(rendered) == 4  # both ways, before and after


def test_a_large_vpc_is_put_into_batches_that_the_kernel_takes() -> None:
    """A batch of one line is what no line could be cut into."""
    commands = nft.whole(_large(1000))
    assert len(commands.batches) > 10
    assert commands.batches[0].startswith("add table inet vpc\ndelete table inet vpc\n")
    for batch in commands.batches:
        lines = batch.splitlines()
        assert sum(line.startswith("add rule") and "ip saddr" in line for line in lines) <= 250
        assert sum(line.count(",") + 1 for line in lines if line.startswith("add element")) <= 2600


def _acls(entries: int) -> Objects:
    rules = (*(f"ip saddr 10.0.0.{number} drop" for number in range(entries)), "drop")
    return [(f"inet vpc acl-{number}-in", Chain(rules)) for number in range(40)]


def test_a_chain_is_never_without_its_last_rules() -> None:
    commands = changing(_acls(1), _acls(19))
    assert len(commands.batches) > 1
    for batch in commands.batches:
        lines = batch.splitlines()
        flushed = [line.removeprefix("flush chain ") for line in lines if line.startswith("flush")]
        ends = [line.removesuffix(" drop").removeprefix("add rule ") for line in lines if "saddr" not in line]
        assert [end for end in ends if not end.startswith("flush")] == flushed


def test_a_new_chain_is_whole_before_one_leads_to_it() -> None:
    before: Objects = [("inet vpc subnet-out", Chain(("jump acl-1-out",)))]
    new: Objects = [("inet vpc acl-2-out", Chain(("ip daddr 10.0.0.1 drop", "return")))]
    (batch,) = changing(before, [("inet vpc subnet-out", Chain(("jump acl-2-out",))), *new]).batches
    assert batch.index("add rule inet vpc acl-2-out return") < batch.index("jump acl-2-out")


def test_names_are_the_vpcs_as_its_attributes_say() -> None:
    plan = replace(two_tiers(), region="eu-central-1", dns_hostnames=False, dhcp=DhcpOptions())
    files = names.files(plan)
    assert "10.0.0.10 ip-10-0-0-10.eu-central-1.compute.internal\n" in files["hosts/all"]
    assert "ec2-127-20-0-1" not in files["hosts/all"]
    assert (
        "10.0.0.10 ip-10-0-0-10.eu-central-1.compute.internal ec2-127-20-0-1.eu-central-1.compute.amazonaws.com\n"
        in (names.files(replace(plan, dns_hostnames=True))["hosts/all"])
    )
    configuration = files["dnsmasq.conf"].splitlines()
    assert "dhcp-option=option:dns-server" in configuration
    assert not any(line.startswith("dhcp-option=option:domain-name") for line in configuration)
    assert "port=0" in names.files(replace(plan, dns_support=False))["dnsmasq.conf"].splitlines()


def test_a_peers_public_names_lead_to_its_private_addresses_while_it_is_there() -> None:
    plan = two_tiers()
    peering = replace(plan.peerings["pcx-0a"], names={"ec2-127-9-9-9.compute-1.amazonaws.com": address("10.9.0.10")})
    line = "10.9.0.10 ec2-127-9-9-9.compute-1.amazonaws.com\n"
    assert line in names.files(replace(plan, peerings={"pcx-0a": peering}))["hosts/all"]
    gone = replace(peering, active=False)
    assert line not in names.files(replace(plan, peerings={"pcx-0a": gone}))["hosts/all"]


@pytest.mark.parametrize("hostile", ["a\nport=0", "a,b", "", " a", "a#b", "é"])
def test_a_domain_name_that_dnsmasq_could_take_for_something_else_is_left_out(hostile: str) -> None:
    plan = replace(two_tiers(), dhcp=DhcpOptions(hostile))
    assert "domain-name" not in names.files(plan)["dnsmasq.conf"]
