"""AWS Signature Version 4, verified: in the `Authorization` header, or in the query of a presigned URL.

Pure functions. A request makes a *claim* (who signed what, when, for which service), which `claim_of` reads and
`verify` believes only after it has made the same signature itself. The algorithm is AWS's:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hashlib
import hmac
import re
from dataclasses import field
from datetime import datetime, timedelta
from functools import lru_cache
from http import HTTPStatus
from urllib.parse import quote

from kumoniwa.clock import within_reach
from kumoniwa.credentials.credential import Credential
from kumoniwa.errors import AuthFailure, Ec2Error, MissingAuthenticationToken, RequestExpired, SignatureNotTaken
from kumoniwa.gateway.form import pairs
from kumoniwa.values import dataclass

ALGORITHM = "AWS4-HMAC-SHA256"
SKEW = timedelta(minutes=15)

_LONGEST_EXPIRY = 604_800  # seven days, in seconds
_UNRESERVED = "-_.~"
_CREDENTIAL = re.compile(
    r"(?P<key>[A-Za-z0-9_-]{1,128})/(?P<day>[0-9]{8})/(?P<region>[a-z0-9-]{1,32})/(?P<service>[a-z0-9-]{1,64})/aws4_request"
)
_SIGNED_HEADERS = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]+(;[a-z0-9!#$%&'*+.^_`|~-]+)*")
_SIGNATURE = re.compile(r"[0-9a-f]{64}")
_BASIC_ISO = re.compile(r"[0-9]{8}T[0-9]{6}Z")
_AS_EC2 = frozenset({"ec2", "kumoniwa"})
"""Services that refuse credentials in EC2's words; the others do so in the words that most have in common."""
_KEYS = 64  # that are kept: a caller has one a day for each region and service


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request as it arrived: names of headers in lower case, everything undecoded."""

    method: str
    path: bytes
    query: bytes
    headers: tuple[tuple[str, str], ...]
    body: bytes
    _values: dict[str, list[str]] = field(init=False, repr=False, compare=False)  # of each header

    def __post_init__(self) -> None:
        values: dict[str, list[str]] = {}
        for name, value in self.headers:
            if name in values:
                values[name].append(value)
            else:
                values[name] = [value]
        object.__setattr__(self, "_values", values)

    def with_body(self, body: bytes) -> "SignedRequest":
        """The same request with its body."""
        return SignedRequest(self.method, self.path, self.query, self.headers, body)

    def header(self, name: str) -> str | None:
        """A header's value; that of a header given several times joined by commas, as HTTP has it."""
        values = self._values.get(name)
        return None if values is None else values[0] if len(values) == 1 else ",".join(values)

    def values(self, name: str) -> list[str]:
        """A header's values, in the order given."""
        return self._values.get(name, [])


@dataclass(frozen=True, slots=True)
class Claim:
    """What a request says about its signature: not yet believed."""

    access_key: str
    region: str
    service: str
    scope: str  # day/region/service/aws4_request
    signed_headers: tuple[str, ...]
    signature: str
    at: datetime
    stamp: str  # the same as it is signed, YYYYMMDDTHHMMSSZ
    expires: timedelta | None  # of a presigned URL
    session_token: str | None  # of temporary credentials


@dataclass(frozen=True, slots=True)
class Identity:
    """Who signed a request, and for which region and service."""

    access_key: str
    region: str
    service: str


class IncompleteSignature(Ec2Error):
    """What should be a signature is not one. AWS's text, and what is wrong with it and what to do."""

    def __init__(self, reason: str, *, way_out: str = "AWS's command line and SDKs sign as it has to be.") -> None:
        super().__init__(
            "IncompleteSignature", f"The request signature does not conform to AWS standards: {reason}. {way_out}"
        )


class SignatureDoesNotMatch(Ec2Error):
    """What most services answer to a wrong signature; EC2 answers `AuthFailure`."""

    status = HTTPStatus.FORBIDDEN

    def __init__(self) -> None:
        super().__init__(
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
            "Access Key and signing method. Consult the service documentation for details.",
        )


class InvalidClientTokenId(Ec2Error):
    """What most services answer to an unknown key; EC2 answers `AuthFailure`."""

    status = HTTPStatus.FORBIDDEN

    def __init__(self) -> None:
        super().__init__("InvalidClientTokenId", "The security token included in the request is invalid.")


class ExpiredToken(Ec2Error):
    """What most services answer to temporary credentials that are over; EC2 answers `RequestExpired`."""

    status = HTTPStatus.FORBIDDEN

    def __init__(self) -> None:
        super().__init__("ExpiredToken", "The security token included in the request is expired")


def unknown_to(service: str) -> Ec2Error:
    """How a service refuses an access key that it does not know, or that came with another session token."""
    return InvalidClientTokenId() if service not in _AS_EC2 else AuthFailure()


def _other_version() -> SignatureNotTaken:
    return SignatureNotTaken(
        "Kumoniwa verifies Signature Version 4 alone; this request is signed with another one.",
        way_out="Let the client sign with version 4 (boto calls it use-sigv4).",
    )


def claim_of(request: SignedRequest) -> Claim:
    """What a request claims about its signature.

    Raises `MissingAuthenticationToken`, `IncompleteSignature`, and `AuthFailure` for what is signed in another way.
    """
    query = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in pairs(request.query)]
    in_query = [(name, value) for name, value in query if name.startswith("X-Amz-")]
    authorization = request.header("authorization")
    if authorization is None and not in_query:
        if b"SignatureVersion=" in request.query or b"SignatureVersion=" in request.body:
            raise _other_version()
        raise MissingAuthenticationToken()
    if authorization is None:
        return _presigned(request, in_query)
    if in_query:
        raise IncompleteSignature("it is given both in a header and in the query")
    return _in_header(request, authorization)


def verify(
    request: SignedRequest, claim: Claim, credential: Credential, now: datetime, *, signed_by: datetime | None = None
) -> Identity:
    """Believe a claim. `credential` is what its access key and session token stand for.

    `signed_by` is the time by the clock that callers sign by, where that is not `now`: a test may have moved the
    cloud's.

    Raises, for a signature that is wrong, `AuthFailure` as EC2 does or `SignatureDoesNotMatch` as STS does;
    `RequestExpired`; and for credentials that are over, that as EC2 does or `ExpiredToken` as STS does.
    """
    with_other_words = claim.service not in _AS_EC2
    digest = hashlib.sha256(request.body).hexdigest()
    declared = request.header("x-amz-content-sha256")
    if not _is_signed(request, claim, credential, digest) or declared not in (None, digest):
        raise SignatureDoesNotMatch() if with_other_words else AuthFailure()
    latest = claim.at + (claim.expires if claim.expires is not None else SKEW)
    if not claim.at - SKEW <= (signed_by or now) <= latest:
        raise RequestExpired()
    if credential.expires_at is not None and now >= credential.expires_at:
        raise ExpiredToken() if with_other_words else RequestExpired()
    return Identity(claim.access_key, claim.region, claim.service)


def _is_signed(request: SignedRequest, claim: Claim, credential: Credential, digest: str) -> bool:
    """Whether the signature is over this request. Some clients sign the Host without the port that they send."""
    expected = signature(credential.secret, claim, canonical_request(request, claim, digest))
    if hmac.compare_digest(expected, claim.signature):
        return True
    host, colon, port = (request.header("host") or "").rpartition(":")
    if not colon or not port.isdecimal():
        return False
    headers = [(name, host if name == "host" else value) for name, value in request.headers]
    bare = SignedRequest(request.method, request.path, request.query, tuple(headers), b"")
    expected = signature(credential.secret, claim, canonical_request(bare, claim, digest))
    return hmac.compare_digest(expected, claim.signature)


def canonical_request(request: SignedRequest, claim: Claim, digest: str) -> str:
    """A request in the one form that both sides sign: every part that could be changed on the way is in it."""
    query = sorted(
        (quote(name, safe=_UNRESERVED), quote(value, safe=_UNRESERVED))
        for name, value in pairs(request.query)
        if name != b"X-Amz-Signature"
    )
    lines = [
        request.method,
        # Encoded a second time, as all services but S3 have it.
        "/" if request.path in (b"", b"/") else quote(request.path, safe=f"/{_UNRESERVED}"),
        "&".join([f"{name}={value}" for name, value in query]),
    ]
    for name in claim.signed_headers:
        values = [" ".join(value.split()) for value in request.values(name)]
        lines.append(f"{name}:{','.join(values)}")
    return "\n".join([*lines, "", ";".join(claim.signed_headers), digest])


def signature(secret: str, claim: Claim, canonical: str) -> str:
    """The signature over a canonical request, as hexadecimal digits."""
    hashed = hashlib.sha256(canonical.encode("latin-1")).hexdigest()
    text = f"{ALGORITHM}\n{claim.stamp}\n{claim.scope}\n{hashed}"
    # Begun with the key already. And `hmac.digest` would let another thread have this one's turn, for few bytes.
    begun = _signing_key(secret, claim.scope).copy()
    begun.update(text.encode())
    return begun.hexdigest()


@lru_cache(maxsize=_KEYS)
def _signing_key(secret: str, scope: str) -> hmac.HMAC:
    """What begins the signatures of a day's requests, for one region and service."""
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.new(key, digestmod="sha256")


def _in_header(request: SignedRequest, authorization: str) -> Claim:
    algorithm, _, rest = authorization.partition(" ")
    if algorithm == "AWS":
        raise _other_version()
    if algorithm != ALGORITHM:
        raise IncompleteSignature(f"its algorithm is not {ALGORITHM}")
    parts = dict([piece.strip().partition("=")[::2] for piece in rest.split(",")])
    if parts.keys() != {"Credential", "SignedHeaders", "Signature"}:
        raise IncompleteSignature("the header needs Credential, SignedHeaders and Signature, and nothing else")
    dated = "x-amz-date" if request.header("x-amz-date") is not None else "date"
    if (date := request.header(dated)) is None:
        raise IncompleteSignature("neither X-Amz-Date nor Date says when it was made")
    token = request.header("x-amz-security-token")
    claim = _claim(parts["Credential"], parts["SignedHeaders"], parts["Signature"], date, None, token)
    must_be_signed = {dated, *[name for name, _ in request.headers if name.startswith("x-amz-")]}
    if unsigned := must_be_signed.difference(claim.signed_headers):
        raise IncompleteSignature(f"it leaves out headers that must be signed: {', '.join(sorted(unsigned))}")
    return claim


def _presigned(request: SignedRequest, parameters: list[tuple[str, str]]) -> Claim:
    by_name = dict(parameters)
    if len(by_name) != len(parameters):
        raise IncompleteSignature("a parameter of it is given twice")
    if by_name.get("X-Amz-Algorithm") != ALGORITHM:
        raise IncompleteSignature(f"its X-Amz-Algorithm is not {ALGORITHM}")
    expires = by_name.get("X-Amz-Expires", str(int(SKEW.total_seconds())))
    if not re.fullmatch(r"[1-9][0-9]{0,5}", expires) or int(expires) > _LONGEST_EXPIRY:
        raise IncompleteSignature(f"X-Amz-Expires is not a number of seconds between 1 and {_LONGEST_EXPIRY}")
    credential, signed, made, date = (
        by_name.get(f"X-Amz-{name}", "") for name in ("Credential", "SignedHeaders", "Signature", "Date")
    )
    token, in_header = by_name.get("X-Amz-Security-Token"), request.header("x-amz-security-token")
    if in_header is not None:
        if token is not None:
            raise IncompleteSignature("its session token is given both in a header and in the query")
        token = in_header
    return _claim(credential, signed, made, date, timedelta(seconds=int(expires)), token)


def _claim(
    credential: str, signed_headers: str, made: str, date: str, expires: timedelta | None, token: str | None
) -> Claim:
    if (known := _CREDENTIAL.fullmatch(credential)) is None:
        raise IncompleteSignature("its credential is not KEY/YYYYMMDD/REGION/SERVICE/aws4_request")
    if _SIGNATURE.fullmatch(made) is None:
        raise IncompleteSignature("it is not 64 hexadecimal digits")
    if _SIGNED_HEADERS.fullmatch(signed_headers) is None:
        raise IncompleteSignature("SignedHeaders is not a list of names in lower case")
    names = tuple(signed_headers.split(";"))
    if "host" not in names:
        raise IncompleteSignature("the header Host is not signed")
    if len(set(names)) != len(names):  # what is signed holds a header's value as often as it is named: gigabytes
        raise IncompleteSignature("SignedHeaders names a header twice")
    at, stamp = _moment(date)
    if stamp[:8] != known["day"]:
        raise IncompleteSignature("its credential is of another day than its date")
    scope = credential.partition("/")[2]
    return Claim(known["key"], known["region"], known["service"], scope, names, made, at, stamp, expires, token)


def _moment(date: str) -> tuple[datetime, str]:
    """A date as a moment, and as it is signed."""
    try:
        if _BASIC_ISO.fullmatch(date):
            return within_reach(datetime.fromisoformat(date)), date
        from email.utils import parsedate_to_datetime  # for few callers: SDKs do not sign the header Date

        at = within_reach(parsedate_to_datetime(date))
    except (ValueError, OverflowError):
        raise IncompleteSignature("its date is not one") from None
    return at, f"{at:%Y%m%dT%H%M%SZ}"
