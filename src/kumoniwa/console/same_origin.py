"""Which requests come from the console's own page: checked before anything of them is believed.

A browser says who made a request: `Host` is the address that the page was asked from (a rebound DNS name is not ours),
`Origin` the page, `Sec-Fetch-Site` how page and address are related. Browsers leave out the last where an address is
not trustworthy to them (http over a network); an `Origin` comes with every POST and every WebSocket.
"""

from http import HTTPStatus

from kumoniwa.errors import InvalidRequest
from kumoniwa.gateway.sigv4 import SignedRequest

HALF_B = "x-kumoniwa-session"
"""The header that carries a session's half B."""

_WAY_OUT = "Open the console with kumoniwa console; programs call the signed API."


def check_same_origin(head: SignedRequest) -> None:
    """Raises `InvalidRequest` unless our own page made the request. Its `Host` was checked when it arrived."""
    if head.header("origin") != f"http://{_host(head)}":
        raise InvalidRequest("its Origin is not the console's", HTTPStatus.FORBIDDEN, way_out=_WAY_OUT)
    if head.header("sec-fetch-site") not in (None, "same-origin"):
        raise InvalidRequest("a page of another site made it", HTTPStatus.FORBIDDEN, way_out=_WAY_OUT)


def cookie_name(head: SignedRequest) -> str:
    """The cookie of half A. Cookies of a host are those of all its ports, so that each needs a name of its own."""
    port = _host(head).rpartition(":")[2]
    return f"kumoniwa-{port if port.isdecimal() else 80}"


def half_a(head: SignedRequest) -> str:
    """A session's half A; empty where the request has none."""
    wanted = cookie_name(head)
    for cookie in (head.header("cookie") or "").split(";"):
        name, _, value = cookie.strip().partition("=")
        if name == wanted:
            return value
    return ""


def _host(head: SignedRequest) -> str:
    return (head.header("host") or "").strip().lower()
