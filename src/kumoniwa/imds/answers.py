"""What the metadata service answers to a request: who may read, then what. Pure.

EC2 also limits how many network hops the answer to a token request may travel (HttpPutResponseHopLimit). Where a VPC
carries packets it is sent so; QEMU's own network sets no such limit.

Source: the EC2 user guide, "Use the Instance Metadata Service to access instance metadata" (codes and headers).
"""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime, timedelta
from http import HTTPStatus
from urllib.parse import unquote

from kumoniwa.clock import http_date
from kumoniwa.imds.tokens import Tokens
from kumoniwa.imds.tree import GuestFacts, find, metadata
from kumoniwa.values import dataclass

_TOKEN_PATH = "/latest/api/token"
_TOKEN = "x-aws-ec2-metadata-token"
_LIFETIME = "x-aws-ec2-metadata-token-ttl-seconds"
_LIFETIME_TOLD = "X-Aws-Ec2-Metadata-Token-Ttl-Seconds"
_LONGEST_LIFETIME = 21600  # seconds: six hours
_READING = "OPTIONS, GET, HEAD"
_ASKING = "OPTIONS, PUT"


@dataclass(frozen=True, slots=True)
class Request:
    """A request. `headers` has lower-case names."""

    method: str
    target: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer. `Content-Length`, `Date` and `Server` are added where it is sent."""

    status: HTTPStatus
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    hops: int | None = None
    """How many network hops it may travel; None: as many as any packet."""


def answer(request: Request, facts: GuestFacts | None, tokens: Tokens, now: datetime) -> Answer:
    """Answer a guest's request. `facts` are those of the instance whose channel it came by."""
    if facts is None:
        return refusal(HTTPStatus.NOT_FOUND)
    if not facts.instance.metadata_endpoint:
        return refusal(HTTPStatus.FORBIDDEN)
    path = _path(request.target)
    if path.rstrip("/") == _TOKEN_PATH:
        return _token(request, facts, tokens, now)
    return _read(request, path, facts, tokens, now)


def refusal(status: HTTPStatus, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer that says no, in the page that EC2 sends with it."""
    title = f"{status.value} - {status.phrase}"
    return Answer(status, _PAGE.format(title=title).encode(), {"Content-Type": "text/html", **(headers or {})})


def _token(request: Request, facts: GuestFacts, tokens: Tokens, now: datetime) -> Answer:
    if request.method != "PUT":
        return _other_method(request.method, _ASKING)
    if "x-forwarded-for" in request.headers:  # an open proxy inside the guest must not hand tokens out
        return refusal(HTTPStatus.FORBIDDEN)
    lifetime = _seconds(request.headers.get(_LIFETIME, ""))
    if lifetime is None:
        return refusal(HTTPStatus.BAD_REQUEST)
    token = tokens.issue(facts.instance.id, now + timedelta(seconds=lifetime))
    headers = {"Content-Type": "text/plain", _LIFETIME_TOLD: str(lifetime)}
    return Answer(HTTPStatus.OK, token.encode(), headers, facts.instance.metadata_hop_limit)


def _read(request: Request, path: str, facts: GuestFacts, tokens: Tokens, now: datetime) -> Answer:
    if request.method not in ("GET", "HEAD"):
        return _other_method(request.method, _READING)
    token = request.headers.get(_TOKEN)
    left = tokens.seconds_left(token, facts.instance.id, now) if token is not None else None
    if left is None and (token is not None or facts.instance.metadata_tokens_required):
        return refusal(HTTPStatus.UNAUTHORIZED)
    found = find(metadata(facts), path)
    if found is None:
        return refusal(HTTPStatus.NOT_FOUND)
    headers = {
        "Content-Type": "application/octet-stream" if path.rstrip("/").endswith("/user-data") else "text/plain",
        "Accept-Ranges": "none",
        "Last-Modified": http_date(facts.instance.launch_time),
    }
    if left is not None:
        headers[_LIFETIME_TOLD] = str(left)
    return Answer(HTTPStatus.OK, found, headers)


def _path(target: str) -> str:
    """The path of a request's target, which may come with scheme and host before it, as to a proxy."""
    if not target.startswith("/"):
        target = "/" + target.partition("://")[2].partition("/")[2]
    return unquote(target.partition("?")[0])


def _other_method(method: str, allowed: str) -> Answer:
    if method == "OPTIONS":
        return Answer(HTTPStatus.OK, headers={"Allow": allowed})
    return refusal(HTTPStatus.METHOD_NOT_ALLOWED, {"Allow": allowed})


def _seconds(text: str) -> int | None:
    """A lifetime in EC2's limits, or None."""
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(_LONGEST_LIFETIME))):
        return None
    seconds = int(text)
    return seconds if 1 <= seconds <= _LONGEST_LIFETIME else None


_PAGE = """<?xml version="1.0" encoding="iso-8859-1"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN"
         "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="en" lang="en">
 <head>
  <title>{title}</title>
 </head>
 <body>
  <h1>{title}</h1>
 </body>
</html>
"""
