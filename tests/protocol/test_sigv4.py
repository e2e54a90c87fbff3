"""botocore's own signers are the judge: what they sign is believed, and nothing else is."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import botocore.auth
import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from kumoniwa.credentials.credential import Credential
from kumoniwa.errors import AuthFailure, Ec2Error, MissingAuthenticationToken, RequestExpired
from kumoniwa.gateway.sigv4 import (
    Claim,
    ExpiredToken,
    Identity,
    IncompleteSignature,
    InvalidClientTokenId,
    SignatureDoesNotMatch,
    SignedRequest,
    canonical_request,
    claim_of,
    signature,
    unknown_to,
    verify,
)
from kumoniwa.model.principals import account_itself

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
KEY, SECRET = "KWEXAMPLEKEY", "a/secret+key"
URL = "http://127.0.0.1:4566/"
BODY = "Action=DescribeInstances&Version=2016-11-15"
Tamper = Callable[[SignedRequest], SignedRequest]


Find = Callable[[str], Credential | None]


def secret_of(access_key: str) -> Credential | None:
    return Credential(SECRET, account_itself("123456789012")) if access_key == KEY else None


def authenticate(request: SignedRequest, find: Find, now: datetime) -> Identity:
    """Who signed this request, as the gateway finds it out."""
    claim = claim_of(request)
    if (credential := find(claim.access_key)) is None:
        raise unknown_to(claim.service)
    return verify(request, claim, credential, now)


@pytest.fixture(autouse=True)
def botocores_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """botocore signs at our NOW."""
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda remove_tzinfo=True: NOW.replace(tzinfo=None))


def signed(
    signer: type = SigV4Auth,
    method: str = "POST",
    url: str = URL,
    body: str = BODY,
    *,
    key: str = KEY,
    secret: str = SECRET,
    service: str = "ec2",
    **options: Any,
) -> SignedRequest:
    """A request as it reaches us when botocore has signed it."""
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"} if method == "POST" else {}
    data: Any = body.encode() if method == "POST" else b""
    if signer is SigV4QueryAuth:  # it moves a body's parameters into the query
        data = dict(parse_qsl(body)) if method == "POST" else ""
    request = AWSRequest(method=method, url=url, data=data, headers=headers)
    signer(Credentials(key, secret, options.pop("token", None)), service, "eu-central-1", **options).add_auth(request)
    parts = urlsplit(request.url)
    sent = (("host", parts.netloc), *((name.lower(), value) for name, value in request.headers.items()))
    left = request.data if isinstance(request.data, bytes) else b""
    return SignedRequest(method, parts.path.encode(), parts.query.encode(), sent, left)


def changed(request: SignedRequest, **parts: Any) -> SignedRequest:
    return replace(request, **parts)


def with_header(request: SignedRequest, name: str, value: str) -> SignedRequest:
    kept = tuple((known, old) for known, old in request.headers if known != name)
    return changed(request, headers=(*kept, (name, value)))


REQUESTS = {
    "post": lambda: signed(),
    "get": lambda: signed(method="GET", url=f"{URL}?{BODY}&Filter.1.Name=a%20b%2Bc&B&A=%E2%98%81"),
    "presigned get": lambda: signed(SigV4QueryAuth, method="GET", url=f"{URL}?{BODY}&X=a%2Fb"),
    "presigned post": lambda: signed(SigV4QueryAuth),
    "another path": lambda: signed(method="GET", url="http://127.0.0.1:4566/_kumoniwa/instances/a%20b/boots"),
}


@pytest.mark.parametrize("kind", REQUESTS)
def test_what_botocore_signs_is_believed(kind: str) -> None:
    assert authenticate(REQUESTS[kind](), secret_of, NOW) == Identity(KEY, "eu-central-1", "ec2")


def test_a_query_with_plus_for_space_is_what_libcloud_signs_as_percent_20() -> None:
    request = signed(method="GET", url=f"{URL}?{BODY}&Name=a%20b")
    assert authenticate(changed(request, query=request.query.replace(b"%20", b"+")), secret_of, NOW).access_key == KEY


def test_white_space_around_and_inside_a_signed_header_does_not_matter() -> None:
    request = signed()
    loose = with_header(request, "content-type", "  application/x-www-form-urlencoded;   charset=utf-8 ")
    assert authenticate(loose, secret_of, NOW).access_key == KEY


TAMPERED: dict[str, Tamper] = {
    "body": lambda request: changed(request, body=request.body + b"&DryRun=true"),
    "method": lambda request: changed(request, method="GET"),
    "path": lambda request: changed(request, path=b"/_kumoniwa/x"),
    "query": lambda request: changed(request, query=request.query + b"&DryRun=true"),
    "plus for a percent-encoded plus": lambda request: changed(request, query=request.query.replace(b"%2B", b"+")),
    "host": lambda request: with_header(request, "host", "elsewhere:4566"),
}


@pytest.mark.parametrize("part", TAMPERED)
@pytest.mark.parametrize("presigned", [False, True])
def test_a_request_changed_on_the_way_is_refused(part: str, presigned: bool) -> None:
    request = signed(SigV4QueryAuth if presigned else SigV4Auth, url=f"{URL}?Owner=a%2Bb")
    with pytest.raises(AuthFailure, match="not able to validate the provided access credentials"):
        authenticate(TAMPERED[part](request), secret_of, NOW)


def test_a_signed_header_changed_on_the_way_is_refused() -> None:
    with pytest.raises(AuthFailure):
        authenticate(with_header(signed(), "content-type", "text/plain"), secret_of, NOW)


@pytest.mark.parametrize(("service", "error"), [("ec2", AuthFailure), ("sts", SignatureDoesNotMatch)])
def test_a_wrong_secret_is_refused_in_the_services_words(service: str, error: type[Ec2Error]) -> None:
    with pytest.raises(error):
        authenticate(signed(secret="another", service=service), secret_of, NOW)


@pytest.mark.parametrize(("service", "error"), [("ec2", AuthFailure), ("sts", InvalidClientTokenId)])
def test_an_unknown_key_is_refused_in_the_services_words(service: str, error: type[Ec2Error]) -> None:
    with pytest.raises(error):
        authenticate(signed(key="ANOTHERKEY", service=service), secret_of, NOW)


@pytest.mark.parametrize("minutes", [-14, 14])
def test_clocks_may_differ_by_fifteen_minutes(minutes: int) -> None:
    authenticate(signed(), secret_of, NOW + timedelta(minutes=minutes))


@pytest.mark.parametrize("minutes", [-16, 16])
def test_a_request_from_further_away_in_time_has_expired(minutes: int) -> None:
    with pytest.raises(RequestExpired, match=r"Request has expired\."):
        authenticate(signed(), secret_of, NOW + timedelta(minutes=minutes))


def test_a_presigned_url_lives_as_long_as_it_says() -> None:
    request = signed(SigV4QueryAuth, method="GET", url=f"{URL}?{BODY}", expires=3600)
    authenticate(request, secret_of, NOW + timedelta(minutes=59))
    with pytest.raises(RequestExpired):
        authenticate(request, secret_of, NOW + timedelta(minutes=61))


def test_a_presigned_url_cannot_be_made_to_live_longer() -> None:
    request = signed(SigV4QueryAuth, method="GET", url=f"{URL}?{BODY}", expires=60)
    longer = changed(request, query=request.query.replace(b"X-Amz-Expires=60", b"X-Amz-Expires=600"))
    with pytest.raises(AuthFailure):
        authenticate(longer, secret_of, NOW)


def test_an_unsigned_request_is_told_what_it_misses() -> None:
    with pytest.raises(MissingAuthenticationToken):
        authenticate(SignedRequest("POST", b"/", b"", (("host", "x"),), BODY.encode()), secret_of, NOW)


@pytest.mark.parametrize("signer", [SigV4Auth, SigV4QueryAuth])
def test_a_session_token_is_part_of_what_is_claimed(signer: type) -> None:
    request = signed(signer, token="a+token/of=ours")
    assert claim_of(request).session_token == "a+token/of=ours"
    assert authenticate(request, secret_of, NOW).access_key == KEY
    assert claim_of(signed(signer)).session_token is None


def test_a_session_token_beside_a_presigned_url_counts_and_is_given_once() -> None:
    request = signed(SigV4QueryAuth)
    assert claim_of(with_header(request, "x-amz-security-token", "")).session_token == ""
    with pytest.raises(IncompleteSignature, match="both in a header and in the query"):
        claim_of(with_header(signed(SigV4QueryAuth, token="t"), "x-amz-security-token", "t"))


def test_a_session_token_that_is_not_signed_is_refused() -> None:
    with pytest.raises(IncompleteSignature, match="x-amz-security-token"):
        claim_of(with_header(signed(), "x-amz-security-token", "added"))


@pytest.mark.parametrize("signer", [SigV4Auth, SigV4QueryAuth])
def test_another_session_token_is_another_request(signer: type) -> None:
    request = signed(signer, token="the-token")
    other = (
        with_header(request, "x-amz-security-token", "other")
        if signer is SigV4Auth
        else changed(request, query=request.query.replace(b"the-token", b"other"))
    )
    with pytest.raises(AuthFailure):
        authenticate(other, secret_of, NOW)


@pytest.mark.parametrize(("service", "error"), [("ec2", RequestExpired), ("iam", ExpiredToken), ("sts", ExpiredToken)])
def test_credentials_that_are_over_are_refused_in_the_services_words(service: str, error: type[Ec2Error]) -> None:
    def over(_: str) -> Credential:
        return Credential(SECRET, account_itself("123456789012"), NOW)

    with pytest.raises(error):
        authenticate(signed(service=service), over, NOW)
    authenticate(signed(service=service), over, NOW - timedelta(seconds=1))
    # Who does not know the secret learns nothing of it.
    with pytest.raises(AuthFailure if service == "ec2" else SignatureDoesNotMatch):
        authenticate(signed(secret="another", service=service), over, NOW)


def test_a_host_header_that_is_not_signed_is_refused() -> None:
    request = signed()
    loose = with_header(request, "authorization", (request.header("authorization") or "").replace("host;", ""))
    with pytest.raises(IncompleteSignature, match="Host is not signed"):
        authenticate(loose, secret_of, NOW)


def test_a_host_may_be_signed_without_the_port_that_is_sent() -> None:
    bare = signed(url="http://127.0.0.1/")
    assert authenticate(with_header(bare, "host", "127.0.0.1:4566"), secret_of, NOW).access_key == KEY
    for other in ("127.0.0.2:4566", "127.0.0.1:4566x", "127.0.0.1.:4566"):
        with pytest.raises(AuthFailure):
            authenticate(with_header(bare, "host", other), secret_of, NOW)


def test_a_header_is_signed_once() -> None:
    """What is signed has its value each time: a short request would fill the memory."""
    request = signed()
    doubled = (request.header("authorization") or "").replace("host;", "host;" * 2)
    with pytest.raises(IncompleteSignature, match="names a header twice"):
        authenticate(with_header(request, "authorization", doubled), secret_of, NOW)
    presigned = signed(SigV4QueryAuth)
    with pytest.raises(IncompleteSignature, match="names a header twice"):
        twice = presigned.query.replace(b"SignedHeaders=", b"SignedHeaders=host%3B")
        authenticate(changed(presigned, query=twice), secret_of, NOW)


def test_an_x_amz_header_that_is_not_signed_is_refused() -> None:
    with pytest.raises(IncompleteSignature, match="x-amz-target"):
        authenticate(with_header(signed(), "x-amz-target", "Other.Action"), secret_of, NOW)


def test_a_body_may_not_be_left_unsigned() -> None:
    request = AWSRequest(
        method="POST", url=URL, data=BODY.encode(), headers={"X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"}
    )
    SigV4Auth(Credentials(KEY, SECRET), "ec2", "eu-central-1").add_auth(request)
    sent = tuple((name.lower(), value) for name, value in request.headers.items())
    with pytest.raises(AuthFailure):
        authenticate(
            SignedRequest("POST", b"/", b"", (("host", "127.0.0.1:4566"), *sent), BODY.encode()), secret_of, NOW
        )


@pytest.mark.parametrize(
    "request_",
    [
        SignedRequest("GET", b"/", b"AWSAccessKeyId=K&SignatureVersion=2&Signature=x", (("host", "h"),), b""),
        SignedRequest("POST", b"/", b"", (("host", "h"),), b"AWSAccessKeyId=K&SignatureVersion=2&Signature=x"),
        SignedRequest("GET", b"/", b"", (("host", "h"), ("authorization", "AWS K:abc=")), b""),
    ],
)
def test_signature_version_2_is_refused_by_name(request_: SignedRequest) -> None:
    with pytest.raises(AuthFailure, match="Signature Version 4 alone"):
        authenticate(request_, secret_of, NOW)


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer abc",
        "AWS4-ECDSA-P256-SHA256 Credential=a",
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 Credential=K/20260301/eu/ec2/aws4_request, SignedHeaders=host, Signature=zz",
        "AWS4-HMAC-SHA256 Credential=K, SignedHeaders=host, Signature=" + "0" * 64,
        "AWS4-HMAC-SHA256 Credential=K/20260228/eu/ec2/aws4_request, SignedHeaders=host;x-amz-date, Signature="
        + "0" * 64,
    ],
)
def test_what_is_no_signature_is_refused_as_such(authorization: str) -> None:
    headers = (("host", "h"), ("x-amz-date", "20260301T120000Z"), ("authorization", authorization))
    with pytest.raises(IncompleteSignature):
        authenticate(SignedRequest("POST", b"/", b"", headers, b""), secret_of, NOW)


@pytest.mark.parametrize(
    "date",
    [
        "",
        "20261399T120000Z",
        "yesterday",
        "99999999T999999Z",
        "99991231T235959Z",
        "00010101T000000Z",
        "Fri, 31 Dec 9999 23:59:59 -0100",
        "Mon, 01 Jan 0001 00:00:00 +0100",
    ],
)
def test_a_date_that_is_none_is_refused(date: str) -> None:
    """Fifteen minutes must fit before it and after it."""
    day = date[:8] if date[:8].isdecimal() else "99991231"
    for header in ("x-amz-date", "date"):
        with pytest.raises(IncompleteSignature):
            claimed = (
                f"AWS4-HMAC-SHA256 Credential={KEY}/{day}/eu-central-1/ec2/aws4_request, SignedHeaders={header};host"
            )
            headers = (("host", "h"), (header, date), ("authorization", f"{claimed}, Signature={'0' * 64}"))
            authenticate(SignedRequest("POST", b"/", b"", headers, b""), secret_of, NOW)


def test_the_date_header_does_when_there_is_no_x_amz_date() -> None:
    scope, stamp = "20260301/eu-central-1/ec2/aws4_request", f"{NOW:%Y%m%dT%H%M%SZ}"
    claim = Claim(KEY, "eu-central-1", "ec2", scope, ("date", "host"), "", NOW, stamp, None, None)
    headers = (("host", "h"), ("date", format_datetime(NOW, usegmt=True)))
    request = SignedRequest("GET", b"/", b"", headers, b"")
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    made = signature(SECRET, claim, canonical_request(request, claim, empty))
    header = f"AWS4-HMAC-SHA256 Credential={KEY}/{claim.scope}, SignedHeaders=date;host, Signature={made}"
    assert (
        authenticate(changed(request, headers=(*headers, ("authorization", header))), secret_of, NOW).access_key == KEY
    )


def test_what_is_kept_of_one_secret_is_never_taken_for_another() -> None:
    """What a day's requests are signed with is kept: by the secret too, which may be replaced at any time."""
    ours, theirs = signed(), signed(secret="another secret")

    def of_another(_: str) -> Credential:
        return Credential("another secret", account_itself("123456789012"))

    for _ in range(2):
        assert authenticate(ours, secret_of, NOW).access_key == KEY
        assert authenticate(theirs, of_another, NOW).access_key == KEY
        with pytest.raises(AuthFailure):
            authenticate(theirs, secret_of, NOW)
        with pytest.raises(AuthFailure):
            authenticate(ours, of_another, NOW)
