"""Requests out of bytes: each is read in one way only, whatever pieces it comes in, or not at all."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kumoniwa.app.request_reader import MOST_OF_A_HEAD, Head, NotHttp, Reading, RequestReader

HOST = b"Host: here\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n"
SIZED = b"POST /?a=b HTTP/1.1\r\nHost: here\r\nX-Amz-Date:  2026 \t\r\nContent-Length: 11\r\n\r\nhello world"


def read_all(reader: RequestReader, data: bytes) -> Iterator[tuple[Head, bytes]]:
    """The requests in there, each with its body; of the last one what has come."""
    body = b""
    while data:
        data = reader.read(data)
        if reader.reading is not Reading.HEAD:
            body += reader.taken()
        if reader.reading is Reading.WHOLE:
            yield reader.head, body
            body = b""
            reader.next()


def test_a_request_is_read_with_its_body_and_no_further() -> None:
    reader = RequestReader()
    rest = reader.read(SIZED + SIZED)
    assert reader.reading.value == "its head"
    assert (reader.head.method, reader.head.target, reader.head.version) == ("POST", b"/?a=b", "1.1")
    assert reader.head.headers == [(b"host", b"here"), (b"x-amz-date", b"2026"), (b"content-length", b"11")]
    assert reader.head.keeps and not reader.head.expects and reader.head.offers == b""
    assert reader.read(rest) == SIZED
    assert reader.reading.value == "all of it" and reader.taken() == b"hello world"


@given(st.lists(st.integers(min_value=1, max_value=60), max_size=40))
def test_the_pieces_that_requests_come_in_do_not_matter(sizes: list[int]) -> None:
    sent = (
        SIZED
        + b"GET /b HTTP/1.1\r\nHost: here\r\n\r\n"
        + CHUNKED
        + b"5;x=y\r\nhello\r\n1\r\n!\r\n0\r\nX-Amz-Date: 1\r\n\r\n"
    )
    reader, found = RequestReader(), list[tuple[str, bytes, bytes]]()
    body = b""
    while sent:
        size = sizes.pop() if sizes else len(sent)
        data, sent = sent[:size], sent[size:]
        while data:
            data = reader.read(data)
            if reader.reading in (Reading.BODY, Reading.WHOLE):
                body += reader.taken()
            if reader.reading is Reading.WHOLE:
                found.append((reader.head.method, reader.head.target, body))
                assert not any(value == b"1" for _, value in reader.head.headers), "trailers are not headers"
                body = b""
                reader.next()
    assert found == [("POST", b"/?a=b", b"hello world"), ("GET", b"/b", b""), ("POST", b"/", b"hello!")]
    assert not reader.ends


@pytest.mark.parametrize(
    "sent",
    [
        # Two lengths, or a length and chunks: the ways of smuggling.
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3, 3\r\n\r\nabc",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n",
        *(
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + length + b"\r\n\r\n"
            for length in (b"", b"+3", b"-1", b"0x3", b"1e1", b"3 3", b"\xd9\xa3", b"9" * 30, b"9" * 5000, b"0" * 5000)
        ),
        # Lines and names.
        b"GET / HTTP/1.1\nHost: a\n\n",
        b"GET / HTTP/1.1\r\nHost: a\n\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n folded\r\n\r\n",
        b"GET / HTTP/1.1\r\n Host: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX\x00: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX(: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX\xff: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: b\x00c\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: \x1b[31m\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n",
        # The host.
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n",
        # The request line.
        b"\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /\r\n\r\n",
        b"GET / HTTP/0.9\r\nHost: a\r\n\r\n",
        b"GET / HTTP/2.0\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.2\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1 \r\nHost: a\r\n\r\n",
        b"GET / RTSP/1.1\r\nHost: a\r\n\r\n",
        b"OPTIONS /?HTTP/1.1 RTSP/1.0\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
        b"SOURCE / ICE/1.0\r\nHost: a\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"CONNECT attacker.example:443 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"get / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"G\x00T / HTTP/1.1\r\nHost: a\r\n\r\n",
        # Chunks.
        CHUNKED + b"5\r\nhelloXX0\r\n\r\n",
        CHUNKED + b"5\nhello\n0\n\n",
        CHUNKED + b"0x5\r\nhello\r\n0\r\n\r\n",
        CHUNKED + b"5 \r\nhello\r\n0\r\n\r\n",
        CHUNKED + b"-5\r\nhello\r\n",
        CHUNKED + b"f" * 20 + b"\r\nhello",
        CHUNKED + b"0\r\nContent-Length: 5\r\n\r\n",
    ],
)
def test_what_has_no_meaning_or_two_is_refused(sent: bytes) -> None:
    with pytest.raises(NotHttp):
        assert not list(read_all(RequestReader(), sent))
    reader = RequestReader()
    with pytest.raises(NotHttp):  # in whatever pieces it comes
        for byte in sent:
            assert not list(read_all(reader, bytes([byte])))


@pytest.mark.parametrize("byte", sorted(set(range(256)) - set(range(0x21, 0x7F))))
def test_a_target_is_of_printable_ascii(byte: int) -> None:
    with pytest.raises(NotHttp):
        list(read_all(RequestReader(), b"GET /a" + bytes([byte]) + b"b HTTP/1.1\r\nHost: a\r\n\r\n"))


@pytest.mark.parametrize("target", [b"/", b"//", b"/a?b#c", b"*", b"http://attacker.example/?a", b"/_kumoniwa/../%00"])
def test_a_target_is_taken_as_it_is(target: bytes) -> None:
    [(head, _)] = read_all(RequestReader(), b"GET " + target + b" HTTP/1.1\r\nHost: a\r\n\r\n")
    assert head.target == target


@pytest.mark.parametrize(
    ("lines", "keeps"),
    [
        (b"1.1\r\nHost: a", True),
        (b"1.1\r\nHost: a\r\nConnection: keep-alive, Close", False),
        (b"1.0\r\nHost: a", False),
        (b"1.0\r\nHost: a\r\nConnection: keep-alive", False),
    ],
)
def test_a_connection_goes_on_where_both_sides_know_of_it(lines: bytes, keeps: bool) -> None:
    [(head, _)] = read_all(RequestReader(), b"GET / HTTP/" + lines + b"\r\n\r\n")
    assert head.keeps is keeps


@pytest.mark.parametrize("beginning", [b"GET /", b"GET / HTTP/1.1\r\nHost: a\r\nX: ", b"GET / HTTP/1.1\r\nHost: a\r\n"])
def test_a_head_without_an_end_is_held_up_to_its_bound(beginning: bytes) -> None:
    reader, sent = RequestReader(), 0
    with pytest.raises(NotHttp):
        for piece in (beginning, *[b"X: y\r\n" * 100] * 1000):
            reader.read(piece)
            sent += len(piece)
    assert sent <= MOST_OF_A_HEAD


@pytest.mark.parametrize("endless", [b"5;x=", b"0\r\n", b"0\r\nX: "])
def test_chunks_that_bring_nothing_are_read_up_to_their_bound(endless: bytes) -> None:
    reader, sent = RequestReader(), 0
    assert reader.read(CHUNKED) == b""
    with pytest.raises(NotHttp):
        for piece in (endless, *[b"X: y\r\n" * 100 if endless == b"0\r\n" else b"x" * 1000] * 1000):
            reader.read(piece)
            sent += len(piece)
    assert sent <= MOST_OF_A_HEAD and reader.taken() == b""


def test_small_chunks_may_be_many() -> None:
    reader = RequestReader()
    reader.read(CHUNKED)
    for _ in range(100):
        reader.read(b"1\r\nx\r\n" * 1000)
    reader.read(b"0\r\n\r\n")
    assert reader.reading is Reading.WHOLE and reader.taken() == b"x" * 100_000


@pytest.mark.parametrize("more", [SIZED, b"\x00", b"no HTTP"])
def test_what_follows_chunks_in_one_piece_ends_the_connection(more: bytes) -> None:
    """Where a body of chunks ends is known when it was parsed, and the parser does not say where that was."""
    reader = RequestReader()
    reader.read(CHUNKED)
    assert reader.read(b"5\r\nhello\r\n0\r\n\r\n" + more) == b""
    assert reader.reading is Reading.WHOLE and reader.taken() == b"hello" and reader.ends


@pytest.mark.parametrize(
    "framing", [b"Content-Length: 5\r\n\r\nhello", b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"]
)
def test_an_offer_to_speak_otherwise_that_is_declined_leaves_the_request_as_it_is(framing: bytes) -> None:
    offer = b"POST /a HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
    reader = RequestReader()
    for piece in (offer + framing, offer, framing, SIZED):
        [*found] = read_all(reader, piece)
        if piece == offer:
            assert found == []
        elif piece == SIZED:
            assert found[0][1] == b"hello world", "the next one is read as ever"
        else:
            [(head, body)] = found
            assert (head.method, head.target, head.offers, body) == ("POST", b"/a", b"h2c", b"hello")
            assert (b"upgrade", b"h2c") in head.headers and head.keeps


def test_a_head_is_written_as_it_could_have_come() -> None:
    head = b"GET /x HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: WebSocket\r\nx: \xff\r\n\r\n"
    reader = RequestReader()
    assert reader.read(head + b"behind it") == b"behind it"
    assert reader.head.offers == b"websocket" and reader.head.written() == head
