"""What may be odd in what is signed: the signature is as it should be for it."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import timedelta
from email.utils import format_datetime
from random import Random

from broken import NASTY
from oddities import May, Oddity
from signing import Plan


def _text(random: Random) -> str:
    """A text that can stand in a header or, escaped, in a query."""
    value = random.choice(NASTY)
    text = value.decode("latin-1") if isinstance(value, bytes) else value
    return "".join(one for one in text[:2000] if one not in "\r\n\x00").encode("utf-8", "replace").decode("latin-1")


def _put(name: str, *values: str) -> Callable[[Plan, Random], None]:
    return lambda plan, random: setattr(plan, name, random.choice(values))


def _any(name: str) -> Callable[[Plan, Random], None]:
    """Something nasty instead, if it is not what was there."""
    return lambda plan, random: setattr(plan, name, f"{_text(random)}!")


def _header(*headers: tuple[str, str]) -> Callable[[Plan, Random], None]:
    return lambda plan, random: plan.headers.append(random.choice(headers))


def _moved(*minutes: float) -> Callable[[Plan, Random], None]:
    def move(plan: Plan, random: Random) -> None:
        plan.expires = "900"
        plan.now += timedelta(minutes=random.choice(minutes))

    return move


def _as_date(*forms: Callable[[Plan], str], header: str = "Date") -> Callable[[Plan, Random], None]:
    def date(plan: Plan, random: Random) -> None:
        plan.presigned, plan.date_header = False, header
        plan.date = random.choice(forms)(plan)

    return date


def _names(change: Callable[[list[str]], Sequence[str]]) -> Callable[[Plan, Random], None]:
    def names(plan: Plan, _: Random) -> None:
        dated = [] if plan.presigned else [plan.date_header.lower()]
        hashed = [] if plan.body_hash is None else ["x-amz-content-sha256"]
        plan.signed = list(change(sorted({name.lower() for name, _ in plan.headers} | {*dated, *hashed})))

    return names


def _expires(*values: str) -> Callable[[Plan, Random], None]:
    def expire(plan: Plan, random: Random) -> None:
        plan.presigned = True
        plan.expires = random.choice(values)

    return expire


def _long_ago(plan: Plan, _: Random) -> None:
    plan.presigned, plan.now = True, plan.now - timedelta(hours=1)


def _without_date(plan: Plan, random: Random) -> None:
    plan.presigned = False
    _names(lambda names: [name for name in names if name != plan.date_header.lower()])(plan, random)


def _with_hash(plan: Plan, _: Random) -> None:
    plan.body_hash = hashlib.sha256(plan.body).hexdigest()


_RFC = "%a, %d %b %Y %H:%M:%S"

SIGNED: tuple[Oddity[Plan], ...] = (
    Oddity(
        "a header more", May.MUST, _header(("X-Colour", "  blue   grey "), ("X-Amz-Colour", "blue"), ("Accept", "*/*"))
    ),
    Oddity("a header twice", May.MUST, lambda plan, _: plan.headers.extend([("X-Twice", "a "), ("x-twice", " b")])),
    Oddity(
        "no ASCII in a header",
        May.MUST,
        _header(("X-Colour", "bl\xe5"), ("X-Colour", "\xe2\x98\x83"), ("X-Colour", "\xa0a\xa0")),
    ),
    Oddity("a clock that is off", May.MUST, _moved(-14, 14, 0.5)),
    Oddity("a clock that is far off", May.NEVER, _moved(-17, 17, -1440, 1440, 525_600, -525_600 * 20, 525_600 * 7000)),
    Oddity("the header Date", May.MUST, _as_date(lambda plan: format_datetime(plan.now, usegmt=True))),
    Oddity(
        "the header Date, with an offset",
        May.MAY,
        _as_date(
            lambda plan: (plan.now + timedelta(hours=2)).strftime(f"{_RFC} +0200"),
            lambda plan: plan.now.strftime(f"{_RFC} -0000"),
            lambda plan: plan.now.strftime(_RFC),
            lambda plan: plan.now.strftime("%A, %d-%b-%y %H:%M:%S GMT"),
            lambda plan: plan.now.strftime("%a %b %d %H:%M:%S %Y"),
            lambda plan: plan.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            lambda plan: plan.now.strftime(f"{_RFC} EST"),
        ),
    ),
    Oddity(
        "the header Date, no date",
        May.NEVER,
        _as_date(
            lambda _: "Mon, 01 Jan 0000 00:00:00 GMT",
            lambda _: "Fri, 31 Dec 9999 23:59:59 GMT",
            lambda _: "0",
            lambda _: "now",
            lambda _: "Fri, 31 Dec 9999 23:59:59 -2359",
            lambda _: "Mon, 01 Jan 0001 00:00:00 +2359",
            lambda _: "Thu, 32 Jan 2026 00:00:00 GMT",
            lambda plan: plan.now.strftime(f"{_RFC} +9999999"),
            lambda _: "1, 1 1 1",
            lambda _: ", , , ,",
            lambda _: "9" * 5000,
        ),
    ),
    Oddity(
        "a date of nothing",
        May.NEVER,
        _put(
            "date",
            "00000101T000000Z",
            "99991231T235959Z",
            "99999999T999999Z",
            "20260230T000000Z",
            "20260101T240000Z",
            "20260101T000060Z",
            "20260101T000000",
            "20260101",
            "2026-01-01T00:00:00Z",
            "20260101T000000+0000",
            " ",
            "٢٠٢٦٠١٠١T000000Z",
            "T",
            "0",
            "-20260101T000000Z",
        ),
    ),
    Oddity("a nasty date", May.NEVER, _any("date")),
    Oddity(
        "another day", May.NEVER, _put("day", "20260102", "20251231", "00000000", "99999999", "2026010", "٢٠٢٦٠١٠١")
    ),
    Oddity("another region of EC2", May.MUST, _put("region", "eu-central-1", "us-west-2")),
    Oddity(
        "no region of EC2",
        May.NEVER,
        _put("region", "", "moon-1", "US-EAST-1", "us_east_1", "us-east-1 ", "a" * 33, "-", "*", "us-east-1/x", "é"),
    ),
    Oddity(
        "a service that is none of ours",
        May.NEVER,
        _put("service", "s3", "iam", "", "EC2", "kumoniwa", "ec2 ", "x" * 65, "é", "sts"),
    ),
    Oddity("another end", May.NEVER, _put("end", "aws4_request2", "AWS4_REQUEST", "", "aws4_request/", "aws4")),
    Oddity(
        "another algorithm",
        May.NEVER,
        _put(
            "algorithm",
            "AWS4-HMAC-SHA1",
            "AWS4-HMAC-SHA512",
            "AWS",
            "AWS3",
            "AWS4-ECDSA-P256-SHA256",
            "none",
            "",
            "Bearer",
            "Basic",
            "aws4-hmac-sha256",
        ),
    ),
    Oddity(
        "a key that nobody knows",
        May.NEVER,
        _put("key", "AKIAIOSFODNN7EXAMPLE", "", "x" * 129, "../..", "é", "A B", "None", "__class__"),
    ),
    Oddity("a nasty key", May.NEVER, _any("key")),
    Oddity("another secret", May.NEVER, _put("secret", "", "a guess", "é", "x" * 10_000)),
    Oddity(
        "a session token",
        May.NEVER,
        _header(("X-Amz-Security-Token", "IQoJ"), ("X-Amz-Security-Token", ""), ("x-amz-security-token", "é")),
    ),
    Oddity("Host is not signed", May.NEVER, _names(lambda names: [name for name in names if name != "host"])),
    Oddity("the date is not signed", May.NEVER, _without_date),
    Oddity("a signed header that is not there", May.MAY, _names(lambda names: sorted([*names, "x-not-there"]))),
    Oddity("headers in another order", May.MAY, _names(lambda names: names[::-1])),
    Oddity("a header signed twice", May.MAY, _names(lambda names: [*names, names[0]])),
    Oddity("names of headers in capitals", May.NEVER, _names(lambda names: [name.title() for name in names])),
    Oddity("no headers are signed", May.NEVER, _names(lambda _: [])),
    Oddity("names of headers that are none", May.NEVER, _names(lambda names: [*names, "a b", "é", ""])),
    Oddity("the hash of the body", May.MUST, _with_hash),
    Oddity(
        "a body that is not signed",
        May.NEVER,
        _put(
            "body_hash",
            "UNSIGNED-PAYLOAD",
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
            "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
            "",
            "x",
            "0" * 64,
            "é",
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
            "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD",
        ),
    ),
    Oddity("it expires in time", May.MUST, _expires("1", "604800", "900")),
    Oddity(
        "it expires at no time",
        May.NEVER,
        _expires("0", "-1", "604801", "1.5", "1e3", "", " 60", "x", "9" * 5000, "٣", "+60", "060"),
    ),
    Oddity("a presigned URL of yesterday", May.NEVER, _long_ago),
)
