"""Signature Version 4 made by hand, so that every part of it can be odd: by AWS's description, not by our code.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote

FORM = "application/x-www-form-urlencoded; charset=utf-8"


@dataclass
class Plan:
    """A request that is to be signed, and how. `query` and `headers` are as on the wire."""

    key: str
    secret: str
    now: datetime
    presigned: bool = False
    method: str = "POST"
    path: str = "/"
    query: list[tuple[str, str]] = field(default_factory=list)
    headers: list[tuple[str, str]] = field(default_factory=lambda: [("Host", "127.0.0.1:4566")])
    body: bytes = b""
    region: str = "us-east-1"
    service: str = "ec2"
    end: str = "aws4_request"
    algorithm: str = "AWS4-HMAC-SHA256"
    expires: str = "60"
    date: str = ""
    """What is written as its date; by default `now` as it is to be written."""
    day: str = ""
    date_header: str = "X-Amz-Date"
    body_hash: str | None = None
    """What is declared and signed as the hash of the body; by default it is the body's, and not declared."""
    signed: list[str] | None = None
    """The names of the headers that are signed; by default all, in order."""

    def written(self) -> "Written":
        """The request with its signature."""
        date = self.date or f"{self.now:%Y%m%dT%H%M%SZ}"
        day = self.day or f"{self.now:%Y%m%d}"
        headers, query = list(self.headers), list(self.query)
        if self.body_hash is not None:
            headers.append(("X-Amz-Content-Sha256", self.body_hash))
        if not self.presigned:
            headers.append((self.date_header, date))
        names = sorted({name.lower() for name, _ in headers}) if self.signed is None else self.signed
        scope = f"{day}/{self.region}/{self.service}/{self.end}"
        if self.presigned:
            query += [
                ("X-Amz-Algorithm", self.algorithm),
                ("X-Amz-Credential", quote(f"{self.key}/{scope}", safe="")),
                ("X-Amz-Date", quote(date, safe="")),
                ("X-Amz-Expires", quote(self.expires, safe="")),
                ("X-Amz-SignedHeaders", quote(";".join(names), safe="")),
            ]
        canonical = "\n".join(
            [
                self.method,
                quote(self.path, safe="/-_.~"),
                "&".join(f"{name}={value}" for name, value in sorted(query)),
                *(f"{name}:{_value(headers, name)}" for name in names),
                "",
                ";".join(names),
                self.body_hash or hashlib.sha256(self.body).hexdigest(),
            ]
        )
        moment = date if self.date_header == "X-Amz-Date" else f"{self.now:%Y%m%dT%H%M%SZ}"
        text = (
            f"{self.algorithm}\n{moment}\n{scope}\n{hashlib.sha256(canonical.encode('latin-1', 'replace')).hexdigest()}"
        )
        signature = _keyed(self.secret, *scope.split("/"), text).hex()
        if self.presigned:
            query.append(("X-Amz-Signature", signature))
        else:
            credential = f"Credential={self.key}/{scope}"
            told = f"{self.algorithm} {credential}, SignedHeaders={';'.join(names)}, Signature={signature}"
            headers.append(("Authorization", told))
        return Written(self.method, self.path, query, headers, self.body)


@dataclass
class Written:
    """A request on its way."""

    method: str
    path: str
    query: list[tuple[str, str]]
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def target(self) -> str:
        return self.path + ("?" + "&".join(f"{name}={value}" for name, value in self.query) if self.query else "")


def _value(headers: list[tuple[str, str]], name: str) -> str:
    return ",".join(" ".join(value.split()) for known, value in headers if known.lower() == name)


def _keyed(secret: str, *parts: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in parts:
        key = hmac.digest(key, part.encode("utf-8", "surrogatepass"), "sha256")
    return key
