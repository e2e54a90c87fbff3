"""HTTP/1.1 with one client inside a guest, within limits that the guest cannot stretch."""

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus

import h11
import structlog

from kumoniwa.imds.answers import Answer, Request

log = structlog.get_logger(__name__)

LARGEST_HEAD = 8192  # bytes of a request's line and headers
LARGEST_BODY = 4096  # bytes; no request of this protocol has a body
_CHUNK = 4096
_REQUEST_SECONDS = 10.0  # from the last answer to the end of the next request
_SENDING_SECONDS = 10.0


async def converse(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    respond: Callable[[Request], Awaitable[Answer]],
    answered: Callable[[], Awaitable[None]],
) -> None:
    """Answer requests until the client ends, errs or is silent for too long. Afterwards the connection is closed.

    `answered` is called after each answer was sent, so that nothing done there keeps the guest waiting for it.
    """
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=LARGEST_HEAD)
    writer.transport.set_write_buffer_limits(high=0)  # so that drained means sent, and abort loses nothing
    try:
        while (request := await _next_request(connection, reader, writer)) is not None:
            await _send(connection, writer, await respond(request), with_body=request.method != "HEAD")
            await answered()
            if connection.our_state is not h11.DONE:
                return
            connection.start_next_cycle()
    except h11.RemoteProtocolError as malformed:
        reason = str(malformed)[:200]
        log.debug("a guest sent what is not HTTP, or too much of it", reason=reason)  # as often as it likes
        await _refuse(connection, writer, HTTPStatus(malformed.error_status_hint))
    except (TimeoutError, ConnectionError) as gone:
        log.debug("a guest's metadata connection ended", reason=repr(gone))
    finally:
        writer.transport.abort()


async def _next_request(
    connection: h11.Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> Request | None:
    """The next request, its body read and dropped; None when the client has ended. Raises `TimeoutError`."""
    request: h11.Request | None = None
    body_bytes = 0
    async with asyncio.timeout(_REQUEST_SECONDS):
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                if connection.they_are_waiting_for_100_continue:
                    writer.write(connection.send(h11.InformationalResponse(status_code=100, headers=[])) or b"")
                connection.receive_data(await reader.read(_CHUNK))
            elif isinstance(event, h11.Request):
                request = event
            elif isinstance(event, h11.Data):
                body_bytes += len(event.data)
                if body_bytes > LARGEST_BODY:
                    raise h11.RemoteProtocolError("the body is too large", error_status_hint=413)
            elif isinstance(event, h11.EndOfMessage) and request is not None:
                headers = {name.decode(): value.decode("latin-1") for name, value in request.headers}
                return Request(request.method.decode(), request.target.decode(), headers)
            else:
                return None


async def _send(connection: h11.Connection, writer: asyncio.StreamWriter, answer: Answer, *, with_body: bool) -> None:
    headers = {**answer.headers, "Content-Length": str(len(answer.body)), "Server": "EC2ws"}
    head = h11.Response(status_code=answer.status, reason=answer.status.phrase, headers=list(headers.items()))
    writer.write(connection.send(head) or b"")
    if with_body:
        writer.write(connection.send(h11.Data(data=answer.body)) or b"")
    writer.write(connection.send(h11.EndOfMessage()) or b"")
    async with asyncio.timeout(_SENDING_SECONDS):
        await writer.drain()


async def _refuse(connection: h11.Connection, writer: asyncio.StreamWriter, status: HTTPStatus) -> None:
    """Say no to what was no request, as far as the client still listens. Without a page: it may have begun as HEAD."""
    try:
        await _send(connection, writer, Answer(status, headers={"Connection": "close"}), with_body=False)
    except (TimeoutError, ConnectionError) as gone:
        log.debug("a guest did not wait for its refusal", reason=repr(gone))
