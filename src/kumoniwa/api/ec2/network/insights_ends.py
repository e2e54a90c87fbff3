"""The two ends of a path of the Reachability Analyzer: what a caller may name, by id or by ARN."""

from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Call
from kumoniwa.api.ec2.kinds import INSTANCE, INTERNET_GATEWAY, NETWORK_INTERFACE, StoredKind, kind_of
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.errors import InvalidParameterValue, ValueNotTaken
from kumoniwa.model.scope import Scope

_KINDS: tuple[StoredKind[Any], ...] = (INSTANCE, NETWORK_INTERFACE, INTERNET_GATEWAY)
_OTHER_PREFIXES = ("pcx", "tgw", "tgw-attach", "vgw", "vpce", "vpce-svc")
"""Of the ends that EC2 takes besides."""


def checked_end(connection: Connection, call: Call, text: str) -> str:
    """The id of the instance, network interface or internet gateway that a caller names. Raises EC2's refusals."""
    identifier = _of_arn(call.scope, text) if text.startswith("arn:") else text
    prefix = identifier.rpartition("-")[0]
    if prefix in _OTHER_PREFIXES:
        raise ValueNotTaken(
            f"No path from or to {identifier[:200]} can be analyzed here.",
            way_out="An end is an instance, a network interface, or an internet gateway.",
        )
    kind = next((one for one in _KINDS if one.prefix == prefix), None)
    if kind is None:
        raise InvalidParameterValue(f"Value ({text[:200]}) is not a valid source or destination of a path.")
    found: str = named(connection, call.scope, kind, identifier).id
    return found


def arn_of(scope: Scope, identifier: str) -> str:
    """The ARN of a resource of EC2."""
    kind = kind_of(identifier)
    return f"arn:aws:ec2:{scope.region}:{scope.account}:{kind.resource_type}/{identifier}"


def _of_arn(scope: Scope, arn: str) -> str:
    """The id in an ARN. Raises the refusal of one of another service, region or account."""
    beginning, _, resource = arn.partition(f":ec2:{scope.region}:{scope.account}:")
    _, slash, identifier = resource.partition("/")
    if beginning != "arn:aws" or not slash:
        raise InvalidParameterValue(f"Value ({arn[:200]}) is not the ARN of a resource of this account in this Region.")
    return identifier
