"""What the kernel is told of a VPC's namespace beside routes and rules: settings below /proc/sys. Pure."""

from collections.abc import Iterable

_ONCE = {
    "net/ipv4/ip_forward": "1",
    # A packet back by the way that its destination would take is not asked for: routes are by subnet, and groups,
    # ACLs and the source check decide.
    "net/ipv4/conf/all/rp_filter": "0",
    "net/ipv4/conf/default/rp_filter": "0",
    # Guests of one subnet are reached by the router too: it is not to say that there is a shorter way.
    "net/ipv4/conf/all/send_redirects": "0",
    "net/ipv4/conf/default/send_redirects": "0",
    "net/ipv4/conf/all/accept_redirects": "0",
    # Parts of datagrams whose others do not come are not to keep another guest's datagrams from being put together.
    "net/ipv4/ipfrag_time": "2",
    "net/ipv4/ipfrag_high_thresh": str(128 * 1024 * 1024),
    "net/ipv6/conf/all/disable_ipv6": "1",
    "net/ipv6/conf/default/disable_ipv6": "1",
}


def whole() -> dict[str, str]:
    """What every namespace has."""
    return dict(_ONCE)


def of_taps(taps: Iterable[str]) -> dict[str, str]:
    """What these taps have: the router answers ARP for every address that has a route, at once."""
    found = {}
    for tap in taps:
        found[f"net/ipv4/conf/{tap}/proxy_arp"] = "1"
        found[f"net/ipv4/neigh/{tap}/proxy_delay"] = "0"
        found[f"net/ipv4/conf/{tap}/rp_filter"] = "0"
        found[f"net/ipv4/conf/{tap}/send_redirects"] = "0"
    return found
