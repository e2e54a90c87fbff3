"""Permissions: what callers ask of a security group, read into single rules, and shown again. Pure.

A caller's permission is one protocol and port range with any number of sources; EC2 keeps one rule for each source.
Two rules are the same if all but their description is.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from ipaddress import AddressValueError, IPv4Network, IPv6Network, NetmaskValueError
from typing import Any

from kumoniwa.api.call import Parameters
from kumoniwa.api.ec2.network.group_references import pair_output
from kumoniwa.errors import InvalidParameterCombination, InvalidParameterValue, MissingParameter
from kumoniwa.model.peerings import Peering
from kumoniwa.model.security_groups import SecurityGroup, SecurityGroupRule
from kumoniwa.values import dataclass

ALL = -1
"""As a port, an ICMP type or an ICMP code: any."""

_LAST_PORT = 65535
_LAST_ICMP = 255
_LAST_PROTOCOL = 255
_NAMES = {"all": "-1", "1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6"}
_NUMBER = re.compile(r"0|[1-9][0-9]{0,2}")
_PORTED = ("tcp", "udp")
_ICMP = ("icmp", "icmpv6")
_DESCRIPTION = re.compile(r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{0,255}")
_FLAT = {"CidrIp": "cidrIp", "IpProtocol": "ipProtocol", "FromPort": "fromPort", "ToPort": "toPort"}


@dataclass(frozen=True, slots=True)
class Grant:
    """One rule without a group: what is admitted, and from (or to) where. Exactly one source is set."""

    protocol: str
    from_port: int
    to_port: int
    cidr_ipv4: str | None = None
    cidr_ipv6: str | None = None
    prefix_list_id: str | None = None
    source_group_id: str | None = None


_COMPARED = tuple(field.name for field in fields(Grant))


@dataclass(frozen=True, slots=True)
class GroupPair:
    """A source that is a security group, as a caller names it: by id, or by name in the default VPC."""

    group_id: str | None
    name: str | None
    owner: str | None
    peering_id: str | None = None


def granted(rule: SecurityGroupRule) -> Grant:
    """What a rule grants."""
    return Grant(**{name: getattr(rule, name) for name in _COMPARED})


def permissions(parameters: Parameters) -> Sequence[Mapping[str, Any]]:
    """The permissions of a request; the older flat form (`CidrIp`, `SourceSecurityGroupName`) is turned into one."""
    listed: Sequence[Mapping[str, Any]] = parameters.get("IpPermissions", ())
    flat = {name: parameters[name] for name in _FLAT if name in parameters}
    source = parameters.get("SourceSecurityGroupName")
    if not flat and source is None:
        if not listed:
            raise MissingParameter(message="Either 'ipPermissions' or 'securityGroupRuleIds' should be provided.")
        return listed
    if listed:
        given = next((_FLAT[name] for name in flat), "sourceSecurityGroupName")
        raise InvalidParameterCombination(
            f"The parameter '{given}' may not be used in combination with 'ipPermissions'"
        )
    if source is not None:
        if flat:
            given = next(_FLAT[name] for name in flat)
            raise InvalidParameterCombination(
                f"The parameter 'sourceSecurityGroupName' may not be used in combination with '{given}'"
            )
        pair = {"GroupName": source, "UserId": parameters.get("SourceSecurityGroupOwnerId")}
        return [
            {"IpProtocol": protocol, "FromPort": first, "ToPort": last, "UserIdGroupPairs": [pair]}
            for protocol, first, last in (("tcp", 0, _LAST_PORT), ("udp", 0, _LAST_PORT), ("icmp", ALL, ALL))
        ]
    permission = {name: value for name, value in flat.items() if name != "CidrIp"}
    return [{**permission, "IpRanges": [{"CidrIp": flat["CidrIp"]}] if "CidrIp" in flat else []}]


def sources(permission: Mapping[str, Any]) -> Iterator[tuple[Grant | GroupPair, str | None]]:
    """Each source of a permission, with its description. Raises EC2's refusals.

    A group and a prefix list are still to be looked up.
    """
    protocol, first, last = checked_ports(permission)
    count = 0
    for entry in permission.get("IpRanges", ()):
        count += 1
        cidr = _checked_block(entry.get("CidrIp"), IPv4Network)
        yield Grant(protocol, first, last, cidr_ipv4=cidr), checked_description(entry)
    for entry in permission.get("Ipv6Ranges", ()):
        count += 1
        cidr = _checked_block(entry.get("CidrIpv6"), IPv6Network)
        yield Grant(protocol, first, last, cidr_ipv6=cidr), checked_description(entry)
    for entry in permission.get("PrefixListIds", ()):
        count += 1
        yield Grant(protocol, first, last, prefix_list_id=entry.get("PrefixListId", "")), checked_description(entry)
    for entry in permission.get("UserIdGroupPairs", ()):
        count += 1
        pair = GroupPair(
            entry.get("GroupId"), entry.get("GroupName"), entry.get("UserId"), entry.get("VpcPeeringConnectionId")
        )
        yield pair, checked_description(entry)
    if not count:
        raise MissingParameter(
            message="Missing source specification: include source security group or CIDR information"
        )


def checked_ports(permission: Mapping[str, Any]) -> tuple[str, int, int]:
    """Protocol and ports of a permission, as rules keep them. Raises EC2's refusals."""
    asked: str | None = permission.get("IpProtocol")
    if asked is None:
        raise InvalidParameterValue(
            "Invalid value 'null' for protocol. VPC security group rules must specify protocols explicitly."
        )
    protocol = _NAMES.get(asked.lower(), asked.lower())
    first, last = permission.get("FromPort"), permission.get("ToPort")
    if protocol in _PORTED:
        if first is None or last is None:
            raise InvalidParameterValue(
                "Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange."
            )
        for port in (first, last):
            if not 0 <= port <= _LAST_PORT:
                raise InvalidParameterValue(f"TCP/UDP port ({port}) out of range")
        if first > last:
            raise InvalidParameterValue(f"Invalid TCP/UDP port range ({first}:{last})")
        return protocol, first, last
    if protocol in _ICMP:
        return protocol, *_icmp(protocol, first, last)
    if protocol != "-1" and not (_NUMBER.fullmatch(protocol) and int(protocol) <= _LAST_PROTOCOL):
        raise InvalidParameterValue(f"Invalid value '{asked[:200]}' for IP protocol. Unknown protocol.")
    return protocol, ALL, ALL  # of other protocols EC2 admits all, whatever ports are given


def is_without_ports(permission: Mapping[str, Any]) -> bool:
    """Whether a permission for TCP or UDP leaves a port out."""
    protocol: str = permission["IpProtocol"].lower()
    ports = (permission.get("FromPort"), permission.get("ToPort"))
    return _NAMES.get(protocol, protocol) in _PORTED and None in ports


def protocol_names(protocol: str) -> tuple[str, ...]:
    """All names of a rule's protocol, as filters compare them: a word and a number are the same."""
    return (protocol, *(other for other, name in _NAMES.items() if name == protocol))


def _icmp(protocol: str, kind: int | None, code: int | None) -> tuple[int, int]:
    if protocol == "icmpv6":  # both may be left out
        kind, code = ALL if kind is None else kind, ALL if code is None else code
    if kind is None or code is None:
        raise InvalidParameterValue("Invalid value 'Must specify both from and to ports with ICMP.' for portRange.")
    for what, number in (("type", kind), ("code", code)):
        if not ALL <= number <= _LAST_ICMP:
            raise InvalidParameterValue(f"ICMP {what} ({number}) out of range")
    if kind == ALL and code != ALL:
        raise InvalidParameterValue("ICMP code must be -1 if type is -1")
    return kind, code


def _checked_block(text: str | None, network: type[IPv4Network] | type[IPv6Network]) -> str:
    """A block in the form in which EC2 keeps it: what lies behind its prefix is zero."""
    try:
        if text is None or "/" not in text:
            raise ValueError(text)
        return str(network(text, strict=False))
    except (AddressValueError, NetmaskValueError, ValueError):
        raise InvalidParameterValue(f"CIDR block {text or ''} is malformed") from None


def checked_description(entry: Mapping[str, Any]) -> str | None:
    """The description of a rule in a request. Raises EC2's refusal."""
    description: str | None = entry.get("Description")
    if description is not None and _DESCRIPTION.fullmatch(description) is None:
        raise InvalidParameterValue(
            "Invalid rule description. Valid descriptions are strings less than 256 characters from the following set: "
            " a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*"
        )
    return description


def in_words(grant: Grant) -> str:
    """A grant as EC2's refusals name it: `peer: 0.0.0.0/0, TCP, from port: 22, to port: 22, ALLOW`."""
    peer = grant.cidr_ipv4 or grant.cidr_ipv6 or grant.prefix_list_id or grant.source_group_id
    match grant.protocol:
        case "-1":
            what = "ALL"
        case "tcp" | "udp":
            what = f"{grant.protocol.upper()}, from port: {grant.from_port}, to port: {grant.to_port}"
        case "icmp" | "icmpv6":
            kind, code = ("ALL" if number == ALL else number for number in (grant.from_port, grant.to_port))
            what = f"{grant.protocol.upper()}, type: {kind}, code: {code}"
        case number:
            what = f"protocol: {number}"
    return f"peer: {peer}, {what}, ALLOW"


def as_permissions(
    rules: Iterable[SecurityGroupRule], groups: Mapping[str, SecurityGroup], peerings: Sequence[Peering] = ()
) -> list[dict[str, Any]]:
    """Rules as DescribeSecurityGroups shows them: by protocol and ports, the sources of each together."""
    shown: dict[tuple[str, int, int], dict[str, Any]] = {}
    for rule in rules:
        permission = shown.setdefault((rule.protocol, rule.from_port, rule.to_port), _without_sources(rule))
        said = {} if rule.description is None else {"Description": rule.description}
        if rule.cidr_ipv4 is not None:
            permission["IpRanges"].append({"CidrIp": rule.cidr_ipv4, **said})
        elif rule.cidr_ipv6 is not None:
            permission["Ipv6Ranges"].append({"CidrIpv6": rule.cidr_ipv6, **said})
        elif rule.prefix_list_id is not None:
            permission["PrefixListIds"].append({"PrefixListId": rule.prefix_list_id, **said})
        elif rule.source_group_id is not None:
            permission["UserIdGroupPairs"].append({**pair_output(rule, groups, peerings), **said})
    return [shown[key] for key in sorted(shown)]


def _without_sources(rule: SecurityGroupRule) -> dict[str, Any]:
    has_ports = rule.protocol in (*_PORTED, *_ICMP)  # EC2 shows no ports for the others
    return {
        "IpProtocol": rule.protocol,
        "FromPort": rule.from_port if has_ports else None,
        "ToPort": rule.to_port if has_ports else None,
        "UserIdGroupPairs": [],
        "IpRanges": [],
        "Ipv6Ranges": [],
        "PrefixListIds": [],
    }
