"""Bytes that are no HTTP, or hardly: a good request bent where HTTP/1.1 can be, and what other protocols begin with."""

from collections.abc import Callable
from random import Random

Bend = Callable[[bytes, Random], bytes]

_METHODS = (
    b"", b"get", b"PUT", b"DELETE", b"OPTIONS", b"HEAD", b"TRACE", b"CONNECT", b"PATCH", b"PRI", b"G\x00T", b"G T",
    b"\xff", b"A" * 5000, b"M-SEARCH", b"{", b"POST", b"GET",
)  # fmt: skip
_TARGETS = (
    b"", b"*", b"//", b"/ /", b"\\", b"/%", b"/%0", b"/%zz", b"/%00", b"/\x00", b"/\x1b[31m", b"/\xff\xfe", b"/%ff",
    b"/..", b"/../../etc/passwd", b"/_kumoniwa/../", b"/_kumoniwa/health", b"/_kumoniwa/health/",
    b"/_kumoniwa/%68ealth", b"/_kumoniwa/instances/%0a%0d", b"/_kumoniwa/instances/i-%F0%9F%98%80/boots",
    b"/_kumoniwa/", b"/" + b"a" * 9000, b"/" + b"a" * 70_000, b"/?" + b"a=b&" * 20_000, b"/?%", b"/?" + b"%00" * 50,
    b"?", b"#", b"/#x", b"http://", b"http:///", b"http://[", b"http://[::1", b"http://127.0.0.1:4566/",
    b"http://attacker.example/", b"http://127.0.0.1:99999999/", b"attacker.example:443", b"file:///etc/passwd", b"/;x",
    b"/latest/meta-data/" + b"../" * 50, b"latest", b"://", b"://x/latest/",
)  # fmt: skip
_VERSIONS = (
    b"", b"HTTP/0.9", b"HTTP/1.0", b"HTTP/1.1", b"HTTP/1.2", b"HTTP/2.0", b"HTTP/9.9", b"HTTP/11", b"HTTP/1",
    b"http/1.1", b"HTTP/1.1 x", b"HTTP/1.1\x00", b"ICY", b"HTTP/\xd9\xa1.1", b"HTTP/1." + b"1" * 5000,
)  # fmt: skip
_HEADERS = (
    b"Content-Length: 0", b"Content-Length: -1", b"Content-Length: +5", b"Content-Length: 5, 5",
    b"Content-Length: 5, 6", b"Content-Length: 1e3", b"Content-Length: 0x10", b"Content-Length: " + b"9" * 30,
    b"Content-Length: " + b"9" * 5000, b"Content-Length: \xd9\xa3", b"Content-Length: 1048577", b"Content-Length: 99",
    b"Content-Length:", b"Content-Length: 1 2", b"content-length: 3\r\ncontent-length: 4",
    b"Transfer-Encoding: chunked", b"Transfer-Encoding: gzip, chunked", b"Transfer-Encoding: identity",
    b"Transfer-Encoding: chunked, chunked", b"Transfer-Encoding: \x0bchunked", b"Transfer-Encoding : chunked",
    b"Transfer-Encoding: x" * 2, b"Expect: 100-continue", b"Expect: 200-ok",
    b"Expect: 100-continue\r\nContent-Length: 100",
    b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    b"Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__",
    b"Upgrade: TLS/1.0\r\nConnection: Upgrade", b"Connection: close", b"Connection: keep-alive",
    b"Connection: " + b"x," * 2000, b"Host: attacker.example", b"Host:", b"Host: [::1", b"Host: [", b"Host: \xff",
    b"Host: 127.0.0.1:x", b"Host: 127.0.0.1, localhost", b"Host: 0x7f.1", b"Host: ::1", b"Host: 127.1",
    b"Origin: http://127.0.0.1", b"Origin:", b"Cookie: " + b"a=b; " * 5000, b"X: " + b"x" * 40_000,
    b"X: " + b"x" * 200_000, b"X" * 70_000 + b": x", b"X: a\x00b", b"X: \x1b[31m", b"X: \xff\xfe", b"X: \r\n folded",
    b" X: leading", b"X : space", b"X", b": x", b"X\x00: x", b"X\xff: x", b"X(: x", b"", b"\x00",
    b"Authorization: AWS4-HMAC-SHA256", b"Authorization: AWS4-HMAC-SHA256 Credential=\xff",
    b"Authorization: Basic eDp4", b"Authorization:", b"Content-Type: multipart/form-data; boundary=x",
    b"Content-Type: application/json", b"Content-Type: \xff", b"Content-Encoding: gzip", b"Range: bytes=0-",
    b"Trailer: X", b"X-aws-ec2-metadata-token: \xff", b"X-aws-ec2-metadata-token: " + b"A" * 56,
    b"X-aws-ec2-metadata-token: AQAA", b"X-aws-ec2-metadata-token:", b"X-aws-ec2-metadata-token-ttl-seconds: 60",
    b"X-aws-ec2-metadata-token-ttl-seconds: -1", b"X-aws-ec2-metadata-token-ttl-seconds: \xb2",
    b"X-aws-ec2-metadata-token-ttl-seconds: 99999999999999999999", b"X-Forwarded-For: 1.2.3.4",
)  # fmt: skip
_CHUNKED = (
    b"5\r\nhello\r\n0\r\n\r\n", b"5;x=y\r\nhello\r\n0\r\n\r\n", b"-5\r\nhello\r\n", b"ffffffffffffffff\r\nhello",
    b"f" * 5000 + b"\r\n", b"5\r\nhel", b"5\nhello\n0\n\n", b"5\r\nhelloXX0\r\n\r\n", b"0\r\nX: y\r\n\r\n",
    b"0\r\nContent-Length: 5\r\n\r\n", b"0\r\n" + b"X: y\r\n" * 5000 + b"\r\n", b"x\r\n", b"\r\n",
    b"5;" + b"x" * 70_000 + b"\r\nhello\r\n0\r\n\r\n", b"100000\r\n" + b"x" * 1_048_576 + b"\r\n1\r\nx\r\n0\r\n\r\n",
    b"1\r\nx\r\n" * 3000 + b"0\r\n\r\n", b"0x5\r\nhello\r\n0\r\n\r\n", b"00000000000000000005\r\nhello\r\n0\r\n\r\n",
)  # fmt: skip
FOREIGN = (
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200,
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00", b"SSH-2.0-OpenSSH_9.2\r\n", b"EHLO x\r\n",
    b"\x00" * 1000, b"\r\n" * 2000, b"\n", b"\r", b"GET /\r\n", b"GET /\n\n", b"GET / HTTP/1.1\n\n",
    b"GET / HTTP/1.1\r\r\n\r\n", b"<xml/>", b"{}", b"\xff" * 5000, b"GET", b" ", b"\x1b]0;x\x07\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"X: y\r\n" * 500 + b"\r\n",
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"X: y\r\n" * 20_000,
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"x" * 2_000_000,
)  # fmt: skip
"""What other protocols begin with, and what is none."""


def bent(good: bytes, random: Random) -> bytes:
    """Bytes to send instead of a good request, or after one."""
    sent = good
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        sent = random.choice(_BENDS)(sent, random)
    if random.random() < 0.15:
        sent = random.choice((good, sent, good[: random.randrange(len(good))])) + sent
    return sent


def _line(sent: bytes, random: Random) -> bytes:
    """Another request line, or a part of it."""
    line, mark, rest = sent.partition(b"\r\n")
    parts = line.split(b" ", 2)
    if len(parts) != 3 or random.random() < 0.1:
        return random.choice(_METHODS) + b" " + random.choice(_TARGETS) + mark + rest
    at = random.randrange(3)
    parts[at] = random.choice((_METHODS, _TARGETS, _VERSIONS)[at])
    return random.choice((b" ", b" ", b" ", b"\t", b"  ")).join(parts) + mark + rest


def _header(sent: bytes, random: Random) -> bytes:
    """A header more, before all others or instead of one."""
    lines = sent.partition(b"\r\n\r\n")[0].split(b"\r\n")
    body = sent.partition(b"\r\n\r\n")[2]
    at = random.randrange(1, len(lines) + 1)
    lines[at : at + random.choice((0, 0, 1))] = [random.choice(_HEADERS)]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def _chunked(sent: bytes, random: Random) -> bytes:
    head = sent.partition(b"\r\n\r\n")[0]
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"content-length")]
    return b"\r\n".join([*lines, b"Transfer-Encoding: chunked", b"", b""]) + random.choice(_CHUNKED)


def _turned(sent: bytes, random: Random) -> bytes:
    """Some bytes changed."""
    turned = bytearray(sent)
    for _ in range(random.choice((1, 1, 3, 20))):
        if turned:
            turned[random.randrange(min(len(turned), 2000))] = random.choice(
                (0, 10, 13, 32, 58, 255, random.randrange(256))
            )
    return bytes(turned)


def _cut(sent: bytes, random: Random) -> bytes:
    return sent[: random.randrange(len(sent) + 1)]


def _with_more(sent: bytes, random: Random) -> bytes:
    return sent + random.choice((b"\r\n", b"x", b"\x00" * 100, sent, b"x" * 100_000, b"GET /"))


def _ended_otherwise(sent: bytes, random: Random) -> bytes:
    return sent.replace(b"\r\n", random.choice((b"\n", b"\r", b"\n\r", b"\r\r\n")))


def _foreign(_: bytes, random: Random) -> bytes:
    return random.choice((random.choice(FOREIGN), random.randbytes(random.randrange(1, 3000))))


_BENDS: tuple[Bend, ...] = (
    _line, _line, _line, _header, _header, _header, _header, _chunked, _chunked, _turned, _turned, _cut, _with_more,
    _ended_otherwise, _foreign,
)  # fmt: skip
