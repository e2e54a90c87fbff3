"""A caller inside the test's process: ASGI messages instead of sockets, botocore's serializer, signer and parser.

caller = Caller(gateway, key, secret)
answer = await caller.call("RunInstances", ImageId="ami-…", MinCount=1, MaxCount=1)
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from model_parameters import ec2_model
from service_models import json_model, service_model

URL = "http://127.0.0.1:4566"
FORM = "application/x-www-form-urlencoded; charset=utf-8"


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


@cache
def _model(service: str, version: str) -> Any:
    return service_model(service, version)


class Refused(Exception):
    """The cloud answered with an error."""

    def __init__(self, code: str, message: str, status: int) -> None:
        super().__init__(f"{code} ({status}): {message}")
        self.code, self.message, self.status = code, message, status


async def send(
    app: Any,
    method: str = "GET",
    target: str = "/",
    headers: Iterable[tuple[str, str]] = (("host", "127.0.0.1:4566"),),
    body: bytes | list[bytes] = b"",
) -> Answer:
    """One HTTP request as a server would hand it to the application; a list is a body that comes in pieces."""
    path, _, query = target.partition("?")  # as servers do: to `urlsplit`, what follows `//` is a host
    pieces = list(body) if isinstance(body, list) else [body]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode("latin-1"),
        "query_string": query.encode("latin-1"),
        "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers],
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 4566),
    }
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        if not pieces:
            return {"type": "http.disconnect"}
        piece = pieces.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

    async def take(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, take)
    start = next(message for message in sent if message["type"] == "http.response.start")
    content = b"".join(message.get("body", b"") for message in sent if message["type"] == "http.response.body")
    answered = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in start["headers"]}
    return Answer(start["status"], answered, content)


class Caller:
    """Somebody with a key. Signs at the host's real time, as botocore does."""

    def __init__(
        self, app: Any, key: str, secret: str, region: str = "us-east-1", *, session_token: str | None = None
    ) -> None:
        self._app = app
        self._credentials = Credentials(key, secret, session_token)
        self._region = region

    async def call(self, action: str, **parameters: Any) -> dict[str, Any]:
        """An action of EC2, as boto3 would call it. Raises `Refused`."""
        operation = ec2_model().operation_model(action)
        serialized = create_serializer("ec2").serialize_to_request(parameters, operation)
        answer = await self.post(urlencode(serialized["body"]))
        response = {"status_code": answer.status, "headers": answer.headers, "body": answer.body}
        parsed: dict[str, Any] = create_parser("ec2").parse(response, operation.output_shape)
        if answer.status >= 300:
            raise Refused(parsed["Error"]["Code"], parsed["Error"]["Message"], answer.status)
        parsed.pop("ResponseMetadata")
        return parsed

    async def ask(self, service: str, action: str, **parameters: Any) -> dict[str, Any]:
        """An action of a service that speaks JSON, as boto3 would call it. Raises `Refused`."""
        model = json_model(service)
        operation = model.operation_model(action)
        serialized = create_serializer("json").serialize_to_request(parameters, operation)
        answer = await self.post(serialized["body"], service=service, **serialized["headers"])
        response = {"status_code": answer.status, "headers": answer.headers, "body": answer.body}
        parsed: dict[str, Any] = create_parser("json").parse(response, operation.output_shape)
        if answer.status >= 300:
            raise Refused(parsed["Error"]["Code"], parsed["Error"]["Message"], answer.status)
        parsed.pop("ResponseMetadata")
        return parsed

    async def iam(self, action: str, **parameters: Any) -> dict[str, Any]:
        """An action of IAM, as boto3 would call it. Raises `Refused`."""
        return await self._query("iam", "2010-05-08", action, parameters)

    async def auto_scaling(self, action: str, **parameters: Any) -> dict[str, Any]:
        """An action of Auto Scaling, as boto3 would call it. Raises `Refused`."""
        return await self._query("autoscaling", "2011-01-01", action, parameters)

    async def elb(self, action: str, **parameters: Any) -> dict[str, Any]:
        """An action of classic load balancers, as boto3 would call it. Raises `Refused`."""
        return await self._query("elb", "2012-06-01", action, parameters, signed_for="elasticloadbalancing")

    async def elbv2(self, action: str, **parameters: Any) -> dict[str, Any]:
        """An action of the other load balancers, as boto3 would call it. Raises `Refused`."""
        return await self._query("elbv2", "2015-12-01", action, parameters, signed_for="elasticloadbalancing")

    async def sts(self, action: str, **parameters: Any) -> dict[str, Any]:
        """An action of STS, as boto3 would call it. Raises `Refused`."""
        return await self._query("sts", "2011-06-15", action, parameters)

    async def _query(
        self, service: str, version: str, action: str, parameters: dict[str, Any], *, signed_for: str = ""
    ) -> dict[str, Any]:
        operation = _model(service, version).operation_model(action)
        serialized = create_serializer("query").serialize_to_request(parameters, operation)
        answer = await self.post(urlencode(serialized["body"]), service=signed_for or service)
        response = {"status_code": answer.status, "headers": answer.headers, "body": answer.body}
        parsed: dict[str, Any] = create_parser("query").parse(response, operation.output_shape)
        if answer.status >= 300:
            raise Refused(parsed["Error"]["Code"], parsed["Error"]["Message"], answer.status)
        parsed.pop("ResponseMetadata")
        return parsed

    async def post(self, body: str | bytes, *, service: str = "ec2", target: str = "/", **headers: str) -> Answer:
        """A signed POST of a form. Headers' names are written with `_` for `-`, and signed too."""
        given = {"Content-Type": FORM} | {name.replace("_", "-"): value for name, value in headers.items()}
        return await self._signed("POST", target, given, body if isinstance(body, bytes) else body.encode(), service)

    async def get(self, target: str, *, service: str = "ec2") -> Answer:
        """A signed GET."""
        return await self._signed("GET", target, {}, b"", service)

    async def presigned(self, target: str, *, service: str = "ec2") -> Answer:
        """A GET of a URL that carries its signature."""
        request = AWSRequest(method="GET", url=URL + target, data="")
        SigV4QueryAuth(self._credentials, service, self._region).add_auth(request)
        return await send(self._app, "GET", request.url.removeprefix(URL))

    async def _signed(self, method: str, target: str, headers: dict[str, str], body: bytes, service: str) -> Answer:
        request = AWSRequest(method=method, url=URL + target, data=body, headers=headers)
        SigV4Auth(self._credentials, service, self._region).add_auth(request)
        sent = [("host", urlsplit(URL).netloc), *((name, value) for name, value in request.headers.items())]
        return await send(self._app, method, target, sent, body)
