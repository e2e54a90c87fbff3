"""Security groups and network ACLs as chains and sets of nftables. Pure.

A group's rules that name blocks are in sets, whose elements do not overlap (`disjoint`): by address and protocol, by
address, protocol and port, by address, ICMP type and code. A group that a rule names is a set of its members'
addresses. An interface admits what any of its groups does: those with the same groups share a chain that asks each.
"""

from collections.abc import Collection, Mapping, Sequence
from hashlib import blake2s
from ipaddress import IPv4Address, IPv4Network

from kumoniwa.network.vpc.disjoint import Disjoint, Element, disjoint
from kumoniwa.network.vpc.nft_objects import Chain, Objects, Set, inet
from kumoniwa.network.vpc.plan import (
    PORTED,
    THIS_HOST,
    Acl,
    AclEntry,
    GroupReference,
    PrefixListReference,
    Rule,
    SecurityGroup,
    Traffic,
)

_ANYWHERE = IPv4Network("0.0.0.0/0")


def groups_name(group_ids: tuple[str, ...]) -> str:
    """Of the chains of all interfaces with these groups."""
    if len(group_ids) == 1:
        return f"only-{group_ids[0]}"
    return f"groups-{blake2s(' '.join(group_ids).encode(), digest_size=8).hexdigest()}"


def groups(group_ids: tuple[str, ...]) -> Objects:
    """What interfaces with these groups admit: what any of the groups does."""
    name = groups_name(group_ids)
    return inet(
        (f"{name}-{way}", Chain((*(f"jump {group_id}-{way}" for group_id in group_ids), "drop")))
        for way in ("in", "out")
    )


def group_members(group_id: str, addresses: tuple[IPv4Address, ...]) -> Objects:
    """The set of a group's members."""
    return inet([(f"{group_id}-members", Set("ipv4_addr", elements={str(address): "" for address in addresses}))])


def referred(group: SecurityGroup) -> set[str]:
    """The groups that a group's rules name."""
    rules = (*group.ingress, *group.egress)
    return {rule.remote.group_id for rule in rules if isinstance(rule.remote, GroupReference)}


def prefix_lists(group: SecurityGroup) -> set[str]:
    """The prefix lists that a group's rules name."""
    rules = (*group.ingress, *group.egress)
    return {rule.remote.prefix_list_id for rule in rules if isinstance(rule.remote, PrefixListReference)}


def group_rules(
    group: SecurityGroup,
    host: IPv4Address,
    known: Collection[str],
    lists: Sequence[tuple[str, tuple[IPv4Network, ...]]],
) -> Objects:
    """A group's rules, both ways. A match ends the group's part: what an interface sends must then be admitted there.

    `known` are the groups that exist, of those that rules name; `lists` the prefix lists, with their blocks. Rules for
    IPv6 admit no packet: interfaces have no address of it.
    """
    blocks = dict(lists)
    found: Objects = []
    for way, rules, field, then in (
        ("in", group.ingress, "saddr", "accept"),
        ("out", group.egress, "daddr", "goto onward"),
    ):
        name = f"{group.id}-{way}"
        admitted = disjoint((rule.traffic, _rule_blocks(rule, host, blocks)) for rule in rules)
        lines = []
        for kind, key_type, key, elements in (
            ("protocols", "inet_proto", "meta l4proto", admitted.protocols),
            ("ports", "inet_proto . inet_service", "meta l4proto . th dport", admitted.ports),
            ("icmp", "icmp_type . icmp_code", "icmp type . icmp code", admitted.icmp),
        ):
            if elements:
                found += inet([(f"{name}-{kind}", _traffic_set(key_type, elements))])
                lines.append(f"ip {field} . {key} @{name}-{kind} {then}")
        for group_id in sorted(known):
            traffic = [rule.traffic for rule in rules if rule.remote == GroupReference(group_id)]
            at = f"ip {field} @{group_id}-members"
            lines += [f"{at} {match}{then}" for match in _matches(disjoint((one, (_ANYWHERE,)) for one in traffic))]
        found += inet([(name, Chain(tuple(lines)))])
    return found


def _traffic_set(key_type: str, elements: tuple[Element, ...]) -> Set:
    listed = {f"{block} . {what}": "" for blocks, what in elements for block in blocks}
    return Set(f"ipv4_addr . {key_type}", "flags interval;", listed)


def _rule_blocks(
    rule: Rule, host: IPv4Address, lists: Mapping[str, tuple[IPv4Network, ...]]
) -> tuple[IPv4Network, ...]:
    match rule.remote:
        case IPv4Network() as block:
            return _meant((block,), host)
        case PrefixListReference(prefix_list_id):
            return _meant(lists.get(prefix_list_id, ()), host)
        case _:
            return ()


def _meant(blocks: tuple[IPv4Network, ...], host: IPv4Address) -> tuple[IPv4Network, ...]:
    """Blocks, and this host where they hold 127.0.0.1 (`Plan.means`)."""
    if any(THIS_HOST in block for block in blocks) and not any(host in block for block in blocks):
        return (*blocks, IPv4Network(host))
    return blocks


def _matches(traffic: Disjoint) -> list[str]:
    """What matches traffic, whoever its ends are: each ends in a space, or is empty where all matches."""
    found = []
    if traffic.protocols:
        listed = [what for _, what in traffic.protocols]
        found.append("" if listed == ["0-255"] else f"meta l4proto {{ {', '.join(listed)} }} ")
    if traffic.ports:
        found.append(f"meta l4proto . th dport {{ {', '.join(what for _, what in traffic.ports)} }} ")
    if traffic.icmp:
        found.append(f"icmp type . icmp code {{ {', '.join(what for _, what in traffic.icmp)} }} ")
    return found


def acl_entries(acl: Acl, host: IPv4Address) -> Objects:
    """A network ACL's entries, both ways: what is allowed returns to whoever asked."""
    return inet(
        [
            (f"{acl.id}-in", Chain((*_entries(acl.ingress, "saddr", host), "drop"))),
            (f"{acl.id}-out", Chain((*_entries(acl.egress, "daddr", host), "drop"))),
        ]
    )


def _entries(entries: tuple[AclEntry, ...], field: str, host: IPv4Address) -> list[str]:
    lines = []
    for entry in entries:
        if isinstance(entry.block, IPv4Network):
            blocks = [str(block) for block in _meant((entry.block,), host)]
            at = f"{{ {', '.join(blocks)} }}" if len(blocks) > 1 else blocks[0]
            where = "" if entry.block == _ANYWHERE else f"ip {field} {at} "
            lines.append(f"{where}{_entry_traffic(entry.traffic)}{'return' if entry.allow else 'drop'}")
    return lines


def _entry_traffic(traffic: Traffic) -> str:
    """What matches an entry's traffic: ends in a space, or is empty where all matches."""
    match traffic:
        case Traffic(protocol=None):
            return ""
        case Traffic(protocol, int() as first, int() as last) if protocol in PORTED:
            return f"meta l4proto {protocol} th dport {first}-{last} "
        case Traffic(1, int() as kind, code):
            return f"icmp type {kind} " + ("" if code is None else f"icmp code {code} ")
        case Traffic(protocol):
            return f"meta l4proto {protocol} "
