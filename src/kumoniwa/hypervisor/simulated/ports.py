"""The simulated host's ports: which guest has which one forwarded to it."""

from collections.abc import Collection, Mapping
from ipaddress import IPv4Address

from kumoniwa.hypervisor.driver import Forward, GuestId


class Ports:
    """Forwards by guest. One port of one address of the host reaches one guest, as on a real one."""

    def __init__(self) -> None:
        self.refused: dict[int, str] = {}
        """Ports that cannot be bound on this host, each with its reason: for tests to fill."""
        self._holders: dict[tuple[str, IPv4Address, int], GuestId] = {}
        self._open: dict[GuestId, tuple[Forward, ...]] = {}

    def of(self, guest: GuestId) -> tuple[Forward, ...]:
        """What is open for this guest."""
        return self._open.get(guest, ())

    def open_exactly(self, guest: GuestId, forwards: Collection[Forward]) -> Mapping[Forward, str]:
        """Close what is not among these, open the others; gives back those that could not be, with the reason."""
        self.close(guest)
        refusals: dict[Forward, str] = {}
        opened: list[Forward] = []
        for forward in forwards:
            place = (forward.protocol, forward.host_address, forward.host_port)
            if forward.host_port in self.refused:
                refusals[forward] = self.refused[forward.host_port]
            elif place in self._holders:
                refusals[forward] = f"{forward.host_address}:{forward.host_port} is in use."
            else:
                self._holders[place] = guest
                opened.append(forward)
        if opened:
            self._open[guest] = tuple(opened)
        return refusals

    def close(self, guest: GuestId) -> None:
        """Close all that is open for this guest."""
        for forward in self._open.pop(guest, ()):
            del self._holders[forward.protocol, forward.host_address, forward.host_port]
