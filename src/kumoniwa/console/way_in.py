"""The way into the console: what a server needs of it before any browser has asked for a page."""

from collections.abc import Mapping
from typing import Any

from kumoniwa.api.call import Call
from kumoniwa.console.sessions import Sessions, Signer
from kumoniwa.errors import ValueNotTaken

PREFIX = "/console/"
SIGN_IN_CODES = "POST /_kumoniwa/console/sign-in-codes"
"""The route of the signed API that gives a sign-in code."""


async def sign_in_code(sessions: Sessions, call: Call, _named: Mapping[str, str]) -> Mapping[str, Any]:
    """A sign-in code for whoever signed this request (an extension of the signed API).

    Raises `ValueNotTaken` for temporary credentials: a session may outlive them.
    """
    if call.caller.since is not None:
        raise ValueNotTaken(
            "Temporary credentials begin no session of the console.", way_out="Sign with an access key."
        )
    return {"code": sessions.code(Signer(call.principal, call.caller))}
