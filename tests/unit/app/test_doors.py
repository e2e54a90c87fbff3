"""Which of a cloud's two doors a request comes to."""

import pytest
from asgi import send
from starlette.responses import PlainTextResponse

from kumoniwa.app.doors import Doors

pytestmark = pytest.mark.anyio

_DOORS = Doors(PlainTextResponse("signed API"), PlainTextResponse("console"))


@pytest.mark.parametrize(
    ("method", "path", "door"),
    [
        ("GET", "/console", "console"),
        ("GET", "/console/", "console"),
        ("POST", "/console/api/call", "console"),
        ("GET", "/consoles", "signed API"),
        ("GET", "/", "signed API"),
        ("POST", "/", "signed API"),
        ("GET", "/_kumoniwa/health", "signed API"),
        ("GET", "//console/", "signed API"),
    ],
)
async def test_a_request_comes_to(method: str, path: str, door: str) -> None:
    assert (await send(_DOORS, method, path)).text == door


async def test_a_browser_that_opens_the_endpoint_is_led_to_the_console() -> None:
    headers = [("host", "127.0.0.1:4566"), ("sec-fetch-dest", "document")]
    answer = await send(_DOORS, "GET", "/", headers)
    assert (answer.status, answer.headers["location"]) == (303, "/console/")
    assert answer.headers["connection"] == "close", "it waits for a turn, as every answer to a stranger"
    assert (await send(_DOORS, "POST", "/", headers)).text == "signed API"
    assert (await send(_DOORS, "GET", "/_kumoniwa/health", headers)).text == "signed API"
