"""CreateNetworkAclEntry, ReplaceNetworkAclEntry and DeleteNetworkAclEntry."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import NETWORK_ACL
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.ec2.network import quotas
from kumoniwa.api.ec2.network.acl_protocols import ICMP, ICMP_V6, TCP, UDP, protocol_number
from kumoniwa.api.ec2.network.cidr_blocks import ipv4_block, ipv6_block
from kumoniwa.api.ec2.network.effects import NOT_IN_USER
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import Ec2Error, InvalidParameterCombination, InvalidParameterValue, MissingParameter
from kumoniwa.model.network_acls import LAST_ENTRY, AclEntry
from kumoniwa.store import network_acls

ANY = -1
_LAST_PORT = 65535
_LAST_OF_ICMP = 255
_EC2S_OWN = 1  # of each kind of address the last entry, which denies the rest and counts too
_MISSING = f"{NOT_IN_USER} An entry for IPv6 addresses is stored and shown, and no guest has one."


@action("CreateNetworkAclEntry", depth=Depth.PARTLY, missing=_MISSING)
async def create_network_acl_entry(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Add an entry under a number that is free."""
    number = _number(parameters)

    def create(connection: Connection) -> Answer:
        entry = _entry(connection, call, parameters, number)
        present = [one for one in network_acls.entries_of(connection, [entry.acl_id]) if one.egress == entry.egress]
        if any(one.number == number for one in present):
            raise Ec2Error(
                "NetworkAclEntryAlreadyExists", f"The network acl entry identified by {number} already exists."
            )
        alike = sum((one.cidr_ipv4 is None) == (entry.cidr_ipv4 is None) for one in present)
        quotas.ACL_ENTRIES.check(alike + 1 + _EC2S_OWN)
        network_acls.add_entry(connection, entry)
        return None

    return await cloud.change(call, create)


@action("ReplaceNetworkAclEntry", depth=Depth.PARTLY, missing=_MISSING)
async def replace_network_acl_entry(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Put another entry in the place of the one with this number."""
    number = _number(parameters)

    def replace(connection: Connection) -> Answer:
        entry = _entry(connection, call, parameters, number)
        if not network_acls.remove_entry(connection, entry.acl_id, number, egress=entry.egress):
            raise _not_found(number)
        network_acls.add_entry(connection, entry)
        return None

    return await cloud.change(call, replace)


@action("DeleteNetworkAclEntry", depth=Depth.PARTLY, missing=NOT_IN_USER)
async def delete_network_acl_entry(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Delete the entry with this number."""
    number = _number(parameters)

    def delete(connection: Connection) -> Answer:
        acl = named(connection, call.scope, NETWORK_ACL, parameters["NetworkAclId"])
        if not network_acls.remove_entry(connection, acl.id, number, egress=parameters["Egress"]):
            raise _not_found(number)
        return None

    return await cloud.change(call, delete)


def _not_found(number: int) -> Ec2Error:
    return Ec2Error("InvalidNetworkAclEntry.NotFound", f"The network acl entry identified by {number} does not exist.")


def _number(parameters: Parameters) -> int:
    number: int = parameters["RuleNumber"]
    if not 0 < number < LAST_ENTRY:
        raise InvalidParameterValue(
            f"Value ({number}) for parameter ruleNumber is invalid. It must be between 1 and {LAST_ENTRY - 1}."
        )
    return number


def _entry(connection: Connection, call: Call, parameters: Parameters, number: int) -> AclEntry:
    """The entry that a request describes. Raises EC2's refusals."""
    acl = named(connection, call.scope, NETWORK_ACL, parameters["NetworkAclId"])
    protocol = protocol_number(parameters["Protocol"])
    ipv4, ipv6 = _addresses(parameters)
    from_port, to_port = _ports(parameters.get("PortRange")) if protocol in (TCP, UDP) else (None, None)
    kind, code = (None, None)
    if protocol in (ICMP, ICMP_V6):
        kind, code = _icmp(parameters.get("IcmpTypeCode"))
    return AclEntry(
        acl_id=acl.id,
        egress=parameters["Egress"],
        number=number,
        protocol=protocol,
        allow=parameters["RuleAction"] == "allow",
        cidr_ipv4=ipv4,
        cidr_ipv6=ipv6,
        from_port=from_port,
        to_port=to_port,
        icmp_type=kind,
        icmp_code=code,
    )


def _addresses(parameters: Parameters) -> tuple[str | None, str | None]:
    ipv4, ipv6 = parameters.get("CidrBlock"), parameters.get("Ipv6CidrBlock")
    if ipv4 and ipv6:
        raise InvalidParameterCombination("The parameter ipv6CidrBlock cannot be used with the parameter cidrBlock")
    if ipv4:
        return str(ipv4_block(ipv4, "cidrBlock")), None
    if ipv6:
        return None, str(ipv6_block(ipv6, "ipv6CidrBlock"))
    raise MissingParameter("cidrBlock")


def _ports(asked: Mapping[str, Any] | None) -> tuple[int, int]:
    if asked is None or asked.get("From") is None or asked.get("To") is None:
        raise MissingParameter("portRange")
    first, last = asked["From"], asked["To"]
    if (first, last) == (ANY, ANY):
        return 0, _LAST_PORT
    if not 0 <= first <= last <= _LAST_PORT:
        raise InvalidParameterValue(f"Invalid TCP/UDP port range ({first}:{last})")
    return first, last


def _icmp(asked: Mapping[str, Any] | None) -> tuple[int, int]:
    if asked is None or asked.get("Type") is None:
        raise MissingParameter("icmpTypeCode")
    kind, code = asked["Type"], asked.get("Code", ANY)
    for value in (kind, code):
        if not ANY <= value <= _LAST_OF_ICMP:
            raise InvalidParameterValue(f"Value ({value}) for parameter icmpTypeCode is invalid.")
    return kind, code
