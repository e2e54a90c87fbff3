"""EC2's own query protocol."""

from pathlib import Path
from typing import Any

from kumoniwa.errors import Ec2Error
from kumoniwa.gateway.protocols.answers import escaped
from kumoniwa.gateway.protocols.codec import Codec, Protocol
from kumoniwa.gateway.protocols.parameters import Names

API_VERSION = "2016-11-15"

# With a trailing slash, unlike the model's: libcloud looks elements up by it.
_NAMESPACE = f"http://ec2.amazonaws.com/doc/{API_VERSION}/"


def ec2_codec(kept_in: Path | None = None) -> Codec:
    """The codec of EC2. See `Codec` for where its model is kept."""
    return Codec("ec2", API_VERSION, Protocol(Names(wire_name), _answer, _error, says_done=True), kept_in)


def wire_name(member: str, serialization: dict[str, Any]) -> str:
    """A member's name in a request: `queryName` as it is, else `locationName` capitalised, else the member's own."""
    if query_name := serialization.get("queryName"):
        return str(query_name)
    name = str(serialization.get("name", member))
    return name[0].upper() + name[1:]


def _answer(action: str, request_id: str) -> tuple[str, str]:
    opening = f'<{action}Response xmlns="{_NAMESPACE}"><requestId>{escaped(request_id)}</requestId>'
    return opening, f"</{action}Response>"


def _error(error: Ec2Error, request_id: str) -> str:
    return (
        f"<Response><Errors><Error><Code>{escaped(error.code)}</Code>"
        f"<Message>{escaped(error.message)}</Message></Error></Errors>"
        f"<RequestID>{escaped(request_id)}</RequestID></Response>"
    )
