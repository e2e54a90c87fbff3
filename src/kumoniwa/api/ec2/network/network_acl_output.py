"""Network ACLs as EC2 describes them, with the entries that no row holds."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.ec2.network.new_vpc import ALL_PROTOCOLS, EVERYWHERE, EVERYWHERE_IPV6
from kumoniwa.api.ec2.tags import tag_set
from kumoniwa.api.member_paths import Described
from kumoniwa.model.network_acls import LAST_ENTRY, AclEntry, NetworkAcl
from kumoniwa.model.scope import Scope
from kumoniwa.model.vpcs import Subnet
from kumoniwa.store import network_acls, vpcs


def described_acls(connection: Connection, scope: Scope, acls: Sequence[NetworkAcl]) -> list[Described]:
    """Network ACLs of a scope, each with what EC2 describes of it but for its tags."""
    ids = [acl.id for acl in acls]
    entries: dict[str, list[AclEntry]] = {}
    for entry in network_acls.entries_of(connection, ids):
        entries.setdefault(entry.acl_id, []).append(entry)
    subnets: dict[str, list[Subnet]] = {}
    for subnet in network_acls.subnets_with(connection, ids):
        subnets.setdefault(subnet.acl_id, []).append(subnet)
    with_ipv6 = {block.vpc_id for block in vpcs.blocks_in(connection, scope) if ":" in block.cidr}
    return [
        (
            acl,
            {
                "NetworkAclId": acl.id,
                "VpcId": acl.vpc_id,
                "OwnerId": acl.account,
                "IsDefault": acl.is_default,
                "Associations": [_association_output(subnet) for subnet in subnets.get(acl.id, ())],
                "Entries": _entries(acl, entries.get(acl.id, ()), ipv6=acl.vpc_id in with_ipv6),
            },
        )
        for acl in acls
    ]


def acl_row(one: Described, tags: Mapping[str, str] | None) -> dict[str, Any]:
    """A described network ACL with its tags."""
    return {**one[1], "Tags": tag_set(tags) or []}


def _association_output(subnet: Subnet) -> dict[str, Any]:
    return {
        "NetworkAclAssociationId": subnet.acl_association_id,
        "NetworkAclId": subnet.acl_id,
        "SubnetId": subnet.id,
    }


def _entries(acl: NetworkAcl, entries: Iterable[AclEntry], *, ipv6: bool) -> list[dict[str, Any]]:
    """Those for outgoing traffic first, as EC2 has them, each way with its last: deny what is left."""
    every = list(entries)
    for egress in (True, False):
        every.append(AclEntry(acl.id, egress, LAST_ENTRY, ALL_PROTOCOLS, allow=False, cidr_ipv4=EVERYWHERE))
        if ipv6:
            last = AclEntry(acl.id, egress, LAST_ENTRY + 1, ALL_PROTOCOLS, allow=False, cidr_ipv6=EVERYWHERE_IPV6)
            every.append(last)
    return [_entry_output(entry) for entry in sorted(every, key=lambda entry: (not entry.egress, entry.number))]


def _entry_output(entry: AclEntry) -> dict[str, Any]:
    ports = None if entry.from_port is None else {"From": entry.from_port, "To": entry.to_port}
    icmp = None if entry.icmp_type is None else {"Type": entry.icmp_type, "Code": entry.icmp_code}
    return {
        "RuleNumber": entry.number,
        "Protocol": entry.protocol,
        "RuleAction": "allow" if entry.allow else "deny",
        "Egress": entry.egress,
        "CidrBlock": entry.cidr_ipv4,
        "Ipv6CidrBlock": entry.cidr_ipv6,
        "IcmpTypeCode": icmp,
        "PortRange": ports,
    }
