"""A caller that hands its calls to the actions themselves: nothing is signed, serialized or parsed.

For tests that ask very often, and are about what an action does; the wire has tests of its own (`asgi.Caller`).
"""

from collections.abc import Iterable, Mapping
from typing import Any

from asgi import Caller, Refused

from kumoniwa.api.call import Call, Token
from kumoniwa.api.client_tokens import ClientTokens
from kumoniwa.api.registry import ACTIONS
from kumoniwa.app.cloud import Running
from kumoniwa.errors import Ec2Error
from kumoniwa.ids import new_request_id


class DirectCaller(Caller):
    """Gives what `asgi.Caller` would, in Python's own types. Paths (`get`) still go by the wire."""

    def __init__(self, running: Running, region: str = "us-east-1") -> None:
        super().__init__(running.gateway, running.key["access_key_id"], running.key["secret_access_key"], region)
        self._running, self._named_region = running, region

    async def call(self, action: str, **parameters: Any) -> dict[str, Any]:
        """An action of EC2, its parameters keyed as boto3's. Raises `Refused`."""
        cloud, key = self._running.cloud, self._running.key
        value = parameters.pop("ClientToken", None)
        token = None if value is None else Token(value, repr(sorted(parameters.items())))
        now = cloud.world.clock.now()
        call = Call(action, key["account"], self._named_region, new_request_id(), key["access_key_id"], now, token)
        try:
            answer = None if token is None else await ClientTokens(cloud).find(call)
            if answer is None:
                answer = await ACTIONS["ec2"][action].function(cloud, call, parameters)
        except Ec2Error as error:
            raise Refused(error.code, error.message, int(error.status)) from error
        found: dict[str, Any] = _plain(answer or {})
        return found


def _plain(value: Any) -> Any:
    """As a caller finds it in an answer that was parsed: what is None was not written."""
    if isinstance(value, Mapping):
        return {name: _plain(member) for name, member in value.items() if member is not None}
    if isinstance(value, Iterable) and not isinstance(value, str | bytes):
        return [_plain(item) for item in value]
    return value
