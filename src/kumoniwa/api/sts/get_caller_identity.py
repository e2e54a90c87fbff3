"""The one action of STS that tools call before they do anything else: GetCallerIdentity.

STS speaks the plain query protocol, whose envelopes differ from EC2's; other services that are asked for by mistake
are refused in the same envelope.
"""

from kumoniwa.errors import Ec2Error, InvalidAction, MissingParameter, NotBuilt, UnknownParameter
from kumoniwa.gateway.protocols.ec2.answers import PROLOG, escaped

API_VERSION = "2011-06-15"
_NAMESPACE = f"https://sts.amazonaws.com/doc/{API_VERSION}/"
_BUILT = "GetCallerIdentity"
_KNOWN = frozenset(
    {
        "AssumeRole",
        "AssumeRoleWithSAML",
        "AssumeRoleWithWebIdentity",
        "AssumeRoot",
        "DecodeAuthorizationMessage",
        "GetAccessKeyInfo",
        "GetFederationToken",
        "GetSessionToken",
    }
)


def answer(parameters: list[tuple[str, str]], account: str, request_id: str) -> bytes:
    """Who the caller is. Kumoniwa's keys are the account's own, as a root user's are on AWS."""
    told = dict(parameters)
    if (action := told.get("Action")) is None:
        raise MissingParameter("Action")
    if action != _BUILT:
        raise NotBuilt(f"the action {action} of STS") if action in _KNOWN else InvalidAction(action)
    if unknown := told.keys() - {"Action", "Version"}:
        raise UnknownParameter(min(unknown))
    return (
        f'{PROLOG}<{_BUILT}Response xmlns="{_NAMESPACE}"><{_BUILT}Result>'
        f"<Arn>arn:aws:iam::{escaped(account)}:root</Arn><UserId>{escaped(account)}</UserId>"
        f"<Account>{escaped(account)}</Account></{_BUILT}Result>"
        f"<ResponseMetadata><RequestId>{escaped(request_id)}</RequestId></ResponseMetadata></{_BUILT}Response>"
    ).encode()


def refusal(error: Ec2Error, request_id: str) -> bytes:
    """A refusal, in the query protocol's envelope."""
    side = "Sender" if error.status < 500 else "Receiver"
    return (
        f'{PROLOG}<ErrorResponse xmlns="{_NAMESPACE}"><Error><Type>{side}</Type><Code>{escaped(error.code)}</Code>'
        f"<Message>{escaped(error.message)}</Message></Error><RequestId>{escaped(request_id)}</RequestId></ErrorResponse>"
    ).encode()
