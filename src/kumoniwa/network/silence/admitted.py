"""What the security groups admit at each public address of a cloud, as ports of this host."""

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection

from kumoniwa.model.instances import InstanceState
from kumoniwa.model.security_groups import SecurityGroupRule
from kumoniwa.network.user.openings import WELL_KNOWN, PortRange, admits_echo, admitted, openings
from kumoniwa.store import public_addresses, security_groups
from kumoniwa.values import dataclass

_WITHOUT_GUEST = (InstanceState.STOPPED, InstanceState.TERMINATED)


@dataclass(frozen=True, slots=True)
class Admitted:
    """What this host's clients are admitted to at an address: ports of TCP and UDP, sorted and apart; and a ping."""

    ports: tuple[PortRange, ...] = ()
    echo: bool = False

    def has(self, protocol: str, port: int) -> bool:
        """Whether a port is among them."""
        return any(protocol == one and first <= port <= last for one, first, last in self.ports)


ByAddress = Mapping[str, Admitted | None]
"""By public address; None where no instance that runs is behind it: nobody is answered there."""


def gather(connection: Connection, *, lowest_port: int) -> dict[str, Admitted | None]:
    """What is admitted at each public address that the cloud has now, in as many statements however many there are."""
    every = public_addresses.every(connection)
    group_ids = sorted({group_id for led in every.values() if led is not None for group_id in led.group_ids})
    rules: dict[str, list[SecurityGroupRule]] = {group_id: [] for group_id in group_ids}
    for rule in security_groups.ingress_by_block(connection, group_ids):
        rules[rule.group_id].append(rule)
    known: dict[tuple[str, ...], Admitted] = {}  # many instances are in the same groups

    def of_groups(ids: tuple[str, ...]) -> Admitted:
        if ids not in known:
            known[ids] = of_rules([rule for group_id in ids for rule in rules[group_id]], lowest_port=lowest_port)
        return known[ids]

    return {
        address: None if led is None or led.state in _WITHOUT_GUEST else of_groups(led.group_ids)
        for address, led in sorted(every.items())
    }


def of_rules(rules: Iterable[SecurityGroupRule], *, lowest_port: int) -> Admitted:
    """What rules of groups admit. A port that this host cannot open (below the lowest one that it can) is admitted
    where the guest is reached instead, too."""
    rules = list(rules)
    stand_ins = [(one.protocol, one.host_port, one.host_port) for one in openings(rules, lowest_port=lowest_port)]
    return Admitted(_apart([*admitted(rules), *stand_ins]), admits_echo(rules))


def shut_well_known(found: Admitted | None, *, lowest_port: int) -> list[int]:
    """The well-known ports of TCP of an address, as ports of this host, at which nobody is admitted, in their order."""
    ports = [port if port >= lowest_port else lowest_port + port for port in WELL_KNOWN["tcp"]]
    return [port for port in ports if found is None or not found.has("tcp", port)]


def _apart(ranges: Iterable[PortRange]) -> tuple[PortRange, ...]:
    """Ranges joined where they meet: the kernel's sets take none that overlap."""
    found: list[PortRange] = []
    for protocol, first, last in sorted(ranges):
        if found and found[-1][0] == protocol and first <= found[-1][2] + 1:
            found[-1] = (protocol, found[-1][1], max(last, found[-1][2]))
        else:
            found.append((protocol, first, last))
    return tuple(found)
