"""Parameters that are wrong: a request that looks right, bent in a few places; then the bytes that carry it."""

from collections.abc import Callable
from random import Random
from urllib.parse import quote_from_bytes

from plausible import Pairs

RawPairs = list[tuple[bytes, bytes]]

NASTY: tuple[str | bytes, ...] = (
    # Nothing, and white space.
    "", " ", "\t", "\n", "\r\n", "\u00a0", "\u2003", "\ufeff", " i-0123456789abcdef0 ",
    # Numbers.
    "0", "-0", "-1", "1.5", "+1", "1_000", "0x10", "1e3", "1e400", "NaN", "Infinity", "-Infinity", "9" * 5000,
    "-" + "9" * 5000, "2147483647", "2147483648", "-2147483648", "9223372036854775807", "9223372036854775808", "٣", "²",
    "௧", "1" * 19, "00000001",
    # Words.
    "true", "TRUE", "yes", "null", "None", "undefined", "[]", "{}", "{0}", "%s%s%n", "${x}",
    "'; DROP TABLE instances; --", '"', "\\", "<x>&amp;</x>", "]]>", "<!--", "../../etc/passwd", "/dev/null",
    "file:///etc/passwd", "-version", "a,b=c",
    # Characters.
    "\x00", "a\x00b", "\x1b[31m", "\x7f", "\x85", "\u2028", "\u202e fdp", "\u200f", "é" * 300, "e\u0301", "𝔘𝔫𝔦",
    "\ufffe", "\uffff", "\U0010ffff", b"\xed\xa0\x80", b"\xff\xfe", b"\xc0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82",
    # Sizes.
    "x" * 256, "x" * 1025, "x" * 70_000, "☃" * 5000, "a" * 100 + "*" * 100, "*" * 500, "*?" * 200, "\\" * 501,
    ("*" + "a" * 9) * 50,
    # Ids.
    "i-", "i-0", "i-0123456789abcdeg0", "I-0123456789ABCDEF0", "i-0123456789abcdef0", "vol-ffffffff",
    "snap-0123456789abcdef0", "ami-12345678", "ami-0123456789abcdef0\n", "sg-00000000",
    "arn:aws:ec2:us-east-1:123456789012:instance/i-0123456789abcdef0", "-", "--", "i-\u0661" + "0" * 16,
    # Times.
    "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "0000-00-00T00:00:00Z", "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "2026-01-01T24:00:00Z",
    "2026-01-01T00:00:60Z", "2026-01-01", "20260101T000000Z", "Thu, 01 Jan 2026 00:00:00 GMT",
    "2026-01-01T00:00:00+99:99", "2026-W01-1", "2026-001", "99999999999", "-62135596800", "253402300799", "1e10",
    "2026-01-01T00:00:00.123456789012Z", "+10000-01-01T00:00:00Z",
    # Base64, blocks and addresses.
    "=", "====", "A", "AAA", "A===", "AA=A", "AAAA\nAAAA", "-_-_", "*AAA", "YQ", "0.0.0.0/0", "10.0.0.1/8",
    "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/٣", "256.0.0.1/8", "1.2.3", "0x7f.1/8", "010.0.0.0/8", "::/0", "::/129",
    "::1%eth0/128", "fe80::1%25/64", "::ffff:1.2.3.4/96", "172.31.0.0", "172.31.0.3", "172.31.15.255",
    "10.0.0.0/255.0.0.0", "10.0.0.0/0.0.0.255",
)  # fmt: skip
"""Values that something somewhere may trip over."""

_DIGITS = ("0", "-1", "01", "1000000000", "99999999999", "9" * 5000, "٣", "1.5", "x", "")


def broken(pairs: Pairs, random: Random, ids: list[str]) -> RawPairs:
    """The parameters, bent in one to three places."""
    bent = [(name.encode(), value.encode()) for name, value in pairs]
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        bent = random.choice(_BENDS)(bent, random, ids)
    return bent


def body_of(pairs: RawPairs, random: Random, *, odd: bool) -> bytes:
    """A form; where it is to be odd, it is written as no client would."""
    if not odd:
        return b"&".join(_quoted(name) + b"=" + _quoted(value) for name, value in pairs)
    written = [random.choice(_WRITTEN)(name, value) for name, value in pairs]
    return random.choice((b"&", b"&", b"&&", b";", b"&;&"))[:1].join(written) + random.choice(
        (b"", b"&", b"=", b"%", b"&=&")
    )


def _quoted(text: bytes) -> bytes:
    return quote_from_bytes(text, safe="-_.~").encode()


_WRITTEN: tuple[Callable[[bytes, bytes], bytes], ...] = (
    lambda name, value: _quoted(name) + b"=" + _quoted(value),
    lambda name, value: _quoted(name) + b"=" + _quoted(value),
    lambda name, value: name + b"=" + value,  # nothing is escaped
    lambda name, _: _quoted(name),
    lambda name, value: _quoted(name) + b"==" + _quoted(value),
    lambda name, value: b"".join(b"%%%02x" % byte for byte in name) + b"=" + _quoted(value),
    lambda name, value: _quoted(name) + b"=" + _quoted(value) + b"%2",
    lambda name, value: _quoted(name) + b"=%zz%" + _quoted(value),
    lambda name, value: _quoted(name) + b"=" + value.replace(b" ", b"+"),
)


def _nasty(random: Random) -> bytes:
    value = random.choice(NASTY)
    return value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")


def _with_value(bent: RawPairs, random: Random, _: list[str]) -> RawPairs:
    return _changed(bent, random, lambda name, _: [(name, _nasty(random))])


def _with_part(bent: RawPairs, random: Random, _: list[str]) -> RawPairs:
    return _changed(
        bent, random, lambda name, value: [(name, random.choice((value + _nasty(random), _nasty(random) + value)))]
    )


def _without(bent: RawPairs, random: Random, _: list[str]) -> RawPairs:
    return _changed(bent, random, lambda *_: [])


def _twice(bent: RawPairs, random: Random, _: list[str]) -> RawPairs:
    return _changed(bent, random, lambda name, value: [(name, value), (name, random.choice((value, _nasty(random))))])


def _other_id(bent: RawPairs, random: Random, ids: list[str]) -> RawPairs:
    """An id of something else, known or not, or one that is nearly right."""
    if not ids:
        return bent
    one = random.choice(ids)
    forms = (
        one,
        one.upper(),
        one[:-1],
        one + "0",
        one.replace("-", ""),
        f"{one.partition('-')[0]}-0123456789abcdef0",
        one[:12],
    )
    places = [at for at, (_, value) in enumerate(bent) if b"-" in value] or list(range(len(bent)))
    return _changed(bent, random, lambda name, _: [(name, random.choice(forms).encode())], places)


def _other_index(bent: RawPairs, random: Random, _: list[str]) -> RawPairs:
    """The number of a list's item: far away, none, out of order."""

    def renumbered(name: bytes, value: bytes) -> RawPairs:
        parts = name.split(b".")
        numbered = [at for at, part in enumerate(parts) if part.isdigit()]
        if not numbered:
            return [(name + b"." + random.choice(_DIGITS).encode(), value)]
        parts[random.choice(numbered)] = random.choice((*_DIGITS, "3", "7")).encode()
        return [(b".".join(parts), value)]

    places = [at for at, (name, _) in enumerate(bent) if b".1" in name]
    return _changed(bent, random, renumbered, places)


def _unknown(bent: RawPairs, random: Random, _: list[str]) -> RawPairs:
    """A member that the model does not have."""
    name = random.choice(
        (
            b"Colour",
            b"colour.1",
            b"InstanceId.1.Colour",
            b"Filter.1.Colour",
            b".",
            b"..",
            b"A..B",
            b"",
            b"X-Amz-Colour",
            b"__class__",
        )
    )
    if bent and random.random() < 0.5:
        name = random.choice(bent)[0] + b"." + name
    return [*bent, (name, _nasty(random))]


def _deep(bent: RawPairs, random: Random, _: list[str]) -> RawPairs:
    name = random.choice(bent)[0] if bent else b"Filter.1"
    return [*bent, (name + random.choice((b".A" * 40, b".1" * 200, b".1.Value.1" * 5, b"." * 1000)), b"x")]


def _other_name(bent: RawPairs, random: Random, _: list[str]) -> RawPairs:
    forms: tuple[Callable[[bytes], bytes], ...] = (
        bytes.lower,
        bytes.upper,
        lambda name: name + b" ",
        lambda name: name + "é".encode(),
        lambda name: name[:-1],
    )
    return _changed(bent, random, lambda name, value: [(random.choice(forms)(name), value)])


def _many(bent: RawPairs, random: Random, _: list[str]) -> RawPairs:
    """A list of very many items, all alike or none."""

    def multiplied(name: bytes, value: bytes) -> RawPairs:
        head, _, tail = name.rpartition(b".1")
        if not head:
            return [(name, value)]
        number = random.choice((201, 1001, 9_000, 10_001))
        return [(b"%s.%d%s" % (head, at, tail), value + (b"%d" % at if number % 2 else b"")) for at in range(1, number)]

    places = [at for at, (name, _) in enumerate(bent) if b".1" in name]
    return _changed(bent, random, multiplied, places)


def _shuffled(bent: RawPairs, random: Random, _: list[str]) -> RawPairs:
    return random.sample(bent, len(bent))


def _emptied(bent: RawPairs, random: Random, _: list[str]) -> RawPairs:
    """A parameter with members that is a value itself, or nothing."""
    return _changed(bent, random, lambda name, _: [(name.rpartition(b".")[0] or name, random.choice((b"", b"x")))])


def _changed(
    bent: RawPairs, random: Random, change: Callable[[bytes, bytes], RawPairs], places: list[int] | None = None
) -> RawPairs:
    if not bent or places == []:
        return bent
    at = random.choice(places if places is not None else range(len(bent)))
    return [*bent[:at], *change(*bent[at]), *bent[at + 1 :]]


_BENDS = (
    *(_with_value,) * 10, *(_with_part,) * 3, *(_other_id,) * 3, _without, _without, _twice, _other_index, _other_index,
    _unknown, _deep, _other_name, _many, _shuffled, _emptied,
)  # fmt: skip
