"""A browser as the console's door sees one: it sends what a page of that origin sends, and keeps cookies."""

import json
from typing import Any

from asgi import Answer, Caller, send
from stack import Stack

ORIGIN = "http://127.0.0.1:4566"
HALF_B = "x-kumoniwa-session"


class Browser:
    """One browser. Every header that it sends can be replaced, or left out (`None`), for one request."""

    def __init__(self, stack: Stack, signer: Caller | None = None) -> None:
        """`signer` is who asks for its sign-in codes, else the cloud's own key."""
        self._stack = stack
        self._signer = signer or stack.caller
        self.cookie: str | None = None
        self.half_b: str | None = None

    async def code(self) -> str:
        """A sign-in code, asked for as `kumoniwa console` asks."""
        answer = await self._signer.post("", target="/_kumoniwa/console/sign-in-codes")
        assert answer.status == 200, answer.text
        return str(json.loads(answer.body)["code"])

    async def sign_in(self, code: str | None = None) -> Answer:
        """Sign in, and keep both halves where that succeeds."""
        answer = await self.ask("sign-in", {"code": await self.code() if code is None else code})
        if answer.status == 200:
            self.cookie = answer.headers["set-cookie"].partition(";")[0]
            self.half_b = json.loads(answer.body)["session"]
        return answer

    async def call(self, action: str, *, service: str = "ec2", region: str = "us-east-1", **parameters: Any) -> Answer:
        return await self.ask(
            "call", {"service": service, "action": action, "region": region, "parameters": parameters}
        )

    async def ask(self, name: str, body: object, headers: dict[str, str | None] | None = None) -> Answer:
        """A POST below `/console/api/`; `body` is sent as JSON, or as it is where it is bytes."""
        sent: dict[str, str | None] = {
            "host": "127.0.0.1:4566",
            "origin": ORIGIN,
            "sec-fetch-site": "same-origin",
            "cookie": self.cookie,
            HALF_B: self.half_b,
            **(headers or {}),
        }
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        given = [(name, value) for name, value in sent.items() if value is not None]
        return await send(self._stack.running.console, "POST", f"/console/api/{name}", given, raw)

    async def get(self, path: str, **headers: str) -> Answer:
        """A GET, as for a page or a file of it."""
        given = {"host": "127.0.0.1:4566", **{name.replace("_", "-"): value for name, value in headers.items()}}
        return await send(self._stack.running.console, "GET", path, given.items())


def code_of(answer: Answer) -> str:
    """The code of a refusal."""
    return str(json.loads(answer.body)["code"])
