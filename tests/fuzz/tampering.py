"""What may happen to a signed request on its way."""

from collections.abc import Callable
from random import Random

from oddities import May, Oddity
from signing import Written

_WORDS = (
    *("AWS4-HMAC-SHA256", "AWS", " ", ",", "=", "/", ";", "Credential", "SignedHeaders", "Signature", "host"),
    *("aws4_request", "ec2", "20260101", "\t", "\xe9", "0" * 64),
)


def _turned(text: str, random: Random) -> str:
    """The text with one of its characters changed, moved or left out."""
    if not text:
        return "x"
    at = random.randrange(len(text))
    one = random.choice([other for other in "abcdef0123456789/=;, " if other != text[at]])
    return random.choice((text[:at] + one + text[at + 1 :], text[:at] + one + text[at:], text[:at] + text[at + 1 :]))


def _turn_body(sent: Written, random: Random) -> None:
    sent.body = _turned(sent.body.decode("latin-1"), random).encode("latin-1")


def _turn_header(name: str) -> Callable[[Written, Random], None]:
    def turn(sent: Written, random: Random) -> None:
        for at, (known, value) in enumerate(sent.headers):
            if known.lower() == name:
                turned = value
                while "".join(turned.split()) == "".join(value.split()):  # white space says nothing in either
                    turned = _turned(value, random)
                sent.headers[at] = (known, turned)

    return turn


def _turn_query(sent: Written, random: Random) -> None:
    if not sent.query:
        sent.query.append(("Colour", "blue"))
        return
    at = random.randrange(len(sent.query))
    name, value = sent.query[at]
    sent.query[at] = random.choice(
        ((name, value + "x"), (name + "x", value), (name, value[:-1] + ("a" if value[-1:] != "a" else "b")))
    )


def _drop_header(name: str) -> Callable[[Written, Random], None]:
    def drop(sent: Written, _: Random) -> None:
        sent.headers = [(known, value) for known, value in sent.headers if known.lower() != name]

    return drop


def _add_header(*headers: tuple[str, str]) -> Callable[[Written, Random], None]:
    return lambda sent, random: sent.headers.append(random.choice(headers))


def _soup(sent: Written, random: Random) -> None:
    """Words of the grammar, in any order."""
    words = (
        "AWS4-HMAC-SHA256",
        "AWS",
        " ",
        ",",
        "=",
        "/",
        ";",
        "Credential",
        "SignedHeaders",
        "Signature",
        "host",
        "aws4_request",
        "ec2",
        "20260101",
        "\t",
        "\xe9",
        "0" * 64,
    )
    soup = "".join(random.choices(words, k=random.randrange(20)))
    sent.headers = [(name, soup if name == "Authorization" else value) for name, value in sent.headers]
    if not any(name == "Authorization" for name, _ in sent.headers):
        sent.headers.append(("Authorization", soup))


def _same_query(sent: Written, random: Random) -> None:
    """Another order, and more escapes than are needed: it says the same."""

    def escaped(one: str) -> str:
        return f"%{ord(one):02x}" if one.isalpha() and random.random() < 0.2 else one

    random.shuffle(sent.query)
    sent.query = [
        (
            "".join(
                f"%{ord(one):02x}" if one.isalpha() and random.random() < 0.2 and "%" not in name else one
                for one in name
            ),
            value,
        )
        for name, value in sent.query
    ]


def _same_headers(sent: Written, random: Random) -> None:
    sent.headers = [(random.choice((name, name.upper(), name.lower())), value) for name, value in sent.headers]
    order = {name.lower(): random.random() for name, _ in sent.headers}
    sent.headers.sort(key=lambda header: order[header[0].lower()])  # stable: of those with one name the order counts


def _turn_signature(sent: Written, random: Random) -> None:
    _turn_header("authorization")(sent, random)
    if _is_presigned(sent):
        _turn_query(sent, random)


def _other_host(sent: Written, random: Random) -> None:
    _drop_header("host")(sent, random)
    sent.headers.append(("Host", random.choice(("localhost", "attacker.example", ""))))


def _drop_date(sent: Written, random: Random) -> None:
    _drop_header("x-amz-date")(sent, random)
    _drop_header("date")(sent, random)
    sent.query = [pair for pair in sent.query if pair[0] != "X-Amz-Date"]


def _drop_signature(sent: Written, random: Random) -> None:
    _drop_header("authorization")(sent, random)
    sent.query = [pair for pair in sent.query if not pair[0].startswith("X-Amz-")]


def _sign_twice(sent: Written, _: Random) -> None:
    sent.headers += [pair for pair in sent.headers if pair[0] == "Authorization"]
    sent.query += [pair for pair in sent.query if pair[0] == "X-Amz-Signature"]


def _sign_both_ways(sent: Written, _: Random) -> None:
    sent.query.append(("X-Amz-Algorithm", "AWS4-HMAC-SHA256"))
    sent.headers.append(("Authorization", "AWS4-HMAC-SHA256 x"))


def _add_amz_header(sent: Written, random: Random) -> None:
    _add_header(("X-Amz-Colour", "blue"), ("X-Amz-Target", "Garden.Grow"))(sent, random)
    if _is_presigned(sent):  # whose headers need not be signed
        sent.query.append(("Colour", "blue"))


def _other_method(sent: Written, random: Random) -> None:
    sent.method = random.choice(("PUT", "DELETE", "OPTIONS", "HEAD", "POST" if sent.method == "GET" else "GET"))


def _other_path(sent: Written, random: Random) -> None:
    sent.path = random.choice(("//", "/x", "/%2f", "/_kumoniwa/storage", "/./", "/%00", "/\xe9"))


def _sign_as_of_old(sent: Written, random: Random) -> None:
    _drop_header("authorization")(sent, random)
    sent.query = [("SignatureVersion", "2"), ("Signature", "x"), ("AWSAccessKeyId", "x")]


def _is_presigned(sent: Written) -> bool:
    return any(name == "X-Amz-Signature" for name, _ in sent.query)


ON_THE_WAY: tuple[Oddity[Written], ...] = (
    Oddity("the body was changed", May.NEVER, _turn_body),
    Oddity("the query was changed", May.NEVER, _turn_query),
    Oddity("the signature was changed", May.NEVER, _turn_signature),
    Oddity("Host was changed", May.NEVER, _turn_header("host")),
    Oddity("Host is another", May.NEVER, _other_host),
    Oddity("Host is gone", May.NEVER, _drop_header("host")),
    Oddity("Host is there twice", May.NEVER, _add_header(("Host", "127.0.0.1:4566"), ("host", "localhost"))),
    Oddity("the date is gone", May.NEVER, _drop_date),
    Oddity("the signature is gone", May.NEVER, _drop_signature),
    Oddity("the signature is there twice", May.NEVER, _sign_twice),
    Oddity("both ways of signing", May.NEVER, _sign_both_ways),
    Oddity("words in any order", May.NEVER, _soup),
    Oddity("an X-Amz header was added", May.NEVER, _add_amz_header),
    Oddity("Origin was added", May.NEVER, _add_header(("Origin", "http://127.0.0.1:4566"), ("Origin", "null"))),
    Oddity("another method", May.NEVER, _other_method),
    Oddity("another path", May.NEVER, _other_path),
    Oddity("an older signature", May.NEVER, _sign_as_of_old),
    Oddity("the same query, written otherwise", May.MUST, _same_query),
    Oddity("the same headers, written otherwise", May.MUST, _same_headers),
    Oddity(
        "a header that was added by a proxy", May.MUST, _add_header(("X-Forwarded-For", "1.2.3.4"), ("Via", "1.1 x"))
    ),
)
