"""EC2's own query protocol."""

from pathlib import Path
from typing import Any

from kumoniwa.errors import Ec2Error
from kumoniwa.gateway.protocols.answers import escaped
from kumoniwa.gateway.protocols.codec import Codec, Protocol
from kumoniwa.gateway.protocols.parameters import Names

API_VERSION = "2016-11-15"
EARLIER = frozenset(
    f"{year}-{day}"
    for year, days in {
        2006: "06-26 10-01",
        2007: "01-03 01-19 03-01 08-29",
        2008: "02-01 05-05 08-08 12-01",
        2009: "03-01 04-04 07-15 08-15 10-31 11-30",
        2010: "06-15 08-31 11-15",
        2011: "01-01 02-28 05-15 07-15 11-01 12-01 12-15",
        2012: "03-01 04-01 05-01 06-01 06-15 07-20 08-15 10-01 12-01",
        2013: "02-01 06-15 07-15 08-15 10-01 10-15",
        2014: "02-01 05-01 06-15 09-01 10-01",
        2015: "03-01 04-15 10-01",
        2016: "04-01 09-15",
    }.items()
    for day in days.split()
)
"""Versions of the API that programs of their time name: boto 2 says 2014-10-01, Net::Amazon::EC2 2014-06-15. They are
read and answered as today's version, in their own namespace: an answer may hold what they did not have
(docs/clients.md)."""


_SAYS_DONE_TOO = frozenset({"AssociateAddress", "CreateSecurityGroup"})  # Net::Amazon::EC2 looks for it
_LATER = {"InstanceStatus": ("AttachedEbsStatus",)}  # boto 2 takes its "reachability" for the name of the state


def ec2_codec(kept_in: Path | None = None) -> Codec:
    """The codec of EC2. See `Codec` for where its model is kept."""
    protocol = Protocol(
        Names(wire_name),
        _answer,
        _error,
        says_done=True,
        says_done_too=_SAYS_DONE_TOO,
        earlier=EARLIER,
        later=_LATER,
    )
    return Codec("ec2", API_VERSION, protocol, kept_in)


def wire_name(member: str, serialization: dict[str, Any]) -> str:
    """A member's name in a request: `queryName` as it is, else `locationName` capitalised, else the member's own."""
    if query_name := serialization.get("queryName"):
        return str(query_name)
    name = str(serialization.get("name", member))
    return name[0].upper() + name[1:]


def _answer(action: str, request_id: str, version: str) -> tuple[str, str]:
    # With a trailing slash, unlike the model's: libcloud looks elements up by it.
    namespace = f"http://ec2.amazonaws.com/doc/{version}/"
    opening = f'<{action}Response xmlns="{namespace}"><requestId>{escaped(request_id)}</requestId>'
    return opening, f"</{action}Response>"


def _error(error: Ec2Error, request_id: str) -> str:
    return (
        f"<Response><Errors><Error><Code>{escaped(error.code)}</Code>"
        f"<Message>{escaped(error.message)}</Message></Error></Errors>"
        f"<RequestID>{escaped(request_id)}</RequestID></Response>"
    )
