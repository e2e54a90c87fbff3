"""CreateDhcpOptions."""

import re
from collections.abc import Callable, Mapping, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import DHCP_OPTIONS
from kumoniwa.api.ec2.network.default_vpc import AMAZON_DNS, ensure_region
from kumoniwa.api.ec2.network.dhcp_options_output import options_output
from kumoniwa.api.ec2.tags import from_specifications, write
from kumoniwa.api.registry import action
from kumoniwa.errors import InvalidParameterValue, MissingParameter
from kumoniwa.ids import new_id
from kumoniwa.model.dhcp_options import DhcpOptions
from kumoniwa.store import dhcp_options

MOST_SERVERS = 4  # of each kind of address

_DOMAIN = re.compile(r"[A-Za-z0-9_.-]{1,253}( [A-Za-z0-9_.-]{1,253})*")
_MOST_DOMAIN = 1024  # ours, in characters, all together
_LEASE = re.compile(r"[1-9][0-9]{2,9}")
_LEASES = range(140, 2**31)


@action("CreateDhcpOptions")
async def create_dhcp_options(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Make DHCP options, which VPCs can be given."""
    checked = _checked(parameters["DhcpConfigurations"])
    tags = from_specifications(parameters, [DHCP_OPTIONS.resource_type]).get(DHCP_OPTIONS.resource_type)

    def create(connection: Connection) -> Answer:
        ensure_region(connection, call.scope)
        options = DhcpOptions(id=new_id(DHCP_OPTIONS.prefix), account=call.account, region=call.region, options=checked)
        dhcp_options.add(connection, options)
        write(connection, call, options.id, DHCP_OPTIONS.resource_type, tags)
        return {"DhcpOptions": options_output(options, tags)}

    return await cloud.change(call, create)


def _checked(configurations: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Options by name. Raises EC2's refusals. Servers may stand in one value, with commas between them."""
    checked: dict[str, list[str]] = {}
    for one in configurations:
        if (key := one.get("Key")) is None:
            raise MissingParameter("key")
        if key not in _VALUES:
            raise InvalidParameterValue(f"Value ({key[:200]}) for parameter name is invalid. Unknown DHCP option")
        if key in checked:
            raise InvalidParameterValue(f"Value ({key}) for parameter name is invalid. It is given twice.")
        given = [value.strip() for text in one.get("Values", ()) for value in text.split(",")]
        if not given or not _VALUES[key](given):
            raise InvalidParameterValue(
                f"Value ({', '.join(given)[:200]}) for parameter value is invalid. Invalid DHCP option value."
            )
        checked[key] = given
    return checked


def _are_servers(values: Sequence[str]) -> bool:
    """Whether these are the addresses of up to four servers by IPv4, and as many by IPv6."""
    if any("%" in value for value in values):  # Python takes `fe80::1%eth0`
        return False
    try:
        addresses = [ip_address(value) for value in values]
    except ValueError:
        return False
    return all(
        sum(isinstance(address, kind) for address in addresses) <= MOST_SERVERS for kind in (IPv4Address, IPv6Address)
    )


def _are_name_servers(values: Sequence[str]) -> bool:
    others = [value for value in values if value != AMAZON_DNS]
    return len(values) <= 2 * MOST_SERVERS and _are_servers(others) and len(others) >= len(values) - 1


def _are_ipv4_servers(values: Sequence[str]) -> bool:
    return len(values) <= MOST_SERVERS and all(":" not in value for value in values) and _are_servers(values)


def _are_domains(values: Sequence[str]) -> bool:
    """Whether these are domains, each of which may be several with spaces between them."""
    return len(" ".join(values)) <= _MOST_DOMAIN and all(_DOMAIN.fullmatch(value) for value in values)


def _is_lease(values: Sequence[str]) -> bool:
    (first, *others) = values
    return not others and _LEASE.fullmatch(first) is not None and int(first) in _LEASES


_VALUES: Mapping[str, Callable[[Sequence[str]], bool]] = {
    "domain-name": _are_domains,
    "domain-name-servers": _are_name_servers,
    "ipv6-address-preferred-lease-time": _is_lease,
    "netbios-name-servers": _are_ipv4_servers,
    "netbios-node-type": lambda values: list(values) in (["1"], ["2"], ["4"], ["8"]),
    "ntp-servers": _are_servers,
}
"""By option, whether it can have these values, of which there is one at least."""
