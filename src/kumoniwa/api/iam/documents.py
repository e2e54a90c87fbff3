"""Policy documents: whether IAM would take their form. What they permit is looked at by nobody."""

import json
import re
from typing import Any
from urllib.parse import quote

from kumoniwa.api.iam.refusals import LimitExceeded, ValidationError, too_long
from kumoniwa.errors import Ec2Error

_MOST = 131_072
_TEXT = re.compile("[\t\n\r\x20-\xff]+")
_WHITE = re.compile(r"\s+")
_VERSIONS = (None, "2008-10-17", "2012-10-17")


class MalformedPolicyDocument(Ec2Error):
    def __init__(self, message: str) -> None:
        super().__init__("MalformedPolicyDocument", message)


def checked_permissions(document: str, parameter: str = "policyDocument") -> str:
    """A document that says what its holder may do. Raises `MalformedPolicyDocument` and `ValidationError`."""
    for statement in _statements(document, parameter):
        if "Principal" in statement or "NotPrincipal" in statement:
            raise MalformedPolicyDocument("Policy document should not specify a principal.")
        if not ("Resource" in statement or "NotResource" in statement):
            raise MalformedPolicyDocument("Policy statement must contain resources.")
    return document


def checked_trust(document: str, parameter: str, most: int) -> str:
    """A document that says who may assume a role. Raises also `LimitExceeded`."""
    for statement in _statements(document, parameter):
        if not ("Principal" in statement or "NotPrincipal" in statement):
            raise MalformedPolicyDocument("Missing required field Principal")
        if "Resource" in statement or "NotResource" in statement:
            raise MalformedPolicyDocument("Has prohibited field Resource")
    if size_of(document) > most:
        raise LimitExceeded("ACLSizePerRole", most)
    return document


def size_of(document: str) -> int:
    """Characters of a document as quotas count them: without white space."""
    return len(_WHITE.sub("", document))


def written(document: str) -> str:
    """A document as IAM answers it: percent-encoded, which SDKs undo."""
    return quote(document, safe="-_.~")


def _statements(document: str, parameter: str) -> list[dict[str, Any]]:
    if len(document) > _MOST:
        raise too_long(parameter, _MOST)
    if _TEXT.fullmatch(document) is None:
        raise ValidationError(
            f"The specified value for {parameter} is invalid. It must contain only printable ASCII and Latin-1 "
            "characters."
        )
    try:
        said = json.loads(document)
    except (ValueError, RecursionError):
        raise MalformedPolicyDocument("This policy contains invalid Json") from None
    if not isinstance(said, dict) or said.get("Version") not in _VERSIONS:
        raise MalformedPolicyDocument("Syntax errors in policy.")
    found: Any = said.get("Statement")
    statements: list[Any] = found if isinstance(found, list) else [found]
    if not statements or not all(map(_has_effect, statements)):
        raise MalformedPolicyDocument("Syntax errors in policy.")
    if not all("Action" in one or "NotAction" in one for one in statements):
        raise MalformedPolicyDocument("Policy statement must contain actions.")
    return statements


def _has_effect(statement: object) -> bool:
    return isinstance(statement, dict) and statement.get("Effect") in ("Allow", "Deny")
